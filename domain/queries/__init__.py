"""Reads, one file per noun: each takes the viewer and a list of keys."""

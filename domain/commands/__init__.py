"""Writes, one file per noun: one function per mutation, inside one unit of work."""

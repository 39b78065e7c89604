"""The report of an exercise as one long table: a row for each figure and for each text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.reports.document import TEXTS

COLUMNS = ("part", "ballot", "question", "round", "constituency", "measure", "choice", "value")
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(document: Mapping[str, Any]) -> bytes:
    """Return a report as CSV (RFC 4180) in UTF-8, with a header."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in row] for row in _rows(document))
    return written.getvalue().encode()


def cell(value: object) -> object:
    """Return a value as a spreadsheet should get it: a text is never taken for a formula.

    A text that begins as a formula does, perhaps after spaces, gets an apostrophe before it.
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_RISKY):
        return f"'{value}"
    return "" if value is None else value


def _rows(document: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for name, value in document["exercise"].items():
        yield "exercise", None, None, None, None, name, None, value
    yield "exercise", None, None, None, None, "as_of", None, document["as_of"]
    statement = document["statement"] or {}
    for name in TEXTS:
        yield "statement", None, None, None, None, name, None, statement.get(name)
    for group in document["panel"]:
        for name in ("kind", "stakeholders", "organisations"):
            yield "panel", None, None, None, group["label"], name, None, group[name]
    for item in document["items"]:
        yield from _of_item(item)
    yield from _of_comments(document)


def _of_comments(document: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    for about in document["discussions"]:
        for name in ("threads", "comments", "people"):
            yield "discussion", None, None, None, None, name, about["subject"], about[name]
    for each in document["dispositions"]:
        for name in ("thread", "kind", "reason", "change", "decided_at"):
            yield "disposition", None, None, None, None, name, each["subject"], each[name]
        for theme in each["themes"]:
            yield "disposition", None, None, None, None, "theme", each["subject"], theme


def _of_item(item: Mapping[str, Any]) -> Iterator[tuple[object, ...]]:
    where = ("item", item["ballot"], item["question"], None)
    for name in (
        "roundtable",
        "kind",
        "state",
        "state_reason",
        "decision",
        "visibility",
        "votes_by",
        "consolidated_views",
        "secrecy",
        "reason_policy",
        "most_rounds",
        "feedback",
        "rule_hash",
        "fixed_at",
        "opened_at",
        "closed_at",
    ):
        yield *where, None, name, None, item[name]
    for name, value in item["rule"].items():
        yield *where, None, f"rule.{name}", None, value
    yield from _of_result(where, item["choices"], item)
    for round_ in item["rounds"]:
        where = ("round", item["ballot"], round_["question"], round_["number"])
        for name in ("opened_at", "closed_at", "disposition", "disposition_reason"):
            yield *where, None, name, None, round_[name]
        for name, value in (round_["stability"] or {}).items():
            yield *where, None, f"stability.{name}", None, value
        yield from _of_result(where, item["choices"], round_)


def _of_result(
    where: tuple[object, ...], choices: Sequence[str], result: Mapping[str, Any]
) -> Iterator[tuple[object, ...]]:
    yield *where, None, "status", None, result["status"]
    yield *where, None, "suppressed", None, result["suppressed"]
    for reason in result["reasons"]:
        yield *where, None, "reason", None, reason
    for name, value in (result["turnout"] or {}).items():
        yield *where, None, f"turnout.{name}", None, value
    for group in result["groups"]:
        label = group["label"]
        for name in ("status", "eligible", "voted", "in_favour", "of", "median"):
            yield *where, label, name, None, group[name]
        low, high = group["interval"] or (None, None)
        yield *where, label, "interval_low", None, low
        yield *where, label, "interval_high", None, high
        for choice, count in zip(choices, group["counts"], strict=True):
            yield *where, label, "count", choice, count

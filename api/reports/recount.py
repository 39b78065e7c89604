"""What ballots and rounds came to, computed anew from what a report says of them alone.

A report in which somebody has changed a count, a threshold or a status contradicts itself, also
where its log is not at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose
from typing import Any

import orjson

from api.reports.document import result_of
from domain.consensus.choices import BallotKind
from domain.consensus.objections import OpenObjections
from domain.consensus.results import Status
from domain.consensus.rules import Rule, parse_rule, rule_hash
from domain.consensus.status import evaluate
from domain.consensus.tallies import Tally
from domain.errors import Invalid

OVER = ("CLOSED", "DECIDED", "DROPPED")
COMPARED = ("status", "reasons", "turnout")


def recountable(result: Mapping[str, Any]) -> bool:
    """Say whether a result states every count that it comes from."""
    return (
        result["status"] not in (None, Status.WITHHELD)
        and not result["suppressed"]
        and len(result["groups"]) > 1
    )


def contradictions(what: str, item: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a result says that does not follow from its counts under its rule, in sentences.

    `item` is the ballot, and `result` that ballot or one of its rounds.
    """
    try:
        rule = parse_rule(BallotKind(item["kind"]), item["rule"])
        if item["rule_hash"] not in (None, rule_hash(rule)):
            yield f"The rule of {what} does not have the hash that was kept when it was frozen."
        found = _computed(rule, result) if recountable(result) else None
    except (Invalid, ValueError) as error:
        yield f"{what} cannot have come about: {error}"
        return
    if found is None:
        return
    stated = {name: result[name] for name in COMPARED}
    if result is item and item["state"] not in OVER:
        # What is not over may say besides what speaks for ending with this round.
        stated["reasons"] = result["reasons"][: len(found["reasons"])]
    yield from _differences(what, stated, found)
    if len(result["groups"]) != len(found["groups"]):
        yield f"{what} begins with another group than that of everyone."
    for group, figures in zip(result["groups"], found["groups"], strict=False):
        yield from _differences(f"{what}, {group['label']}", group, figures)


def _differences(what: str, stated: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name, value in stated.items():
        if not _same(value, found[name]):
            yield (
                f"{what}: by the counts and the rule, {name.replace('_', ' ')} would be "
                f"{_words(found[name])}; the report says {_words(value)}."
            )


def _computed(rule: Rule, result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the rule says of the counts of the constituencies, as a report says it."""
    tallies = [
        Tally(
            group["constituency"],
            group["label"],
            group["eligible"],
            tuple(group["counts"]),
            group["voted"],
        )
        for group in result["groups"]
        if group["constituency"]
    ]
    objections = OpenObjections(**result["open_objections"])
    computed = result_of(evaluate(rule, tallies, objections))
    return dict(orjson.loads(orjson.dumps(computed)))


def _same(one: Any, other: Any) -> bool:
    """Say whether two figures are the same, whatever machine computed them."""
    match one, other:
        case [*ones], [*others]:
            return len(ones) == len(others) and all(map(_same, ones, others))
        case (float(), int() | float()) | (int(), float()):
            return isclose(one, other, rel_tol=1e-9)
    return bool(one == other)


def _words(value: Any) -> str:
    match value:
        case {"voted": voted, "eligible": eligible}:
            return f"{voted} of {eligible}"
        case [*sentences] if sentences and all(isinstance(each, str) for each in sentences):
            return f"“{' '.join(sentences)}”"
    return "none" if value in (None, []) else str(value)

"""How far ballots have come, and the one guard that says to whom how much of it is disclosed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, ColumnElement, Integer, Text, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from domain.consensus.choices import BallotKind
from domain.consensus.objections import OpenObjections
from domain.consensus.results import Consensus, Group, Status, Turnout
from domain.consensus.rules import parse_rule
from domain.consensus.status import evaluate, withheld
from domain.consensus.tallies import Tally
from domain.database import Session
from domain.lifecycle import BallotState
from domain.models.ballots import Ballot, BallotVisibility, TallyRow
from domain.models.stakeholders import Constituency
from domain.models.topics import Topic
from domain.permissions import Audience, Viewer, audience
from domain.queries.pages import ids, seen_by, visible

JUDGED = 2_048
"""Ballots whose result is kept until other ones are asked for; each takes about 3 KB."""


class Disclosure(StrEnum):
    """How much of what was voted may be told."""

    NOTHING = "NOTHING"
    TURNOUT = "TURNOUT"
    EVERYTHING = "EVERYTHING"


def disclosed(
    audience: Audience | None, visibility: BallotVisibility, state: BallotState
) -> Disclosure:
    """Say how much of the result of a ballot an audience may know: the only place that decides.

    Individual votes follow it, but never reach the public: see `votes_shown`.
    """
    if audience is None or state is BallotState.DRAFT:
        return Disclosure.NOTHING
    if state is BallotState.CLOSED:
        return Disclosure.EVERYTHING
    if audience is Audience.PUBLIC:
        return Disclosure.NOTHING
    if visibility is BallotVisibility.LIVE:
        return Disclosure.EVERYTHING
    return Disclosure.TURNOUT if audience is Audience.MODERATORS else Disclosure.NOTHING


def votes_shown(visibility: BallotVisibility, state: BallotState) -> bool:
    """Say whether members may see the single votes of a ballot."""
    return disclosed(Audience.MEMBERS, visibility, state) is Disclosure.EVERYTHING


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a ballot of some kind has come, as of a sequence in the viewer's own stream."""

    kind: BallotKind
    consensus: Consensus
    as_of: int


_ORDER = (Constituency.position, Constituency.id)


def _of_constituencies(value: Any, type_: ARRAY[Any]) -> ColumnElement[Any]:
    return func.array_agg(aggregate_order_by(value, *_ORDER), type_=type_)


# A row for each ballot. What is only compared and kept comes as text.
STANDINGS = (
    select(
        Ballot.id,
        Ballot.kind,
        Ballot.visibility,
        Ballot.state,
        cast(Ballot.rule, Text).label("rule"),
        Ballot.objections_raised,
        Ballot.objections_qualified,
        Ballot.objections_safety,
        Ballot.outcome,
        Topic.id.label("topic_id"),
        Topic.scopes,
        Topic.public,
        Topic.public_sequence,
        Topic.members_sequence,
        Topic.moderators_sequence,
        _of_constituencies(cast(Constituency.id, Text), ARRAY(Text())).label("constituencies"),
        _of_constituencies(Constituency.name, ARRAY(Text())).label("names"),
        _of_constituencies(TallyRow.eligible, ARRAY(Integer())).label("eligible"),
        _of_constituencies(TallyRow.counts, ARRAY(Integer(), dimensions=2)).label("counts"),
        _of_constituencies(TallyRow.voted, ARRAY(Integer())).label("voted"),
    )
    .join(Topic, Topic.id == Ballot.topic_id)
    .join(TallyRow, TallyRow.ballot_id == Ballot.id)
    .join(Constituency, Constituency.id == TallyRow.constituency_id)
    .where(Ballot.id == func.any(ids()), visible())
    .group_by(Ballot.id, Topic.id)
)


async def of_ballots(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Standing | None]:
    """Return how far each ballot has come, None where the viewer may not know anything of it."""
    readers: dict[UUID, Audience | None] = {}  # by topic: there are fewer of them
    found: dict[UUID, Standing | None] = {}
    for row in await session.execute(STANDINGS, {"ids": keys, **seen_by(viewer)}):
        if row.topic_id not in readers:
            readers[row.topic_id] = audience(viewer, row)
        found[row.id] = _standing(readers[row.topic_id], row)
    return [found.get(key) for key in keys]


def tally(row: Any) -> Tally:
    """Return the tally of a row with a constituency, its name, who may vote, counts and turnout."""
    return Tally(str(row.constituency_id), row.name, row.eligible, tuple(row.counts), row.voted)


def sequences(row: Any) -> dict[Audience, int]:
    """Return where the streams of a topic end, from a row with its counters."""
    return {
        Audience.PUBLIC: row.public_sequence,
        Audience.MEMBERS: row.members_sequence,
        Audience.MODERATORS: row.moderators_sequence,
    }


def restore(outcome: dict[str, Any]) -> Consensus:
    """Return the result that a closed ballot keeps as JSON."""
    return Consensus(
        status=Status(outcome["status"]),
        reasons=tuple(outcome["reasons"]),
        overall=_group(outcome["overall"]),
        by_constituency=tuple(_group(group) for group in outcome["by_constituency"]),
        turnout=Turnout(**outcome["turnout"]),
        rule_hash=outcome["rule_hash"],
        open_objections=OpenObjections(**outcome.get("open_objections", {})),
    )


def _standing(reader: Audience | None, ballot: Any) -> Standing | None:
    disclosure = disclosed(reader, ballot.visibility, ballot.state)
    if reader is None or disclosure is Disclosure.NOTHING:
        return None
    if ballot.outcome is not None:
        return Standing(ballot.kind, restore(ballot.outcome), ballot.outcome["as_of"][reader])
    consensus = _judged(
        ballot.kind,
        ballot.rule,
        tuple(
            zip(
                ballot.constituencies,
                ballot.names,
                ballot.eligible,
                map(tuple, ballot.counts),
                ballot.voted,
                strict=True,
            )
        ),
        OpenObjections(
            ballot.objections_raised, ballot.objections_qualified, ballot.objections_safety
        ),
        everything=disclosure is Disclosure.EVERYTHING,
    )
    return Standing(ballot.kind, consensus, sequences(ballot)[reader])


@lru_cache(maxsize=JUDGED)
def _judged(
    kind: BallotKind,
    rule: str,
    tallies: tuple[tuple[Any, ...], ...],
    objections: OpenObjections,
    *,
    everything: bool,
) -> Consensus:
    """Return what a rule says of tallies, which is the same for everybody who asks in between."""
    parsed, counted = parse_rule(kind, orjson.loads(rule)), [Tally(*each) for each in tallies]
    return evaluate(parsed, counted, objections) if everything else withheld(parsed, counted)


def _group(group: dict[str, Any]) -> Group:
    return Group(
        **{
            **group,
            "status": Status(group["status"]),
            "counts": tuple(group["counts"]),
            "interval": None if group["interval"] is None else tuple(group["interval"]),
            "winners": tuple(group.get("winners", ())),  # outcomes from before there were any
        }
    )

"""How far ballots have come, and the one guard that says to whom how much of it is disclosed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select

from domain.consensus.choices import BallotKind
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


STANDINGS = (
    select(
        Ballot.id,
        Ballot.kind,
        Ballot.visibility,
        Ballot.state,
        Ballot.rule,
        Ballot.outcome,
        Topic.scopes,
        Topic.public,
        Topic.public_sequence,
        Topic.members_sequence,
        Topic.moderators_sequence,
        TallyRow.constituency_id,
        TallyRow.eligible,
        TallyRow.counts,
        Constituency.name,
    )
    .join(Topic, Topic.id == Ballot.topic_id)
    .join(TallyRow, TallyRow.ballot_id == Ballot.id)
    .join(Constituency, Constituency.id == TallyRow.constituency_id)
    .where(Ballot.id == func.any(ids()), visible())
    .order_by(Constituency.position, Constituency.id)
)


async def of_ballots(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Standing | None]:
    """Return how far each ballot has come, None where the viewer may not know anything of it."""
    groups: dict[UUID, list[Any]] = defaultdict(list)
    for row in await session.execute(STANDINGS, {"ids": keys, **seen_by(viewer)}):
        groups[row.id].append(row)
    return [_standing(viewer, groups[key]) if key in groups else None for key in keys]


def tally(row: Any) -> Tally:
    """Return the tally of a row with a constituency, its name, its eligible people and counts."""
    return Tally(str(row.constituency_id), row.name, row.eligible, tuple(row.counts))


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
    )


def _standing(viewer: Viewer, rows: Sequence[Any]) -> Standing | None:
    ballot = rows[0]
    reader = audience(viewer, ballot)
    disclosure = disclosed(reader, ballot.visibility, ballot.state)
    if reader is None or disclosure is Disclosure.NOTHING:
        return None
    if ballot.outcome is not None:
        return Standing(ballot.kind, restore(ballot.outcome), ballot.outcome["as_of"][reader])
    consensus = _judged(
        ballot.kind,
        orjson.dumps(ballot.rule),
        tuple((row.constituency_id, row.name, row.eligible, *row.counts) for row in rows),
        everything=disclosure is Disclosure.EVERYTHING,
    )
    return Standing(ballot.kind, consensus, sequences(ballot)[reader])


@lru_cache(maxsize=JUDGED)
def _judged(
    kind: BallotKind, rule: bytes, tallies: tuple[tuple[Any, ...], ...], *, everything: bool
) -> Consensus:
    """Return what a rule says of tallies, which is the same for everybody who asks in between."""
    judge = evaluate if everything else withheld
    return judge(
        parse_rule(kind, orjson.loads(rule)),
        [Tally(str(id), name, eligible, tuple(counts)) for id, name, eligible, *counts in tallies],
    )


def _group(group: dict[str, Any]) -> Group:
    return Group(
        **{
            **group,
            "status": Status(group["status"]),
            "counts": tuple(group["counts"]),
            "interval": None if group["interval"] is None else tuple(group["interval"]),
        }
    )

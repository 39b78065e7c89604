"""How far ballots had come at an earlier sequence, computed anew from the log of events alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    String,
    bindparam,
    case,
    cast,
    column,
    func,
    or_,
    select,
)

from domain.consensus.choices import BallotKind, choices
from domain.database import Session
from domain.lifecycle import CONCLUDED, BallotState
from domain.models.topics import StoredEvent
from domain.permissions import Audience, Viewer, audience
from domain.queries.consensus import (
    STANDINGS,
    Disclosure,
    Standing,
    disclosed,
    judged,
    margins_shown,
    parameters_of,
    restore,
    sequences,
)
from domain.queries.pages import ids, seen_by

_READ = (
    func.unnest(ids("topic_ids"), bindparam("audiences", type_=ARRAY(String())))
    .table_valued(column("topic_id"), column("audience", String()))
    .render_derived(name="read")
)
_FACTS = (
    select(
        StoredEvent.kind,
        StoredEvent.sequence,
        StoredEvent.data["ballot_id"].astext.label("ballot_id"),
        StoredEvent.data["constituency_id"].astext.label("constituency_id"),
        cast(StoredEvent.data["choice"].astext, Integer).label("choice"),
        cast(StoredEvent.data["previous"].astext, Integer).label("previous"),
        StoredEvent.data["first"].astext.label("first"),
        StoredEvent.data["eligible"].label("eligible"),
        StoredEvent.data["outcome"].label("outcome"),
        StoredEvent.data["state"].astext.label("state"),
        # After the last of these nothing counts any more of what was voted before it.
        func.max(StoredEvent.sequence)
        .filter(StoredEvent.kind.in_(("ROUND_OPENED", "VOTES_MADE_STALE")))
        .over(partition_by=StoredEvent.data["ballot_id"].astext)
        .label("begun"),
    )
    .join(_READ, StoredEvent.topic_id == _READ.c.topic_id)
    .where(
        StoredEvent.audience == _READ.c.audience,
        StoredEvent.sequence <= bindparam("sequence", type_=BigInteger()),
        StoredEvent.data["ballot_id"].astext
        == func.any(bindparam("ballot_ids", type_=ARRAY(String()))),
    )
    .subquery()
)
_VOTES = ("VOTE_CAST", "VOTE_RECEIVED")
# Tallies are sums, so equal votes are counted and not read one by one; all else has its order.
_AT = case((_FACTS.c.kind.in_(_VOTES), 0), else_=_FACTS.c.sequence).label("at")
_SAID = [each for each in _FACTS.c if each.name not in {"sequence", "begun"}]
FACTS = (
    select(*_SAID, _AT, func.count().label("times"))
    .where(
        or_(
            _FACTS.c.kind.not_in(_VOTES),
            _FACTS.c.begun.is_(None),
            _FACTS.c.sequence > _FACTS.c.begun,
        )
    )
    .group_by(*_SAID, _AT)
    .order_by(_AT)
)
_STATES = {
    "BALLOT_OPENED": BallotState.OPEN,
    "ROUND_CLOSED": BallotState.ROUND_CLOSED,
    "ROUND_OPENED": BallotState.OPEN,
    "BALLOT_CLOSED": BallotState.CLOSED,
    "BALLOT_DROPPED": BallotState.DROPPED,
    "BALLOT_DECIDED": BallotState.DECIDED,
}


@dataclass(slots=True)
class _Past:
    """What the facts of a ballot add up to, by the id of the constituency as text."""

    eligible: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    counts: dict[str, dict[int, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )
    state: BallotState | None = None
    """None before it was opened."""
    outcome: dict[str, Any] | None = None

    def add(self, fact: Any) -> None:
        """Count in a fact that happened so many times."""
        self.state = _STATES.get(fact.kind, self.state)
        match fact.kind:
            case "BALLOT_OPENED":
                for constituency, people in fact.eligible.items():
                    self.eligible[constituency] += people
            case "ELECTOR_ADDED":
                self.eligible[fact.constituency_id] += fact.times
            case "VOTE_CAST":
                self.counts[fact.constituency_id][fact.choice] += fact.times
                if fact.previous is not None:
                    self.counts[fact.constituency_id][fact.previous] -= fact.times
            case "VOTE_RECEIVED" if fact.first == "true":
                # Which choice it was is not in the log; the turnout alone is told of these.
                self.counts[fact.constituency_id][0] += fact.times
            case "BALLOT_ADVANCED":
                self.state = BallotState(fact.state)
            case "ROUND_OPENED" | "ROUND_CLOSED" | "BALLOT_CLOSED" | "BALLOT_DROPPED":
                self.outcome = fact.outcome


async def of_ballots(
    session: Session, viewer: Viewer, keys: Sequence[UUID], sequence: int
) -> list[Standing | None]:
    """Return what the viewer's stream of the topic had told of each ballot at a sequence.

    It is what was shown then to those who read that stream: the guard is asked with the state that
    the ballot was in. None where it was not disclosed or not open yet, where the stream has not
    come that far, and where its beginning was forgotten.
    """
    rows = await session.execute(STANDINGS, {"ids": keys, **seen_by(viewer)})
    ballots: dict[UUID, tuple[Audience, Any]] = {}
    for row in rows:
        reader = audience(viewer, row)
        if reader is not None and 0 <= sequence <= sequences(row)[reader]:
            ballots[row.id] = (reader, row)
    read = {row.topic_id: reader for reader, row in ballots.values()}
    past: dict[str, _Past] = defaultdict(_Past)
    values = {
        "topic_ids": list(read),
        "audiences": list(read.values()),
        "ballot_ids": list(map(str, ballots)),
        "sequence": sequence,
    }
    for fact in await session.execute(FACTS, values):
        past[fact.ballot_id].add(fact)
    found = {
        id: _standing(reader, row, past[str(id)], sequence) for id, (reader, row) in ballots.items()
    }
    return [found.get(key) for key in keys]


def _standing(reader: Audience, ballot: Any, past: _Past, sequence: int) -> Standing | None:
    if past.state is None:
        return None
    disclosure = disclosed(reader, ballot.visibility, past.state)
    if disclosure is Disclosure.NOTHING:
        return None
    weighed = None
    if margins_shown(reader, ballot.visibility, past.state):
        weighed = parameters_of(ballot.kind, ballot.rule)
    if past.outcome is not None:
        told = past.outcome["as_of"] if past.state in CONCLUDED else sequence
        return Standing(ballot.kind, restore(past.outcome), told, weighed=weighed)
    consensus = judged(
        ballot.kind,
        ballot.rule,
        _tallies(ballot, past),
        everything=disclosure is Disclosure.EVERYTHING,
    )
    return Standing(ballot.kind, consensus, sequence, weighed=weighed)


def _tallies(ballot: Any, past: _Past) -> tuple[tuple[Any, ...], ...]:
    width = range(len(choices(BallotKind(ballot.kind))))
    return tuple(
        (
            constituency,
            name,
            past.eligible[constituency],
            tuple(past.counts[constituency][choice] for choice in width),
        )
        for constituency, name in zip(ballot.constituencies, ballot.names, strict=True)
        if constituency in past.eligible
    )

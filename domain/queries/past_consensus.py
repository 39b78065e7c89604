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

from domain.consensus.choices import BallotKind
from domain.consensus.objections import OpenObjections
from domain.consensus.options import marks, width
from domain.database import Session
from domain.lifecycle import CONCLUDED, BallotState, ObjectionState
from domain.models.ballots import BallotSecrecy
from domain.models.topics import StoredEvent
from domain.permissions import Audience, Viewer, audience
from domain.queries.consensus import (
    STANDINGS,
    Disclosure,
    Standing,
    disclosed,
    judged,
    margins_shown,
    restore,
    sequences,
    turnable,
)
from domain.queries.pages import ids

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
        StoredEvent.data["options"].label("options"),
        StoredEvent.data["previous_options"].label("previous_options"),
        StoredEvent.data["objection_id"].astext.label("objection_id"),
        StoredEvent.data["safety"].astext.label("safety"),
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
_SAID = [each for each in _FACTS.c if each.name != "sequence"]
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
_OPEN = (ObjectionState.RAISED, ObjectionState.QUALIFIED)
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

    kind: BallotKind
    options: int
    """How many the ballot lists."""
    eligible: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    voted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    counts: dict[str, list[int]] = field(default_factory=dict)
    objections: dict[str, tuple[ObjectionState, bool]] = field(default_factory=dict)
    """By id: where each stands, and whether it is about safety."""
    state: BallotState | None = None
    """None before it was opened."""
    outcome: dict[str, Any] | None = None

    def add(self, fact: Any) -> None:  # noqa: C901 - one case for each kind of fact
        """Count in a fact that happened so many times."""
        self.state = _STATES.get(fact.kind, self.state)
        match fact.kind:
            case "BALLOT_OPENED":
                for constituency, people in fact.eligible.items():
                    self.eligible[constituency] += people
            case "ELECTOR_ADDED":
                self.eligible[fact.constituency_id] += fact.times
            case "VOTE_CAST":
                self._count(fact.constituency_id, fact.choice, fact.options, fact.times)
                self._count(fact.constituency_id, fact.previous, fact.previous_options, -fact.times)
            case "VOTE_RECEIVED" if fact.first == "true":
                # Which choice it was is not in the log; the turnout alone is told of these.
                self._count(fact.constituency_id, 0, None, fact.times)
            case "ELECTOR_RECUSED" | "ELECTOR_READMITTED":
                sign = 1 if fact.kind == "ELECTOR_READMITTED" else -1
                self.eligible[fact.constituency_id] += sign
                if fact.begun is None or fact.at > fact.begun:
                    self._count(fact.constituency_id, fact.choice, fact.options, sign)
            case "BALLOT_ADVANCED":
                self.state = BallotState(fact.state)
            case "ROUND_OPENED" | "ROUND_CLOSED" | "BALLOT_CLOSED" | "BALLOT_DROPPED":
                self.outcome = fact.outcome
            case _ if fact.objection_id is not None:
                self._object(fact)

    def _object(self, fact: Any) -> None:
        """Note where an objection stands now."""
        if fact.kind == "OBJECTION_RAISED":
            self.objections[fact.objection_id] = ObjectionState.RAISED, fact.safety == "true"
        else:
            _, safety = self.objections[fact.objection_id]
            self.objections[fact.objection_id] = ObjectionState(fact.state), safety

    def _count(
        self, constituency: str, choice: int | None, options: list[int] | None, times: int
    ) -> None:
        """Count in that so many people voted for this, or that so many fewer did."""
        if choice is None and options is None:
            return
        size = width(self.kind, self.options)
        counts = self.counts.setdefault(constituency, [0] * size)
        if options is None:
            counts[choice or 0] += times
        else:
            for place, mark in enumerate(marks(self.kind, self.options, options)):
                counts[place] += mark * times
        self.voted[constituency] += times

    @property
    def open_objections(self) -> OpenObjections:
        """How many objections nobody had settled."""
        found = list(self.objections.values())
        return OpenObjections(
            sum(state is ObjectionState.RAISED for state, _ in found),
            sum(state is ObjectionState.QUALIFIED for state, _ in found),
            sum(safety for state, safety in found if state in _OPEN),
        )


async def of_ballots(
    session: Session, viewer: Viewer, keys: Sequence[UUID], sequence: int
) -> list[Standing | None]:
    """Return what the viewer's stream of the topic had told of each ballot at a sequence.

    It is what was shown then to those who read that stream: the guard is asked with the state that
    the ballot was in. None where it was not disclosed or not open yet, where the stream has not
    come that far, and where its beginning was forgotten.
    """
    rows = await session.execute(STANDINGS, {"ids": keys})
    ballots: dict[UUID, tuple[Audience, Any]] = {}
    for row in rows:
        reader = audience(viewer, row)
        if reader is not None and 0 <= sequence <= sequences(row)[reader]:
            ballots[row.id] = (reader, row)
    read = {row.topic_id: reader for reader, row in ballots.values()}
    past = {
        str(id): _Past(BallotKind(row.kind), row.options_listed) for id, (_, row) in ballots.items()
    }
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
    if past.state is None or ballot.secrecy is not BallotSecrecy.NAMED:
        return None  # The log of a secret ballot does not say who voted where.
    disclosure = disclosed(reader, ballot.visibility, past.state)
    if disclosure is Disclosure.NOTHING:
        return None
    weighed = None
    if margins_shown(reader, ballot.visibility, past.state):
        weighed = turnable(ballot.kind, ballot.rule, past.open_objections)
    if past.outcome is not None:
        told = past.outcome["as_of"] if past.state in CONCLUDED else sequence
        return Standing(ballot.kind, restore(past.outcome), told, weighed=weighed)
    consensus = judged(
        ballot.kind,
        ballot.rule,
        _tallies(ballot, past),
        past.open_objections,
        everything=disclosure is Disclosure.EVERYTHING,
    )
    return Standing(ballot.kind, consensus, sequence, weighed=weighed)


def _tallies(ballot: Any, past: _Past) -> tuple[tuple[Any, ...], ...]:
    nobody = [0] * width(past.kind, past.options)
    return tuple(
        (
            constituency,
            name,
            past.eligible[constituency],
            tuple(past.counts.get(constituency, nobody)),
            # Of whoever is recused from a blind ballot the log does not say that they had voted.
            min(past.voted[constituency], past.eligible[constituency]),
        )
        for constituency, name in zip(ballot.constituencies, ballot.names, strict=True)
        if constituency in past.eligible
    )

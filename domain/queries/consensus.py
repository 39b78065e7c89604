"""How far ballots have come, and the one guard that says to whom how much of it is disclosed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, ColumnElement, Integer, Text, case, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from domain.consensus.choices import BallotKind
from domain.consensus.objections import OpenObjections
from domain.consensus.parameters import Parameters
from domain.consensus.results import Consensus, Group, Status, Turnout
from domain.consensus.rounds import Feedback, RoundPlan, suggestions
from domain.consensus.rules import parse_rule
from domain.consensus.stability import Stability, square
from domain.consensus.stability import stability as stability_of
from domain.consensus.status import evaluate, withheld
from domain.consensus.suppression import for_public
from domain.consensus.tallies import Tally
from domain.database import Session
from domain.lifecycle import CONCLUDED, HELD, BallotState
from domain.models.ballots import (
    Ballot,
    BallotSecrecy,
    BallotVisibility,
    ReleaseRow,
    TallyRow,
)
from domain.models.rounds import Round
from domain.models.stakeholders import Constituency
from domain.models.topics import Topic
from domain.permissions import Audience, Viewer, audience
from domain.queries.pages import Told, Wanted, ids, in_order

JUDGED = 2_048
"""Ballots whose result is kept until other ones are asked for; each takes about 3 KB."""


class Disclosure(StrEnum):
    """How much of what was voted may be told."""

    NOTHING = "NOTHING"
    TURNOUT = "TURNOUT"
    EVERYTHING = "EVERYTHING"


def disclosed(
    audience: Audience | None,
    visibility: BallotVisibility,
    state: BallotState,
    *,
    voted: bool = False,
) -> Disclosure:
    """Say how much of the result of a ballot an audience may know: the only place that decides.

    `voted` says whether who asks has cast a vote of their own, in this round. Individual votes
    follow the guard, but never reach the public: see `votes_shown`.
    """
    if audience is None or state in (BallotState.DRAFT, BallotState.SCHEDULED):
        return Disclosure.NOTHING
    if state in CONCLUDED:
        return Disclosure.EVERYTHING
    if audience is Audience.PUBLIC:
        return Disclosure.NOTHING
    if visibility is BallotVisibility.LIVE or (
        visibility is BallotVisibility.AFTER_OWN_VOTE and voted and state in HELD
    ):
        return Disclosure.EVERYTHING
    if audience is not Audience.MODERATORS:
        return Disclosure.NOTHING
    # Who says what becomes of the item has to know what the round came to.
    return Disclosure.EVERYTHING if state is BallotState.ROUND_CLOSED else Disclosure.TURNOUT


def round_disclosed(
    audience: Audience | None, visibility: BallotVisibility, state: BallotState, feedback: Feedback
) -> Feedback:
    """Say whose results of a round that is over an audience may know, of a ballot in this state."""
    if audience is Audience.PUBLIC:
        # Of two rounds, each without its small numbers, one would tell those of the other.
        return Feedback.NONE
    if disclosed(audience, visibility, state) is Disclosure.EVERYTHING:
        return Feedback.ALL_GROUPS
    match audience:
        case Audience.MODERATORS:
            return Feedback.ALL_GROUPS
        case Audience.MEMBERS:
            return feedback
        case _:
            return Feedback.NONE


def votes_shown(
    secrecy: BallotSecrecy,
    visibility: BallotVisibility,
    state: BallotState,
    *,
    voted: bool = False,
) -> bool:
    """Say whether members may see the single votes of a ballot; of a secret one, nobody does."""
    return (
        secrecy is BallotSecrecy.NAMED
        and disclosed(Audience.MEMBERS, visibility, state, voted=voted) is Disclosure.EVERYTHING
    )


def margins_shown(audience: Audience, visibility: BallotVisibility, state: BallotState) -> bool:
    """Say whether an audience may know how few votes would turn the result: moderators alone."""
    return (
        audience is Audience.MODERATORS
        and disclosed(audience, visibility, state) is Disclosure.EVERYTHING
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a ballot of some kind has come, as of a sequence in the viewer's own stream.

    `stability` is None in the first round, while withheld, and where nobody answered twice.
    `weighed` are the parameters of its rule for those who may know how close the result is, None
    for others.
    """

    kind: BallotKind
    consensus: Consensus
    as_of: int
    stability: Stability | None = None
    weighed: Parameters | None = None


_ORDER = (Constituency.position, Constituency.id)


def _of_constituencies(value: Any, type_: ARRAY[Any]) -> ColumnElement[Any]:
    return func.array_agg(aggregate_order_by(value, *_ORDER), type_=type_)


# The last release of a secret ballot; of others nothing is released.
_NEWEST = case(
    (
        Ballot.secrecy != BallotSecrecy.NAMED,
        select(ReleaseRow.consensus)
        .where(ReleaseRow.ballot_id == Ballot.id)
        .order_by(ReleaseRow.number.desc())
        .limit(1)
        .correlate(Ballot)
        .scalar_subquery(),
    )
)
# Added up before the ballots join, whose texts would be sorted with every tally.
_COUNTED = (
    select(
        TallyRow.ballot_id,
        _of_constituencies(cast(Constituency.id, Text), ARRAY(Text())).label("constituencies"),
        _of_constituencies(Constituency.name, ARRAY(Text())).label("names"),
        _of_constituencies(TallyRow.eligible, ARRAY(Integer())).label("eligible"),
        _of_constituencies(TallyRow.counts, ARRAY(Integer(), dimensions=2)).label("counts"),
        _of_constituencies(TallyRow.voted, ARRAY(Integer())).label("voted"),
    )
    .join(Constituency, Constituency.id == TallyRow.constituency_id)
    .where(TallyRow.ballot_id == func.any(ids()))
    .group_by(TallyRow.ballot_id)
    .subquery("counted")
)
# A row for each ballot, to be told by the guard. What is only compared and kept comes as text.
STANDINGS = (
    select(
        Ballot.id,
        Ballot.kind,
        Ballot.visibility,
        Ballot.secrecy,
        Ballot.state,
        Ballot.smallest_count,
        cast(Ballot.rule, Text).label("rule"),
        func.cardinality(Ballot.options).label("options_listed"),
        Ballot.objections_raised,
        Ballot.objections_qualified,
        Ballot.objections_safety,
        Ballot.outcome,
        _NEWEST.label("released"),
        Ballot.round,
        Ballot.most_rounds,
        Ballot.stops_when_stable,
        Ballot.stops_on_consensus,
        case(
            (
                Ballot.round > 1,
                select(Round.shifts)
                .where(Round.ballot_id == Ballot.id, Round.number == Ballot.round)
                .scalar_subquery(),
            )
        ).label("shifts"),
        Topic.id.label("topic_id"),
        Topic.scopes,
        Topic.public,
        Topic.public_sequence,
        Topic.members_sequence,
        Topic.moderators_sequence,
        *(column for column in _COUNTED.c if column.name != "ballot_id"),
    )
    .join(Topic, Topic.id == Ballot.topic_id)
    .join(_COUNTED, _COUNTED.c.ballot_id == Ballot.id)
    .where(Ballot.id == func.any(ids()))
)


class _OfBallots(Told[Standing]):
    """How far ballots have come."""

    async def rows(
        self, session: Session, keys: Sequence[UUID], _wanted: Wanted = None
    ) -> Sequence[Any]:
        """See Told."""
        rows = await session.execute(STANDINGS, {"ids": keys})
        return in_order(keys, rows, lambda row: row.id)

    def told(self, viewer: Viewer, rows: Sequence[Any]) -> list[Standing | None]:
        """See Told."""
        readers: dict[UUID, Audience | None] = {}  # by topic: there are fewer of them
        found: list[Standing | None] = []
        for row in rows:
            if row is None:
                found.append(None)
                continue
            if row.topic_id not in readers:
                readers[row.topic_id] = audience(viewer, row)
            found.append(_standing(readers[row.topic_id], row, voted=row.id in viewer.voted_in))
        return found


of_ballots = _OfBallots()


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
        overall=None if outcome["overall"] is None else _group(outcome["overall"]),
        by_constituency=tuple(_group(group) for group in outcome["by_constituency"]),
        turnout=Turnout(**outcome["turnout"]),
        rule_hash=outcome["rule_hash"],
        suppressed=outcome.get("suppressed", False),  # older outcomes are all told
        open_objections=OpenObjections(**outcome.get("open_objections", {})),
    )


def _standing(reader: Audience | None, ballot: Any, *, voted: bool) -> Standing | None:
    disclosure = disclosed(reader, ballot.visibility, ballot.state, voted=voted)
    if reader is None or disclosure is Disclosure.NOTHING:
        return None
    if ballot.secrecy is not BallotSecrecy.NAMED:
        told = _released(reader, ballot)
        return None if told is None else Standing(ballot.kind, *told)
    if reader is Audience.PUBLIC:
        return Standing(ballot.kind, *_published(ballot))
    known = disclosure is Disclosure.EVERYTHING
    stability = stability_of(square(ballot.shifts)) if known and ballot.shifts else None
    objections = open_objections(ballot)
    weighed = None
    if margins_shown(reader, ballot.visibility, ballot.state):
        weighed = turnable(ballot.kind, ballot.rule, objections)
    if ballot.outcome is not None:
        consensus, as_of = restore(ballot.outcome), ballot.outcome["as_of"][reader]
        return Standing(ballot.kind, consensus, as_of, stability, weighed)
    consensus = _now(ballot, objections, everything=known)
    if known and ballot.most_rounds > 1:
        plan = RoundPlan(
            most_rounds=ballot.most_rounds,
            stops_when_stable=ballot.stops_when_stable,
            stops_on_consensus=ballot.stops_on_consensus,
        )
        further = suggestions(plan, ballot.round, consensus.status, stability)
        consensus = replace(consensus, reasons=consensus.reasons + further)
    return Standing(ballot.kind, consensus, sequences(ballot)[reader], stability, weighed)


def _published(ballot: Any) -> tuple[Consensus, int]:
    """Return what the public is told of a ballot that is over, and the sequence that it is of."""
    outcome = restore(ballot.outcome)
    tallies = [Tally(*each) for each in _rows(ballot)]
    told = for_public(ballot.kind, outcome, tallies, ballot.smallest_count)
    return told, ballot.outcome["as_of"][Audience.PUBLIC]


def _released(reader: Audience, ballot: Any) -> tuple[Consensus, int] | None:
    """Return what is told of a secret ballot: its outcome, or until then its last release."""
    if ballot.outcome is not None:
        return restore(ballot.outcome), ballot.outcome["as_of"][reader]
    told = None if ballot.released is None else restore(ballot.released)
    if reader is Audience.MODERATORS:
        now = _now(ballot, open_objections(ballot), everything=False)
        told = now if told is None else replace(told, turnout=now.turnout)
    return None if told is None else (told, sequences(ballot)[reader])


def _now(ballot: Any, objections: OpenObjections, *, everything: bool) -> Consensus:
    return judged(ballot.kind, ballot.rule, _rows(ballot), objections, everything=everything)


def _rows(ballot: Any) -> tuple[tuple[Any, ...], ...]:
    """Return the arguments of the tally of each constituency."""
    return tuple(
        zip(
            ballot.constituencies,
            ballot.names,
            ballot.eligible,
            map(tuple, ballot.counts),
            ballot.voted,
            strict=True,
        )
    )


def open_objections(ballot: Any) -> OpenObjections:
    """Return how many objections are open, from a ballot or a row with its counts of them."""
    return OpenObjections(
        ballot.objections_raised, ballot.objections_qualified, ballot.objections_safety
    )


@lru_cache(maxsize=JUDGED)
def turnable(kind: BallotKind, rule: str, objections: OpenObjections) -> Parameters | None:
    """Return the parameters of a rule that is stored as JSON; None where no vote turns the result.

    That is while an objection blocks.
    """
    parameters = parse_rule(kind, orjson.loads(rule)).parameters
    return None if parameters.blocked_by(objections) else parameters


@lru_cache(maxsize=JUDGED)
def judged(
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

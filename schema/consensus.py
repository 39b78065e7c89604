"""How far a ballot has come, in GraphQL."""

from __future__ import annotations

from uuid import UUID

import strawberry

from domain.consensus.choices import BallotKind
from domain.consensus.results import Group, Status
from domain.queries import stakeholders
from domain.queries.consensus import Standing
from schema.fields import enum, relation, text
from schema.stakeholders import Constituency
from schema.votes import Choice, spoken

enum(
    Status,
    "How far a ballot, or one constituency of it, has come.",
    NOT_ENOUGH_VOTES="Too few have voted to say anything.",
    NO_CONSENSUS="Enough have voted, and the rule is not met.",
    CONSENSUS="The rule is met by everyone who is asked.",
    CONSENSUS_WITH_DISSENT="Everyone together meets the rule, a constituency does not.",
    CONSENSUS_AGAINST="There is consensus that it should not be.",
    WITHHELD="It is not told while the ballot is blind.",
)
Status.__strawberry_definition__.name = "ConsensusStatus"  # type: ignore[attr-defined]


@strawberry.type(description="How many people made one choice.")
class ChoiceCount:
    """A count."""

    choice: Choice | None = text(description="The choice; null where it is a rating.")
    rating: int | None = text(description="The rating, 1 to 9; null where it is none.")
    count: int = text(description="How many people.")


@strawberry.type(description="The result in one constituency, or of everyone together.")
class GroupConsensus:
    """See domain.consensus.results.Group."""

    constituency_id: strawberry.Private[UUID | None]
    constituency: Constituency | None = relation(
        stakeholders.constituencies_by_ids,
        "The constituency; null for everyone together.",
        by="constituency_id",
    )
    status: Status = text(description="How far it has come.")
    counts: list[ChoiceCount] = text(description="How many people made each choice.")
    eligible: int = text(description="How many people may vote.")
    voted: int = text(description="How many people have voted.")
    in_favour: int = text(description="How many are in favour, as the rule counts it.")
    of: int = text(description="Of how many: the share that the rule compares.")
    interval_low: float | None = text(
        description="Where the 95 % interval (Wilson) of the share begins, from 0 to 1; null where "
        "too few have voted or there is no sample."
    )
    interval_high: float | None = text(
        description="Where the interval ends, from 0 to 1; null where the beginning is."
    )
    median: float | None = text(description="The median of the ratings; null without enough.")


@strawberry.type(description="Of how many eligible people how many have voted.")
class Turnout:
    """See domain.consensus.results.Turnout."""

    voted: int = text(description="How many people have voted.")
    eligible: int = text(description="How many people may vote.")


@strawberry.type(description="How far a ballot has come under its rule.")
class Consensus:
    """See domain.consensus.results.Consensus."""

    status: Status = text(description="How far it has come.")
    reasons: list[str] = text(description="What is missing and who dissents, in sentences.")
    overall: GroupConsensus | None = text(
        description="Everyone together, before constituencies are asked; null while withheld."
    )
    by_constituency: list[GroupConsensus] = text(
        description="Each constituency that has electors; empty while withheld."
    )
    turnout: Turnout = text(description="How many have voted.")
    rule_hash: str = text(description="The SHA-256 of the rule, in hex.")
    as_of: int = text(
        description="The last event of the viewer's stream of the topic that it contains."
    )


def consensus(standing: Standing) -> Consensus:
    """Return the GraphQL value of how far a ballot has come."""
    found, kind = standing.consensus, standing.kind
    return Consensus(
        status=found.status,
        reasons=list(found.reasons),
        overall=None if found.overall is None else _group(kind, found.overall),
        by_constituency=[_group(kind, group) for group in found.by_constituency],
        turnout=Turnout(voted=found.turnout.voted, eligible=found.turnout.eligible),
        rule_hash=found.rule_hash,
        as_of=standing.as_of,
    )


def _group(kind: BallotKind, group: Group) -> GroupConsensus:
    low, high = group.interval or (None, None)
    return GroupConsensus(
        constituency_id=UUID(group.constituency) if group.constituency else None,
        status=group.status,
        counts=[_count(kind, place, people) for place, people in enumerate(group.counts)],
        eligible=group.eligible,
        voted=group.voted,
        in_favour=group.in_favour,
        of=group.of,
        interval_low=low,
        interval_high=high,
        median=group.median,
    )


def _count(kind: BallotKind, place: int, people: int) -> ChoiceCount:
    choice, rating = spoken(kind, place)
    return ChoiceCount(choice=choice, rating=rating, count=people)

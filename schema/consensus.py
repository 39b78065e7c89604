"""How far a ballot has come, in GraphQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

import strawberry

from domain.consensus.agreement import tastle_wierman
from domain.consensus.choices import LISTED, BallotKind
from domain.consensus.flips import LOOKED_FOR, fewest_to_flip
from domain.consensus.options import size
from domain.consensus.parameters import Parameters
from domain.consensus.results import Group, Status
from domain.consensus.tallies import Tally
from domain.queries import stakeholders
from domain.queries.consensus import Standing
from domain.rows import id_of
from schema.batches import Parents, batched, derived
from schema.context import Info
from schema.fields import enum, relation, text
from schema.stakeholders import Constituency
from schema.votes import Choice, spoken_all

enum(
    Status,
    "How far a ballot, or one constituency of it, has come.",
    NOT_ENOUGH_VOTES="Too few have voted to say anything.",
    NO_CONSENSUS="Enough have voted, and the rule is not met.",
    CONSENSUS="The rule is met by everyone who is asked.",
    CONSENSUS_WITH_DISSENT="Everyone together meets the rule, a constituency does not.",
    CONSENSUS_AGAINST="There is consensus that it should not be.",
    WITHHELD="It is not told: the ballot is blind, or too few people would be spoken of.",
)
Status.__strawberry_definition__.name = "ConsensusStatus"  # type: ignore[attr-defined]


@strawberry.type(description="How many people made one choice.")
class ChoiceCount:
    """A count."""

    choice: Choice | None = text(description="The choice; null where it is a rating.")
    rating: int | None = text(description="The rating, 1 to 9; null where it is none.")
    option: int | None = text(
        description="The ordinal of the option, which so many approve, or have ranked at all; null "
        "where it is none."
    )
    count: int | None = text(description="How many people; null where that is suppressed.")


@strawberry.type(description="How many people prefer one option to another one.")
class Preference:
    """A pair of options, by their ordinals."""

    option: int = text(description="The ordinal of the option that they prefer.")
    over: int = text(description="The ordinal of the one that they prefer it to.")
    count: int | None = text(description="How many people; null where that is suppressed.")


_key = lru_cache(maxsize=4_096)(id_of)


class _Part(NamedTuple):
    """The result of a group in a ballot of some kind; see Standing for what is weighed."""

    kind: BallotKind
    group: Group
    weighed: Parameters | None

    @property
    def constituency_id(self) -> UUID | None:
        return _key(self.group.constituency) if self.group.constituency else None

    @property
    def counts(self) -> list[ChoiceCount]:
        return choice_counts(self.kind, self.group.counts)

    @property
    def preferences(self) -> list[Preference]:
        return preferences(self.kind, self.group.counts)


def choice_counts(kind: BallotKind, counts: Sequence[int | None]) -> list[ChoiceCount]:
    """Return how many made each choice, from the counts of a ballot of a kind."""
    if kind in LISTED:
        # Of a ranking, the diagonal.
        step = 1 if kind is BallotKind.MULTIPLE_CHOICE else size(kind, counts) + 1
        return [
            ChoiceCount(choice=None, rating=None, option=option, count=people)
            for option, people in enumerate(counts[::step], 1)
        ]
    return [
        ChoiceCount(choice=choice, rating=rating, option=None, count=people)
        for (choice, rating), people in zip(spoken_all(kind), counts, strict=True)
    ]


def preferences(kind: BallotKind, counts: Sequence[int | None]) -> list[Preference]:
    """Return who prefers which option to which, from the counts of a ballot of a kind."""
    if kind is not BallotKind.RANKING:
        return []
    options = range(1, size(kind, counts) + 1)
    pairs = product(options, options)
    return [
        Preference(option=option, over=over, count=people)
        for (option, over), people in zip(pairs, counts, strict=True)
        if option != over
    ]


async def _fewest_to_flip(parts: Parents, _info: Info) -> Sequence[int | None]:
    # Where many votes are near no threshold, it takes long enough that nobody should wait for it.
    return await asyncio.to_thread(lambda: list(map(_fewest, parts)))


def _told(group: Group) -> tuple[int, ...] | None:
    """Return the counts of a group; None where one of them is suppressed."""
    counts = tuple(count for count in group.counts if count is not None)
    return counts if len(counts) == len(group.counts) else None


def _fewest(part: _Part) -> int | None:
    group, counts = part.group, _told(part.group)
    if part.weighed is None or counts is None:
        return None
    tally = Tally(group.constituency, group.label, group.eligible, counts, group.voted)
    return fewest_to_flip(part.weighed, tally)


def _tastle_wierman(part: _Part) -> float | None:
    counts = _told(part.group)
    if part.group.median is None or counts is None:
        return None
    *rated, _unable_to_score = counts
    return tastle_wierman(rated)


@strawberry.type(description="The result in one constituency, or of everyone together.")
class GroupConsensus:
    """See domain.consensus.results.Group."""

    constituency: Constituency | None = relation(
        stakeholders.constituencies_by_ids,
        "The constituency; null for everyone together.",
        by="constituency_id",
    )
    status: Status = derived(attrgetter("group.status"), "How far it has come.")
    counts: list[ChoiceCount] = text(description="How many people made each choice.")
    preferences: list[Preference] = text(
        description="Of a ranking, how many people prefer each option to each other; else empty."
    )
    winners: list[int] = derived(
        attrgetter("group.winners"),
        "The ordinals of the options that win by the count, where options are listed; none while "
        "too few have voted, or where they are tied.",
    )
    eligible: int = derived(attrgetter("group.eligible"), "How many people may vote.")
    voted: int | None = derived(
        attrgetter("group.voted"), "How many people have voted; null where that is suppressed."
    )
    in_favour: int | None = derived(
        attrgetter("group.in_favour"),
        "How many are in favour, as the rule counts it; null where that is suppressed.",
    )
    of: int | None = derived(
        attrgetter("group.of"),
        "Of how many: the share that the rule compares; null where that is suppressed.",
    )
    interval_low: float | None = derived(
        lambda part: part.group.interval and part.group.interval[0],
        "Where the 95 % interval (Wilson) of the share begins, from 0 to 1; null where too few "
        "have voted or there is no sample.",
    )
    interval_high: float | None = derived(
        lambda part: part.group.interval and part.group.interval[1],
        "Where the interval ends, from 0 to 1; null where the beginning is.",
    )
    median: float | None = derived(
        attrgetter("group.median"), "The median of the ratings; null without enough."
    )
    suppressed: bool = derived(
        attrgetter("group.suppressed"),
        "Whether figures are left out: those of fewer people than the ballot's `smallestCount`, "
        "and those that would tell them.",
    )
    tastle_wierman: float | None = derived(
        _tastle_wierman,
        "The consensus of Tastle and Wierman of the ratings: from 0, where halves stand at both "
        "ends, to 1, where all are the same; null without enough.",
    )
    fewest_to_flip: int | None = batched(
        _fewest_to_flip,
        "How few people would have to cast or change a vote for consensus in favour to be reached, "
        "or no longer. Null for others than moderators, where no votes would do, and under rules "
        f"that measure the spread of ratings where more than {LOOKED_FOR} people would have to.",
    )


@strawberry.type(description="Of how many eligible people how many have voted.")
class Turnout:
    """See domain.consensus.results.Turnout."""

    voted: int = text(description="How many people have voted.")
    eligible: int = text(description="How many people may vote.")


@strawberry.type(
    description="How far answers stood still since the round before, of those who gave both."
)
class Stability:
    """See domain.consensus.stability.Stability."""

    kept: int = text(description="How many people gave the same answer again.")
    of: int = text(description="How many people answered in both rounds.")
    changed: int = text(
        description="By how many of them the two distributions differ (the net change)."
    )
    stable: bool = text(description="Whether the net change is below 15 % (Scheibe).")
    chi_square: float | None = text(
        description="Whether the answers are independent of the earlier ones (Chaffin and Talley); "
        "null where everybody gave one answer in either round."
    )
    degrees_of_freedom: int | None = text(description="Of that statistic.")
    p_value: float | None = text(
        description="The probability of at least that statistic, were they independent."
    )


def _overall(standing: Standing) -> _Part | None:
    overall = standing.consensus.overall
    return None if overall is None else _Part(standing.kind, overall, standing.weighed)


def _parts(standing: Standing) -> list[_Part]:
    return [
        _Part(standing.kind, group, standing.weighed)
        for group in standing.consensus.by_constituency
    ]


@strawberry.type(description="How far a ballot has come under its rule.")
class Consensus:
    """See domain.queries.consensus.Standing, of which it is read."""

    status: Status = derived(attrgetter("consensus.status"), "How far it has come.")
    reasons: list[str] = derived(
        attrgetter("consensus.reasons"), "What is missing and who dissents, in sentences."
    )
    overall: GroupConsensus | None = derived(
        _overall, "Everyone together, before constituencies are asked; null while withheld."
    )
    by_constituency: list[GroupConsensus] = derived(
        _parts, "Each constituency that has electors; empty while withheld."
    )
    turnout: Turnout = derived(attrgetter("consensus.turnout"), "How many have voted.")
    stability: Stability | None = text(
        description="How far answers stood still since the round before, whether agreed or not; "
        "null in the first round, while withheld, and where nobody answered twice."
    )
    open_objections: int = derived(
        attrgetter("consensus.open_objections.number"),
        "How many objections are open; none while withheld.",
    )
    open_safety_objections: int = derived(
        attrgetter("consensus.open_objections.safety"),
        "How many of these are about safety: while there is one, nothing is adopted.",
    )
    rule_hash: str = derived(attrgetter("consensus.rule_hash"), "The SHA-256 of the rule, in hex.")
    suppressed: bool = derived(
        attrgetter("consensus.suppressed"),
        "Whether figures are left out because they are small, or would tell one that is.",
    )
    as_of: int = text(
        description="The last event of the viewer's stream of the topic that it contains."
    )

"""What an evaluation says: one status, the reasons in words, and the figures behind them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.consensus.objections import NO_OBJECTIONS, OpenObjections


class Status(StrEnum):
    """How far a ballot, or one constituency of it, has come."""

    NOT_ENOUGH_VOTES = "NOT_ENOUGH_VOTES"
    NO_CONSENSUS = "NO_CONSENSUS"
    CONSENSUS = "CONSENSUS"
    CONSENSUS_WITH_DISSENT = "CONSENSUS_WITH_DISSENT"
    CONSENSUS_AGAINST = "CONSENSUS_AGAINST"
    WITHHELD = "WITHHELD"


@dataclass(frozen=True, slots=True)
class Turnout:
    """Of how many eligible people how many voted."""

    voted: int
    eligible: int


@dataclass(frozen=True, slots=True)
class Group:
    """The result in one constituency, or of everyone (then `constituency` is empty).

    `counts` are people per choice, by ordinal; `in_favour` of `of` is the share that the rule
    compares. `interval` is its Wilson 95 % interval, from 0 to 1, where votes are a sample of
    views; `median` is that of ratings. Both are None below the minimum of votes or the quorum.
    `winners` are the ordinals of the options that win, where the ballot lists options.
    Where `suppressed`, figures that are small, or would tell one that is, are None.
    """

    constituency: str
    label: str
    status: Status
    counts: tuple[int | None, ...]
    eligible: int
    voted: int | None
    in_favour: int | None
    of: int | None
    interval: tuple[float, float] | None
    median: float | None
    suppressed: bool = False
    winners: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Consensus:
    """The result of a ballot under one rule.

    `reasons` are sentences that say what is missing and who dissents. `overall.status` is that
    of everyone together, before constituencies are asked; `overall` is None while withheld.
    `open_objections` are none while withheld, and where they are not told.
    `suppressed` says that something is left out because it is small, or would tell what is.
    """

    status: Status
    reasons: tuple[str, ...]
    overall: Group | None
    by_constituency: tuple[Group, ...]
    turnout: Turnout
    rule_hash: str
    open_objections: OpenObjections = NO_OBJECTIONS
    suppressed: bool = False

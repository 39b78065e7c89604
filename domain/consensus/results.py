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
    """

    constituency: str
    label: str
    status: Status
    counts: tuple[int, ...]
    eligible: int
    voted: int
    in_favour: int
    of: int
    interval: tuple[float, float] | None
    median: float | None
    winners: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Consensus:
    """The result of a ballot under one rule.

    `reasons` are sentences that say what is missing and who dissents. `overall.status` is that
    of everyone together, before constituencies are asked; `overall` is None while withheld, and
    `open_objections` are then none.
    """

    status: Status
    reasons: tuple[str, ...]
    overall: Group | None
    by_constituency: tuple[Group, ...]
    turnout: Turnout
    rule_hash: str
    open_objections: OpenObjections = NO_OBJECTIONS

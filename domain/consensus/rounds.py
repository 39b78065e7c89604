"""Rounds of one ballot: how many, what each shows of the one before, and when to stop."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.consensus.results import Status
from domain.consensus.stability import Stability
from domain.errors import Invalid

MOST_ROUNDS = 10


class Feedback(StrEnum):
    """What electors are shown of the rounds that are over while the ballot is blind."""

    ALL_GROUPS = "ALL_GROUPS"
    OWN_GROUP = "OWN_GROUP"
    NONE = "NONE"


class RoundDisposition(StrEnum):
    """What became of the item after a round."""

    KEPT = "KEPT"
    REWORDED = "REWORDED"
    DROPPED = "DROPPED"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """The rounds that a ballot may have, laid down before it is opened.

    `most_rounds` is from 1 to 10. The two rules of stopping suggest and never act. Raises Invalid
    with the path ("round_plan", <name>).
    """

    most_rounds: int = 1
    feedback: Feedback = Feedback.ALL_GROUPS
    stops_when_stable: bool = False
    stops_on_consensus: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.most_rounds <= MOST_ROUNDS:
            raise Invalid(
                f"A ballot has 1 to {MOST_ROUNDS} rounds; {self.most_rounds} are not possible.",
                ("round_plan", "most_rounds"),
            )
        for name in ("stops_when_stable", "stops_on_consensus"):
            if getattr(self, name) and self.most_rounds == 1:
                raise Invalid(
                    "A ballot of one round has no next one to do without. Please allow more "
                    "rounds, or leave this rule out.",
                    ("round_plan", name),
                )


def suggestions(
    plan: RoundPlan, number: int, status: Status, stability: Stability | None
) -> tuple[str, ...]:
    """Say in sentences what speaks for ending with this round.

    `number` counts rounds from 1; `stability` is None in the first one.
    """
    found = []
    if plan.stops_on_consensus and status in (Status.CONSENSUS, Status.CONSENSUS_AGAINST):
        found.append("Consensus is reached: the ballot can be closed after this round.")
    if plan.stops_when_stable and stability is not None and stability.stable:
        found.append("The answers are stable: the ballot can be closed after this round.")
    if number >= plan.most_rounds:
        found.append(f"This is the last of {plan.most_rounds} rounds.")
    return tuple(found)

"""Objections that nobody has settled yet, and what they stand in the way of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenObjections:
    """How many objections to what a ballot asks are open, which is until they are settled.

    `raised` wait to be judged, `qualified` were found to be such; of both together `safety` are
    about safety.
    """

    raised: int = 0
    qualified: int = 0
    safety: int = 0

    @property
    def number(self) -> int:
        """How many are open."""
        return self.raised + self.qualified


NO_OBJECTIONS = OpenObjections()


def safety_alone(objections: OpenObjections) -> tuple[str, ...]:
    """Return what blocks where only safety does: a clause, or nothing."""
    match objections.safety:
        case 0:
            return ()
        case 1:
            return ("one safety objection is open.",)
        case safety:
            return (f"{safety} safety objections are open.",)


def every_one(objections: OpenObjections) -> tuple[str, ...]:
    """Return what blocks where every objection does: a clause, or two where some are of safety."""
    match objections.number - objections.safety:
        case 0:
            others: tuple[str, ...] = ()
        case 1:
            others = ("one objection is open.",)
        case number:
            others = (f"{number} objections are open.",)
    return (*safety_alone(objections), *others)

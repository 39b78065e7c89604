"""The life of a priority cycle: when proposals are taken, scored and decided."""

from __future__ import annotations

from enum import StrEnum

from domain.lifecycle.machine import Machine, Move, Requirement
from domain.permissions import Permission


class CycleState(StrEnum):
    """Where a priority cycle stands."""

    PLANNED = "PLANNED"
    OPEN = "OPEN"
    SCORING = "SCORING"
    DECIDED = "DECIDED"


class CycleTransition(StrEnum):
    """A step in the life of a priority cycle."""

    OPEN = "OPEN"
    SCORE = "SCORE"
    CONCLUDE = "CONCLUDE"


CYCLE = Machine(
    noun="priority cycle",
    initial=CycleState.PLANNED,
    moves=(
        Move(
            CycleTransition.OPEN,
            (CycleState.PLANNED,),
            CycleState.OPEN,
            Permission.STEER,
            (Requirement("criteria_missing", "No gateway criterion is in force."),),
        ),
        Move(
            CycleTransition.SCORE,
            (CycleState.OPEN,),
            CycleState.SCORING,
            Permission.STEER,
            (Requirement("proposals_missing", "No proposal was submitted."),),
        ),
        Move(
            CycleTransition.CONCLUDE,
            (CycleState.SCORING,),
            CycleState.DECIDED,
            Permission.STEER,
            (Requirement("proposals_undecided", "Submitted proposals not yet decided: {n}."),),
        ),
    ),
)

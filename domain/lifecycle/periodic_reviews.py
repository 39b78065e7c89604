"""The periodic review of a launched specification: whether it is current, and needed."""

from __future__ import annotations

from enum import StrEnum

from domain.lifecycle.endorsements import NOT_ONES_OWN
from domain.lifecycle.machine import Machine, Move, Requirement
from domain.permissions import Permission


class PeriodicReviewState(StrEnum):
    """Where a periodic review stands, or what it came to."""

    TRIGGERED = "TRIGGERED"
    EVIDENCE = "EVIDENCE"
    CONSULTING = "CONSULTING"
    RECONFIRMED = "RECONFIRMED"
    MINOR_REVISION = "MINOR_REVISION"
    MAJOR_REVISION = "MAJOR_REVISION"
    MERGED = "MERGED"
    RETIRED = "RETIRED"


class PeriodicReviewTransition(StrEnum):
    """A step of a periodic review."""

    COLLECT = "COLLECT"
    CONSULT = "CONSULT"
    RECONFIRM = "RECONFIRM"
    REVISE_MINOR = "REVISE_MINOR"
    REVISE_MAJOR = "REVISE_MAJOR"
    MERGE = "MERGE"
    RETIRE = "RETIRE"


_LAUNCHED = Requirement("launched_missing", "The specification is not launched any more.")
_CONSULTED = (
    _LAUNCHED,
    Requirement("consultation_held", "The exercise of its consultation is not closed."),
)

PERIODIC_REVIEW = Machine(
    noun="periodic review",
    initial=PeriodicReviewState.TRIGGERED,
    moves=(
        Move(
            PeriodicReviewTransition.COLLECT,
            (PeriodicReviewState.TRIGGERED,),
            PeriodicReviewState.EVIDENCE,
            Permission.STEER,
            (_LAUNCHED,),
        ),
        Move(
            PeriodicReviewTransition.CONSULT,
            (PeriodicReviewState.EVIDENCE,),
            PeriodicReviewState.CONSULTING,
            Permission.STEER,
            (_LAUNCHED, Requirement("evidence_missing", "No evidence has been collected.")),
        ),
        *(
            Move(
                transition,
                (PeriodicReviewState.CONSULTING,),
                outcome,
                permission,
                _CONSULTED,
                (NOT_ONES_OWN,),
            )
            for transition, outcome, permission in (
                (
                    PeriodicReviewTransition.RECONFIRM,
                    PeriodicReviewState.RECONFIRMED,
                    Permission.STEER,
                ),
                (
                    PeriodicReviewTransition.REVISE_MINOR,
                    PeriodicReviewState.MINOR_REVISION,
                    Permission.STEER,
                ),
                (
                    PeriodicReviewTransition.REVISE_MAJOR,
                    PeriodicReviewState.MAJOR_REVISION,
                    Permission.STEER,
                ),
                (PeriodicReviewTransition.MERGE, PeriodicReviewState.MERGED, Permission.DECIDE),
                (PeriodicReviewTransition.RETIRE, PeriodicReviewState.RETIRED, Permission.DECIDE),
            )
        ),
    ),
)

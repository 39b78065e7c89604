"""The endorsement of a candidate by the board: from the ballot's opening to its conclusion."""

from __future__ import annotations

from enum import StrEnum

from domain.lifecycle.machine import Machine, Move, Requirement
from domain.permissions import Permission


class EndorsementState(StrEnum):
    """Where the endorsement of a candidate stands."""

    OPEN = "OPEN"
    PASSED = "PASSED"
    FAILED = "FAILED"
    WITHDRAWN = "WITHDRAWN"


class EndorsementTransition(StrEnum):
    """A step in the endorsement of a candidate."""

    PASS = "PASS"  # noqa: S105 - no password
    FAIL = "FAIL"
    WITHDRAW = "WITHDRAW"


_CLOSED = Requirement("ballot_held", "The board's ballot is not closed.")
NOT_ONES_OWN = Requirement(
    "own_text", "You wrote or reviewed this text; what becomes of it is for others to say."
)

ENDORSEMENT = Machine(
    noun="endorsement",
    initial=EndorsementState.OPEN,
    moves=(
        Move(
            EndorsementTransition.PASS,
            (EndorsementState.OPEN,),
            EndorsementState.PASSED,
            Permission.STEER,
            (
                _CLOSED,
                Requirement("consensus_missing", "The board's positions do not carry it."),
                Requirement(
                    "candidate_missing",
                    "The text is no candidate now: it is being revised, and was not locked again.",
                ),
            ),
            (NOT_ONES_OWN,),
        ),
        Move(
            EndorsementTransition.FAIL,
            (EndorsementState.OPEN,),
            EndorsementState.FAILED,
            Permission.STEER,
            (
                _CLOSED,
                Requirement("consensus", "The board's positions carry it."),
                Requirement(
                    "candidate_missing",
                    "The text is no candidate now: it is being revised, and was not locked again.",
                ),
            ),
            (NOT_ONES_OWN,),
        ),
        Move(
            EndorsementTransition.WITHDRAW,
            (EndorsementState.OPEN,),
            EndorsementState.WITHDRAWN,
            Permission.STEER,
        ),
    ),
)

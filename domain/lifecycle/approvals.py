"""The life of an approval: in force, suspended, and ended by the board or by its time."""

from __future__ import annotations

from enum import StrEnum

from domain.lifecycle.delivery_plans import INDEPENDENCE
from domain.lifecycle.machine import Machine, Move, Requirement
from domain.permissions import Permission


class ApprovalState(StrEnum):
    """Where a provider's approval to deliver a version of a specification stands."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"


class ApprovalTransition(StrEnum):
    """A step in the life of an approval."""

    SUSPEND = "SUSPEND"
    RESTORE = "RESTORE"
    WITHDRAW = "WITHDRAW"
    LAPSE = "LAPSE"


# The states in which an approval may still come to be used.
IN_FORCE = (ApprovalState.ACTIVE, ApprovalState.SUSPENDED)

APPROVAL = Machine(
    noun="approval",
    initial=ApprovalState.ACTIVE,
    moves=(
        Move(
            ApprovalTransition.SUSPEND,
            (ApprovalState.ACTIVE,),
            ApprovalState.SUSPENDED,
            Permission.DECIDE,
            (),
            INDEPENDENCE,
        ),
        Move(
            ApprovalTransition.RESTORE,
            (ApprovalState.SUSPENDED,),
            ApprovalState.ACTIVE,
            Permission.DECIDE,
            (Requirement("due", "Its end has passed, or a condition is overdue: it lapses."),),
            INDEPENDENCE,
        ),
        Move(
            ApprovalTransition.WITHDRAW,
            IN_FORCE,
            ApprovalState.WITHDRAWN,
            Permission.DECIDE,
            (),
            INDEPENDENCE,
        ),
        # Taken by the process itself as soon as it is due.
        Move(
            ApprovalTransition.LAPSE,
            IN_FORCE,
            ApprovalState.LAPSED,
            Permission.STEER,
            (Requirement("not_due", "Its end has not passed, and no condition is overdue."),),
        ),
    ),
)

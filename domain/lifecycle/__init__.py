"""Every state machine as a table: states, moves, who may take them, and what each one needs."""

from __future__ import annotations

from enum import StrEnum

from domain.lifecycle.approvals import APPROVAL
from domain.lifecycle.cycles import CYCLE
from domain.lifecycle.delivery_plans import DELIVERY_PLAN, PLAN_CONDITION
from domain.lifecycle.endorsements import ENDORSEMENT
from domain.lifecycle.evaluations import EVALUATION
from domain.lifecycle.machine import (
    Facts,
    Machine,
    Move,
    Option,
    Requirement,
    advance,
    explain,
    require,
)
from domain.lifecycle.periodic_reviews import PERIODIC_REVIEW
from domain.lifecycle.proposals import PROPOSAL
from domain.lifecycle.resource_selections import RESOURCE_SELECTION
from domain.permissions import Permission

__all__ = ["Facts", "Machine", "Move", "Option", "Requirement", "advance", "explain", "require"]


class SpecificationState(StrEnum):
    """Where a version of a specification stands."""

    IN_DEVELOPMENT = "IN_DEVELOPMENT"
    CONSULTATION = "CONSULTATION"
    REVISING = "REVISING"
    CANDIDATE = "CANDIDATE"
    ENDORSED = "ENDORSED"
    ENDORSED_WITH_CONDITIONS = "ENDORSED_WITH_CONDITIONS"
    DECLINED = "DECLINED"
    SCHEDULED = "SCHEDULED"
    LAUNCHED = "LAUNCHED"
    SUPERSEDED = "SUPERSEDED"
    RETIRED = "RETIRED"
    ABANDONED = "ABANDONED"


class SpecificationTransition(StrEnum):
    """A step in the life of a specification."""

    CONSULT = "CONSULT"
    REVISE = "REVISE"
    MAKE_CANDIDATE = "MAKE_CANDIDATE"
    ENDORSE = "ENDORSE"
    ENDORSE_WITH_CONDITIONS = "ENDORSE_WITH_CONDITIONS"
    DECLINE = "DECLINE"
    SCHEDULE = "SCHEDULE"
    UNSCHEDULE = "UNSCHEDULE"
    LAUNCH = "LAUNCH"
    SUPERSEDE = "SUPERSEDE"
    RETIRE = "RETIRE"
    ABANDON = "ABANDON"


_CONDITIONS_OPEN = Requirement("conditions_open", "Conditions of the endorsement still open: {n}.")

SPECIFICATION = Machine(
    noun="specification",
    initial=SpecificationState.IN_DEVELOPMENT,
    moves=(
        Move(
            SpecificationTransition.CONSULT,
            (SpecificationState.IN_DEVELOPMENT, SpecificationState.REVISING),
            SpecificationState.CONSULTATION,
            Permission.STEER,
            (Requirement("engagements_missing", "No engagement exercise is planned or open."),),
        ),
        Move(
            SpecificationTransition.REVISE,
            (
                SpecificationState.CONSULTATION,
                SpecificationState.CANDIDATE,
                SpecificationState.DECLINED,
            ),
            SpecificationState.REVISING,
            Permission.STEER,
            (Requirement("engagements_open", "Engagement exercises still open: {n}."),),
        ),
        Move(
            SpecificationTransition.MAKE_CANDIDATE,
            (SpecificationState.REVISING,),
            SpecificationState.CANDIDATE,
            Permission.STEER,
            (
                Requirement("sections_empty", "Sections still without text: {n}."),
                Requirement("outcomes_missing", "No learning outcome is written."),
                Requirement(
                    "threads_unresolved",
                    "Comment threads still unresolved: {n}.",
                ),
                Requirement("exercises_missing", "No engagement exercise has been closed."),
            ),
        ),
        # The next three are taken by the conclusion of the board's endorsement.
        Move(
            SpecificationTransition.ENDORSE,
            (SpecificationState.CANDIDATE,),
            SpecificationState.ENDORSED,
            Permission.STEER,
            (Requirement("endorsement_missing", "The board has not endorsed this text."),),
        ),
        Move(
            SpecificationTransition.ENDORSE_WITH_CONDITIONS,
            (SpecificationState.CANDIDATE,),
            SpecificationState.ENDORSED_WITH_CONDITIONS,
            Permission.STEER,
            (
                Requirement("endorsement_missing", "The board has not endorsed this text."),
                Requirement("conditions_missing", "The board named no condition."),
            ),
        ),
        Move(
            SpecificationTransition.DECLINE,
            (SpecificationState.CANDIDATE,),
            SpecificationState.DECLINED,
            Permission.STEER,
            (Requirement("refusal_missing", "The board has not declined this text."),),
        ),
        Move(
            SpecificationTransition.SCHEDULE,
            (SpecificationState.ENDORSED, SpecificationState.ENDORSED_WITH_CONDITIONS),
            SpecificationState.SCHEDULED,
            Permission.STEER,
            (
                _CONDITIONS_OPEN,
                Requirement("plans_missing", "It has no implementation plan."),
                Requirement("resources_missing", "The implementation plan names no resources."),
                Requirement("pilots_unevaluated", "Its pilot is not evaluated."),
                Requirement("barriers_unanswered", "Barriers without an answer: {n}."),
                Requirement("launch_days_past", "The day of its launch has passed."),
                Requirement(
                    "teach_outs_missing",
                    "The version that is launched now has no last day of teaching.",
                ),
            ),
        ),
        Move(
            SpecificationTransition.UNSCHEDULE,
            (SpecificationState.SCHEDULED,),
            SpecificationState.ENDORSED,
            Permission.STEER,
        ),
        Move(
            SpecificationTransition.LAUNCH,
            (SpecificationState.SCHEDULED,),
            SpecificationState.LAUNCHED,
            Permission.STEER,
            (
                _CONDITIONS_OPEN,
                Requirement("launch_days_ahead", "The day of its launch has not come."),
            ),
        ),
        # Taken by the launch of that version, for only one is launched at any moment.
        Move(
            SpecificationTransition.SUPERSEDE,
            (SpecificationState.LAUNCHED,),
            SpecificationState.SUPERSEDED,
            Permission.STEER,
            (Requirement("successors_missing", "No later version has been launched."),),
        ),
        # Taken by the outcome of a periodic review.
        Move(
            SpecificationTransition.RETIRE,
            (SpecificationState.LAUNCHED,),
            SpecificationState.RETIRED,
            Permission.DECIDE,
            (Requirement("retirements_missing", "No periodic review has come to retire it."),),
        ),
        Move(
            SpecificationTransition.ABANDON,
            (
                SpecificationState.IN_DEVELOPMENT,
                SpecificationState.CONSULTATION,
                SpecificationState.REVISING,
                SpecificationState.CANDIDATE,
                SpecificationState.ENDORSED,
                SpecificationState.ENDORSED_WITH_CONDITIONS,
                SpecificationState.DECLINED,
            ),
            SpecificationState.ABANDONED,
            Permission.STEER,
        ),
    ),
)

# The states in which the text of a specification may be edited.
DRAFTABLE = (
    SpecificationState.IN_DEVELOPMENT,
    SpecificationState.CONSULTATION,
    SpecificationState.REVISING,
)


class EngagementState(StrEnum):
    """Where an engagement exercise or a roundtable stands."""

    PLANNED = "PLANNED"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class EngagementTransition(StrEnum):
    """A step in the life of an engagement exercise or of a roundtable."""

    OPEN = "OPEN"
    CLOSE = "CLOSE"


ENGAGEMENT = Machine(
    noun="engagement exercise",
    initial=EngagementState.PLANNED,
    moves=(
        Move(
            EngagementTransition.OPEN,
            (EngagementState.PLANNED,),
            EngagementState.OPEN,
            Permission.MODERATE,
            (
                Requirement("constituencies_missing", "No constituency is declared."),
                Requirement("briefing_missing", "The briefing document is empty."),
            ),
        ),
        Move(
            EngagementTransition.CLOSE,
            (EngagementState.OPEN,),
            EngagementState.CLOSED,
            Permission.MODERATE,
            (
                Requirement("ballots_open", "Ballots still open: {n}."),
                Requirement("roundtables_open", "Roundtables still open: {n}."),
            ),
        ),
    ),
)

ROUNDTABLE = Machine(
    noun="roundtable",
    initial=EngagementState.PLANNED,
    moves=(
        Move(
            EngagementTransition.OPEN,
            (EngagementState.PLANNED,),
            EngagementState.OPEN,
            Permission.MODERATE,
            (Requirement("engagement_closed", "Its engagement exercise is not open."),),
        ),
        Move(
            EngagementTransition.CLOSE,
            (EngagementState.OPEN,),
            EngagementState.CLOSED,
            Permission.MODERATE,
            (Requirement("ballots_open", "Ballots still open: {n}."),),
        ),
    ),
)


# The states in which an exercise or a roundtable is prepared and held.
NOT_CLOSED = (EngagementState.PLANNED, EngagementState.OPEN)


class ClockState(StrEnum):
    """Where the clock of a roundtable stands."""

    NOT_STARTED = "NOT_STARTED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


class ClockTransition(StrEnum):
    """A step of the clock of a roundtable."""

    START = "START"
    PAUSE = "PAUSE"
    NEXT = "NEXT"
    END = "END"


CLOCK = Machine(
    noun="clock",
    initial=ClockState.NOT_STARTED,
    moves=(
        Move(
            ClockTransition.START,
            (ClockState.NOT_STARTED, ClockState.PAUSED),
            ClockState.RUNNING,
            Permission.MODERATE,
            (
                Requirement("roundtable_not_open", "The roundtable is not open."),
                Requirement("items_missing", "The roundtable has no agenda item."),
            ),
        ),
        Move(ClockTransition.PAUSE, (ClockState.RUNNING,), ClockState.PAUSED, Permission.MODERATE),
        Move(
            ClockTransition.NEXT,
            (ClockState.RUNNING, ClockState.PAUSED),
            ClockState.RUNNING,
            Permission.MODERATE,
            (Requirement("items_following_missing", "No agenda item follows the present one."),),
        ),
        Move(
            ClockTransition.END,
            (ClockState.RUNNING, ClockState.PAUSED),
            ClockState.ENDED,
            Permission.MODERATE,
        ),
    ),
)


class BallotState(StrEnum):
    """Where a ballot stands.

    An extension is no state: voting goes on as before, only until later.
    """

    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    OPEN = "OPEN"
    DEFERRED = "DEFERRED"
    ROUND_CLOSED = "ROUND_CLOSED"
    CLOSED = "CLOSED"
    DECIDED = "DECIDED"
    DROPPED = "DROPPED"
    CANCELLED = "CANCELLED"


class BallotTransition(StrEnum):
    """A step in the life of a ballot."""

    SCHEDULE = "SCHEDULE"
    OPEN = "OPEN"
    EXTEND = "EXTEND"
    DEFER = "DEFER"
    RESUME = "RESUME"
    CLOSE_ROUND = "CLOSE_ROUND"
    NEXT_ROUND = "NEXT_ROUND"
    DROP = "DROP"
    CLOSE = "CLOSE"
    DECIDE = "DECIDE"
    CANCEL = "CANCEL"


_HOST_OPEN = Requirement("host_closed", "The exercise or roundtable is not open.")
_IN_TIME = Requirement("deadline_passed", "Its deadline has passed: please set a later one.")
_TO_EXTEND = Requirement("deadline_missing", "It has no deadline that could be extended.")

BALLOT = Machine(
    noun="ballot",
    initial=BallotState.DRAFT,
    moves=(
        Move(
            BallotTransition.SCHEDULE,
            (BallotState.DRAFT,),
            BallotState.SCHEDULED,
            Permission.MODERATE,
            (Requirement("opening_missing", "It has no time of opening."), _IN_TIME),
        ),
        Move(
            BallotTransition.OPEN,
            (BallotState.DRAFT, BallotState.SCHEDULED),
            BallotState.OPEN,
            Permission.MODERATE,
            (
                _HOST_OPEN,
                Requirement("electors_missing", "Nobody would be entitled to vote."),
                _IN_TIME,
            ),
        ),
        # Nobody is to vote after a deadline that was known, so an open ballot is extended in time.
        Move(
            BallotTransition.EXTEND,
            (BallotState.OPEN,),
            BallotState.OPEN,
            Permission.MODERATE,
            (_TO_EXTEND, Requirement("deadline_passed", "Its deadline has passed.")),
        ),
        *(
            Move(BallotTransition.EXTEND, (state,), state, Permission.MODERATE, (_TO_EXTEND,))
            for state in (BallotState.SCHEDULED, BallotState.DEFERRED)
        ),
        Move(
            BallotTransition.DEFER,
            (BallotState.OPEN,),
            BallotState.DEFERRED,
            Permission.MODERATE,
            (Requirement("deferrals", "It was deferred before; that is possible once."),),
        ),
        Move(
            BallotTransition.RESUME,
            (BallotState.DEFERRED,),
            BallotState.OPEN,
            Permission.MODERATE,
            (_HOST_OPEN, _IN_TIME),
        ),
        Move(
            BallotTransition.CLOSE_ROUND,
            (BallotState.OPEN,),
            BallotState.ROUND_CLOSED,
            Permission.MODERATE,
            (Requirement("rounds_exhausted", "This is its last round, which ends with it."),),
        ),
        Move(
            BallotTransition.NEXT_ROUND,
            (BallotState.ROUND_CLOSED,),
            BallotState.OPEN,
            Permission.MODERATE,
            (_HOST_OPEN,),
        ),
        Move(
            BallotTransition.DROP,
            (BallotState.ROUND_CLOSED,),
            BallotState.DROPPED,
            Permission.MODERATE,
        ),
        Move(
            BallotTransition.CLOSE,
            (BallotState.OPEN, BallotState.DEFERRED, BallotState.ROUND_CLOSED),
            BallotState.CLOSED,
            Permission.MODERATE,
        ),
        Move(
            BallotTransition.DECIDE,
            (BallotState.CLOSED,),
            BallotState.DECIDED,
            Permission.MODERATE,
        ),
        Move(
            BallotTransition.CANCEL,
            (
                BallotState.SCHEDULED,
                BallotState.OPEN,
                BallotState.DEFERRED,
                BallotState.ROUND_CLOSED,
            ),
            BallotState.CANCELLED,
            Permission.MODERATE,
        ),
    ),
)

# The states in which people vote, or may vote again: what holds the ballot waits for its end.
HELD = (BallotState.OPEN, BallotState.DEFERRED, BallotState.ROUND_CLOSED)
# The states in which what it came to is told to everybody who may know of it.
CONCLUDED = (BallotState.CLOSED, BallotState.DECIDED, BallotState.DROPPED)


class ObjectionState(StrEnum):
    """What became of an objection; open are those that wait to be judged, or to be settled."""

    RAISED = "RAISED"
    QUALIFIED = "QUALIFIED"
    NOT_QUALIFIED = "NOT_QUALIFIED"
    INTEGRATED = "INTEGRATED"
    WITHDRAWN = "WITHDRAWN"
    OVERRULED = "OVERRULED"


class ObjectionTransition(StrEnum):
    """A step in the life of an objection."""

    QUALIFY = "QUALIFY"
    DISQUALIFY = "DISQUALIFY"
    INTEGRATE = "INTEGRATE"
    OVERRULE = "OVERRULE"
    WITHDRAW = "WITHDRAW"


_BALLOT_OPEN = Requirement("ballot_closed", "The ballot is not open.")

OBJECTION = Machine(
    noun="objection",
    initial=ObjectionState.RAISED,
    moves=(
        Move(
            ObjectionTransition.QUALIFY,
            (ObjectionState.RAISED,),
            ObjectionState.QUALIFIED,
            Permission.MODERATE,
            (_BALLOT_OPEN,),
        ),
        Move(
            ObjectionTransition.DISQUALIFY,
            (ObjectionState.RAISED,),
            ObjectionState.NOT_QUALIFIED,
            Permission.MODERATE,
            (_BALLOT_OPEN,),
        ),
        Move(
            ObjectionTransition.INTEGRATE,
            (ObjectionState.QUALIFIED,),
            ObjectionState.INTEGRATED,
            Permission.MODERATE,
            (_BALLOT_OPEN,),
        ),
        Move(
            ObjectionTransition.OVERRULE,
            (ObjectionState.QUALIFIED,),
            ObjectionState.OVERRULED,
            Permission.MODERATE,
            (_BALLOT_OPEN,),
        ),
        Move(
            ObjectionTransition.WITHDRAW,
            (ObjectionState.RAISED, ObjectionState.QUALIFIED),
            ObjectionState.WITHDRAWN,
            Permission.VIEW,
            (_BALLOT_OPEN,),
            (Requirement("not_own", "Only who raised an objection can withdraw it."),),
        ),
    ),
)


MACHINES = (
    CYCLE,
    PROPOSAL,
    RESOURCE_SELECTION,
    SPECIFICATION,
    ENGAGEMENT,
    ROUNDTABLE,
    CLOCK,
    BALLOT,
    OBJECTION,
    ENDORSEMENT,
    DELIVERY_PLAN,
    PLAN_CONDITION,
    APPROVAL,
    PERIODIC_REVIEW,
    EVALUATION,
)
"""Every machine that there is, in the order in which they are explained."""

"""The life of a delivery plan: written, checked, reviewed, and decided by a panel of the board."""

from __future__ import annotations

from enum import StrEnum

from domain.lifecycle.machine import Machine, Move, Requirement
from domain.permissions import Permission


class DeliveryPlanState(StrEnum):
    """Where an education provider's delivery plan stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    THRESHOLD_CHECK = "THRESHOLD_CHECK"
    STANDARDS_REVIEW = "STANDARDS_REVIEW"
    PANEL = "PANEL"
    APPROVED = "APPROVED"
    APPROVED_WITH_CONDITIONS = "APPROVED_WITH_CONDITIONS"
    RETURNED = "RETURNED"
    REFUSED = "REFUSED"
    APPEALED = "APPEALED"
    WITHDRAWN = "WITHDRAWN"


class DeliveryPlanTransition(StrEnum):
    """A step in the life of a delivery plan."""

    SUBMIT = "SUBMIT"
    CHECK = "CHECK"
    REVIEW = "REVIEW"
    CONVENE = "CONVENE"
    APPROVE = "APPROVE"
    APPROVE_WITH_CONDITIONS = "APPROVE_WITH_CONDITIONS"
    RETURN = "RETURN"
    REFUSE = "REFUSE"
    APPEAL = "APPEAL"
    UPHOLD = "UPHOLD"
    ALLOW = "ALLOW"
    WITHDRAW = "WITHDRAW"


# The states in which a plan is the provider's to write.
EDITABLE = (DeliveryPlanState.DRAFT, DeliveryPlanState.RETURNED)

REVIEWERS = 2
"""How many standards reviews a plan needs."""
LEAST_SEATS = 2
"""How many people of the board sit on a panel at least."""

# Of whoever acts and of whoever is chosen to, so the sentences speak of neither as "you".
INDEPENDENCE = (
    Requirement("of_provider", "Who wrote a plan or works for its provider does not judge it."),
    Requirement("recused", "A declared interest keeps from judging this plan."),
    Requirement(
        "undeclared",
        "Who works for another provider of this credential declares that interest in this plan "
        "before judging it.",
    ),
)
"""What stands in the way of judging a provider's plan, or what became of it."""

NOT_REVIEWER = Requirement("reviewed", "Who reviewed a plan does not decide on it.")
NOT_SEATED_BEFORE = Requirement(
    "sat_before",
    "Who sat on an earlier panel of this plan, or heard its appeal, does not sit on this one.",
)
DECIDERS = (
    *INDEPENDENCE,
    NOT_REVIEWER,
    Requirement("not_seated", "Only who sits on the panel of this plan decides on it."),
)
"""What stands in the way of deciding on a panel, for whoever may decide at all."""
_ON_APPEAL = (
    *INDEPENDENCE,
    NOT_REVIEWER,
    Requirement("sat", "Who sat on a panel of this plan does not hear its appeal."),
)
_SEATED = Requirement("seats_empty", "Seats on the panel that are still empty: {n}.")
_ANSWERED = Requirement("items_unanswered", "Threshold items not answered: {n}.")
_APPROVABLE = (
    _SEATED,
    Requirement("specification_not_launched", "The specification is not launched any more."),
    Requirement("standards_not_met", "Standards judged as not met: {n}."),
    Requirement("approval_in_force", "The provider has an approval for this version already."),
)

DELIVERY_PLAN = Machine(
    noun="delivery plan",
    initial=DeliveryPlanState.DRAFT,
    moves=(
        Move(
            DeliveryPlanTransition.SUBMIT,
            EDITABLE,
            DeliveryPlanState.SUBMITTED,
            Permission.SUBMIT_PLAN,
            (
                Requirement("specification_not_launched", "The specification is not launched."),
                Requirement("modules_missing", "The plan has no module."),
                Requirement("outcomes_uncovered", "Learning outcomes not yet covered: {n}."),
                Requirement("outcomes_unassessed", "Learning outcomes not yet assessed: {n}."),
                Requirement("supervision_missing", "It does not say how learners are supervised."),
                Requirement("placements_missing", "It does not say where learners practise."),
                Requirement(
                    "quality_assurance_missing", "It does not say how its quality is assured."
                ),
            ),
        ),
        Move(
            DeliveryPlanTransition.CHECK,
            (DeliveryPlanState.SUBMITTED,),
            DeliveryPlanState.THRESHOLD_CHECK,
            Permission.STEER,
            (),
            INDEPENDENCE,
        ),
        Move(
            DeliveryPlanTransition.REVIEW,
            (DeliveryPlanState.THRESHOLD_CHECK,),
            DeliveryPlanState.STANDARDS_REVIEW,
            Permission.STEER,
            (_ANSWERED, Requirement("items_failed", "Threshold items answered with no: {n}.")),
            INDEPENDENCE,
        ),
        Move(
            DeliveryPlanTransition.RETURN,
            (DeliveryPlanState.THRESHOLD_CHECK,),
            DeliveryPlanState.RETURNED,
            Permission.STEER,
            (_ANSWERED, Requirement("items_passed", "No threshold item is answered with no.")),
            INDEPENDENCE,
        ),
        Move(
            DeliveryPlanTransition.CONVENE,
            (DeliveryPlanState.STANDARDS_REVIEW,),
            DeliveryPlanState.PANEL,
            Permission.STEER,
            (Requirement("reviews_missing", "Standards reviews not yet handed in: {n}."),),
            INDEPENDENCE,
        ),
        Move(
            DeliveryPlanTransition.APPROVE,
            (DeliveryPlanState.PANEL,),
            DeliveryPlanState.APPROVED,
            Permission.DECIDE,
            (
                *_APPROVABLE,
                Requirement("conditions_named", "Conditions named that it would not have: {n}."),
            ),
            DECIDERS,
        ),
        # Conditions are there for what is not met, so that does not stand in the way of this.
        Move(
            DeliveryPlanTransition.APPROVE_WITH_CONDITIONS,
            (DeliveryPlanState.PANEL,),
            DeliveryPlanState.APPROVED_WITH_CONDITIONS,
            Permission.DECIDE,
            (
                *(each for each in _APPROVABLE if each.fact != "standards_not_met"),
                Requirement("conditions_missing", "No condition is named."),
                Requirement("conditions_past", "Conditions due today or earlier: {n}."),
            ),
            DECIDERS,
        ),
        *(
            Move(
                transition,
                (DeliveryPlanState.PANEL,),
                target,
                Permission.DECIDE,
                (_SEATED,),
                DECIDERS,
            )
            for transition, target in (
                (DeliveryPlanTransition.RETURN, DeliveryPlanState.RETURNED),
                (DeliveryPlanTransition.REFUSE, DeliveryPlanState.REFUSED),
            )
        ),
        Move(
            DeliveryPlanTransition.APPEAL,
            (DeliveryPlanState.REFUSED,),
            DeliveryPlanState.APPEALED,
            Permission.SUBMIT_PLAN,
            (Requirement("appeals", "It was appealed before; that is possible once."),),
        ),
        Move(
            DeliveryPlanTransition.UPHOLD,
            (DeliveryPlanState.APPEALED,),
            DeliveryPlanState.REFUSED,
            Permission.DECIDE,
            (),
            _ON_APPEAL,
        ),
        Move(
            DeliveryPlanTransition.ALLOW,
            (DeliveryPlanState.APPEALED,),
            DeliveryPlanState.PANEL,
            Permission.DECIDE,
            (),
            _ON_APPEAL,
        ),
        Move(
            DeliveryPlanTransition.WITHDRAW,
            (
                DeliveryPlanState.DRAFT,
                DeliveryPlanState.SUBMITTED,
                DeliveryPlanState.THRESHOLD_CHECK,
                DeliveryPlanState.STANDARDS_REVIEW,
                DeliveryPlanState.PANEL,
                DeliveryPlanState.RETURNED,
                DeliveryPlanState.REFUSED,
                DeliveryPlanState.APPEALED,
            ),
            DeliveryPlanState.WITHDRAWN,
            Permission.SUBMIT_PLAN,
        ),
    ),
)


class PlanConditionState(StrEnum):
    """Where a condition of an approval stands."""

    OPEN = "OPEN"
    EVIDENCED = "EVIDENCED"
    MET = "MET"


class PlanConditionTransition(StrEnum):
    """A step in the life of a condition."""

    EVIDENCE = "EVIDENCE"
    ACCEPT = "ACCEPT"
    RETURN = "RETURN"


_BINDING = Requirement("not_binding", "No approval with this condition is in force.")

PLAN_CONDITION = Machine(
    noun="condition",
    initial=PlanConditionState.OPEN,
    moves=(
        Move(
            PlanConditionTransition.EVIDENCE,
            (PlanConditionState.OPEN,),
            PlanConditionState.EVIDENCED,
            Permission.SUBMIT_PLAN,
            (_BINDING,),
        ),
        Move(
            PlanConditionTransition.ACCEPT,
            (PlanConditionState.EVIDENCED,),
            PlanConditionState.MET,
            Permission.STEER,
            (_BINDING,),
            INDEPENDENCE,
        ),
        Move(
            PlanConditionTransition.RETURN,
            (PlanConditionState.EVIDENCED,),
            PlanConditionState.OPEN,
            Permission.STEER,
            (_BINDING,),
            INDEPENDENCE,
        ),
    ),
)

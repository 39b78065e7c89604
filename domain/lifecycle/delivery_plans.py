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

INDEPENDENCE = (
    Requirement("of_provider", "You wrote this plan or work for its provider."),
    Requirement("recused", "You declared an interest that keeps you from judging this plan."),
    Requirement(
        "undeclared",
        "You work for another provider of this credential: please declare that interest in this "
        "plan first.",
    ),
)
"""What whoever judges a provider's plan, or what became of it, must not be."""

_NOT_REVIEWER = Requirement("reviewed", "You reviewed this plan, so that others decide on it.")
_DECIDERS = (
    *INDEPENDENCE,
    _NOT_REVIEWER,
    Requirement("not_seated", "You have no seat on the panel of this plan."),
)
_ON_APPEAL = (
    *INDEPENDENCE,
    _NOT_REVIEWER,
    Requirement("sat_before", "You sat on a panel of this plan, so that others hear the appeal."),
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
            _DECIDERS,
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
            _DECIDERS,
        ),
        *(
            Move(
                transition,
                (DeliveryPlanState.PANEL,),
                target,
                Permission.DECIDE,
                (_SEATED,),
                _DECIDERS,
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

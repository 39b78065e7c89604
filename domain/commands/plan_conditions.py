"""Writes of conditions: named by the panel, answered by the provider, accepted by the body."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, func, select

from domain.commands.delivery_reviews import require_duties
from domain.commands.steps import next_state
from domain.errors import Conflict, Invalid, NotFound
from domain.events import MEMBERS, MODERATORS
from domain.events.delivery_plans import (
    PlanConditionAdvanced,
    PlanConditionNamed,
    PlanConditionRemoved,
)
from domain.lifecycle.delivery_plans import (
    DECIDERS,
    DELIVERY_PLAN,
    PLAN_CONDITION,
    DeliveryPlanState,
    PlanConditionTransition,
)
from domain.lifecycle.machine import require
from domain.models.delivery_plans import DeliveryPlan
from domain.models.delivery_reviews import PlanCondition
from domain.permissions import Permission
from domain.queries import delivery_reviews as queries
from domain.texts import COMMENT_LENGTH, REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_CONDITIONS = 50

NAMED = select(func.count()).where(
    PlanCondition.delivery_plan_id == bindparam("delivery_plan_id"),
    PlanCondition.panel == bindparam("panel"),
)


async def name_plan_condition(
    uow: UnitOfWork, *, delivery_plan_id: UUID, body: str, due_on: date
) -> UUID:
    """Name a condition on which the panel would approve a plan; return its id."""
    plan = await _load_before_panel(uow, delivery_plan_id)
    named = await uow.session.scalar(NAMED, {"delivery_plan_id": plan.id, "panel": plan.panel})
    if (named or 0) >= MOST_CONDITIONS:
        raise Conflict(f"An approval has at most {MOST_CONDITIONS} conditions.")
    condition = PlanCondition(
        delivery_plan_id=plan.id,
        panel=plan.panel,
        body=clean(body, "body", limit=REASON_LENGTH),
        due_on=_later(uow, due_on),
        person_id=uow.actor_id,
        created_at=uow.now,
    )
    await uow.add(condition)
    uow.emit(plan.id, PlanConditionNamed(plan_condition_id=condition.id), MODERATORS)
    return condition.id


async def remove_plan_condition(uow: UnitOfWork, *, plan_condition_id: UUID) -> UUID:
    """Take back a condition before the panel decides; return the id of the plan."""
    plan_id = await _plan_of(uow, plan_condition_id)
    plan = await _load_before_panel(uow, plan_id)
    condition = await uow.session.get(PlanCondition, plan_condition_id, populate_existing=True)
    if condition is None or condition.panel != plan.panel:
        raise NotFound("There is no condition with this id of the present panel.")
    await uow.session.delete(condition)
    uow.emit(
        plan.id, PlanConditionRemoved(delivery_plan_id=plan.id, body=condition.body), MODERATORS
    )
    return plan.id


async def advance_plan_condition(
    uow: UnitOfWork,
    *,
    plan_condition_id: UUID,
    transition: PlanConditionTransition,
    reason: str,
    due_on: date | None = None,
    expected_revision: int | None,
) -> UUID:
    """Answer a condition with evidence as its provider, or accept or return that as the body.

    `reason` is the evidence, or why it was accepted or returned. With what is returned, `due_on`
    can be a later day until which better evidence is due.
    """
    await uow.load(DeliveryPlan, await _plan_of(uow, plan_condition_id), Permission.VIEW)
    condition = await uow.session.get_one(PlanCondition, plan_condition_id, populate_existing=True)
    uow.expect(condition, expected_revision)
    words = clean(reason, "reason", limit=COMMENT_LENGTH)
    returned = transition is PlanConditionTransition.RETURN
    if due_on is not None and not returned:
        raise Invalid("A later day is for evidence that is returned.", ("due_on",))
    condition.state = await next_state(
        uow, PLAN_CONDITION, condition, transition, queries.condition_facts
    )
    if transition is PlanConditionTransition.EVIDENCE:
        condition.evidence, condition.answer = words, ""
    else:
        condition.answer = words
    if due_on is not None:
        condition.due_on = _later(uow, due_on)
    condition.revision += 1
    uow.emit(
        condition.delivery_plan_id,
        PlanConditionAdvanced(
            plan_condition_id=condition.id,
            transition=transition,
            state=condition.state,
            reason=words,
        ),
        MEMBERS,
    )
    return condition.id


async def _load_before_panel(uow: UnitOfWork, id: UUID) -> DeliveryPlan:
    plan = await uow.load(DeliveryPlan, id, Permission.DECIDE)
    require(DELIVERY_PLAN, plan.state, (DeliveryPlanState.PANEL,), "Choosing conditions")
    await require_duties(uow, plan, DECIDERS)
    return plan


async def _plan_of(uow: UnitOfWork, id: UUID) -> UUID:
    [seen] = await queries.conditions_by_ids(uow.session, uow.viewer, [id])
    if seen is None:
        raise NotFound("There is no plan condition with this id that you may see.")
    return seen.delivery_plan_id


def _later(uow: UnitOfWork, due_on: date) -> date:
    today = uow.now.date()
    if due_on <= today:
        raise Invalid(f"A condition is due after today, {today}; {due_on} is not.", ("due_on",))
    return due_on

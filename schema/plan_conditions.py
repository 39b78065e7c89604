"""The conditions of an approval in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.commands import plan_conditions as commands
from domain.lifecycle.delivery_plans import (
    PLAN_CONDITION,
    PlanConditionState,
    PlanConditionTransition,
)
from domain.models import delivery_reviews as models
from domain.queries import delivery_plans
from domain.queries import delivery_reviews as queries
from schema.context import Info
from schema.delivery_plans import DeliveryPlan
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    perform,
    relation,
    text,
)
from schema.nodes import Node, key, node
from schema.transitions import TransitionOption, transitions

enum(
    PlanConditionState,
    "Where a condition stands.",
    OPEN="The provider has to show that it is met.",
    EVIDENCED="The provider sent evidence, which waits for an answer.",
    MET="The evidence was accepted.",
)
enum(
    PlanConditionTransition,
    "A step in the life of a condition.",
    EVIDENCE="Send evidence, as its provider.",
    ACCEPT="Accept the evidence.",
    RETURN="Ask for better evidence.",
)


@node(
    models.PlanCondition,
    queries.conditions_by_ids,
    "What a provider has to show until a day to keep its approval.",
)
class PlanCondition(Node):
    """A condition."""

    delivery_plan: Annotated[DeliveryPlan, strawberry.lazy("schema.delivery_plans")] = relation(
        delivery_plans.by_ids, "The plan.", by="delivery_plan_id"
    )
    body: str = text(description="What has to be shown.")
    due_on: date = text(description="The last day for it.")
    state: PlanConditionState = text(description="Where it stands.")
    evidence: str = text(description="The provider's evidence; empty while there is none.")
    answer: str = text(description="Why the evidence was accepted or returned; may be empty.")
    overdue: bool = relation(
        queries.overdue,
        "Whether it is unmet past its day, with no evidence that waits: its approval lapses.",
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was named.")
    available_transitions: list[TransitionOption[PlanConditionTransition]] = transitions(
        PLAN_CONDITION,
        queries.condition_facts,
        "What can happen to it next, and what stands in the way.",
    )


@strawberry.input(description="A condition on which a panel would approve a plan.")
class NamePlanConditionInput(Idempotent):
    """See domain.commands.plan_conditions.name_plan_condition."""

    delivery_plan_id: strawberry.ID = text(description="The plan.")
    body: str = text(description="What has to be shown, at most 4,000 characters.")
    due_on: date = text(description="The last day for it, after today.")


@strawberry.input(description="A condition to take back before the panel decides.")
class RemovePlanConditionInput(Idempotent):
    """See domain.commands.plan_conditions.remove_plan_condition."""

    plan_condition_id: strawberry.ID = text(description="The condition.")


@strawberry.input(description="A step in the life of a condition, with evidence or a reason.")
class AdvancePlanConditionInput(Expecting):
    """See domain.commands.plan_conditions.advance_plan_condition."""

    plan_condition_id: strawberry.ID = text(description="The condition.")
    transition: PlanConditionTransition = text(description="The step.")
    reason: str = text(description="The evidence, or why it is accepted or returned.")
    due_on: date | None = text(
        description="A later last day, with evidence that is returned; null leaves it.",
        default=None,
    )


@strawberry.type
class PlanConditionMutation:
    """What can be done with conditions."""

    @mutation(PlanCondition, "Name a condition on which the panel would approve a plan.")
    async def name_plan_condition(self, info: Info, input: NamePlanConditionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.name_plan_condition,
            delivery_plan_id=key(input.delivery_plan_id, "deliveryPlanId", "DeliveryPlan"),
            body=input.body,
            due_on=input.due_on,
        )

    @mutation(DeliveryPlan, "Take a condition back before the panel decides.")
    async def remove_plan_condition(self, info: Info, input: RemovePlanConditionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.remove_plan_condition,
            plan_condition_id=key(input.plan_condition_id, "planConditionId", "PlanCondition"),
        )

    @mutation(PlanCondition, "Answer a condition with evidence, or accept or return that.")
    async def advance_plan_condition(self, info: Info, input: AdvancePlanConditionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_plan_condition,
            plan_condition_id=key(input.plan_condition_id, "planConditionId", "PlanCondition"),
            transition=input.transition,
            reason=input.reason,
            due_on=input.due_on,
            expected_revision=expected(input),
        )

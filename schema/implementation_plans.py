"""Implementation plans in GraphQL, with their enablers and barriers."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import implementation_plans as commands
from domain.models import implementation_plans as models
from domain.models.implementation_plans import ImplementationPointKind
from domain.queries import implementation_plans as queries
from domain.queries import specifications
from schema.context import Info
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

if TYPE_CHECKING:
    from schema.specifications import Specification

enum(
    ImplementationPointKind,
    "Whether something helps the implementation, or stands in its way.",
    ENABLER="It helps.",
    BARRIER="It stands in the way, and has to be answered before the launch is scheduled.",
)


@node(
    models.ImplementationPlan,
    queries.by_ids,
    "How an endorsed specification comes into use.",
)
class ImplementationPlan(Node):
    """An implementation plan."""

    specification: Annotated[Specification, strawberry.lazy("schema.specifications")] = relation(
        specifications.by_ids, "The specification.", by="specification_id"
    )
    launch_on: date = text(description="The day of the launch.")
    teach_out_on: date | None = text(
        description="The last day of teaching by the version before; null where there is none."
    )
    resources: str = text(description="The resources for it; may be empty.")
    pilot: str = text(description="What is tried out first; empty where nothing is.")
    pilot_evaluation: str = text(description="What came of the pilot; may be empty.")
    points: list[Annotated[ImplementationPoint, strawberry.lazy("schema.implementation_plans")]] = (
        relation(queries.points, "The enablers and barriers, in their order.")
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was begun.")


@node(models.ImplementationPoint, queries.points_by_ids, "An enabler or a barrier.")
class ImplementationPoint(Node):
    """An enabler or a barrier."""

    implementation_plan: ImplementationPlan = relation(
        queries.by_ids, "The plan that it is part of.", by="implementation_plan_id"
    )
    position: int = text(description="Its place in the plan, from 1.")
    kind: ImplementationPointKind = text(description="Which of the two it is.")
    body: str = text(description="What it is.")
    answer: str = text(description="How it is used, or overcome; may be empty.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was recorded.")


@strawberry.input(description="A plan for bringing a specification into use.")
class PlanImplementationInput(Idempotent):
    """See domain.commands.implementation_plans.plan_implementation."""

    specification_id: strawberry.ID = text(description="The specification.")
    launch_on: date = text(description="The day of the launch, which is not past.")
    teach_out_on: date | None = text(
        description="The last day of teaching by the version before, after the launch.",
        default=None,
    )
    resources: str = text(description="The resources for it; may be empty.", default="")
    pilot: str = text(description="What is tried out first; may be empty.", default="")


@strawberry.input(description="Other words or days of a plan; what is null stays as it is.")
class EditImplementationPlanInput(Expecting):
    """See domain.commands.implementation_plans.edit_implementation_plan."""

    implementation_plan_id: strawberry.ID = text(description="The plan.")
    launch_on: date | None = text(description="Another day of the launch.", default=None)
    teach_out_on: date | None = text(
        description="Another last day of teaching by the version before.", default=None
    )
    resources: str | None = text(description="The resources for it.", default=None)
    pilot: str | None = text(description="What is tried out first.", default=None)
    pilot_evaluation: str | None = text(description="What came of the pilot.", default=None)


@strawberry.input(description="An enabler or a barrier of an implementation plan.")
class AddImplementationPointInput(Idempotent):
    """See domain.commands.implementation_plans.add_implementation_point."""

    implementation_plan_id: strawberry.ID = text(description="The plan.")
    kind: ImplementationPointKind = text(description="Which of the two it is.")
    body: str = text(description="What it is, at most 4,000 characters.")
    answer: str = text(description="How it is used, or overcome; may be empty.", default="")


@strawberry.input(description="Other words about an enabler or a barrier, or its answer.")
class EditImplementationPointInput(Expecting):
    """See domain.commands.implementation_plans.edit_implementation_point."""

    implementation_point_id: strawberry.ID = text(description="The enabler or barrier.")
    body: str | None = text(description="What it is; null leaves it as it is.", default=None)
    answer: str | None = text(
        description="How it is used, or overcome; null leaves it as it is.", default=None
    )


@strawberry.type
class ImplementationPlanMutation:
    """What can be done with implementation plans."""

    @mutation(ImplementationPlan, "Begin the implementation plan of a specification.")
    async def plan_implementation(self, info: Info, input: PlanImplementationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.plan_implementation,
            specification_id=key(input.specification_id, "specificationId", "Specification"),
            launch_on=input.launch_on,
            teach_out_on=input.teach_out_on,
            resources=input.resources,
            pilot=input.pilot,
        )

    @mutation(ImplementationPlan, "Change the days or the texts of an implementation plan.")
    async def edit_implementation_plan(
        self, info: Info, input: EditImplementationPlanInput
    ) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_implementation_plan,
            implementation_plan_id=key(
                input.implementation_plan_id, "implementationPlanId", "ImplementationPlan"
            ),
            launch_on=input.launch_on,
            teach_out_on=input.teach_out_on,
            resources=input.resources,
            pilot=input.pilot,
            pilot_evaluation=input.pilot_evaluation,
            expected_revision=expected(input),
        )

    @mutation(ImplementationPoint, "Record an enabler or a barrier.")
    async def add_implementation_point(
        self, info: Info, input: AddImplementationPointInput
    ) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_implementation_point,
            implementation_plan_id=key(
                input.implementation_plan_id, "implementationPlanId", "ImplementationPlan"
            ),
            kind=input.kind,
            body=input.body,
            answer=input.answer,
        )

    @mutation(ImplementationPoint, "Change the words of an enabler or a barrier, or answer it.")
    async def edit_implementation_point(
        self, info: Info, input: EditImplementationPointInput
    ) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_implementation_point,
            implementation_point_id=key(
                input.implementation_point_id, "implementationPointId", "ImplementationPoint"
            ),
            body=input.body,
            answer=input.answer,
            expected_revision=expected(input),
        )

"""The assessments of a plan's modules in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.commands import module_assessments as commands
from domain.models import delivery_plans as models
from domain.queries import delivery_plans as queries
from domain.queries import specifications
from schema.context import Info
from schema.delivery_plans import Module
from schema.fields import Expecting, expected, mutation, perform, relation, text
from schema.nodes import Node, key, node
from schema.sections import Block


@node(
    models.ModuleAssessment,
    queries.assessments_by_ids,
    "How learning is assessed in a module of a delivery plan.",
)
class ModuleAssessment(Node):
    """An assessment of a module."""

    module: Annotated[Module, strawberry.lazy("schema.delivery_plans")] = relation(
        queries.modules_by_ids, "The module that it is part of.", by="module_id"
    )
    title: str = text(description="The title.")
    description: str = text(description="How learning is assessed.")
    block: Block | None = relation(
        specifications.blocks_by_ids,
        "The assessment of the specification that it carries out; null where it is the provider's "
        "own, or where the viewer may not see that.",
        by="block_id",
    )
    outcomes: list[Block] = relation(
        queries.outcomes_of_assessments, "The learning outcomes that it assesses."
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was added.")


@strawberry.input(
    description="A new assessment of a module; the expected revision is that of the plan."
)
class AddModuleAssessmentInput(Expecting):
    """See domain.commands.module_assessments.add_module_assessment."""

    module_id: strawberry.ID = text(description="The module.")
    title: str = text(description="The title, at most 300 characters.")
    description: str = text(description="How learning is assessed; may be empty.", default="")
    block_id: strawberry.ID | None = text(
        description="The assessment of the specification that it carries out, if it does.",
        default=None,
    )
    outcomes: list[strawberry.ID] = text(
        description="The learning outcomes that it assesses, of those that the module covers.",
        default_factory=list,
    )


@strawberry.input(description="Changes to an assessment; what is null stays as it is.")
class EditModuleAssessmentInput(Expecting):
    """See domain.commands.module_assessments.edit_module_assessment."""

    module_assessment_id: strawberry.ID = text(description="The assessment.")
    title: str | None = text(description="The new title.", default=None)
    description: str | None = text(description="How learning is assessed.", default=None)
    outcomes: list[strawberry.ID] | None = text(
        description="All learning outcomes that it assesses, in place of the present ones.",
        default=None,
    )


@strawberry.input(description="An assessment to remove; the expected revision is that of the plan.")
class RemoveModuleAssessmentInput(Expecting):
    """See domain.commands.module_assessments.remove_module_assessment."""

    module_assessment_id: strawberry.ID = text(description="The assessment.")


@strawberry.type
class ModuleAssessmentMutation:
    """What can be done with assessments of modules."""

    @mutation(ModuleAssessment, "Add an assessment to a module, with the outcomes it assesses.")
    async def add_module_assessment(self, info: Info, input: AddModuleAssessmentInput) -> UUID:
        """See the command."""
        block = input.block_id
        return await perform(
            info,
            input,
            commands.add_module_assessment,
            module_id=key(input.module_id, "moduleId", "Module"),
            title=input.title,
            description=input.description,
            block_id=None if block is None else key(block, "blockId", "Block"),
            outcomes=[key(id, "outcomes", "Block") for id in input.outcomes],
            expected_revision=expected(input),
        )

    @mutation(ModuleAssessment, "Change an assessment or the outcomes that it assesses.")
    async def edit_module_assessment(self, info: Info, input: EditModuleAssessmentInput) -> UUID:
        """See the command."""
        outcomes = input.outcomes
        return await perform(
            info,
            input,
            commands.edit_module_assessment,
            module_assessment_id=key(
                input.module_assessment_id, "moduleAssessmentId", "ModuleAssessment"
            ),
            title=input.title,
            description=input.description,
            outcomes=None
            if outcomes is None
            else [key(id, "outcomes", "Block") for id in outcomes],
            expected_revision=expected(input),
        )

    @mutation(Module, "Remove an assessment from its module.")
    async def remove_module_assessment(
        self, info: Info, input: RemoveModuleAssessmentInput
    ) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.remove_module_assessment,
            module_assessment_id=key(
                input.module_assessment_id, "moduleAssessmentId", "ModuleAssessment"
            ),
            expected_revision=expected(input),
        )

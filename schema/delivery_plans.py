"""Delivery plans and their modules in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain.commands import delivery_plans as commands
from domain.lifecycle.delivery_plans import (
    DELIVERY_PLAN,
    EDITABLE,
    DeliveryPlanState,
    DeliveryPlanTransition,
)
from domain.models import delivery_plans as models
from domain.permissions import Permission
from domain.queries import approvals, organisations, specifications
from domain.queries import delivery_plans as queries
from domain.queries import delivery_reviews as reviews
from domain.reference import DELIVERY_STANDARDS, EDITION
from schema.batches import Parents, batched, derived
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    perform,
    permitted,
    relation,
    text,
)
from schema.interests import Interest, interests
from schema.nodes import Node, key, node
from schema.organisations import Organisation
from schema.pagination import Connection
from schema.people import Person
from schema.sections import Block
from schema.specifications import Specification
from schema.transitions import TransitionOption, transitions

if TYPE_CHECKING:
    from schema.approvals import Approval
    from schema.delivery_reviews import PlanDecision, Standard, StandardsReview, ThresholdItem
    from schema.module_assessments import ModuleAssessment
    from schema.plan_conditions import PlanCondition

enum(
    DeliveryPlanState,
    "Where a delivery plan stands.",
    DRAFT="It is being written.",
    SUBMITTED="It was handed in, and can be changed no longer.",
    THRESHOLD_CHECK="The body checks whether it can be reviewed.",
    STANDARDS_REVIEW="Two reviewers judge it against the standards.",
    PANEL="A panel of the board decides on it.",
    APPROVED="The provider is approved for the version.",
    APPROVED_WITH_CONDITIONS="The provider is approved, and has conditions to meet.",
    RETURNED="It went back to the provider, who can change it and submit it again.",
    REFUSED="The panel refused it.",
    APPEALED="The provider appealed to the board against the refusal.",
    WITHDRAWN="The provider gave it up.",
)
enum(
    DeliveryPlanTransition,
    "A step in the life of a delivery plan.",
    SUBMIT="Hand it in.",
    CHECK="Begin the threshold check.",
    REVIEW="Let reviewers judge it, since it passed the check.",
    CONVENE="Bring it before a panel.",
    APPROVE="Approve the provider.",
    APPROVE_WITH_CONDITIONS="Approve the provider, on the conditions that the panel named.",
    RETURN="Give it back to the provider, to be changed.",
    REFUSE="Refuse it.",
    APPEAL="Ask the board to look at the refusal.",
    UPHOLD="Let the refusal stand.",
    ALLOW="Bring it before another panel.",
    WITHDRAW="Give it up.",
)


@node(models.Module, queries.modules_by_ids, "A unit of teaching in a delivery plan.")
class Module(Node):
    """A module."""

    delivery_plan: Annotated[DeliveryPlan, strawberry.lazy("schema.delivery_plans")] = relation(
        queries.by_ids, "The plan that it is part of.", by="delivery_plan_id"
    )
    position: int = text(description="Its place in the plan, from 1.")
    title: str = text(description="The title.")
    description: str = text(description="What is taught.")
    hours: int = text(description="The hours of learning.")
    outcomes: list[Block] = relation(
        queries.outcomes_of_modules, "The learning outcomes that it covers."
    )
    assessments: list[Annotated[ModuleAssessment, strawberry.lazy("schema.module_assessments")]] = (
        relation(queries.assessments, "How learning is assessed in it.")
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was added.")


@strawberry.type(description="A learning outcome, with what of one plan covers and assesses it.")
class Coverage:
    """A row of the matrix of outcomes, modules and their assessments."""

    outcome: Block = text(description="The learning outcome.")
    modules: list[Module] = text(description="The modules that cover it, in their order.")
    assessments: list[Annotated[ModuleAssessment, strawberry.lazy("schema.module_assessments")]] = (
        text(description="The assessments that assess it, in the order of their modules.")
    )

    covered: bool = derived(lambda row: bool(row.modules), "Whether any module covers it.")
    assessed: bool = derived(
        lambda row: bool(row.assessments), "Whether any assessment assesses it."
    )


def _standards(plan: models.DeliveryPlan) -> Sequence[Any]:
    """Return the numbered standards by which a plan is judged."""
    edition = DELIVERY_STANDARDS[plan.edition or EDITION]
    return list(enumerate(edition.standards, 1))


async def _uncovered(plans: Parents, info: Info) -> Sequence[Any]:
    coverage = await info.context.load_all(queries.coverage, [plan.id for plan in plans])
    return [[row.outcome for row in rows if not row.modules] for rows in coverage]


@node(models.DeliveryPlan, queries.by_ids, "A provider's plan for delivering a specification.")
class DeliveryPlan(Node):
    """A delivery plan."""

    organisation: Organisation = relation(
        organisations.by_ids, "The education provider.", by="organisation_id"
    )
    specification: Specification | None = relation(
        specifications.by_ids,
        "The version that it is for; null where the viewer may not see it.",
        by="specification_id",
    )
    title: str = text(description="The title.")
    summary: str = text(description="What it is about, in short.")
    supervision: str = text(description="How learners are supervised.")
    placements: str = text(description="Where learners practise.")
    quality_assurance: str = text(description="How the provider looks after its quality.")
    state: DeliveryPlanState = text(description="Where it stands.")
    submission: int = text(description="How often it was submitted.")
    panel: int = text(description="How many panels it went to.")
    submitted_at: datetime | None = text(description="When it was submitted last, if it was.")
    revision: int = text(description="Counts its changes and those of its modules, from 1.")
    created_at: datetime = text(description="When it was begun.")
    modules: list[Module] = relation(queries.modules, "Its modules, in their order.")
    coverage: list[Coverage] = relation(
        queries.coverage,
        "Every learning outcome of the specification, with what covers and assesses it.",
    )
    standards: list[Annotated[Standard, strawberry.lazy("schema.delivery_reviews")]] = derived(
        _standards,
        "The standards that reviewers judge it by, in the edition of its submission.",
        reads=("edition",),
    )
    threshold_items: list[Annotated[ThresholdItem, strawberry.lazy("schema.delivery_reviews")]] = (
        relation(
            reviews.threshold_items,
            "The threshold check of its last submission; its provider is told the answers when the "
            "check is over.",
        )
    )
    standards_reviews: list[
        Annotated[StandardsReview, strawberry.lazy("schema.delivery_reviews")]
    ] = relation(
        reviews.reviews_of_plans,
        "How reviewers judged it, in each of its submissions; its provider is told when a panel "
        "has decided.",
    )
    panellists: list[Person] = relation(
        reviews.panellists, "Who of the board sits on its last panel."
    )
    conditions: list[Annotated[PlanCondition, strawberry.lazy("schema.plan_conditions")]] = (
        relation(
            reviews.conditions_of_plans,
            "The conditions that its last panel named; its provider is told when that has decided.",
        )
    )
    decisions: list[Annotated[PlanDecision, strawberry.lazy("schema.delivery_reviews")]] = relation(
        reviews.decisions, "What the body decided on it, the first decision first."
    )
    approval: Annotated[Approval, strawberry.lazy("schema.approvals")] | None = relation(
        approvals.of_plans, "The approval that came of it; null where none did."
    )
    interests: Connection[Interest] = interests()
    available_transitions: list[TransitionOption[DeliveryPlanTransition]] = transitions(
        DELIVERY_PLAN, queries.facts, "What can happen to it next, and what stands in the way."
    )

    uncovered: list[Block] = batched(
        _uncovered, "The learning outcomes that no module covers yet.", reads=("id",)
    )
    viewer_can_edit: bool = permitted(
        Permission.PLAN,
        "Whether the viewer can change it and its modules now.",
        by="id",
        where=lambda plan: plan.state in EDITABLE,
        reads=("state",),
    )


@strawberry.input(description="A new plan of a provider for one version of a specification.")
class DraftDeliveryPlanInput(Idempotent):
    """See domain.commands.delivery_plans.draft_delivery_plan."""

    organisation_id: strawberry.ID = text(description="The education provider.")
    specification_id: strawberry.ID = text(description="The version that it is for.")
    title: str = text(description="The title, at most 300 characters.")
    summary: str = text(description="What it is about, in short; may be empty.", default="")


@strawberry.input(description="Other words about a plan; what is null stays as it is.")
class EditDeliveryPlanInput(Expecting):
    """See domain.commands.delivery_plans.edit_delivery_plan."""

    delivery_plan_id: strawberry.ID = text(description="The plan.")
    title: str | None = text(description="The new title.", default=None)
    summary: str | None = text(description="The new summary.", default=None)
    supervision: str | None = text(description="How learners are supervised.", default=None)
    placements: str | None = text(description="Where learners practise.", default=None)
    quality_assurance: str | None = text(
        description="How the provider looks after its quality.", default=None
    )


@strawberry.input(description="A new module; the expected revision is that of the plan.")
class AddModuleInput(Expecting):
    """See domain.commands.delivery_plans.add_module."""

    delivery_plan_id: strawberry.ID = text(description="The plan.")
    title: str = text(description="The title, at most 300 characters.")
    description: str = text(description="What is taught; may be empty.", default="")
    hours: int = text(description="The hours of learning, 1 to 10,000.")
    outcomes: list[strawberry.ID] = text(
        description="The learning outcomes of the specification that it covers.",
        default_factory=list,
    )


@strawberry.input(description="Changes to a module; what is null stays as it is.")
class EditModuleInput(Expecting):
    """See domain.commands.delivery_plans.edit_module."""

    module_id: strawberry.ID = text(description="The module.")
    title: str | None = text(description="The new title.", default=None)
    description: str | None = text(description="What is taught.", default=None)
    hours: int | None = text(description="The hours of learning, 1 to 10,000.", default=None)
    outcomes: list[strawberry.ID] | None = text(
        description="All learning outcomes that it covers, in place of the present ones.",
        default=None,
    )


@strawberry.input(description="A module to remove; the expected revision is that of the plan.")
class RemoveModuleInput(Expecting):
    """See domain.commands.delivery_plans.remove_module."""

    module_id: strawberry.ID = text(description="The module.")


@strawberry.input(description="A step in the life of a delivery plan, with a reason.")
class AdvanceDeliveryPlanInput(Expecting):
    """See domain.commands.delivery_plans.advance_delivery_plan."""

    delivery_plan_id: strawberry.ID = text(description="The plan.")
    transition: DeliveryPlanTransition = text(description="The step.")
    reason: str = text(description="Why; it stays in the history.")


@strawberry.type
class DeliveryPlanMutation:
    """What can be done with delivery plans."""

    @mutation(DeliveryPlan, "Begin a provider's plan for one version of a specification.")
    async def draft_delivery_plan(self, info: Info, input: DraftDeliveryPlanInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.draft_delivery_plan,
            organisation_id=key(input.organisation_id, "organisationId", "Organisation"),
            specification_id=key(input.specification_id, "specificationId", "Specification"),
            title=input.title,
            summary=input.summary,
        )

    @mutation(DeliveryPlan, "Change the title or the texts of a plan.")
    async def edit_delivery_plan(self, info: Info, input: EditDeliveryPlanInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_delivery_plan,
            delivery_plan_id=key(input.delivery_plan_id, "deliveryPlanId", "DeliveryPlan"),
            title=input.title,
            summary=input.summary,
            supervision=input.supervision,
            placements=input.placements,
            quality_assurance=input.quality_assurance,
            expected_revision=expected(input),
        )

    @mutation(Module, "Add a module, with the learning outcomes that it covers.")
    async def add_module(self, info: Info, input: AddModuleInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_module,
            delivery_plan_id=key(input.delivery_plan_id, "deliveryPlanId", "DeliveryPlan"),
            title=input.title,
            description=input.description,
            hours=input.hours,
            outcomes=[key(id, "outcomes", "Block") for id in input.outcomes],
            expected_revision=expected(input),
        )

    @mutation(Module, "Change a module or the learning outcomes that it covers.")
    async def edit_module(self, info: Info, input: EditModuleInput) -> UUID:
        """See the command."""
        outcomes = input.outcomes
        return await perform(
            info,
            input,
            commands.edit_module,
            module_id=key(input.module_id, "moduleId", "Module"),
            title=input.title,
            description=input.description,
            hours=input.hours,
            outcomes=None
            if outcomes is None
            else [key(id, "outcomes", "Block") for id in outcomes],
            expected_revision=expected(input),
        )

    @mutation(DeliveryPlan, "Remove a module from a plan.")
    async def remove_module(self, info: Info, input: RemoveModuleInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.remove_module,
            module_id=key(input.module_id, "moduleId", "Module"),
            expected_revision=expected(input),
        )

    @mutation(DeliveryPlan, "Take a step in the life of a delivery plan.")
    async def advance_delivery_plan(self, info: Info, input: AdvanceDeliveryPlanInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_delivery_plan,
            delivery_plan_id=key(input.delivery_plan_id, "deliveryPlanId", "DeliveryPlan"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )

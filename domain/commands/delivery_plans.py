"""Writes of education providers' delivery plans and their modules."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, literal, select

from domain.commands.approvals import grant_approval
from domain.commands.steps import next_state
from domain.errors import Conflict, Invalid, NotFound
from domain.events import (
    DeliveryPlanAdvanced,
    DeliveryPlanDrafted,
    DeliveryPlanEdited,
    ModuleAdded,
    ModuleEdited,
    ModuleRemoved,
)
from domain.ids import new_id
from domain.lifecycle.delivery_plans import (
    DELIVERY_PLAN,
    EDITABLE,
    DeliveryPlanState,
    DeliveryPlanTransition,
)
from domain.lifecycle.machine import require
from domain.models.criteria import Finding
from domain.models.delivery_plans import (
    AssessedOutcome,
    DeliveryPlan,
    Module,
    ModuleAssessment,
    ModuleOutcome,
)
from domain.models.delivery_reviews import (
    PlanDecision,
    StandardJudgement,
    StandardsReview,
    ThresholdAnswer,
)
from domain.models.organisations import Organisation, OrganisationKind
from domain.models.specifications import Block, BlockKind, Specification
from domain.models.topics import TopicKind
from domain.permissions import Permission
from domain.queries import delivery_plans as queries
from domain.queries import specifications
from domain.reference import EDITION
from domain.texts import DOCUMENT_LENGTH, REASON_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_HOURS = 10_000
MOST_MODULES = 100

PLANNED = select(DeliveryPlan).where(
    DeliveryPlan.organisation_id == bindparam("organisation_id"),
    DeliveryPlan.specification_id == bindparam("specification_id"),
    DeliveryPlan.state.not_in(DELIVERY_PLAN.ends()),
)
# Locked, so that a block cannot be removed while a module begins to cover it.
OUTCOMES = (
    select(Block.id)
    .where(
        Block.specification_id == bindparam("specification_id"),
        Block.kind == BlockKind.LEARNING_OUTCOME,
        Block.id == func.any(bindparam("ids")),
    )
    .order_by(Block.id)
    .with_for_update(read=True, key_share=True)
)
# The assessments of a module assess what it covers, and nothing else.
FORGET_ASSESSED = delete(AssessedOutcome).where(
    AssessedOutcome.module_assessment_id == ModuleAssessment.id,
    ModuleAssessment.module_id == bindparam("module_id"),
    AssessedOutcome.block_id != func.all(bindparam("covered")),
)
FORGET_ASSESSMENTS = delete(ModuleAssessment).where(
    ModuleAssessment.module_id == bindparam("module_id")
)
FORGET_OUTCOMES = delete(ModuleOutcome).where(ModuleOutcome.module_id == bindparam("module_id"))
# The steps that a provider takes; all others are decisions of the body, and kept as such.
OF_PROVIDER = (
    DeliveryPlanTransition.SUBMIT,
    DeliveryPlanTransition.APPEAL,
    DeliveryPlanTransition.WITHDRAW,
)
# What a decision rests on: how many items passed the check, or how standards were found.
ANSWERS = select(
    func.count().filter(ThresholdAnswer.passed).label("met"),
    literal(0).label("partly_met"),
    func.count().filter(~ThresholdAnswer.passed).label("not_met"),
).where(
    ThresholdAnswer.delivery_plan_id == bindparam("delivery_plan_id"),
    ThresholdAnswer.submission == bindparam("submission"),
)
FINDINGS = (
    select(
        *(
            func.count().filter(StandardJudgement.finding == finding).label(finding.lower())
            for finding in Finding
        )
    )
    .join(StandardsReview, StandardsReview.id == StandardJudgement.standards_review_id)
    .join(DeliveryPlan, DeliveryPlan.id == StandardsReview.delivery_plan_id)
    .join(Specification, Specification.id == DeliveryPlan.specification_id)
    .where(
        StandardsReview.delivery_plan_id == bindparam("delivery_plan_id"),
        StandardsReview.submission == bindparam("submission"),
        queries.STANDING,
    )
)


async def draft_delivery_plan(
    uow: UnitOfWork, *, organisation_id: UUID, specification_id: UUID, title: str, summary: str
) -> UUID:
    """Begin a provider's plan for one version of a specification; return its id."""
    organisation = await uow.session.get(Organisation, organisation_id)
    if organisation is None:
        raise NotFound("There is no organisation with this id.", ("organisation_id",))
    # The plan's own place lies inside the organisation, whose people's roles reach into it.
    topic = uow.open_topic(new_id(), TopicKind.DELIVERY_PLAN, inside=(organisation.id,))
    uow.authorise(Permission.PLAN, topic, doing="drafting a delivery plan of this organisation")
    if organisation.kind is not OrganisationKind.EDUCATION_PROVIDER:
        raise Invalid(
            f"{organisation.name} is of the kind {organisation.kind}; "
            f"delivery plans are for the kind {OrganisationKind.EDUCATION_PROVIDER}.",
            ("organisation_id",),
        )
    (specification,) = await specifications.by_ids(uow.session, uow.viewer, [specification_id])
    if specification is None:
        raise NotFound(
            "There is no specification with this id that you may see.", ("specification_id",)
        )
    identity = {"organisation_id": organisation.id, "specification_id": specification.id}
    if planned := (await uow.session.scalars(PLANNED, identity)).one_or_none():
        raise Conflict(
            "This provider has a delivery plan for this version already. Please edit that one.",
            current=planned,
        )
    plan = DeliveryPlan(
        id=topic.id,
        organisation_id=organisation.id,
        specification_id=specification.id,
        title=clean(title, "title", limit=TITLE_LENGTH),
        summary=clean(summary, "summary", limit=DOCUMENT_LENGTH, required=False),
        created_at=uow.now,
    )
    await uow.add(topic)
    await uow.add(plan)
    uow.emit(plan.id, DeliveryPlanDrafted(delivery_plan_id=plan.id))
    return plan.id


async def edit_delivery_plan(
    uow: UnitOfWork,
    *,
    delivery_plan_id: UUID,
    title: str | None = None,
    summary: str | None = None,
    supervision: str | None = None,
    placements: str | None = None,
    quality_assurance: str | None = None,
    expected_revision: int | None,
) -> UUID:
    """Change the title or the parts of a plan that are texts; None leaves one as it is."""
    plan = await load_editable(uow, delivery_plan_id)
    uow.expect(plan, expected_revision)
    if title is not None:
        plan.title = clean(title, "title", limit=TITLE_LENGTH)
    parts = {
        "summary": summary,
        "supervision": supervision,
        "placements": placements,
        "quality_assurance": quality_assurance,
    }
    for name, text in parts.items():
        if text is not None:
            setattr(plan, name, clean(text, name, limit=DOCUMENT_LENGTH, required=False))
    plan.revision += 1
    uow.emit(plan.id, DeliveryPlanEdited(delivery_plan_id=plan.id, revision=plan.revision))
    return plan.id


async def add_module(
    uow: UnitOfWork,
    *,
    delivery_plan_id: UUID,
    title: str,
    description: str,
    hours: int,
    outcomes: Sequence[UUID],
    expected_revision: int | None,
) -> UUID:
    """Add a module, with the learning outcomes that it covers, at the end; return its id."""
    plan = await load_editable(uow, delivery_plan_id)
    uow.expect(plan, expected_revision)
    (modules,) = await queries.modules(uow.session, uow.viewer, [plan.id])
    if len(modules) >= MOST_MODULES:
        raise Conflict(f"A delivery plan has at most {MOST_MODULES} modules.")
    module = Module(
        delivery_plan_id=plan.id,
        position=len(modules) + 1,
        title=clean(title, "title", limit=TITLE_LENGTH),
        description=clean(description, "description", limit=DOCUMENT_LENGTH, required=False),
        hours=_hours(hours),
        created_at=uow.now,
    )
    await uow.add(module)
    await _cover(uow, plan, module, outcomes)
    plan.revision += 1
    uow.emit(plan.id, ModuleAdded(module_id=module.id, position=module.position))
    return module.id


async def edit_module(
    uow: UnitOfWork,
    *,
    module_id: UUID,
    title: str | None = None,
    description: str | None = None,
    hours: int | None = None,
    outcomes: Sequence[UUID] | None = None,
    expected_revision: int | None,
) -> UUID:
    """Change a module or the learning outcomes that it covers; None leaves a thing as it is."""
    plan, module = await load_module(uow, module_id)
    uow.expect(module, expected_revision)
    if title is not None:
        module.title = clean(title, "title", limit=TITLE_LENGTH)
    if description is not None:
        module.description = clean(
            description, "description", limit=DOCUMENT_LENGTH, required=False
        )
    if hours is not None:
        module.hours = _hours(hours)
    if outcomes is not None:
        await uow.session.execute(FORGET_OUTCOMES, {"module_id": module.id})
        await _cover(uow, plan, module, outcomes)
        await uow.session.execute(
            FORGET_ASSESSED, {"module_id": module.id, "covered": list(outcomes)}
        )
    module.revision += 1
    plan.revision += 1
    uow.emit(plan.id, ModuleEdited(module_id=module.id, revision=module.revision))
    return module.id


async def remove_module(uow: UnitOfWork, *, module_id: UUID, expected_revision: int | None) -> UUID:
    """Remove a module with its assessments; the revision is that of the plan.

    Return the id of the plan.
    """
    plan, module = await load_module(uow, module_id)
    uow.expect(plan, expected_revision)
    await uow.session.execute(FORGET_ASSESSED, {"module_id": module.id, "covered": []})
    await uow.session.execute(FORGET_ASSESSMENTS, {"module_id": module.id})
    await uow.session.execute(FORGET_OUTCOMES, {"module_id": module.id})
    await uow.session.delete(module)
    (modules,) = await queries.modules(uow.session, uow.viewer, [plan.id])
    for position, other in enumerate((each for each in modules if each is not module), 1):
        other.position = position
    plan.revision += 1
    uow.emit(
        plan.id,
        ModuleRemoved(delivery_plan_id=plan.id, module_id=module.id, title=module.title),
    )
    return plan.id


async def advance_delivery_plan(
    uow: UnitOfWork,
    *,
    delivery_plan_id: UUID,
    transition: DeliveryPlanTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Take a step of a plan's life, with a reason; an approval is granted by the same step."""
    plan = await uow.load(DeliveryPlan, delivery_plan_id, Permission.VIEW)
    uow.expect(plan, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    source = plan.state
    plan.state = await next_state(uow, DELIVERY_PLAN, plan, transition, queries.facts)
    match transition:
        case DeliveryPlanTransition.SUBMIT:
            plan.submission += 1
            plan.edition = EDITION
            plan.submitted_at = uow.now
        case DeliveryPlanTransition.CONVENE | DeliveryPlanTransition.ALLOW:
            plan.panel += 1
    plan.revision += 1
    if transition not in OF_PROVIDER:
        checked = source in (DeliveryPlanState.SUBMITTED, DeliveryPlanState.THRESHOLD_CHECK)
        counts = await uow.session.execute(
            ANSWERS if checked else FINDINGS,
            {"delivery_plan_id": plan.id, "submission": plan.submission},
        )
        await uow.add(
            PlanDecision(
                delivery_plan_id=plan.id,
                submission=plan.submission,
                panel=plan.panel,
                person_id=uow.actor_id,
                transition=transition,
                state=plan.state,
                reason=words,
                created_at=uow.now,
                **counts.one()._asdict(),
            )
        )
    uow.emit(
        plan.id,
        DeliveryPlanAdvanced(
            delivery_plan_id=plan.id, transition=transition, state=plan.state, reason=words
        ),
    )
    if plan.state in (DeliveryPlanState.APPROVED, DeliveryPlanState.APPROVED_WITH_CONDITIONS):
        await grant_approval(uow, plan)
    return plan.id


async def load_editable(uow: UnitOfWork, id: UUID) -> DeliveryPlan:
    """Lock a plan that its provider can change now; errors as for `UnitOfWork.load`."""
    plan = await uow.load(DeliveryPlan, id, Permission.PLAN)
    require(DELIVERY_PLAN, plan.state, EDITABLE, "Changing a plan")
    return plan


async def load_module(uow: UnitOfWork, id: UUID) -> tuple[DeliveryPlan, Module]:
    """Lock the plan, whose row guards all that is in it, then read a module of it."""
    (seen,) = await queries.modules_by_ids(uow.session, uow.viewer, [id])
    if seen is not None:
        plan = await load_editable(uow, seen.delivery_plan_id)
        if module := await uow.session.get(Module, id, populate_existing=True):
            return plan, module
    raise NotFound("There is no module with this id that you may see.")


def _hours(hours: int) -> int:
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid(
            f"The hours of learning are a whole number from 1 to {MOST_HOURS:,}; {hours} is not.",
            ("hours",),
        )
    return hours


async def _cover(
    uow: UnitOfWork, plan: DeliveryPlan, module: Module, outcomes: Sequence[UUID]
) -> None:
    wanted = set(outcomes)
    known = set(
        await uow.session.scalars(
            OUTCOMES, {"specification_id": plan.specification_id, "ids": list(wanted)}
        )
    )
    if known != wanted:
        raise NotFound(
            "One of the outcomes is no learning outcome of the specification that this plan is "
            "for. Please choose from its learningOutcomes.",
            ("outcomes",),
        )
    if wanted:
        await uow.session.execute(
            insert(ModuleOutcome),
            [{"module_id": module.id, "block_id": id} for id in sorted(wanted)],
        )

"""Writes of the assessments of a plan's modules: which outcomes they assess, and how."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select

from domain.commands.delivery_plans import load_editable, load_module
from domain.errors import Conflict, NotFound
from domain.events.delivery_plans import (
    ModuleAssessmentAdded,
    ModuleAssessmentEdited,
    ModuleAssessmentRemoved,
)
from domain.models.delivery_plans import (
    AssessedOutcome,
    DeliveryPlan,
    ModuleAssessment,
    ModuleOutcome,
)
from domain.models.specifications import Block, BlockKind
from domain.queries import delivery_plans as queries
from domain.texts import DOCUMENT_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_ASSESSMENTS = 20

COVERED = select(ModuleOutcome.block_id).where(
    ModuleOutcome.module_id == bindparam("module_id"),
    ModuleOutcome.block_id == func.any(bindparam("ids")),
)
# Locked, so that a block cannot be removed while an assessment begins to carry it out.
PRESCRIBED = (
    select(Block.id)
    .where(
        Block.id == bindparam("id"),
        Block.specification_id == bindparam("specification_id"),
        Block.kind == BlockKind.ASSESSMENT,
    )
    .with_for_update(read=True, key_share=True)
)
FORGET = delete(AssessedOutcome).where(
    AssessedOutcome.module_assessment_id == bindparam("module_assessment_id")
)


async def add_module_assessment(
    uow: UnitOfWork,
    *,
    module_id: UUID,
    title: str,
    description: str,
    block_id: UUID | None,
    outcomes: Sequence[UUID],
    expected_revision: int | None,
) -> UUID:
    """Add an assessment to a module, with the outcomes that it assesses; return its id.

    `block_id` is the assessment of the specification that it carries out. The revision is that of
    the plan.
    """
    plan, module = await load_module(uow, module_id)
    uow.expect(plan, expected_revision)
    [others] = await queries.assessments(uow.session, uow.viewer, [module.id])
    if len(others) >= MOST_ASSESSMENTS:
        raise Conflict(f"A module has at most {MOST_ASSESSMENTS} assessments.")
    await _require_prescribed(uow, plan, block_id)
    assessment = ModuleAssessment(
        delivery_plan_id=plan.id,
        module_id=module.id,
        block_id=block_id,
        title=clean(title, "title", limit=TITLE_LENGTH),
        description=clean(description, "description", limit=DOCUMENT_LENGTH, required=False),
        created_at=uow.now,
    )
    await uow.add(assessment)
    await _assess(uow, assessment, outcomes)
    plan.revision += 1
    uow.emit(
        plan.id,
        ModuleAssessmentAdded(module_assessment_id=assessment.id, module_id=module.id),
    )
    return assessment.id


async def edit_module_assessment(
    uow: UnitOfWork,
    *,
    module_assessment_id: UUID,
    title: str | None = None,
    description: str | None = None,
    outcomes: Sequence[UUID] | None = None,
    expected_revision: int | None,
) -> UUID:
    """Change an assessment or the outcomes that it assesses; None leaves a thing as it is."""
    plan, assessment = await _load(uow, module_assessment_id)
    uow.expect(assessment, expected_revision)
    if title is not None:
        assessment.title = clean(title, "title", limit=TITLE_LENGTH)
    if description is not None:
        assessment.description = clean(
            description, "description", limit=DOCUMENT_LENGTH, required=False
        )
    if outcomes is not None:
        await uow.session.execute(FORGET, {"module_assessment_id": assessment.id})
        await _assess(uow, assessment, outcomes)
    assessment.revision += 1
    plan.revision += 1
    uow.emit(
        plan.id,
        ModuleAssessmentEdited(module_assessment_id=assessment.id, revision=assessment.revision),
    )
    return assessment.id


async def remove_module_assessment(
    uow: UnitOfWork, *, module_assessment_id: UUID, expected_revision: int | None
) -> UUID:
    """Remove an assessment; the revision is that of the plan. Return the id of the module."""
    plan, assessment = await _load(uow, module_assessment_id)
    uow.expect(plan, expected_revision)
    await uow.session.execute(FORGET, {"module_assessment_id": assessment.id})
    await uow.session.delete(assessment)
    plan.revision += 1
    uow.emit(
        plan.id,
        ModuleAssessmentRemoved(module_id=assessment.module_id, title=assessment.title),
    )
    return assessment.module_id


async def _load(uow: UnitOfWork, id: UUID) -> tuple[DeliveryPlan, ModuleAssessment]:
    [seen] = await queries.assessments_by_ids(uow.session, uow.viewer, [id])
    if seen is not None:
        plan = await load_editable(uow, seen.delivery_plan_id)
        if assessment := await uow.session.get(ModuleAssessment, id, populate_existing=True):
            return plan, assessment
    raise NotFound("There is no module assessment with this id that you may see.")


async def _require_prescribed(uow: UnitOfWork, plan: DeliveryPlan, id: UUID | None) -> None:
    if id is None:
        return
    identity = {"id": id, "specification_id": plan.specification_id}
    if await uow.session.scalar(PRESCRIBED, identity) is None:
        raise NotFound(
            "This is no assessment of the specification that this plan is for. Please choose a "
            "block of the kind ASSESSMENT, or none.",
            ("block_id",),
        )


async def _assess(uow: UnitOfWork, assessment: ModuleAssessment, outcomes: Sequence[UUID]) -> None:
    wanted = set(outcomes)
    covered = set(
        await uow.session.scalars(COVERED, {"module_id": assessment.module_id, "ids": list(wanted)})
    )
    if covered != wanted:
        raise NotFound(
            "One of the outcomes is none that this module covers. Please let the module cover it "
            "first.",
            ("outcomes",),
        )
    if wanted:
        await uow.session.execute(
            insert(AssessedOutcome),
            [{"module_assessment_id": assessment.id, "block_id": id} for id in sorted(wanted)],
        )

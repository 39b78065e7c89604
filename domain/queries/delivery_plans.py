"""Reads of delivery plans, their modules and the learning outcomes that these cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Select, and_, case, exists, func, select

from domain.database import Session
from domain.lifecycle import SpecificationState
from domain.lifecycle.approvals import IN_FORCE
from domain.lifecycle.delivery_plans import LEAST_SEATS, REVIEWERS, DeliveryPlanTransition
from domain.lifecycle.machine import Facts
from domain.models.approvals import Approval
from domain.models.criteria import Finding
from domain.models.delivery_plans import (
    AssessedOutcome,
    DeliveryPlan,
    Module,
    ModuleAssessment,
    ModuleOutcome,
)
from domain.models.delivery_reviews import (
    PanelSeat,
    PlanCondition,
    PlanDecision,
    StandardJudgement,
    StandardsReview,
    ThresholdAnswer,
)
from domain.models.interests import Interest, Mitigation
from domain.models.specifications import Block, BlockKind, Section, Specification
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.independence import (
    PARTIES,
    declared,
    independence,
    is_among,
    people,
)
from domain.queries.pages import ById, Page, Paged, Slice, grouped, ids, seen_by, visible
from domain.queries.specifications import TODAY
from domain.reference import DELIVERY_STANDARDS, EDITION

_PLANS = select(DeliveryPlan).join(Topic, Topic.id == DeliveryPlan.id).where(visible())

by_ids: ById[DeliveryPlan] = ById(DeliveryPlan, DeliveryPlan.id)
assessments_by_ids: ById[ModuleAssessment] = ById(
    ModuleAssessment, ModuleAssessment.delivery_plan_id
)
modules_by_ids: ById[Module] = ById(Module, Module.delivery_plan_id)
OF_SPECIFICATIONS = Paged(_PLANS, DeliveryPlan, DeliveryPlan.specification_id)

MODULES = (
    select(Module)
    .where(Module.delivery_plan_id == func.any(ids()))
    .order_by(Module.position, Module.id)
)
# The words of a specification are for those who may see it, whatever plan they stand in.
OUTCOMES_OF_PLANS = (
    select(Block, DeliveryPlan.id)
    .join(Section, Section.id == Block.section_id)
    .join(DeliveryPlan, DeliveryPlan.specification_id == Block.specification_id)
    .join(Topic, Topic.id == Block.specification_id)
    .where(
        visible(),
        Block.kind == BlockKind.LEARNING_OUTCOME,
        DeliveryPlan.id == func.any(ids()),
    )
    .order_by(Section.position, Block.position, Block.id)
)
OUTCOMES_OF_MODULES = (
    select(Block, ModuleOutcome.module_id)
    .join(ModuleOutcome, ModuleOutcome.block_id == Block.id)
    .join(Section, Section.id == Block.section_id)
    .join(Topic, Topic.id == Block.specification_id)
    .where(visible(), ModuleOutcome.module_id == func.any(ids()))
    .order_by(Section.position, Block.position, Block.id)
)
COVERING = select(ModuleOutcome).where(ModuleOutcome.module_id == func.any(ids()))
ASSESSING = select(AssessedOutcome).where(AssessedOutcome.module_assessment_id == func.any(ids()))
ASSESSMENTS = (
    select(ModuleAssessment)
    .where(ModuleAssessment.module_id == func.any(ids()))
    .order_by(ModuleAssessment.id)
)
OUTCOMES_OF_ASSESSMENTS = (
    select(Block, AssessedOutcome.module_assessment_id)
    .join(AssessedOutcome, AssessedOutcome.block_id == Block.id)
    .join(Section, Section.id == Block.section_id)
    .join(Topic, Topic.id == Block.specification_id)
    .where(visible(), AssessedOutcome.module_assessment_id == func.any(ids()))
    .order_by(Section.position, Block.position, Block.id)
)


def _count(statement: Select[Any]) -> Any:
    return statement.correlate(DeliveryPlan, Specification).scalar_subquery()


def _outcomes_without(statement: Select[Any]) -> Any:
    """Count the learning outcomes of the plan's version for which a statement finds nothing."""
    return _count(
        select(func.count()).where(
            Block.specification_id == DeliveryPlan.specification_id,
            Block.kind == BlockKind.LEARNING_OUTCOME,
            ~statement.correlate(Block, DeliveryPlan).exists(),
        )
    )


def _empty(text: Any) -> Any:
    return case((text == "", 1), else_=0)


STANDING = and_(
    StandardsReview.handed_in_at.is_not(None),
    ~declared(
        Interest.id,
        Interest.mitigation == Mitigation.RECUSE,
        Interest.person_id == StandardsReview.person_id,
    )
    .correlate(StandardsReview, DeliveryPlan, Specification)
    .exists(),
)
"""That a review counts: handed in, by somebody who has declared no interest since.

For statements that join the plan and its specification.
"""
_REVIEWS = StandardsReview.delivery_plan_id == DeliveryPlan.id
_THIS_REVIEW = StandardsReview.submission == DeliveryPlan.submission
_SEATS = PanelSeat.delivery_plan_id == DeliveryPlan.id
_ANSWERS = select(func.count()).where(
    ThresholdAnswer.delivery_plan_id == DeliveryPlan.id,
    ThresholdAnswer.submission == DeliveryPlan.submission,
)
_CONDITIONS = select(func.count()).where(
    PlanCondition.delivery_plan_id == DeliveryPlan.id, PlanCondition.panel == DeliveryPlan.panel
)
_APPEALS = (
    PlanDecision.delivery_plan_id == DeliveryPlan.id,
    PlanDecision.transition.in_((DeliveryPlanTransition.UPHOLD, DeliveryPlanTransition.ALLOW)),
)
FACTS = (
    select(
        DeliveryPlan.id,
        DeliveryPlan.edition,
        case((Specification.state == SpecificationState.LAUNCHED, 0), else_=1).label(
            "specification_not_launched"
        ),
        case(
            (exists().where(Module.delivery_plan_id == DeliveryPlan.id).correlate(DeliveryPlan), 0),
            else_=1,
        ).label("modules_missing"),
        _outcomes_without(
            select(ModuleOutcome.module_id).where(
                ModuleOutcome.block_id == Block.id,
                ModuleOutcome.module_id == Module.id,
                Module.delivery_plan_id == DeliveryPlan.id,
            )
        ).label("outcomes_uncovered"),
        _outcomes_without(
            select(AssessedOutcome.block_id).where(
                AssessedOutcome.block_id == Block.id,
                AssessedOutcome.module_assessment_id == ModuleAssessment.id,
                ModuleAssessment.delivery_plan_id == DeliveryPlan.id,
            )
        ).label("outcomes_unassessed"),
        _empty(DeliveryPlan.supervision).label("supervision_missing"),
        _empty(DeliveryPlan.placements).label("placements_missing"),
        _empty(DeliveryPlan.quality_assurance).label("quality_assurance_missing"),
        _count(_ANSWERS).label("items_answered"),
        _count(_ANSWERS.where(ThresholdAnswer.passed.is_(False))).label("items_failed"),
        people(select(StandardsReview.person_id.distinct()).where(_REVIEWS)).label("reviewers"),
        _count(select(func.count()).where(_REVIEWS, _THIS_REVIEW, STANDING)).label("reviews_in"),
        func.array(
            select(StandardJudgement.number.distinct())
            .join(StandardsReview, StandardsReview.id == StandardJudgement.standards_review_id)
            .where(
                _REVIEWS,
                _THIS_REVIEW,
                STANDING,
                StandardJudgement.finding == Finding.NOT_MET,
            )
            .correlate(DeliveryPlan, Specification)
            .scalar_subquery(),
            type_=ARRAY(Integer()),
        ).label("not_met"),
        people(
            select(PanelSeat.person_id).where(_SEATS, PanelSeat.panel == DeliveryPlan.panel)
        ).label("seated"),
        people(
            select(PanelSeat.person_id).where(_SEATS, PanelSeat.panel < DeliveryPlan.panel)
        ).label("seated_before"),
        people(select(PlanDecision.person_id).where(*_APPEALS)).label("heard_appeal"),
        _count(
            select(func.count()).where(
                *_APPEALS, PlanDecision.submission == DeliveryPlan.submission
            )
        ).label("appeals"),
        _count(_CONDITIONS).label("conditions_named"),
        _count(_CONDITIONS.where(PlanCondition.due_on <= TODAY)).label("conditions_past"),
        _count(
            select(func.count()).where(
                Approval.organisation_id == DeliveryPlan.organisation_id,
                Approval.specification_id == DeliveryPlan.specification_id,
                Approval.state.in_(IN_FORCE),
            )
        ).label("approval_in_force"),
        *PARTIES,
    )
    .join(Specification, Specification.id == DeliveryPlan.specification_id)
    .where(DeliveryPlan.id == func.any(ids()))
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """A learning outcome, with what of one plan covers and assesses it."""

    outcome: Block
    modules: Sequence[Module]
    assessments: Sequence[ModuleAssessment]


async def of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[DeliveryPlan]]:
    """Return the delivery plans for each specification that the viewer may see."""
    return await OF_SPECIFICATIONS.slices(session, viewer, keys, page)


async def count_of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many delivery plans for each specification the viewer may see."""
    return await OF_SPECIFICATIONS.counts(session, viewer, keys)


async def modules(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[Module]]:
    """Return the modules of each delivery plan, in their order."""
    rows = await session.scalars(MODULES, {"ids": keys})
    return grouped(keys, rows, lambda row: row.delivery_plan_id)


async def outcomes_of_modules(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Block]]:
    """Return the learning outcomes that each module covers, in the order of the text."""
    rows = (await session.execute(OUTCOMES_OF_MODULES, {"ids": keys, **seen_by(viewer)})).all()
    return [[row[0] for row in found] for found in grouped(keys, rows, lambda row: row[1])]


async def coverage(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[list[Coverage]]:
    """Return every learning outcome that each delivery plan has to cover, with what covers it."""
    plans = await modules(session, viewer, keys)
    by_id = {module.id: module for plan in plans for module in plan}
    covering = {
        (each.module_id, each.block_id)
        for each in await session.scalars(COVERING, {"ids": list(by_id)})
    }
    assessing = grouped(
        list(by_id), await session.scalars(ASSESSMENTS, {"ids": list(by_id)}), _module_of
    )
    by_module = dict(zip(by_id, assessing, strict=True))
    assessed = {
        (each.module_assessment_id, each.block_id)
        for each in await session.scalars(
            ASSESSING, {"ids": [each.id for found in assessing for each in found]}
        )
    }
    rows = (await session.execute(OUTCOMES_OF_PLANS, {"ids": keys, **seen_by(viewer)})).all()
    return [
        [
            Coverage(
                block,
                [each for each in plan if (each.id, block.id) in covering],
                [
                    each
                    for module in plan
                    for each in by_module[module.id]
                    if (each.id, block.id) in assessed
                ],
            )
            for block, _ in outcomes
        ]
        for plan, outcomes in zip(plans, grouped(keys, rows, lambda row: row[1]), strict=True)
    ]


def _module_of(assessment: ModuleAssessment) -> UUID:
    return assessment.module_id


async def assessments(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ModuleAssessment]]:
    """Return the assessments of each module, in the order in which they were added."""
    rows = await session.scalars(ASSESSMENTS, {"ids": keys})
    return grouped(keys, rows, _module_of)


async def outcomes_of_assessments(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Block]]:
    """Return the learning outcomes that each assessment assesses, in the order of the text."""
    parameters = {"ids": keys, **seen_by(viewer)}
    rows = (await session.execute(OUTCOMES_OF_ASSESSMENTS, parameters)).all()
    return [[row[0] for row in found] for found in grouped(keys, rows, lambda row: row[1])]


async def facts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the lifecycle asks about each delivery plan, all of which exist."""
    found = {row.id: row for row in await session.execute(FACTS, {"ids": keys})}
    return [_facts(viewer, found[key]) for key in keys]


def _facts(viewer: Viewer, row: Any) -> Facts:
    items = DELIVERY_STANDARDS[row.edition or EDITION].threshold
    return {
        **row._asdict(),
        **independence(viewer, row),
        "items_unanswered": len(items) - row.items_answered,
        "items_passed": int(not row.items_failed),
        "reviews_missing": max(0, REVIEWERS - row.reviews_in),
        "standards_not_met": len(row.not_met),
        "conditions_missing": int(not row.conditions_named),
        # Whoever declared an interest since does not fill a seat.
        "seats_empty": max(0, LEAST_SEATS - len(set(row.seated) - set(row.recused))),
        "reviewed": is_among(viewer, row.reviewers),
        "not_seated": int(not is_among(viewer, row.seated)),
        "sat": is_among(viewer, {*row.seated, *row.seated_before}),
        "sat_before": is_among(viewer, {*row.seated_before, *row.heard_appeal}),
    }

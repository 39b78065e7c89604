"""Reads of delivery plans, their modules and the learning outcomes that these cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, exists, func, select

from domain.database import Session
from domain.lifecycle import Facts, SpecificationState
from domain.models.delivery_plans import DeliveryPlan, Module, ModuleOutcome
from domain.models.specifications import Block, BlockKind, Section, Specification
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, Page, Paged, Slice, grouped, ids, seen_by, visible

_PLANS = select(DeliveryPlan).join(Topic, Topic.id == DeliveryPlan.id).where(visible())

by_ids: ById[DeliveryPlan] = ById(DeliveryPlan, DeliveryPlan.id)
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
FACTS = (
    select(
        DeliveryPlan.id,
        case((Specification.state == SpecificationState.LAUNCHED, 0), else_=1).label(
            "specification_not_launched"
        ),
        case(
            (exists().where(Module.delivery_plan_id == DeliveryPlan.id).correlate(DeliveryPlan), 0),
            else_=1,
        ).label("modules_missing"),
        select(func.count())
        .where(
            Block.specification_id == DeliveryPlan.specification_id,
            Block.kind == BlockKind.LEARNING_OUTCOME,
            ~exists()
            .where(
                ModuleOutcome.block_id == Block.id,
                ModuleOutcome.module_id == Module.id,
                Module.delivery_plan_id == DeliveryPlan.id,
            )
            .correlate(Block, DeliveryPlan),
        )
        .correlate(DeliveryPlan)
        .scalar_subquery()
        .label("outcomes_uncovered"),
    )
    .join(Specification, Specification.id == DeliveryPlan.specification_id)
    .where(DeliveryPlan.id == func.any(ids()))
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """A learning outcome, with the modules of one plan that cover it."""

    outcome: Block
    modules: Sequence[Module]


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
    """Return every learning outcome that each delivery plan has to cover, with who covers it."""
    plans = await modules(session, viewer, keys)
    by_id = {module.id: module for plan in plans for module in plan}
    found = await session.scalars(COVERING, {"ids": list(by_id)})
    covering = {(each.module_id, each.block_id) for each in found}
    rows = (await session.execute(OUTCOMES_OF_PLANS, {"ids": keys, **seen_by(viewer)})).all()
    return [
        [
            Coverage(block, [each for each in plan if (each.id, block.id) in covering])
            for block, _ in outcomes
        ]
        for plan, outcomes in zip(plans, grouped(keys, rows, lambda row: row[1]), strict=True)
    ]


async def facts(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the lifecycle asks about each delivery plan, all of which exist."""
    rows = await session.execute(FACTS, {"ids": keys})
    found: dict[UUID, Any] = {row.id: row._asdict() for row in rows}
    return [found[key] for key in keys]

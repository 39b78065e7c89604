"""Reads of implementation plans and their enablers and barriers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from domain.database import Session
from domain.models.implementation_plans import ImplementationPlan, ImplementationPoint
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, grouped, ids, in_order, seen_by, visible

by_ids: ById[ImplementationPlan] = ById(ImplementationPlan, ImplementationPlan.specification_id)
points_by_ids: ById[ImplementationPoint] = ById(
    ImplementationPoint, ImplementationPoint.specification_id
)
OF_SPECIFICATIONS = (
    select(ImplementationPlan)
    .join(Topic, Topic.id == ImplementationPlan.specification_id)
    .where(visible(), ImplementationPlan.specification_id == func.any(ids()))
)
POINTS = (
    select(ImplementationPoint)
    .where(ImplementationPoint.implementation_plan_id == func.any(ids()))
    .order_by(ImplementationPoint.position)
)


async def of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[ImplementationPlan | None]:
    """Return the implementation plan of each specification, None where there is none yet."""
    rows = await session.scalars(OF_SPECIFICATIONS, {"ids": keys, **seen_by(viewer)})
    return in_order(keys, rows, lambda row: row.specification_id)


async def points(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ImplementationPoint]]:
    """Return the enablers and barriers of each plan, in their order."""
    rows = await session.scalars(POINTS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.implementation_plan_id)

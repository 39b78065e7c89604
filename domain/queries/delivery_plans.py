"""Reads of delivery plans, their modules and the learning outcomes that these cover."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models.delivery_plans import DeliveryPlan
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import Page, Paged, Slice, ids, in_order, seen_by, visible

_PLANS = select(DeliveryPlan).join(Topic, Topic.id == DeliveryPlan.id).where(visible())

BY_IDS = _PLANS.where(DeliveryPlan.id == func.any(ids()))
OF_SPECIFICATIONS = Paged(_PLANS, DeliveryPlan, DeliveryPlan.specification_id)


async def by_ids(
    session: AsyncSession, viewer: Viewer, keys: Sequence[UUID]
) -> list[DeliveryPlan | None]:
    """Return delivery plans, None for those that the viewer may not know of."""
    rows = await session.scalars(BY_IDS, {"ids": keys, **seen_by(viewer)})
    return in_order(keys, rows, lambda row: row.id)


async def of_specifications(
    session: AsyncSession, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[DeliveryPlan]]:
    """Return the delivery plans for each specification that the viewer may see."""
    return await OF_SPECIFICATIONS.slices(session, viewer, keys, page)


async def count_of_specifications(
    session: AsyncSession, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many delivery plans for each specification the viewer may see."""
    return await OF_SPECIFICATIONS.counts(session, viewer, keys)

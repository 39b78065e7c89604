"""Reads of the agenda items of roundtables."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from domain.database import Session
from domain.models.agenda_items import AgendaItem
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import grouped, ids, in_order, seen_by, visible

BY_IDS = (
    select(AgendaItem)
    .join(Topic, Topic.id == AgendaItem.roundtable_id)
    .where(visible(), AgendaItem.id == func.any(ids()))
)
OF_ROUNDTABLES = (
    select(AgendaItem)
    .where(AgendaItem.roundtable_id == func.any(ids()))
    .order_by(AgendaItem.position, AgendaItem.id)
)


async def by_ids(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[AgendaItem | None]:
    """Return agenda items, None for those that the viewer may not know of."""
    rows = await session.scalars(BY_IDS, {"ids": keys, **seen_by(viewer)})
    return in_order(keys, rows, lambda row: row.id)


async def of_roundtables(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[AgendaItem]]:
    """Return the agenda items of each roundtable, in their order."""
    rows = await session.scalars(OF_ROUNDTABLES, {"ids": keys})
    return grouped(keys, rows, lambda row: row.roundtable_id)

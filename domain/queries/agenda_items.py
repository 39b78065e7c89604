"""Reads of the agenda items of roundtables."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from domain.database import Session
from domain.models.agenda_items import AgendaItem
from domain.permissions import Viewer
from domain.queries.pages import ById, grouped, ids

by_ids: ById[AgendaItem] = ById(AgendaItem, AgendaItem.roundtable_id)
OF_ROUNDTABLES = (
    select(AgendaItem)
    .where(AgendaItem.roundtable_id == func.any(ids()))
    .order_by(AgendaItem.position, AgendaItem.id)
)


async def of_roundtables(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[AgendaItem]]:
    """Return the agenda items of each roundtable, in their order."""
    rows = await session.scalars(OF_ROUNDTABLES, {"ids": keys})
    return grouped(keys, rows, lambda row: row.roundtable_id)

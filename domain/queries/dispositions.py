"""Reads of dispositions: for those who take part at once, for others once they are published."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, func, or_, select

from domain.database import Session
from domain.models.dispositions import Disposition
from domain.models.responses import ResponseEntry
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import entitled, grouped, ids, in_order, seen_by, visible

_DISPOSITIONS = (
    select(Disposition)
    .join(Topic, Topic.id == Disposition.topic_id)
    .where(
        visible(), or_(entitled(), exists().where(ResponseEntry.disposition_id == Disposition.id))
    )
)

BY_IDS = _DISPOSITIONS.where(Disposition.id == func.any(ids()))
OF_THREADS = _DISPOSITIONS.where(Disposition.thread_id == func.any(ids())).order_by(
    Disposition.number
)


async def by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Disposition | None]:
    """Return dispositions, None for those that the viewer may not know of."""
    rows = await session.scalars(BY_IDS, {"ids": keys, **seen_by(viewer)})
    return in_order(keys, rows, lambda row: row.id)


async def of_threads(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Disposition]]:
    """Return what was decided on each thread, the last one, which counts, at the end."""
    rows = await session.scalars(OF_THREADS, {"ids": keys, **seen_by(viewer)})
    return grouped(keys, rows, lambda row: row.thread_id)


async def present(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Disposition | None]:
    """Return the disposition that counts for each thread, None where there is none to be seen."""
    return [found[-1] if found else None for found in await of_threads(session, viewer, keys)]

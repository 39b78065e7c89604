"""Reads of published responses of exercises, every version of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from domain.database import Session
from domain.models.responses import Response, ResponseEntry
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, Page, Paged, Slice, grouped, ids, seen_by, visible

_RESPONSES = select(Response).join(Topic, Topic.id == Response.engagement_id).where(visible())

by_ids: ById[Response] = ById(Response, Response.engagement_id)
OF_ENGAGEMENTS = _RESPONSES.where(Response.engagement_id == func.any(ids())).order_by(
    Response.version
)
ENTRIES = Paged(
    select(ResponseEntry).join(Topic, Topic.id == ResponseEntry.topic_id).where(visible()),
    ResponseEntry,
    ResponseEntry.response_id,
)


async def of_engagements(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Response]]:
    """Return every version of the response of each exercise, the present one at the end."""
    rows = await session.scalars(OF_ENGAGEMENTS, {"ids": keys, **seen_by(viewer)})
    return grouped(keys, rows, lambda row: row.engagement_id)


async def present(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Response | None]:
    """Return the present response of each exercise, None where none is published."""
    return [found[-1] if found else None for found in await of_engagements(session, viewer, keys)]


async def entries(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[ResponseEntry]]:
    """Return the entries of each response, one for each comment, the first one first."""
    return await ENTRIES.slices(session, viewer, keys, page)


async def count_entries(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many entries each response has."""
    return await ENTRIES.counts(session, viewer, keys)

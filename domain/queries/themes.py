"""Reads of themes, and of which threads are about them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from domain.database import Session
from domain.models.comments import Thread
from domain.models.themes import Theme, ThreadTheme
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, Page, Paged, Slice, grouped, ids, seen_by, visible

_THEMES = select(Theme).join(Topic, Topic.id == Theme.engagement_id).where(visible())

by_ids: ById[Theme] = ById(Theme, Theme.engagement_id)
OF_ENGAGEMENTS = _THEMES.where(Theme.engagement_id == func.any(ids())).order_by(Theme.id)
OF_THREADS = (
    select(Theme, ThreadTheme.thread_id)
    .join(ThreadTheme, ThreadTheme.theme_id == Theme.id)
    .join(Topic, Topic.id == Theme.engagement_id)
    .where(visible(), ThreadTheme.thread_id == func.any(ids()))
    .order_by(Theme.id)
)
THREADS = Paged(
    select(Thread)
    .join(ThreadTheme, ThreadTheme.thread_id == Thread.id)
    .join(Topic, Topic.id == Thread.topic_id)
    .where(visible()),
    Thread,
    ThreadTheme.theme_id,
)


async def of_engagements(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Theme]]:
    """Return the themes of each exercise, in the order in which they were named."""
    rows = await session.scalars(OF_ENGAGEMENTS, {"ids": keys, **seen_by(viewer)})
    return grouped(keys, rows, lambda row: row.engagement_id)


async def of_threads(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[list[Theme]]:
    """Return the themes that each thread is about."""
    rows = (await session.execute(OF_THREADS, {"ids": keys, **seen_by(viewer)})).all()
    return [[row[0] for row in found] for found in grouped(keys, rows, lambda row: row[1])]


async def threads(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Thread]]:
    """Return the threads that are about each theme."""
    return await THREADS.slices(session, viewer, keys, page)


async def count_threads(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many threads are about each theme."""
    return await THREADS.counts(session, viewer, keys)

"""Reads of topics and of the streams of events that they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFound
from domain.models.topics import StoredEvent, Topic
from domain.permissions import Audience, Viewer, audience
from domain.queries.pages import ids, in_order

BY_IDS = select(Topic).where(Topic.id == func.any(ids()))
TOPIC = select(Topic).where(Topic.id == bindparam("topic_id"))
EVENTS = (
    select(StoredEvent)
    .where(
        StoredEvent.topic_id == bindparam("topic_id"),
        StoredEvent.audience == bindparam("audience"),
        StoredEvent.sequence > bindparam("after"),
    )
    .order_by(StoredEvent.sequence)
    .limit(bindparam("limit"))
)
OLDEST = select(func.min(StoredEvent.sequence)).where(
    StoredEvent.topic_id == bindparam("topic_id"), StoredEvent.audience == bindparam("audience")
)


async def by_ids(
    session: AsyncSession, _viewer: Viewer, keys: Sequence[UUID]
) -> list[Topic | None]:
    """Return the places and counters of topics, for deciding what the viewer may do there."""
    return in_order(keys, await session.scalars(BY_IDS, {"ids": keys}), lambda row: row.id)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in one stream: the last event that was seen, 0 before the first one."""

    topic_id: UUID
    audience: Audience
    epoch: int
    sequence: int


async def position(session: AsyncSession, viewer: Viewer, topic_id: UUID) -> Position:
    """Return the present end of the stream that the viewer reads.

    Raises NotFound where there is no topic that they may know of.
    """
    topic = (
        await session.scalars(
            TOPIC, {"topic_id": topic_id}, execution_options={"populate_existing": True}
        )
    ).one_or_none()
    stream = audience(viewer, topic) if topic else None
    if topic is None or stream is None:
        raise NotFound("There is no topic with this id that you may see.")
    ends = {
        Audience.PUBLIC: topic.public_sequence,
        Audience.MEMBERS: topic.members_sequence,
        Audience.MODERATORS: topic.moderators_sequence,
    }
    return Position(topic_id, stream, topic.epoch, ends[stream])


async def events_after(
    session: AsyncSession, position: Position, limit: int
) -> Sequence[StoredEvent]:
    """Return the events that follow a position, at most `limit`, in order."""
    return (
        await session.scalars(
            EVENTS,
            {
                "topic_id": position.topic_id,
                "audience": position.audience,
                "after": position.sequence,
                "limit": limit,
            },
        )
    ).all()


async def oldest(session: AsyncSession, position: Position) -> int | None:
    """Return the first sequence that the stream still holds, None when it is empty."""
    return await session.scalar(
        OLDEST, {"topic_id": position.topic_id, "audience": position.audience}
    )

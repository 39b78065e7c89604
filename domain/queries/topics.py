"""Reads of topics and of the streams of events that they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, String, bindparam, column, func, select, true
from sqlalchemy.orm import aliased

from domain.database import Session
from domain.errors import NotFound
from domain.models.topics import BODY_ID, StoredEvent, Topic, TopicKind
from domain.permissions import Audience, Viewer, audience
from domain.queries.pages import ById

by_ids: ById[Topic] = ById(Topic)
TOPIC = (
    select(Topic).where(Topic.id == bindparam("topic_id")).execution_options(populate_existing=True)
)
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
FOLLOWED = (
    func.unnest(
        bindparam("audiences", type_=ARRAY(String())),
        bindparam("afters", type_=ARRAY(BigInteger())),
    )
    .table_valued(column("audience", String()), column("after", BigInteger()))
    .render_derived(name="followed")
)
_NEXT = (
    select(StoredEvent)
    .where(
        StoredEvent.topic_id == Topic.id,
        StoredEvent.audience == FOLLOWED.c.audience,
        StoredEvent.sequence > FOLLOWED.c.after,
    )
    .order_by(StoredEvent.sequence)
    .limit(bindparam("limit"))
    .correlate(Topic, FOLLOWED)
    .lateral("next")
)
_BODY = aliased(Topic)
NEWS = (
    select(Topic, _BODY.moderators_sequence, aliased(StoredEvent, _NEXT))
    .select_from(Topic)
    .join(_BODY, _BODY.id == BODY_ID)
    .join(FOLLOWED, true(), isouter=True)
    .join(_NEXT, true(), isouter=True)
    .where(Topic.id == bindparam("topic_id"))
    .order_by(_NEXT.c.sequence)
    .execution_options(populate_existing=True)
)
OLDEST = select(func.min(StoredEvent.sequence)).where(
    StoredEvent.topic_id == bindparam("topic_id"), StoredEvent.audience == bindparam("audience")
)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in one stream: the last event that was seen, 0 before the first one."""

    topic_id: UUID
    audience: Audience
    epoch: int
    sequence: int


def stream(viewer: Viewer, topic: Topic) -> Audience | None:
    """Return the stream of a topic that the viewer reads, None where they may not know of it.

    A person's own topic is followed by nobody else, whatever their roles: it tells the person what
    others are not told.
    """
    if topic.kind is TopicKind.PERSON:
        return Audience.MEMBERS if viewer.is_person(topic.id) else None
    return audience(viewer, topic)


def end(topic: Topic, audience: Audience) -> Position:
    """Return the place after the last event of a stream, as of when the topic was read."""
    ends = {
        Audience.PUBLIC: topic.public_sequence,
        Audience.MEMBERS: topic.members_sequence,
        Audience.MODERATORS: topic.moderators_sequence,
    }
    return Position(topic.id, audience, topic.epoch, ends[audience])


@dataclass(frozen=True, slots=True)
class News:
    """What one statement says of a topic, all as of one moment."""

    topic: Topic
    rights: int
    """The number of the last change of anybody's rights: its place in the body's stream."""
    events: dict[Audience, list[StoredEvent]]


async def news(
    session: Session, topic_id: UUID, after: Mapping[Audience, int], limit: int
) -> News | None:
    """Return what follows these sequences, at most `limit` events in each stream.

    None where there is no such topic.
    """
    rows = (
        await session.execute(
            NEWS,
            {
                "topic_id": topic_id,
                "audiences": list(after),
                "afters": list(after.values()),
                "limit": limit,
            },
        )
    ).all()
    if not rows:
        return None
    events: dict[Audience, list[StoredEvent]] = {audience: [] for audience in after}
    for _, _, event in rows:
        if event is not None:
            events[event.audience].append(event)
    return News(rows[0][0], rows[0][1], events)


async def body(session: Session) -> Topic:
    """Return the topic of the whole body, in whose stream changes of rights are numbered."""
    return (await session.scalars(TOPIC, {"topic_id": BODY_ID})).one()


async def position(session: Session, viewer: Viewer, topic_id: UUID) -> Position:
    """Return the present end of the stream that the viewer reads.

    Raises NotFound where there is no topic that they may know of.
    """
    topic = (await session.scalars(TOPIC, {"topic_id": topic_id})).one_or_none()
    reads = stream(viewer, topic) if topic else None
    if topic is None or reads is None:
        raise NotFound("There is no topic with this id that you may see.")
    return end(topic, reads)


async def events_after(session: Session, position: Position, limit: int) -> Sequence[StoredEvent]:
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


async def oldest(session: Session, position: Position) -> int | None:
    """Return the first sequence that the stream still holds, None when it is empty."""
    return await session.scalar(
        OLDEST, {"topic_id": position.topic_id, "audience": position.audience}
    )

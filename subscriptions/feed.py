"""Past, then present: a snapshot and every later event of one stream, once, in order.

The promise: a subscriber gets the topic as of one sequence, then each event that follows it and
that they may see, with a durable cursor; or an explicit reset, never silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from strawberry import relay

from domain.database import Session, is_outage
from domain.errors import DomainError, Invalid
from domain.models.topics import StoredEvent
from domain.permissions import Audience
from domain.queries import topics
from domain.queries.topics import Position
from schema.errors import coded
from subscriptions.context import LiveContext

PAGE = 100
POLL = 2.0
"""Seconds after which a reader looks by itself, should a wake-up have been lost."""


@dataclass(frozen=True, slots=True)
class Present:
    """The topic is to be delivered as it is at this position; reads until the next step see it."""

    position: Position


@dataclass(frozen=True, slots=True)
class Past:
    """An event, and the position after it."""

    event: StoredEvent
    position: Position


@dataclass(frozen=True, slots=True)
class Idle:
    """Everything up to this position was delivered; the next step waits for news."""

    position: Position


@dataclass(frozen=True, slots=True)
class Lost:
    """The stream cannot go on from the cursor; the reason is a sentence, a snapshot follows."""

    reason: str


Step: TypeAlias = Present | Past | Idle | Lost


async def follow(
    context: LiveContext, topic_id: UUID, after: Position | None = None
) -> AsyncGenerator[Step, None]:
    """Yield the steps of one topic's stream for the viewer, from a position or from a snapshot.

    The viewer and what they may read are checked again before every page. Raises a coded
    GraphQLError when the topic is not theirs to know of, or when their session ends.
    """
    with context.wakeups.listen(topic_id) as listener:
        position = after
        if position is not None:
            reason = await _reset(context, topic_id, position)
            if reason is not None:
                yield Lost(reason)
                position = None
        while True:
            try:
                if position is None:
                    await context.recognise()
                    async with context.snapshot() as session:
                        position = await _end(context, session, topic_id)
                        yield Present(position)
                page = await _page(context, position)
            except Exception as error:
                if not is_outage(error):
                    raise
                # The database is away: that costs time, and no event.
                await asyncio.sleep(POLL / 10)
                continue
            if page is None:
                yield Lost("What you may read here has changed.")
                position = None
                continue
            for event in page:
                position = replace(position, sequence=event.sequence)
                yield Past(event, position)
            if len(page) < PAGE:
                yield Idle(position)
                await listener.wait(POLL)


async def _reset(context: LiveContext, topic_id: UUID, after: Position) -> str | None:
    """Return why the stream cannot go on from a cursor; None where it can."""
    await context.recognise()
    async with context.database.read() as session:
        end = await _end(context, session, topic_id)
        oldest = await topics.oldest(session, end)
    if after.topic_id != topic_id:
        raise coded(Invalid("This cursor is of another topic.", ("after",)))
    if after.audience is not end.audience:
        return "What you may read here has changed since this cursor."
    if after.epoch != end.epoch or after.sequence > end.sequence:
        return "The history was restored from a backup since this cursor."
    if after.sequence < end.sequence and (oldest is None or oldest > after.sequence + 1):
        return "The events after this cursor are not kept any more."
    return None


async def _page(context: LiveContext, position: Position) -> list[StoredEvent] | None:
    """Return the next events, at most a page; None when the stream is another one now."""
    await context.recognise()
    async with context.database.read() as session:
        end = await _end(context, session, position.topic_id)
        if end.audience is not position.audience or end.epoch != position.epoch:
            return None
        return list(await topics.events_after(session, position, PAGE))


async def _end(context: LiveContext, session: Session, topic_id: UUID) -> Position:
    try:
        return await topics.position(session, context.viewer, topic_id)
    except DomainError as error:
        raise coded(error) from None


def cursor(position: Position) -> str:
    """Return the opaque, durable form of a position."""
    return relay.to_base64(
        "position",
        f"{position.topic_id}:{position.audience}:{position.epoch}:{position.sequence}",
    )


def parse_cursor(cursor: str | None) -> Position | None:
    """Return the position that a cursor stands for; a coded error where it is none of ours."""
    if cursor is None:
        return None
    try:
        kind, value = relay.from_base64(cursor)
        topic_id, audience, epoch, sequence = value.split(":")
        position = Position(UUID(topic_id), Audience(audience), int(epoch), int(sequence))
        if kind != "position" or not 0 <= position.sequence < 2**63:
            raise ValueError(kind)
    except ValueError:
        raise coded(
            Invalid(
                "This is not a cursor of ours. Please send the cursor of a message as it came.",
                ("after",),
            )
        ) from None
    return position

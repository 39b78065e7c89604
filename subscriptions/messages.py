"""What every subscription's messages have in common: cursors, event kinds and resets."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import events
from domain.models.topics import StoredEvent
from domain.queries import people
from domain.queries.topics import Position
from schema.fields import relation
from schema.nodes import key
from schema.people import Person
from subscriptions.feed import cursor, parse_cursor
from subscriptions.following import Following

EventKind = Enum("EventKind", {kind: kind for kind in sorted(events.KINDS)})  # type: ignore[misc]
strawberry.enum(EventKind, description="What happened.")
for value in EventKind.__strawberry_definition__.values:  # type: ignore[attr-defined]
    value.description = (events.KINDS[value.name].__doc__ or "").strip()

AfterCursor = Annotated[
    str | None,
    strawberry.argument(
        description="The cursor of the last message that arrived: what follows it is delivered, "
        "without a snapshot. Null begins with a snapshot."
    ),
]
TOPICS = (
    "Specification",
    "Engagement",
    "Roundtable",
    "DeliveryPlan",
    "Approval",
    "Credential",
    "Person",
    "Cycle",
    "Proposal",
)


@strawberry.type(description="A message of a stream, with the place that it leads to.")
class Message:
    """The common part of what carries a cursor."""

    cursor: str = strawberry.field(description="Send it as `after` to go on from here.")
    sequence: int = strawberry.field(
        description="The number of the last event that this contains: the next one has one more."
    )


@strawberry.type(
    description="The stream cannot go on from the cursor. Forget what you have: a snapshot follows."
)
class Reset:
    """A snapshot follows."""

    message: str = strawberry.field(description="Why, in a sentence.")


@strawberry.type(description="Something happened.")
class Happened(Message):
    """The common part of every event."""

    kind: EventKind = strawberry.field(description="What happened.")
    at: datetime = strawberry.field(description="When.")
    actor_id: strawberry.Private[UUID | None]

    actor: Person | None = relation(people.by_ids, "Who did it.", by="actor_id")


def place(position: Position) -> dict[str, Any]:
    """Return the fields of a Message."""
    return {"cursor": cursor(position), "sequence": position.sequence}


def happening(event: StoredEvent, position: Position) -> dict[str, Any]:
    """Return the fields of a Happened."""
    return {
        **place(position),
        "kind": EventKind[event.kind],
        "at": event.at,
        "actor_id": event.actor_id,
    }


def following(
    topic_id: UUID,
    after: str | None,
    snapshot: Callable[[Position], object],
    event: Callable[[StoredEvent, Position], object | None],
    *,
    newest: bool = False,
    ballot_id: UUID | None = None,
) -> AsyncGenerator[Any, None]:
    """Return what a subscription field answers, which to Strawberry is a stream of its messages."""
    answer: Any = Following(
        topic_id=topic_id,
        after=parse_cursor(after),
        snapshot=snapshot,
        event=event,
        reset=lambda reason: Reset(message=reason),
        newest=newest,
        ballot_id=ballot_id,
    )
    stream: AsyncGenerator[Any, None] = answer
    return stream


def topic_key(id: str) -> UUID:
    """Return the topic that a global id names."""
    return key(id, "topicId", *TOPICS)

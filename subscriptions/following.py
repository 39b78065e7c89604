"""What the fields of subscriptions answer: which stream is followed, and how it is said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

from domain.models.topics import StoredEvent
from domain.queries.topics import Position
from subscriptions.presence import Change, Entry


@dataclass(frozen=True, kw_only=True)
class Following:
    """The events of one topic, said as messages; equal arguments must give equal messages.

    `event` returns None for what is not part of this stream. Where only the `newest` state
    matters, all events that come within a moment are one message, made by `snapshot`.
    """

    topic_id: UUID
    after: Position | None = None
    snapshot: Callable[[Position], object]
    event: Callable[[StoredEvent, Position], object | None]
    reset: Callable[[str], object]
    newest: bool = False

    def __aiter__(self) -> AsyncIterator[object]:
        """Refuse: GraphQL wants an iterable of events, and the hub reads them for everybody."""
        raise TypeError("A Following is followed by the hub.")


@dataclass(frozen=True, kw_only=True)
class Attending:
    """Who is present at one topic, said as messages; for those who take part in it."""

    topic_id: UUID
    snapshot: Callable[[list[Entry]], object]
    change: Callable[[Change], object]

    def __aiter__(self) -> AsyncIterator[object]:
        """Refuse, as a Following does."""
        raise TypeError("An Attending is followed by the hub.")

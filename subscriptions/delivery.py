"""One message, ready to be sent to any number of subscribers, and where it can be sent to."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from graphql import GraphQLError

from schema.operations import encode

MOST_WAITING = 1_000
"""Messages that wait for one slow subscriber; they are shared, so they cost little."""


class Delivery:
    """One result, encoded once."""

    __slots__ = ("body", "cursor", "head", "length", "newest", "tail")

    def __init__(self, result: dict[str, Any], *, newest: bool = False) -> None:
        self.body = encode(result)
        self.cursor = cursor_of(result)
        self.newest = newest
        """Whether it says all that an earlier one said that was not sent yet."""
        # What a transport keeps of it, because it is the same for most of its subscribers.
        self.tail: bytes | None = None
        self.head = b""
        self.length = -1


class Sink(Protocol):
    """Where the messages of one subscriber go; none of this waits or fails."""

    def take(self, delivery: Delivery) -> None:
        """Send a message, or keep it until it can be sent, or give the subscriber up."""

    def end_session(self, message: str) -> None:
        """Say that the session has ended, and take nothing more."""

    @property
    def congested(self) -> bool:
        """Whether so much waits that who can wait should."""

    def when_ready(self, call: Callable[[], None]) -> None:
        """Call once as soon as it is not congested any more."""


class Inbox:
    """A sink that is read like a list: for event streams, and for whoever is in this process."""

    def __init__(self) -> None:
        self._waiting: deque[Delivery] = deque()
        self._news = asyncio.Event()
        self._calls: list[Callable[[], None]] = []
        self._ended = False

    def take(self, delivery: Delivery) -> None:
        """Keep a message until it is read; give up a reader who is too far behind."""
        if delivery.newest and self._waiting and self._waiting[-1].newest:
            self._waiting[-1] = delivery
        elif self._ended:
            return
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(delivery)
        else:
            self._ended = True
            self._waiting.append(Delivery(failed("TOO_SLOW", "Too slow: resume with your cursor.")))
        self._news.set()

    def end_session(self, message: str) -> None:
        """Let the reader stop with this last message."""
        self._waiting.append(Delivery(failed("UNAUTHENTICATED", message)))
        self.end()

    def end(self) -> None:
        """Let the reader stop once everything is read."""
        self._ended = True
        self._news.set()

    @property
    def congested(self) -> bool:
        """Whether the reader is behind by half of what is kept."""
        return len(self._waiting) > MOST_WAITING // 2

    def when_ready(self, call: Callable[[], None]) -> None:
        """Call once as soon as the reader has caught up."""
        self._calls.append(call)

    async def next(self) -> Delivery | None:
        """Wait for the next message; None after the last one."""
        while not self._waiting:
            if self._ended:
                return None
            self._news.clear()
            await self._news.wait()
        delivery = self._waiting.popleft()
        if self._calls and not self.congested:
            calls, self._calls = self._calls, []
            for call in calls:
                call()
        return delivery


def failed(code: str, message: str) -> dict[str, Any]:
    """Return the last result of a stream that cannot go on."""
    return {"errors": [GraphQLError(message, extensions={"code": code}).formatted]}


def cursor_of(result: dict[str, Any]) -> str | None:
    """Find the `cursor` of a top-level object, if the client selected it under this name."""
    for value in (result.get("data") or {}).values():
        cursor = value.get("cursor") if isinstance(value, dict) else None
        # A browser sends it back as a header, and a line break would end the line of the id.
        if isinstance(cursor, str) and cursor.isascii() and cursor.isprintable():
            return cursor
    return None

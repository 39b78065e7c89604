"""The events of the topics that are followed here, each read once for all who follow it.

A wake-up says that a topic has news; one statement reads them, and rights are brought up to what
was true at that moment before anybody sees an event of it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

import structlog
from strawberry import relay

from domain.database import Database, is_outage
from domain.errors import Invalid, NotFound
from domain.models.topics import BODY_ID, StoredEvent, Topic
from domain.permissions import ANYONE, Audience
from domain.queries import topics
from domain.queries.topics import News, Position
from schema.errors import coded
from subscriptions.rights import Rights
from subscriptions.wakeup import Wakeups

PAGE = 100
WINDOW = 500
"""The newest events of a stream that are kept in memory for those who follow it."""
POLL = 1.0
"""Seconds after which a process looks by itself, should a wake-up have been lost."""
_RETRY = 0.2
_PAUSE = 0.005
"""Seconds between two reads of a topic: what comes faster is read, and told, together."""

log = structlog.get_logger(__name__)


class Reader:
    """What is new in one topic, for all who follow it in this process."""

    def __init__(self, feed: Feed, topic_id: UUID) -> None:
        self.topic_id = topic_id
        self.users = 0
        self.moved: set[Callable[[], None]] = set()
        """Called when the place of the topic has changed: what one may read of it may have."""
        self._feed = feed
        self._place: Topic | None = None
        self._windows: dict[Audience, deque[StoredEvent]] = {}
        self._ends: dict[Audience, int] = {}
        self._news = asyncio.Event()
        self._opening: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def place(self) -> Topic:
        """The topic as it was read last."""
        if self._place is None:
            raise RuntimeError("Open a reader before you ask it.")
        return self._place

    def end(self, audience: Audience) -> Position:
        """Return the position after the last event that is known here."""
        end = topics.end(self.place, audience)
        return replace(end, sequence=self._ends[audience])

    async def open(self) -> None:
        """Read where the topic is and where its streams end; NotFound where there is none."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        await asyncio.shield(self._opening)

    async def _open(self) -> None:
        news = await self._read({})
        if news is None:
            raise NotFound("There is no topic with this id that you may see.")
        self._place = news.topic
        for audience in Audience:
            self._ends[audience] = topics.end(news.topic, audience).sequence
            self._windows[audience] = deque(maxlen=WINDOW)
        self._task = asyncio.create_task(self._follow(), name="the events of a topic")

    def close(self) -> list[asyncio.Task[None]]:
        """End reading; return the tasks that are ending."""
        tasks = [task for task in (self._opening, self._task) if task and not task.done()]
        for task in tasks:
            task.cancel()
        return tasks

    def known_after(self, position: Position) -> list[StoredEvent]:
        """Return the events after a position that are in memory; none where the next one is not."""
        window = self._windows[position.audience]
        if not window or window[0].sequence > position.sequence + 1:
            return []
        first = position.sequence + 1 - window[0].sequence
        return [window[nth] for nth in range(first, len(window))]

    async def after(self, position: Position) -> list[StoredEvent]:
        """Wait for events after a position of a stream that is followed live; return them."""
        while True:
            if found := self.known_after(position):
                return found
            if position.sequence < self._ends[position.audience]:
                return await self.page(position)
            await self._news.wait()

    async def page(self, position: Position) -> list[StoredEvent]:
        """Return the next events after a position, at most a page, in memory or not."""
        if found := self.known_after(position):
            return found[:PAGE]
        while True:
            try:
                news = await self._read({position.audience: position.sequence})
            except Exception as error:
                if not is_outage(error):
                    raise
                await asyncio.sleep(_RETRY)
            else:
                return news.events[position.audience] if news else []

    def look(self) -> None:
        """Let the reader look for news, woken or not."""
        self._feed.wakeups.wake(self.topic_id)

    def differs_in_place(self, topic: Topic) -> bool:
        """Say whether the topic is elsewhere than it was when it was read last."""
        return _standing(self.place) != _standing(topic)

    def differs(self, topic: Topic) -> bool:
        """Say whether there is something that was not read yet."""
        return self._place is not None and (
            self.differs_in_place(topic)
            or any(topics.end(topic, each).sequence != self._ends[each] for each in Audience)
        )

    async def _follow(self) -> None:
        with self._feed.wakeups.listen(self.topic_id) as listener:
            while True:
                # Once before the first wake-up, for what came while nobody listened yet.
                try:
                    while await self._take():
                        pass
                except Exception as error:
                    if not is_outage(error):
                        log.exception("a topic could not be read; trying again")
                    await asyncio.sleep(_RETRY)
                    continue
                await asyncio.sleep(_PAUSE)
                await listener.wait(None)

    async def _take(self) -> bool:
        """Read a page of each stream; return whether there may be more."""
        news = await self._read(self._ends)
        if news is None:
            return False
        before, self._place = _standing(self.place), news.topic
        for audience, events in news.events.items():
            if events and events[0].sequence != self._ends[audience] + 1:
                self._windows[audience].clear()  # some were forgotten: followers find the gap
            self._windows[audience].extend(events)
            if events:
                self._ends[audience] = events[-1].sequence
        if _standing(news.topic) != before:
            if news.topic.epoch != before[0]:
                for audience in Audience:
                    self._windows[audience].clear()
                    self._ends[audience] = topics.end(news.topic, audience).sequence
            for tell in tuple(self.moved):
                tell()
        self._news.set()
        self._news = asyncio.Event()
        return any(len(events) == PAGE for events in news.events.values())

    async def _read(self, after: dict[Audience, int]) -> News | None:
        async with self._feed.database.read() as session:
            news = await topics.news(session, self.topic_id, after, PAGE)
        if news is not None:
            # Before anybody sees an event, they have the rights that they had when it was read.
            await self._feed.rights.catch_up(news.rights)
        return news


class Feed:
    """The readers of this process, and the rights of those who follow."""

    def __init__(self, database: Database, wakeups: Wakeups) -> None:
        self.database = database
        self.wakeups = wakeups
        self.rights = Rights(database)
        self._readers: dict[UUID, Reader] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to look after rights and lost wake-ups."""
        await self.rights.start()
        self._tasks = [
            asyncio.create_task(self._watch_rights(), name="changes of rights"),
            asyncio.create_task(self._poll(), name="lost wake-ups"),
        ]

    async def stop(self) -> None:
        """End every reader."""
        for task in self._tasks:
            task.cancel()
        for reader in self._readers.values():
            self._ending.update(reader.close())
        self._readers.clear()
        await asyncio.gather(*self._tasks, *self._ending, return_exceptions=True)

    async def open(self, topic_id: UUID) -> Reader:
        """Return the topic's reader, to be given back by `close`.

        Raises NotFound where there is no such topic.
        """
        reader = self._readers.setdefault(topic_id, Reader(self, topic_id))
        reader.users += 1
        try:
            await reader.open()
        except BaseException:
            self.close(reader)
            raise
        return reader

    def close(self, reader: Reader) -> None:
        """Give a reader back; the last one ends it."""
        reader.users -= 1
        if not reader.users and self._readers.get(reader.topic_id) is reader:
            del self._readers[reader.topic_id]
            for task in reader.close():
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)

    async def current_rights(self) -> None:
        """Return once the rights of all followers are those of this moment, or later."""
        while True:
            try:
                await self.rights.look()
            except Exception as error:
                if not is_outage(error):
                    raise
                await asyncio.sleep(_RETRY)
            else:
                return

    async def _watch_rights(self) -> None:
        with self.wakeups.listen(BODY_ID) as listener:
            while True:
                await listener.wait(POLL)
                await self._quietly(self.rights.look)

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            await self._quietly(self._look)

    async def _look(self) -> None:
        await self.rights.renew_some()
        if not self._readers:
            return
        async with self.database.read() as session:
            found = await topics.by_ids(session, ANYONE, list(self._readers))
        for topic in found:
            reader = topic and self._readers.get(topic.id)
            if topic and reader and reader.differs(topic):
                reader.look()

    @staticmethod
    async def _quietly(work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:
            if not is_outage(error):
                log.exception("looking for news failed; trying again")


def _standing(topic: Topic) -> tuple[int, bool, tuple[UUID, ...]]:
    return topic.epoch, topic.public, tuple(topic.scopes)


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

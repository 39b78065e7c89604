"""Those who are told the same: their stream followed once, each message executed once.

A member waits until they are where the group is: a snapshot is made for all who wait for one, and
events that they missed are read and said for all who missed them. Then they are live.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from uuid import UUID

import structlog

from domain import tracing
from domain.database import is_outage
from domain.models.topics import StoredEvent
from domain.permissions import Audience, Representative, Viewer
from domain.queries import topics
from subscriptions.context import LiveContext
from subscriptions.delivery import Delivery
from subscriptions.feed import PAGE
from subscriptions.following import Attending, Following
from subscriptions.metrics import DELIVERIES, EXECUTIONS, GROUPS, LAG

if TYPE_CHECKING:
    from subscriptions.hub import Hub, Member

MOVED = "What you may read here has changed"
RESTORED = "The history was restored from a backup"
NOT_KEPT = "The events after this cursor are not kept any more."
STATE_INTERVAL = 0.1
"""Seconds between two messages of a state of which only the newest matters."""
_AT_ONCE = 20  # messages that are made together, so that their reads are batched
_SLICE = 500  # members who are told before others have a turn
_RETRY = 0.2

T = TypeVar("T")
# What each person is told; under None what everybody else is told.
Answers: TypeAlias = dict[UUID | None, T]

log = structlog.get_logger(__name__)


class Group:
    """Members with the same question to the same stream and the same rights.

    `person_id` is set where the answers depend on who exactly asks: then all members are theirs.
    """

    _newest = False  # whether a message says all that the one before said

    def __init__(
        self, hub: Hub, first: Member, stream: Audience, viewer: Viewer, person_id: UUID | None
    ) -> None:
        self._hub = hub
        self._stream = stream
        self._viewer = viewer
        self._person_id = person_id
        self._subscription = first.subscription
        self._members: dict[Member, None] = {}
        self._live: dict[Member, None] = {}
        self._waiting: list[Member] = []
        self._loops: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._welcoming = False
        self._told = 0  # the event that all live members were told of, or are being told of
        self._telling: int | None = None  # the first event that they are being told of

    def start(self, on_close: Callable[[], object]) -> None:
        """Begin to follow; `on_close` is called when nobody is left."""
        self._on_close = on_close
        GROUPS.inc()
        self._run(self._follow())

    def close(self) -> None:
        """End following."""
        self._on_close()
        GROUPS.dec()
        for loop in self._loops:
            loop.cancel()

    async def closed(self) -> None:
        """Wait until everything has ended, after `close`."""
        await asyncio.gather(*self._loops, *self._tasks, return_exceptions=True)

    def join(self, member: Member) -> None:
        """Bring a member to where the group is."""
        member.group = self
        member.subscription = self._subscription  # it need not keep one of its own
        self._members[member] = None
        self._await(member)

    def leave(self, member: Member) -> None:
        """Let a member go, who then knows up to where they were told."""
        member.group = member.pending = None
        del self._members[member]
        if member in self._live:
            del self._live[member]
            done = self._told if self._telling is None else self._telling - 1
            member.position = max(member.position or 0, done)
        if not self._members:
            self.close()

    @abstractmethod
    async def _follow(self) -> None:
        """Tell live members what happens, until cancelled."""

    @abstractmethod
    async def _welcome(self, batch: list[Member]) -> None:
        """Bring members closer to the group, and make those live who have arrived."""

    def _await(self, member: Member) -> None:
        self._waiting.append(member)
        if not self._welcoming:
            self._welcoming = True
            self._run(self._welcome_all())

    async def _welcome_all(self) -> None:
        try:
            while batch := [each for each in self._waiting if each.group is self]:
                self._waiting = []
                await self._welcome(batch)
        finally:
            self._welcoming = False

    async def _each(
        self, members: Iterable[Member], run: Callable[[Viewer], Awaitable[T]]
    ) -> Answers[T]:
        """Run once for all, and once more for each of them who may have to be told otherwise."""
        if self._person_id is not None:
            viewer = self._hub.feed.rights.viewer(self._person_id)
            return {} if viewer is None else {None: await self._whole(run(viewer))}
        representative = Representative(self._viewer)
        answers: Answers[T] = {None: await self._whole(run(representative))}
        people = {member.person_id for member in members if member.person_id is not None}
        apart = people if representative.personal else people & representative.asked
        for person_id in apart:
            viewer = self._hub.feed.rights.viewer(person_id)
            if viewer is not None:
                answers[person_id] = await self._whole(run(viewer))
        if representative.personal and self._viewer.known:
            del answers[None]
        return answers

    async def _whole(self, work: Awaitable[T]) -> T:
        """Let what has begun come to its end: an execution cannot be cancelled well."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited for it has it; if nobody did, nobody needs it

    def _saying(self, messages: Sequence[object]) -> Callable[[Viewer], Awaitable[list[Delivery]]]:
        """Return what says messages to a viewer, whose reads are then batched."""

        async def say(viewer: Viewer) -> list[Delivery]:
            context = self._hub.context(viewer)
            with tracing.span("hub.execute", messages=len(messages)):
                return await asyncio.gather(*(self._say(each, context) for each in messages))

        return say

    async def _say(self, message: object, context: LiveContext) -> Delivery:
        """Return a message as it is said; while the database is away, wait for it."""
        while True:
            EXECUTIONS.labels("shared" if self._person_id is None else "personal").inc()
            result = await self._hub.operations.respond(self._subscription, message, context)
            if not _away(result):
                return Delivery(result, newest=self._newest)
            await asyncio.sleep(_RETRY)

    async def _tell(self, messages: Sequence[tuple[int, object]]) -> None:
        """Tell all live members numbered messages, in order."""
        members = list(self._live)
        self._telling = messages[0][0]
        try:
            answers = await self._each(members, self._saying([each for _, each in messages]))
            DELIVERIES.inc(len(members) * len(messages))
            shared = answers.get(None)
            apart = len(answers) > 1 or shared is None
            numbers = [number for number, _ in messages]
            for start in range(0, len(members), _SLICE):
                for member in members[start : start + _SLICE]:
                    # One who went meanwhile is told in the group where they are now.
                    if member.group is self:
                        said = answers.get(member.person_id, shared) if apart else shared
                        if said is not None:
                            self._hand(member, numbers, said)
                await asyncio.sleep(0)
        finally:
            self._telling = None

    def _addressed(
        self, members: Iterable[Member], answers: Answers[T]
    ) -> Iterable[tuple[Member, T]]:
        for member in members:
            answer = answers.get(member.person_id, answers.get(None))
            if member.group is self and answer is not None:
                yield member, answer

    @staticmethod
    def _hand(member: Member, numbers: Sequence[int], said: Sequence[Delivery]) -> None:
        if member.pending is not None:
            member.pending.extend(zip(numbers, said, strict=True))
            return
        known = member.position or 0
        for number, delivery in zip(numbers, said, strict=True):
            if number > known:
                member.position = number
                member.sink.take(delivery)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        loop = asyncio.create_task(self._survive(work))
        self._loops.add(loop)
        loop.add_done_callback(self._loops.discard)

    async def _survive(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - it is masked and logged; members resume
            last = Delivery(self._hub.operations.failure(self._subscription, error))
            for member in list(self._members):
                member.fail(last)


class FollowingGroup(Group):
    """Members who follow the events of a topic."""

    def __init__(
        self, hub: Hub, first: Member, stream: Audience, viewer: Viewer, person_id: UUID | None
    ) -> None:
        super().__init__(hub, first, stream, viewer, person_id)
        self._following: Following = first.subscription.source  # type: ignore[assignment]
        self._reader = first.reader
        self._position = self._reader.end(stream)
        self._told = self._position.sequence
        self._newest = self._following.newest
        self._state = 0  # the last event of the newest state that was told, or is being told
        self._not_before = 0.0

    async def _follow(self) -> None:
        while True:
            events = await self._reader.after(self._position)
            if not events or events[0].sequence != self._position.sequence + 1:
                self._position = self._reader.end(self._stream)
                self._told = self._position.sequence
                for member in list(self._live):
                    self._lose(member, NOT_KEPT)
            elif self._newest:
                await self._tell_newest(events)
            else:
                await self._tell_all(events[:_AT_ONCE])

    async def _tell_all(self, events: Sequence[StoredEvent]) -> None:
        messages = self._messages(events)
        self._go_to(events[-1].sequence)
        if messages and self._live:
            await self._tell(messages)
            LAG.observe((datetime.now(UTC) - events[0].at).total_seconds())

    def _messages(self, events: Sequence[StoredEvent]) -> list[tuple[int, object]]:
        """Return what is said of events, each with its number; of some, nothing."""
        found = []
        for event in events:
            position = replace(self._position, sequence=event.sequence)
            message = self._following.event(event, position)
            if message is not None:
                found.append((event.sequence, message))
        return found

    async def _tell_newest(self, events: Sequence[StoredEvent]) -> None:
        """Tell the state once for all events of a moment: at once, and then every so often."""
        clock = asyncio.get_running_loop().time
        concerned = False
        while events:
            for event in events:
                self._go_to(event.sequence)
                concerned = concerned or self._following.event(event, self._position) is not None
            if concerned:
                await asyncio.sleep(self._not_before - clock())
            events = self._reader.known_after(self._position)
        if concerned:
            self._not_before = clock() + STATE_INTERVAL
            self._state = self._position.sequence
            await self._tell([(self._state, self._following.snapshot(self._position))])

    def _go_to(self, sequence: int) -> None:
        self._position = replace(self._position, sequence=sequence)
        self._told = sequence

    async def _welcome(self, batch: list[Member]) -> None:
        try:
            await self._say_reset([each for each in batch if each.reset is not None])
            if self._newest:
                await self._show(batch)
            else:
                await self._show([each for each in batch if each.position is None])
                await self._check([each for each in batch if not each.checked])
                for together in _close_by([each for each in batch if each.checked]):
                    await self._replay(together)
        except Exception as error:
            if not is_outage(error):
                raise
            await asyncio.sleep(_RETRY)
        arrived = self._state if self._newest else self._told
        for member in batch:
            if member.group is not self:
                continue
            if member.checked and (member.position or 0) >= arrived:
                self._live[member] = None
            elif member.sink.congested:
                # They go on when they have read, and nobody has to wait for them.
                member.sink.when_ready(partial(self._again, member))
            else:
                self._await(member)

    def _again(self, member: Member) -> None:
        if member.group is self:
            self._await(member)

    async def _say_reset(self, members: list[Member]) -> None:
        for reason in {member.reset for member in members if member.reset is not None}:
            message = self._following.reset(reason)
            concerned = [member for member in members if member.reset == reason]
            answers = await self._each(concerned, self._saying([message]))
            for member, [delivery] in self._addressed(concerned, answers):
                member.reset = None
                member.sink.take(delivery)

    async def _show(self, members: list[Member]) -> None:
        """Tell the topic as it is now to those who know nothing of it."""
        if not members:
            return
        for member, (delivery, sequence) in self._addressed(
            members, await self._each(members, self._snapshot)
        ):
            member.sink.take(delivery)
            member.position = sequence
            member.checked = True

    async def _snapshot(self, viewer: Viewer) -> tuple[Delivery, int]:
        """Return the topic as of one moment, and the last event that it contains."""
        while True:
            context = self._hub.context(viewer)
            async with context.snapshot() as session:
                news = await topics.news(session, self._following.topic_id, {}, 0)
                if news is None:
                    raise LookupError("A topic that is followed does not exist any more.")
                position = topics.end(news.topic, self._stream)
                result = await self._hub.operations.respond(
                    self._subscription, self._following.snapshot(position), context
                )
            # Whoever might see less by then is in another group when this returns.
            await self._hub.feed.rights.catch_up(news.rights)
            if not _away(result) and not self._reader.differs_in_place(news.topic):
                return Delivery(result, newest=self._newest), position.sequence
            self._reader.look()
            await asyncio.sleep(_RETRY)

    async def _check(self, members: list[Member]) -> None:
        """Find out whether the events after a cursor are kept; whose are not, begin anew."""
        members = [member for member in members if member.position is not None]
        if not members:
            return
        async with self._hub.feed.database.read() as session:
            news = await topics.news(session, self._following.topic_id, {}, 0)
            if news is None:
                return
            end = topics.end(news.topic, self._stream)
            oldest = await topics.oldest(session, end)
        for member in members:
            position = member.position
            if member.group is not self or position is None:
                continue
            if position > end.sequence:
                self._lose(member, f"{RESTORED} since this cursor.")
            elif position < end.sequence and (oldest is None or oldest > position + 1):
                self._lose(member, NOT_KEPT)
            else:
                member.checked = True

    async def _replay(self, members: list[Member]) -> None:
        """Tell members a page of what they have missed, each from where they are."""
        low = min(member.position or 0 for member in members)
        told = self._told  # as of before the reading, so that it must contain that event
        page = await self._reader.page(replace(self._position, sequence=low))
        kept_from = page[0].sequence if page else told + 1
        for member in members:
            if (member.position or 0) + 1 < kept_from:
                self._lose(member, NOT_KEPT)
        members = [member for member in members if member.checked]
        for start in range(0, len(page), _AT_ONCE):
            events = page[start : start + _AT_ONCE]
            missing = [each for each in members if (each.position or 0) < events[-1].sequence]
            messages = self._messages(events)
            answers = await self._each(missing, self._saying([each for _, each in messages]))
            for member, deliveries in self._addressed(missing, answers):
                for (number, _), delivery in zip(messages, deliveries, strict=True):
                    if number > (member.position or 0):
                        member.sink.take(delivery)
                member.position = max(member.position or 0, events[-1].sequence)

    def _lose(self, member: Member, reason: str) -> None:
        member.reset, member.position, member.checked = reason, None, False
        if member in self._live:
            del self._live[member]
            self._await(member)


class AttendingGroup(Group):
    """Members who see who is present at a topic."""

    def __init__(
        self, hub: Hub, first: Member, stream: Audience, viewer: Viewer, person_id: UUID | None
    ) -> None:
        super().__init__(hub, first, stream, viewer, person_id)
        self._attending: Attending = first.subscription.source  # type: ignore[assignment]
        self._presence = hub.presence

    async def _follow(self) -> None:
        with self._presence.follow(self._attending.topic_id) as follower:
            while True:
                change = await follower.next()
                await self._hub.feed.rights.look()
                await self._tell([(change.version, self._attending.change(change))])

    async def _welcome(self, batch: list[Member]) -> None:
        await self._presence.settled()
        version, entries = self._presence.here(self._attending.topic_id)
        for member in batch:
            member.position = version
            member.pending = []  # changes that come while the snapshot is made
            self._live[member] = None
        message = self._attending.snapshot(entries)
        answers = await self._each(batch, self._saying([message]))
        for member, [delivery] in self._addressed(batch, answers):
            member.sink.take(delivery)
            pending, member.pending = member.pending or [], None
            for number, change in pending:
                self._hand(member, [number], [change])


def _close_by(members: list[Member]) -> list[list[Member]]:
    """Divide members so that those who are far behind do not hold up the others."""
    clusters: list[list[Member]] = []
    for member in sorted(members, key=lambda each: each.position or 0, reverse=True):
        if clusters and (clusters[-1][0].position or 0) - (member.position or 0) < PAGE:
            clusters[-1].append(member)
        else:
            clusters.append([member])
    return clusters


def _away(result: dict[str, Any]) -> bool:
    """Say whether the database was away while a message was made."""
    return any(
        error.get("extensions", {}).get("code") == "UNAVAILABLE"
        for error in result.get("errors", ())
    )

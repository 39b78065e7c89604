"""Following the events of a topic: what a subscription field answers, and who is told of it.

A snapshot is made for all members who wait for one at a time; what they missed is read and said
once for all who missed it, page by page, until they are where the group is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from domain.database import is_outage
from domain.models.topics import StoredEvent
from domain.permissions import Audience, Viewer
from domain.queries import topics
from domain.queries.topics import Position
from subscriptions.delivery import Delivery
from subscriptions.feed import PAGE
from subscriptions.groups import RETRY, Group, away
from subscriptions.metrics import LAG

if TYPE_CHECKING:
    from subscriptions.hub import Hub, Member

MOVED = "What you may read here has changed"
RESTORED = "The history was restored from a backup"
NOT_KEPT = "The events after this cursor are not kept any more."
STATE_INTERVAL = 0.1
"""Seconds between two messages of a state of which only the newest matters."""
_GONE = "A topic that is followed does not exist any more."
_AT_ONCE = 20  # messages that are made together, so that their reads are batched


@dataclass(frozen=True, kw_only=True)
class Following:
    """The events of one topic, said as messages; equal arguments must give equal messages.

    `event` returns None for what is not part of this stream. Where only the `newest` state
    matters, all events that come within a moment are one message, made by `snapshot`; and those
    who have voted in `ballot_id` are told it anew also after what only moderators see of a ballot.
    """

    topic_id: UUID
    after: Position | None = None
    snapshot: Callable[[Position], object]
    event: Callable[[StoredEvent, Position], object | None]
    reset: Callable[[str], object]
    newest: bool = False
    ballot_id: UUID | None = None

    def heeded(self, stream: Audience, viewer: Viewer) -> Audience:
        """Return the stream whose events say that there is something to tell this viewer.

        It is the one that they read, but for those who may see of a blind ballot what moves it:
        its votes are numbered in the stream of moderators alone, which contains the others.
        """
        return Audience.MODERATORS if self.ballot_id in viewer.voted_in else stream

    def __aiter__(self) -> AsyncIterator[object]:
        """Refuse: GraphQL wants an iterable of events, and the hub reads them for everybody."""
        raise TypeError("A Following is followed by the hub.")


class FollowingGroup(Group):
    """Members who follow the events of a topic."""

    def __init__(
        self, hub: Hub, first: Member, stream: Audience, viewer: Viewer, person_id: UUID | None
    ) -> None:
        super().__init__(hub, first, stream, viewer, person_id)
        self._following: Following = first.subscription.source  # type: ignore[assignment]
        self._reader = first.reader
        self._heeded = self._following.heeded(stream, viewer)
        self._position = self._reader.end(self._heeded)
        self._told = self._position.sequence
        self._newest = self._following.newest
        self._state = 0  # the last event of the newest state that was told, or is being told
        self._not_before = 0.0

    async def _follow(self) -> None:
        while True:
            events = await self._reader.after(self._position)
            if not events or events[0].sequence != self._position.sequence + 1:
                self._position = self._reader.end(self._heeded)
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
            # Numbers of a stream that is only heeded are not told.
            said = (
                self._position if self._heeded is self._stream else self._reader.end(self._stream)
            )
            await self._tell([(self._state, self._following.snapshot(said))])

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
            await asyncio.sleep(RETRY)
        arrived = self._state if self._newest else self._told
        for member in batch:
            if not self._stayed(member):
                continue
            if member.checked and (member.position or 0) >= arrived:
                self._live[member] = None
            elif member.sink.congested:
                # They go on when they have read, and nobody has to wait for them.
                member.sink.when_ready(partial(self._again, member))
            else:
                self._await(member)

    def _again(self, member: Member) -> None:
        if member.group is self and member not in self._live:
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
                    raise LookupError(_GONE)
                position = topics.end(news.topic, self._stream)
                heeded = topics.end(news.topic, self._heeded)
                result = await self._hub.operations.respond(
                    self._subscription, self._following.snapshot(position), context
                )
            # Whoever might see less by then is in another group when this returns.
            await self._hub.feed.rights.catch_up(news.rights)
            if not away(result) and not self._reader.differs_in_place(news.topic):
                return Delivery(result, newest=self._newest), heeded.sequence
            self._reader.look()
            await asyncio.sleep(RETRY)

    async def _check(self, members: list[Member]) -> None:
        """Find out whether the events after a cursor are kept; whose are not, begin anew."""
        members = [member for member in members if member.position is not None]
        if not members:
            return
        async with self._hub.feed.database.read() as session:
            news = await topics.news(session, self._following.topic_id, {}, 0)
            if news is None:
                raise LookupError(_GONE)
            end = topics.end(news.topic, self._stream)
            oldest = await topics.oldest(session, end)
        for member in members:
            position = member.position
            if position is None or not self._stayed(member):
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
            # One who went meanwhile is not where they were.
            if self._stayed(member) and (member.position or 0) + 1 < kept_from:
                self._lose(member, NOT_KEPT)
        members = [each for each in members if self._stayed(each) and each.checked]
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


def _close_by(members: list[Member]) -> list[list[Member]]:
    """Divide members so that those who are far behind do not hold up the others."""
    clusters: list[list[Member]] = []
    for member in sorted(members, key=lambda each: each.position or 0, reverse=True):
        if clusters and (clusters[-1][0].position or 0) - (member.position or 0) < PAGE:
            clusters[-1].append(member)
        else:
            clusters.append([member])
    return clusters

"""Who follows what: one execution and one encoding of each event for all who are told the same.

Subscribers who ask the same of the same stream and have the same rights form a group. A group
follows its stream once, and whoever comes later is first brought to where the group is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from domain.database import Database
from domain.errors import DomainError, Invalid, NotAllowed, NotFound
from domain.permissions import Audience, Viewer
from domain.queries import topics
from schema.errors import SIGNED_OUT, coded
from schema.operations import Operations, Request, Subscription
from subscriptions.attending import Attending, AttendingGroup
from subscriptions.context import LiveContext
from subscriptions.delivery import Delivery, Inbox, Sink
from subscriptions.feed import Feed, Reader
from subscriptions.following import MOVED, RESTORED, Following, FollowingGroup
from subscriptions.groups import Group
from subscriptions.presence import Presence
from subscriptions.wakeup import Wakeups


class Hub:
    """The subscriptions of this process."""

    def __init__(
        self, operations: Operations, database: Database, wakeups: Wakeups, presence: Presence
    ) -> None:
        self.operations = operations
        self.presence = presence
        self._database = database
        self.feed = Feed(database, wakeups)
        self._groups: dict[Hashable, Group] = {}

    async def start(self) -> None:
        """Begin, after the wake-ups have started."""
        await self.feed.start()

    async def stop(self) -> None:
        """End every group and all reading, before the wake-ups stop."""
        groups = list(self._groups.values())
        for group in groups:
            group.close()
        await asyncio.gather(*(group.closed() for group in groups))
        await self.feed.stop()

    async def subscribe(self, request: Request, context: Any, sink: Sink) -> Subscriber:
        """Start a subscription whose messages go to `sink`, until it is left or has ended.

        Raises RequestErrors for what fails before the first event.
        """
        subscription = await self.operations.subscribe(request, context)
        if not isinstance(subscription.source, Following | Attending):
            return Alone(self.operations, subscription, context, sink)
        member = Member(self, subscription, context, sink)
        try:
            await member.enter()
        except BaseException:
            await member.leave()
            raise
        return member

    async def stream(self, request: Request, context: Any) -> Deliveries:
        """Start a subscription that is read like a list, to be closed by `aclose`.

        Raises RequestErrors for what fails before the first event.
        """
        inbox = Inbox()
        return Deliveries(inbox, await self.subscribe(request, context, inbox))

    def context(self, viewer: Viewer) -> LiveContext:
        """Return a fresh context, in which messages are made for a viewer."""
        return LiveContext(self._database, viewer, self.presence)

    def group(self, member: Member, stream: Audience, viewer: Viewer) -> Group:
        """Return the group of those who are told the same as a member with these rights."""
        subscription = member.subscription
        source = subscription.source
        person_id = viewer.person_id if subscription.personal else None
        key = (
            subscription.key,
            member.reader.topic_id,
            stream,
            source.heeded(stream, viewer) if isinstance(source, Following) else stream,
            member.reader.place.epoch,
            person_id or viewer.rights,
        )
        group = self._groups.get(key)
        if group is None:
            kind = FollowingGroup if isinstance(source, Following) else AttendingGroup
            group = kind(self, member, stream, viewer, person_id)
            group.start(on_close=lambda: self._groups.pop(key, None))
            self._groups[key] = group
        return group


class Alone:
    """A subscription to something else than a topic: nobody shares it."""

    def __init__(
        self, operations: Operations, subscription: Subscription, context: Any, sink: Sink
    ) -> None:
        self._operations = operations
        self._subscription = subscription
        self._context = context
        self._sink = sink
        self.ended: asyncio.Future[None] = asyncio.ensure_future(self._run())

    async def leave(self) -> None:
        """End the source."""
        self.ended.cancel()
        await asyncio.wait([self.ended])

    async def _run(self) -> None:
        source = cast("Any", self._subscription.source)
        try:
            async with aclosing(source):
                async for message in source:
                    result = await self._operations.respond(
                        self._subscription, message, self._context
                    )
                    self._sink.take(Delivery(result))
                    await asyncio.sleep(0)  # neither the source nor the sink need have waited
                    while self._sink.congested:
                        ready = asyncio.Event()
                        self._sink.when_ready(ready.set)
                        await ready.wait()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is masked and logged
            self._sink.take(Delivery(self._operations.failure(self._subscription, error)))


class Member:
    """One subscriber to a topic, in the group that fits their present rights."""

    def __init__(
        self, hub: Hub, subscription: Subscription, context: LiveContext, sink: Sink
    ) -> None:
        self._hub = hub
        self._reader: Reader | None = None
        self._viewer = context.viewer
        self._stream: tuple[Audience, int] | None = None
        self._issued_at = context.issued_at
        self._expires_at = context.expires_at
        self.subscription = subscription
        self.sink = sink
        self.person_id: UUID | None = context.viewer.person_id
        self.group: Group | None = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.position: int | None = None
        """The last event that they were told; None where a snapshot is due."""
        self.reset: str | None = None
        """Why they have to be told, before the snapshot, to forget what they have."""
        self.checked = False
        """Whether it is known that the events after their position are kept."""
        self.pending: list[tuple[int, Delivery]] | None = None
        """What is told after a snapshot that is being made."""
        self._expiry: asyncio.TimerHandle | None = None

    @property
    def reader(self) -> Reader:
        """The reader of the topic."""
        if self._reader is None:
            raise RuntimeError("This member has not entered, or has left.")
        return self._reader

    async def enter(self) -> None:
        """Find out what they may see now, and join those who see the same."""
        source: Any = self.subscription.source
        try:
            self._reader = await self._hub.feed.open(source.topic_id)
        except NotFound as error:
            self.refuse(error)
            return
        self._watch_expiry()
        if isinstance(source, Following) and source.after is not None:
            if source.after.topic_id != source.topic_id:
                self.refuse(Invalid("This cursor is of another topic.", ("after",)))
                return
            self.position = source.after.sequence
            self._stream = (source.after.audience, source.after.epoch)
        self._reader.moved.add(self._place)
        viewer: Viewer | None = self._viewer
        if self.person_id is not None:
            # Should their rights be renewed meanwhile, they join a group by that already.
            viewer = await self._hub.feed.rights.enter(self.person_id, self)
        self.moved(viewer)

    async def leave(self) -> None:
        """Let go of everything; nothing is told after this."""
        if self._expiry is not None:
            self._expiry.cancel()
        if self.group is not None:
            self.group.leave(self)
        if self.person_id is not None:
            self._hub.feed.rights.leave(self.person_id, self)
        if self._reader is not None:
            self._reader.moved.discard(self._place)
            self._hub.feed.close(self._reader)
            self._reader = None
        if not self.ended.done():
            self.ended.set_result(None)

    def moved(self, viewer: Viewer | None) -> None:
        """Take the rights that the person has now."""
        if viewer is None:
            self._end_session("The person of this session does not exist any more.")
        elif viewer.signed_out(self._issued_at):
            self._end_session(SIGNED_OUT)
        else:
            self._viewer = viewer
            self._place()

    def refuse(self, error: DomainError) -> None:
        """End the subscription with a last result that says why."""
        self.fail(Delivery({"errors": [coded(error).formatted]}))

    def fail(self, last: Delivery) -> None:
        """End the subscription with a last result."""
        if self._stop():
            self.sink.take(last)

    def _end_session(self, message: str) -> None:
        if self._stop():
            self.sink.end_session(message)

    def _stop(self) -> bool:
        """Leave the group, and say whether this is the end and not after it."""
        if self.group is not None:
            self.group.leave(self)
        if self.ended.done():
            return False
        self.ended.set_result(None)
        return True

    def _place(self) -> None:
        """Join the group of those who see the same of the topic as it is now."""
        if self.ended.done() or self._reader is None:
            return
        place = self._reader.place
        stream = topics.stream(self._viewer, place)
        if stream is None:
            self.refuse(NotFound("There is no topic with this id that you may see."))
            return
        if isinstance(self.subscription.source, Attending) and (
            stream is Audience.PUBLIC or not self._viewer.known
        ):
            self.refuse(NotAllowed("Only members of this topic can be present and see who is."))
            return
        group = self._hub.group(self, stream, self._viewer)
        if group is self.group:
            return
        since = "" if self.group else " since this cursor"
        if self.group is not None:
            self.group.leave(self)
        before, self._stream = self._stream, (stream, place.epoch)
        if before is not None and before != self._stream:
            reason = MOVED if before[0] is not stream else RESTORED
            self.reset = f"{reason}{since}."
            self.position, self.checked = None, False
        group.join(self)

    def _watch_expiry(self) -> None:
        if self._expires_at is not None:
            left = (self._expires_at - datetime.now(UTC)).total_seconds()
            self._expiry = asyncio.get_running_loop().call_later(left, self._expire)

    def _expire(self) -> None:
        self._end_session("Your session has expired. Please sign in and resume with your cursor.")


Subscriber = Alone | Member


class Deliveries:
    """The messages of one subscription, to be iterated over once."""

    def __init__(self, inbox: Inbox, subscriber: Subscriber) -> None:
        self._inbox = inbox
        self._subscriber = subscriber
        subscriber.ended.add_done_callback(lambda _: inbox.end())

    def __aiter__(self) -> Deliveries:
        """Iterate over what is there and what comes."""
        return self

    async def __anext__(self) -> Delivery:
        """Wait for the next message."""
        delivery = await self._inbox.next()
        if delivery is None:
            raise StopAsyncIteration
        return delivery

    async def aclose(self) -> None:
        """Leave, whether it was read to its end or not."""
        await self._subscriber.leave()

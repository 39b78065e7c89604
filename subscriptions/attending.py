"""Seeing who is present at a topic: what a subscription field answers, and who is told of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from domain.permissions import Audience, Viewer
from subscriptions.groups import Group
from subscriptions.presence import Change, Entry

if TYPE_CHECKING:
    from subscriptions.hub import Hub, Member


@dataclass(frozen=True, kw_only=True)
class Attending:
    """Who is present at one topic, said as messages; for those who take part in it."""

    topic_id: UUID
    snapshot: Callable[[list[Entry]], object]
    change: Callable[[Change], object]

    def __aiter__(self) -> AsyncIterator[object]:
        """Refuse: GraphQL wants an iterable of changes, and the hub hears them for everybody."""
        raise TypeError("An Attending is followed by the hub.")


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
                await self._hub.feed.current_rights()
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

"""Who follows something in this process, and what they may see, kept as new as the events.

Every change of anybody's rights is an event in the body's own stream, in the transaction that made
it. So one number, the place of the last such event, tells whether all that is known here is still
right: whoever reads events reads that number with them, and calls `catch_up` before it delivers.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import islice
from typing import Protocol
from uuid import UUID

from strawberry.dataloader import DataLoader

from domain.database import Database, is_outage
from domain.events import RightsChanged
from domain.models.topics import BODY_ID
from domain.permissions import Audience, Viewer
from domain.queries import people, topics
from domain.queries.topics import Position

_PAGE = 1_000
_RENEWED = 100
"""People who are read again at a time, should rights have changed by hand, without an event."""


class Follower(Protocol):
    """Somebody whose rights are to be kept."""

    def moved(self, viewer: Viewer | None) -> None:
        """Take the rights that the person has now; None when there is no such person any more."""


class _Person:
    __slots__ = ("as_of", "followers", "viewer")

    def __init__(self) -> None:
        self.viewer: Viewer | None = None
        self.as_of = -1  # the last change that `viewer` contains
        self.followers: set[Follower] = set()


class Rights:
    """The people who follow something here, each read once and again when their rights change."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._people: dict[UUID, _Person] = {}
        self._position = Position(BODY_ID, Audience.MODERATORS, 0, 0)
        self._turn = asyncio.Lock()
        self._loader: DataLoader[UUID, tuple[int, Viewer | None]] = DataLoader(
            load_fn=self._read, cache=False
        )

    async def start(self) -> None:
        """Begin with the present; nobody is known yet."""
        async with self._database.read() as session:
            self._position = topics.end(await topics.body(session), Audience.MODERATORS)

    async def enter(self, person_id: UUID, follower: Follower) -> Viewer | None:
        """Return the person with their present rights, None for nobody; `leave` ends it."""
        # Entered first and read then: a change between the two is told, and a change before, read.
        person = self._people.setdefault(person_id, _Person())
        person.followers.add(follower)
        if person.viewer is None:
            while True:
                try:
                    as_of, viewer = await self._loader.load(person_id)
                except Exception as error:
                    if not is_outage(error):
                        raise
                    await asyncio.sleep(0.2)
                else:
                    break
            if as_of > person.as_of:
                person.viewer, person.as_of = viewer, as_of
        return person.viewer

    def leave(self, person_id: UUID, follower: Follower) -> None:
        """Forget a follower, and the person with the last one."""
        person = self._people.get(person_id)
        if person is not None:
            person.followers.discard(follower)
            if not person.followers:
                del self._people[person_id]

    def viewer(self, person_id: UUID) -> Viewer | None:
        """Return somebody who entered, with the rights that were read last."""
        person = self._people.get(person_id)
        return person.viewer if person else None

    async def catch_up(self, number: int) -> None:
        """Return once every change of rights up to this number is known and told."""
        while number > self._position.sequence:
            async with self._turn:
                if number > self._position.sequence:
                    await self._take_in(number)

    async def look(self) -> None:
        """Ask whether rights have changed, where no events are read that would tell."""
        async with self._database.read() as session:
            body = await topics.body(session)
        if body.epoch != self._position.epoch:
            async with self._turn:  # the database was restored: nothing that is known holds
                await self._renew(list(self._people))
                self._position = topics.end(body, Audience.MODERATORS)
        await self.catch_up(body.moderators_sequence)

    async def renew_some(self) -> None:
        """Read the next people again, whether or not anything is known to have changed."""
        turn = list(islice(self._people, _RENEWED))
        for id in turn:
            self._people[id] = self._people.pop(id)  # to the end of the queue
        async with self._turn:
            await self._renew([id for id in turn if id in self._people])

    async def _take_in(self, number: int) -> None:
        async with self._database.read() as session:
            page = await topics.events_after(session, self._position, _PAGE)
        if page and page[0].sequence == self._position.sequence + 1:
            concerned = {
                UUID(event.data["person_id"]) for event in page if event.kind == RightsChanged.kind
            }
            number = page[-1].sequence
        else:
            concerned = set(self._people)  # the changes were forgotten meanwhile
        await self._renew([id for id in concerned if id in self._people])
        self._position = replace(self._position, sequence=number)

    async def _renew(self, person_ids: list[UUID]) -> None:
        if not person_ids:
            return
        for id, (as_of, viewer) in zip(person_ids, await self._read(person_ids), strict=True):
            person = self._people.get(id)
            if person is None or as_of < person.as_of:
                continue
            before, person.viewer, person.as_of = person.viewer, viewer, as_of
            if viewer != before:
                for follower in tuple(person.followers):
                    follower.moved(viewer)

    async def _read(self, person_ids: list[UUID]) -> list[tuple[int, Viewer | None]]:
        async with self._database.read() as session:
            # The number first: what is read after it contains at least that change.
            body = await topics.body(session)
            viewers = await people.viewers(session, person_ids)
        return [(body.moderators_sequence, viewer) for viewer in viewers]

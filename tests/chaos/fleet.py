"""Subscribers that note everything they get, writers that repeat until answered, and the verdict.

A witness follows the exercise over a real socket, resumes by its cursor wherever it can, and at the
end `Fleet.verify` holds what it saw against what is stored.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import time
from typing import Any
from uuid import UUID

from sqlalchemy import select

from api import auth
from api.settings import Settings
from domain.commands.comments import open_thread
from domain.consensus.choices import BallotKind, choices
from domain.models.comments import SubjectKind
from domain.models.topics import StoredEvent
from domain.permissions import ANYONE, Audience
from domain.queries import topics
from domain.unit_of_work import UnitOfWork
from tests.api.inputs import document
from tests.ballots import VOTERS, opened
from tests.chaos import wire
from tests.chaos.scale import PATIENCE, until
from tests.world import World

READERS: Sequence[tuple[str | None, Audience]] = (
    (None, Audience.PUBLIC),
    ("nurse1", Audience.MEMBERS),
    ("moderator", Audience.MODERATORS),
    ("stranger", Audience.PUBLIC),
    ("pharmacist2", Audience.MEMBERS),
    ("admin", Audience.MODERATORS),
)
"""Who follows, and the stream that they read; None is nobody known."""

LIGHT = """
subscription ($topic: ID!, $after: String) {
  activity(topicId: $topic, after: $after) {
    __typename
    ... on ActivitySnapshot { cursor sequence }
    ... on ActivityEvent { cursor sequence kind at }
  }
}
"""
FULL = """
subscription ($topic: ID!, $after: String) {
  activity(topicId: $topic, after: $after) {
    __typename
    ... on ActivitySnapshot { cursor sequence topic { id } }
    ... on ActivityEvent {
      cursor sequence kind at actor { name }
      subject { __typename id ... on Comment { body } }
    }
  }
}
"""
CHOICES = choices(BallotKind.SENSE_CHECK)
ADD_COMMENT, CAST_VOTE = document("addComment"), document("castVote")
VOTE_EVERY = 5  # jobs: the other ones are comments
FULL_EVERY = 7  # witnesses: the other ones read no more than the event itself
PAUSE = 0.1  # seconds until somebody whose connection was lost tries elsewhere


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as it arrived, `late` seconds after it was numbered."""

    sequence: int
    cursor: str
    kind: str
    late: float


@dataclass(eq=False)
class Witness:
    """One subscriber, who goes from port to port and notes everything."""

    audience: Audience
    token: str | None
    topic: str
    ports: Sequence[int]
    place: int
    document: str = LIGHT
    options: dict[str, Any] = field(default_factory=dict)
    cursor: str | None = None
    """Of the last message."""
    first: int | None = None
    """The sequence of the snapshot."""
    last: int = 0
    seen: list[Seen] = field(default_factory=list)
    resumed: int = 0

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            port = self.ports[self.place % len(self.ports)]
            try:
                async with wire.connected(port, self.token, **self.options) as socket:
                    await self.subscribe(socket)
                    while True:
                        self.note(wire.value(await socket.message()))
            except wire.Gone:
                self.resumed += self.cursor is not None
                self.place += 1
                await asyncio.sleep(PAUSE)

    async def subscribe(self, socket: wire.Wire) -> None:
        """Begin, or go on where we were."""
        await socket.subscribe("events", self.document, topic=self.topic, after=self.cursor)

    def note(self, message: dict[str, Any]) -> None:
        """Note a message of the stream."""
        self.cursor = sys.intern(message["cursor"])
        if message["__typename"] == "ActivitySnapshot":
            assert self.first is None, "A second snapshot came without a reset."
            self.first = self.last = message["sequence"]
            return
        late = time() - datetime.fromisoformat(message["at"]).timestamp()
        self.last = message["sequence"]
        self.seen.append(Seen(self.last, self.cursor, message["kind"], late))


class Fleet:
    """Witnesses of one exercise, spread over the processes and over the streams."""

    def __init__(
        self, world: World, ports: Sequence[int], folder: Path, number: int, **options: Any
    ) -> None:
        self._world = world
        tokens = auth.tokens(Settings(data_folder=folder))
        self.witnesses = []
        for place in range(number):
            name, audience = READERS[place % len(READERS)]
            self.witnesses.append(
                Witness(
                    audience,
                    name and tokens.sign(world.people[name], timedelta(hours=4)),
                    world.id("Engagement", world.engagement),
                    ports,
                    place // len(READERS),
                    LIGHT if place % FULL_EVERY else FULL,
                    options,
                )
            )

    @property
    def deliveries(self) -> int:
        """How many events arrived, at all witnesses together."""
        return sum(len(each.seen) for each in self.witnesses)

    @property
    def resumed(self) -> int:
        """How often somebody went on from a cursor."""
        return sum(each.resumed for each in self.witnesses)

    @property
    def latest(self) -> float:
        """The most seconds between an event's number and its arrival."""
        return max(seen.late for each in self.witnesses for seen in each.seen)

    async def caught_up(self) -> None:
        """Wait until everybody has everything; TimeoutError with who lacks what."""
        stored = await self._stored()
        ends = {audience: rows[-1].sequence for audience, rows in stored.items()}

        def lacking() -> Counter[tuple[Audience, int]]:
            return Counter(
                (each.audience, ends[each.audience] - each.last)
                for each in self.witnesses
                if each.last < ends[each.audience]
            )

        try:
            await until(lambda: not lacking(), PATIENCE)
        except TimeoutError:
            raise TimeoutError(f"Not everything arrived: {lacking()}") from None

    async def verify(self) -> None:
        """Assert that each stream arrived without a gap, a duplicate or disorder, to its end."""
        stored = await self._stored()
        counters = await self._counters()
        cursors: dict[tuple[Audience, int], str] = {}
        for each in self.witnesses:
            rows = stored[each.audience]
            assert rows[-1].sequence == counters[each.audience] == each.last
            assert each.first is not None
            missed = [(row.sequence, row.kind) for row in rows if row.sequence > each.first]
            assert [(seen.sequence, seen.kind) for seen in each.seen] == missed
            for seen in each.seen:
                known = cursors.setdefault((each.audience, seen.sequence), seen.cursor)
                assert seen.cursor == known
        assert len(set(cursors.values())) == len(cursors)

    async def _stored(self) -> dict[Audience, Sequence[StoredEvent]]:
        # The faults may have ended our own connections too.
        await self._world.database.engine.dispose()
        async with self._world.database.read() as session:
            rows = await session.scalars(
                select(StoredEvent)
                .where(StoredEvent.topic_id == self._world.engagement)
                .order_by(StoredEvent.sequence)
            )
            found: dict[Audience, list[StoredEvent]] = {audience: [] for audience in Audience}
            for row in rows:
                found[row.audience].append(row)
        for events in found.values():
            assert [row.sequence for row in events] == list(range(1, len(events) + 1))
        return {audience: events for audience, events in found.items() if events}

    async def _counters(self) -> dict[Audience, int]:
        ends = {}
        for name, audience in READERS[:3]:
            viewer = await self._world.viewer(name) if name else ANYONE
            async with self._world.database.read() as session:
                position = await topics.position(session, viewer, self._world.engagement)
            assert position.audience is audience
            ends[audience] = position.sequence
        return ends


class Writers:
    """People who comment and vote, each job again and again until it is acknowledged."""

    def __init__(
        self, world: World, ports: Sequence[int], folder: Path, thread: UUID, ballot: UUID
    ) -> None:
        self.acknowledged = 0
        self.repeated = 0
        self.words = "A word."
        self._world = world
        self._ports = ports
        self._tokens = auth.tokens(Settings(data_folder=folder))
        self._thread = world.id("Thread", thread)
        self._ballot = world.id("Ballot", ballot)
        self._jobs = iter(range(0))

    async def write(self, jobs: int, *, people: int = 8, pause: float = 0.0) -> None:
        """Do so many jobs, by so many people at once, each with pauses of so many seconds."""
        self._jobs = iter(range(self.acknowledged, self.acknowledged + jobs))
        async with asyncio.TaskGroup() as tasks:
            for place in range(people):
                tasks.create_task(self._work(place, pause))

    async def reached(self, acknowledged: int) -> None:
        """Wait until so many jobs were acknowledged."""
        await until(lambda: self.acknowledged >= acknowledged, PATIENCE)

    async def _work(self, place: int, pause: float) -> None:
        name = VOTERS[place % len(VOTERS)]
        token = self._tokens.sign(self._world.people[name], timedelta(hours=4))
        job: int | None = next(self._jobs, None)
        while job is not None:
            port = self._ports[place % len(self._ports)]
            try:
                async with wire.connected(port, token, silence=10.0) as socket:
                    while job is not None:
                        answer = await self._do(socket, job)
                        assert answer["__typename"].endswith("Payload"), answer
                        self.acknowledged += 1
                        job = next(self._jobs, None)
                        await asyncio.sleep(pause)
            except wire.Gone:
                self.repeated += 1
                place += 1
                await asyncio.sleep(PAUSE)

    async def _do(self, socket: wire.Wire, job: int) -> Any:
        key = f"job {job}"
        if job % VOTE_EVERY:
            input = {"threadId": self._thread, "body": self.words, "idempotencyKey": key}
            return await socket.ask(ADD_COMMENT, input=input)
        choice = CHOICES[job // VOTE_EVERY % len(CHOICES)]
        input = {"ballotId": self._ballot, "choice": choice, "idempotencyKey": key}
        return await socket.ask(CAST_VOTE, input=input)


async def writers(world: World, ports: Sequence[int], folder: Path) -> Writers:
    """Open a thread and a ballot, and return those who write there."""
    async with UnitOfWork(world.database, await world.viewer("nurse1")) as uow:
        thread = await open_thread(
            uow,
            topic_id=world.engagement,
            subject_kind=SubjectKind.SECTION,
            subject_id=world.sections[0],
            body="What do you think?",
        )
    return Writers(world, ports, folder, thread, await opened(world))


@asynccontextmanager
async def following(
    world: World, ports: Sequence[int], folder: Path, number: int, **options: Any
) -> AsyncIterator[Fleet]:
    """Let a fleet follow for the length of the block, which begins when all have a snapshot.

    `options` are those of `wire.dial`.
    """
    fleet = Fleet(world, ports, folder, number, **options)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(each.run()) for each in fleet.witnesses]
        await until(lambda: all(each.first is not None for each in fleet.witnesses))
        yield fleet
        for task in running:
            task.cancel()

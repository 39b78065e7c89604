"""Writers who commit late: our cursor misses nothing where one that counts inserts does."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text

from domain.commands.comments import add_comment, open_thread
from domain.database import Session
from domain.models.comments import SubjectKind
from domain.permissions import Viewer
from domain.queries import topics
from domain.queries.topics import Position
from domain.unit_of_work import UnitOfWork
from tests.ballots import VOTERS
from tests.chaos.fleet import following
from tests.chaos.scale import report, scaled
from tests.chaos.worker import Worker
from tests.conftest import Server
from tests.world import World

WRITERS = 8
EACH = scaled(40, 1_000)
HELD = 0.05
"""Seconds that a transaction stays open at most."""
PAGE = 100

NAIVE = """
CREATE TABLE naive (id bigserial PRIMARY KEY, comment_id uuid NOT NULL);
GRANT ALL ON naive, naive_id_seq TO concordat_app;
"""
INSERT = text("INSERT INTO naive (comment_id) VALUES (:id)")
AFTER = text("SELECT id, comment_id FROM naive WHERE id > :last ORDER BY id LIMIT 100")
ALL = text("SELECT comment_id FROM naive")


class Follower:
    """Reads one stream by our cursor, and beside it the naive table by its ids."""

    def __init__(self, world: World, viewer: Viewer) -> None:
        self._world = world
        self._viewer = viewer
        self._position: Position | None = None
        self._last = 0
        self.sequences: list[int] = []
        self.comments: list[UUID] = []
        self.naive: list[UUID] = []

    async def read(self) -> bool:
        """Read on; say whether there was something."""
        async with self._world.database.session() as session:
            events = await self._events(session)
            rows = (await session.execute(AFTER, {"last": self._last})).all()
        self.naive.extend(row.comment_id for row in rows)
        self._last = rows[-1].id if rows else self._last
        return bool(events or rows)

    async def _events(self, session: Session) -> Any:
        if self._position is None:
            self._position = await topics.position(session, self._viewer, self._world.engagement)
        events = await topics.events_after(session, self._position, PAGE)
        for event in events:
            self.sequences.append(event.sequence)
            if event.kind == "COMMENT_ADDED":
                self.comments.append(UUID(event.data["comment_id"]))
            self._position = Position(
                event.topic_id, event.audience, self._position.epoch, event.sequence
            )
        return events


async def write(world: World, name: str) -> None:
    """Comment again and again, in transactions that stay open for a while."""
    viewer = await world.viewer(name)
    async with UnitOfWork(world.database, viewer) as uow:
        thread = await open_thread(
            uow,
            topic_id=world.engagement,
            subject_kind=SubjectKind.SECTION,
            subject_id=world.sections[0],
            body="What do you think?",
        )
    for _ in range(EACH):
        async with UnitOfWork(world.database, viewer) as uow:
            comment = await add_comment(uow, thread_id=thread, body="A word.")
            await uow.session.execute(INSERT, {"id": comment})
            await asyncio.sleep(random.uniform(0, HELD))  # noqa: S311 - late, not secret


async def test_late_commits_are_missed_by_a_naive_cursor_and_not_by_ours(
    served: Worker, server: Server, database_name: str, world: World, tmp_path: Path
) -> None:
    owner = server.server.url("postgres", database_name).replace("+asyncpg", "")
    connection = await asyncpg.connect(owner)
    await connection.execute(NAIVE)
    await connection.close()
    follower = Follower(world, await world.viewer("nurse1"))
    await follower.read()
    async with following(world, [served.port], tmp_path, 6) as fleet:
        async with asyncio.TaskGroup() as tasks:
            writing = [tasks.create_task(write(world, name)) for name in VOTERS[:WRITERS]]
            while not all(each.done() for each in writing):
                if not await follower.read():
                    await asyncio.sleep(0.001)
        while await follower.read():
            pass
        await fleet.caught_up()
        await fleet.verify()
    async with world.database.session() as session:
        committed = set(await session.scalars(ALL))
    assert len(committed) == WRITERS * EACH
    assert follower.sequences == list(range(1, follower.sequences[-1] + 1))
    assert len(follower.comments) == len(committed) + WRITERS  # each thread begins with one
    assert set(follower.comments) > committed
    missed = committed - set(follower.naive)
    assert missed, "The naive cursor missed nothing: these writers do not commit late."
    report(f"Of {len(committed):,} late commits a naive cursor missed {len(missed):,}, ours none")

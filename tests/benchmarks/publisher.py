"""Writes as fast as it is told to: every line of standard input becomes one committed command.

`python -m tests.benchmarks.publisher DATABASE comments THREAD…` adds a comment with the line as its
words; `… votes BALLOT` casts the vote of the next elector with the line as its reason.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from itertools import count, cycle
from typing import Any
from uuid import UUID

import uvloop
from sqlalchemy import select

from domain.commands.comments import add_comment
from domain.commands.votes import Casting, cast_vote
from domain.consensus.choices import BallotKind, choices
from domain.database import Database, create_engine
from domain.models.ballots import Elector
from domain.models.comments import Thread
from domain.permissions import Viewer
from domain.queries import people
from domain.unit_of_work import UnitOfWork

Write = Callable[[str], Coroutine[Any, Any, None]]


async def lines() -> AsyncIterator[str]:
    """Yield the lines of standard input as they come."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    async for line in reader:
        yield line.decode().rstrip("\n")


async def known(database: Database, person: UUID) -> Viewer:
    """Return a person with the roles that they hold now."""
    async with database.read() as session:
        found = await people.viewer(session, person)
    assert found is not None
    return found


async def comments(database: Database, threads: list[UUID]) -> Write:
    """Write comments, in turns to each of the threads."""
    async with database.read() as session:
        author = await session.scalar(select(Thread.author_id).where(Thread.id == threads[0]))
    assert author is not None
    turns = cycle(threads)

    async def write(text: str) -> None:
        viewer = await known(database, author)
        async with UnitOfWork(database, viewer) as uow:
            await add_comment(uow, thread_id=next(turns), body=text)

    return write


async def votes(database: Database, ballots: list[UUID]) -> Write:
    """Cast votes, of one elector after the other."""
    (ballot,) = ballots
    async with database.read() as session:
        found = await session.scalars(select(Elector.person_id).where(Elector.ballot_id == ballot))
        electors = cycle(list(found))
    possible = choices(BallotKind.SENSE_CHECK)
    numbers = count()

    async def write(text: str) -> None:
        viewer = await known(database, next(electors))
        choice = possible[next(numbers) % len(possible)]
        casting = Casting(viewer=viewer, ballot_id=ballot, choice=choice, rationale=text)
        await cast_vote(database, casting)

    return write


KINDS = {"comments": comments, "votes": votes}


async def publish(url: str, kind: str, ids: list[UUID]) -> None:
    """Do a command for each line, as many at once as there are connections."""
    database = Database(create_engine(url))
    write = await KINDS[kind](database, ids)
    print("The publisher listens, on port :0.", flush=True)  # noqa: T201 - to who started it
    try:
        async with asyncio.TaskGroup() as writing:
            async for line in lines():
                writing.create_task(write(line))
    finally:
        await database.close()


if __name__ == "__main__":
    _, url, kind, *ids = sys.argv
    uvloop.run(publish(url, kind, [UUID(id) for id in ids]))

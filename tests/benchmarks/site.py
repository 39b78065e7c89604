"""What is measured: an exercise with thousands of members, and the processes that serve it."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

from api import auth
from api.settings import Settings
from domain import embedded, migrations
from domain.commands.comments import open_thread
from domain.database import Database, create_engine
from domain.ids import new_id
from domain.models.comments import SubjectKind
from domain.models.people import Person
from domain.models.stakeholders import Stakeholder
from domain.models.topics import Topic, TopicKind
from domain.unit_of_work import UnitOfWork
from tests.servers import free_port
from tests.world import NOW, World, build

ROOT = Path(__file__).parents[2]
SERVER_CORE, OUR_CORE = 0, 1
"""The server has a core of its own; clients, publisher and PostgreSQL share the other one."""
THREADS = 10
SETTINGS: Mapping[str, str] = {"CONNECTIONS_PER_ADDRESS": "60000"}
"""What the served product is told beside its database: all sockets come from one address."""


@dataclass(frozen=True)
class Site:
    """A running, durable database with an exercise, and its members."""

    server: embedded.EmbeddedServer
    folder: Path
    world: World
    members: Sequence[UUID]
    threads: Sequence[UUID]

    @property
    def topic(self) -> str:
        """The global id of the exercise."""
        return self.world.id("Engagement", self.world.engagement)

    def tokens(self, count: int) -> list[str | None]:
        """Return tokens of so many different members."""
        found = auth.tokens(Settings(data_folder=self.folder))
        return [found.sign(member, timedelta(hours=2)) for member in self.members[:count]]

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Connect in the role of the application, for the length of the block."""
        database = Database(create_engine(self.server.app_url))
        try:
            yield database
        finally:
            await database.close()


@dataclass(frozen=True)
class Served:
    """A server that takes sockets, and a pipe: each line that is written to it is an event."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    pipe: IO[bytes]

    def publish(self, text: str) -> None:
        """Publish an event whose text is stamped with this moment."""
        self.pipe.write(b"@@%d@@ %s\n" % (time.monotonic_ns(), text.encode()))
        self.pipe.flush()

    def cpu(self) -> float:
        """Return the seconds of CPU that the server has used, to the nanosecond."""
        return _cpu(self.process.pid)

    def memory(self) -> int:
        """Return the bytes that the server has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


@contextmanager
def postgres() -> Iterator[tuple[embedded.EmbeddedServer, Path]]:
    """Run an embedded, durable database on our core; give its folder as well."""
    pin(os.getpid(), OUR_CORE)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # servers inherit it
    folder = Path(tempfile.mkdtemp(prefix="concordat-bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = embedded.start(folder)
        stack.callback(server.stop)
        yield server, folder


@contextmanager
def site(members: int) -> Iterator[Site]:
    """Run a database with an exercise of so many members."""
    with postgres() as (server, folder):
        yield asyncio.run(_found(server, folder, members))


@contextmanager
def concordat(server: embedded.EmbeddedServer, folder: Path) -> Iterator[Served]:
    """Serve the product, which reads nothing from its pipe."""
    settings = {
        "DATABASE_URL": server.app_url,
        "DATA_FOLDER": str(folder),
        "PORT": str(free_port()),
        **SETTINGS,
    }
    with _started(["api", "serve"], SERVER_CORE, settings) as (process, port):
        assert process.stdin is not None
        yield Served("Concordat", process, port, process.stdin)


@contextmanager
def product(site: Site, *publisher: str) -> Iterator[Served]:
    """Serve the product, and write to its database by a publisher of another process."""
    with concordat(site.server, site.folder) as served:
        writer = _started(
            ["tests.benchmarks.publisher", site.server.app_url, *publisher], OUR_CORE, {}
        )
        with writer as (publishing, _):
            assert publishing.stdin is not None
            yield replace(served, pipe=publishing.stdin)


@contextmanager
def baseline(name: str, *arguments: str) -> Iterator[Served]:
    """Serve a baseline; that of sockets reads what to publish from its standard input."""
    words = ["tests.benchmarks.baselines", name, *arguments]
    with _started(words, SERVER_CORE, {}) as (process, port):
        assert process.stdin is not None
        yield Served(name, process, port, process.stdin)


def database_cpu(folder: Path) -> float:
    """Return the seconds of CPU that the processes of a database have used."""
    postmaster = (folder / embedded.CLUSTER / "postmaster.pid").read_text().split()[0]
    # Of those that have ended: fields 16 and 17, of which 2 come before the last bracket.
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
    found = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    for each in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        with suppress(OSError):  # it has ended meanwhile
            found += _cpu(int(each))
    return found


def _cpu(process: int) -> float:
    # The clock of another process, as clock_getcpuclockid(3) computes it.
    return time.clock_gettime((~process << 3) | 2)


def pin(process: int, core: int) -> None:
    """Keep a process on one core, where the system can and has one to spare."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(process, {core})


@contextmanager
def _started(
    words: Sequence[str], core: int, settings: Mapping[str, str]
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a module on a core until the block ends; it says the port on which it serves, or 0."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    pin(process.pid, core)
    try:
        assert process.stdout is not None
        said = process.stdout.readline().decode()
        found = re.search(r":(\d+)", said)
        assert found, f"{words[0]} does not start: {said}"
        yield process, int(found[1])
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _found(server: embedded.EmbeddedServer, folder: Path, members: int) -> Site:
    await migrations.upgrade(server.owner_url)
    database = Database(create_engine(server.app_url))
    try:
        world = await build(database)
        return Site(
            server,
            folder,
            world,
            await _join(world, members),
            [await _thread(world) for _ in range(THREADS)],
        )
    finally:
        await database.close()


async def _join(world: World, count: int) -> list[UUID]:
    """Enter so many more stakeholders of the exercise, all with equal rights."""
    people = [new_id() for _ in range(count)]
    constituencies = list(world.constituencies.values())
    async with world.database.session() as session:
        session.add_all(Topic(id=id, kind=TopicKind.PERSON, scopes=[id]) for id in people)
        await session.flush()
        session.add_all(
            Person(id=id, name=f"Member {n}", email=f"member{n}@example.org", created_at=NOW)
            for n, id in enumerate(people)
        )
        await session.flush()
        session.add_all(
            Stakeholder(
                engagement_id=world.engagement,
                person_id=id,
                constituency_id=constituencies[n % len(constituencies)],
                created_at=NOW,
            )
            for n, id in enumerate(people)
        )
        await session.commit()
    return people


async def _thread(world: World) -> UUID:
    async with UnitOfWork(world.database, await world.viewer("nurse1")) as uow:
        return await open_thread(
            uow,
            topic_id=world.engagement,
            subject_kind=SubjectKind.SECTION,
            subject_id=world.sections[0],
            body="What do we think of this?",
        )

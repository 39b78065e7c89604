"""What every test may ask for: a database of its own, people with roles, and the schema."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from api.graphql import schema
from api.logs import Library
from domain import embedded, migrations
from domain.database import Database, create_engine
from domain.permissions import Viewer
from schema.context import Context
from tests.world import World, build

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
ROOM = 2 * 2**30

Ask = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Server:
    """The embedded server of this test run, with migrated templates to clone.

    `template` is empty, `inhabited` has the people and things of `world`.
    """

    server: embedded.EmbeddedServer
    world: World
    template: str = "template_empty"
    inhabited: str = "template_inhabited"

    async def statement(self, sql: str) -> None:
        """Run one statement as superuser, outside any transaction."""
        await _statement(self.server, sql)


async def _statement(server: embedded.EmbeddedServer, sql: str) -> None:
    engine = create_async_engine(
        server.url("postgres", "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    async with engine.connect() as connection:
        await connection.execute(text(sql))
    await engine.dispose()


async def _prepare(server: embedded.EmbeddedServer) -> Server:
    await _statement(server, f"CREATE DATABASE {Server.template}")
    await migrations.upgrade(server.url("postgres", Server.template))
    await _statement(server, f"CREATE DATABASE {Server.inhabited} TEMPLATE {Server.template}")
    database = Database(create_engine(server.url("concordat_app", Server.inhabited)))
    world = await build(database)
    await database.close()
    return Server(server, world)


def _folder() -> Path:
    """Make a folder for the server: in memory where there is room, which is several times faster.

    Not in pytest's own folder: runs at the same time would clear that away under the server.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix="concordat-tests-", dir=MEMORY if roomy else None))


@pytest.fixture(autouse=True)
def libraries_log_elsewhere_again() -> Iterator[None]:
    """Undo what a command in this process did to the logs of libraries."""
    yield
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler, Library):
            root.removeHandler(handler)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Start a server that need not survive a power cut, and migrate the template."""
    folder = _folder()
    started = embedded.start(folder, durable=False)
    yield asyncio.run(_prepare(started))
    started.stop()
    shutil.rmtree(folder)


@pytest.fixture
async def database_name(server: Server, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """Clone a template for one test: the inhabited one where the test asks for the world."""
    template = server.inhabited if "world" in request.fixturenames else server.template
    name = f"test_{uuid4().hex}"
    await server.statement(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield name
    await server.statement(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(server: Server, database_name: str) -> AsyncIterator[Database]:
    """Connect to the test's database in the application's role."""
    made = Database(create_engine(server.server.url("concordat_app", database_name)))
    yield made
    await made.close()


@pytest.fixture
def world(server: Server, database: Database) -> World:
    """Name the people, the specification and the open exercise that are in the database."""
    # Tests add people of their own, which are in no other database.
    return replace(server.world, database=database, people=dict(server.world.people))


@pytest.fixture
def ask(database: Database) -> Ask:
    """Run a document as a viewer; return its data, and fail on any error."""

    async def run(viewer: Viewer, document: str, **variables: Any) -> dict[str, Any]:
        result: Any = await schema.execute(
            document, variable_values=variables, context_value=Context(database, viewer)
        )
        assert result.errors is None, result.errors
        assert result.data is not None
        return dict(result.data)

    return run

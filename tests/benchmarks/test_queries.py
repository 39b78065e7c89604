from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import text
from starlette.applications import Starlette

from api import auth
from api.app import create_app
from api.process import Process
from api.settings import Settings
from domain.database import Database
from tests.benchmarks import bare, plain, queries
from tests.benchmarks.languages import languages
from tests.benchmarks.load import LoadError
from tests.benchmarks.programme import found
from tests.benchmarks.queries import Asked
from tests.conftest import Server
from tests.subscriptions.live import process


@asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, ws="none", log_level="error"))
        serving = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


@asynccontextmanager
async def three(url: str, database: Database, folder: Path) -> AsyncIterator[list[Asked]]:
    """Serve the same tables in the three ways."""
    settings = Settings(data_folder=folder)
    tokens = auth.tokens(settings)
    async with AsyncExitStack() as stack:
        live = await stack.enter_async_context(process(database))
        part = Process(
            settings, database, live.wakeups, live.presence, live.hub, tokens, live.quota
        )
        ports = [
            await stack.enter_async_context(served(app))
            for app in (create_app(part), plain.app(url), bare.app(url))
        ]
        spoken = zip(languages(tokens).items(), ports, strict=True)
        clocks = (time.process_time, time.process_time)
        yield [Asked(name, words, port, clocks) for (name, words), port in spoken]


async def test_all_servers_give_the_same_answers_under_load_and_count_every_vote(
    server: Server,
    database: Database,
    database_name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = server.server.url("concordat_app", database_name)
    programme = await found(database, specifications=2, readers=2, voters=7)
    monkeypatch.setattr(queries, "CONNECTIONS", 3)
    monkeypatch.setattr(queries, "WARM_UP", 0.01)
    async with three(url, database, tmp_path) as servers:
        await queries.compare(servers, programme)
        rows = await queries.measure(servers, programme, 0.05, 1, lambda _: None)
        await queries.require_counted(url)
        uninvited = replace(programme, readers=[programme.voters[0][0]])
        with pytest.raises(LoadError, match="plain Strawberry says"):
            await queries.compare(servers, uninvited)
    assert [(row.case, row.name) for row in rows] == [
        (case, each.name) for case in queries.CASES for each in servers
    ]
    assert all(row.phase.rate > 0 and row.phase.latency(0.99) > 0 for row in rows)


async def test_a_vote_that_was_not_counted_is_found(
    server: Server, database: Database, database_name: str
) -> None:
    url = server.server.url("concordat_app", database_name)
    await found(database, specifications=1, readers=1, voters=4)
    await queries.require_counted(url)
    async with database.session() as session:
        await session.execute(
            text(
                "UPDATE votes SET choice = (choice + 1) % 3 "
                "WHERE id = (SELECT id FROM votes LIMIT 1)"
            )
        )
        await session.commit()
    with pytest.raises(LoadError, match="1 tallies are not the count"):
        await queries.require_counted(url)

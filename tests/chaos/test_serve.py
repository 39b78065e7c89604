"""The process with somebody else's database: what it refuses, whom it acts as, and how it ends."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from api.process import running
from api.settings import Settings
from domain import migrations
from domain.database import Database, create_engine
from tests import tools
from tests.ballots import close, counts, opened, vote
from tests.chaos.worker import ROOT, environment, worker
from tests.conftest import Server
from tests.subscriptions.wsclient import Client
from tests.world import World, build

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


def test_a_database_without_migrations_is_refused_with_what_it_lacks(
    server: Server, tmp_path: Path
) -> None:
    settings = environment(server.server.url("postgres", "postgres"), tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "api", "serve"],
        cwd=ROOT,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "The database lacks these migrations: 0001" in ended.stderr
    assert "--migrate" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_migrates_where_it_is_told_to_and_ends_gracefully(
    server: Server, tmp_path: Path
) -> None:
    await server.statement("CREATE DATABASE unmigrated")
    settings = environment(server.server.url("postgres", "unmigrated"), tmp_path)
    with worker(settings, "--migrate") as process:
        await process.ready()
        address = process.url.replace("http", "ws", 1)
        subprotocol = Subprotocol("graphql-transport-ws")
        async with connect(address, subprotocols=[subprotocol]) as connection:
            client = Client(connection)
            await client.init()
            process.terminate()
            code, _ = await client.closed()
        assert code == 1012
        assert await process.wait() == 0
        assert "Traceback" not in process.log


async def test_acts_in_the_role_of_the_application_even_for_a_superuser(
    server: Server, database_name: str, tmp_path: Path
) -> None:
    settings = Settings(
        database_url=server.server.url("postgres", database_name), data_folder=tmp_path
    )
    async with running(settings) as process, process.database.session() as session:
        role = await session.execute(
            text("SELECT current_user, usesuper FROM pg_user WHERE usename = session_user")
        )
        assert role.one() == ("concordat_app", True)
        denied = await session.scalar(
            text("SELECT has_table_privilege(current_user, 'events', 'DELETE')")
        )
        assert denied is False


@pytest.fixture
def postgres_15() -> Iterator[str]:
    """Run PostgreSQL 15, the oldest that is promised to do, as whoever may run it."""
    tools.require(
        present=(POSTGRES_15 / "initdb").exists(),
        reason=f"PostgreSQL 15 is not installed in {POSTGRES_15}",
    )
    account = pwd.getpwnam("postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name)
    # Not below the folder of pytest, which is open to nobody else; and short, for the socket.
    folder = Path(tempfile.mkdtemp(prefix="postgres-15-"))
    os.chown(folder, account.pw_uid, account.pw_gid)

    def run(program: str, *options: str) -> None:
        subprocess.run(
            [str(POSTGRES_15 / program), *options],
            user=account.pw_uid,
            group=account.pw_gid,
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    cluster = str(folder / "cluster")
    run("initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-k {folder} -c listen_addresses= -c fsync=off"
    run("pg_ctl", "start", "-w", "-D", cluster, "-o", options, "-l", str(folder / "log"))
    try:
        yield f"postgresql+asyncpg://postgres@/postgres?host={folder}"
    finally:
        run("pg_ctl", "stop", "-w", "-m", "immediate", "-D", cluster)
        shutil.rmtree(folder)


async def test_migrates_and_votes_on_the_oldest_postgresql_that_is_promised(
    postgres_15: str,
) -> None:
    await migrations.upgrade(postgres_15)
    assert await migrations.differences(postgres_15) == []
    database = Database(create_engine(postgres_15))
    world: World = await build(database)
    ballot = await opened(world)
    await vote(world, "nurse1", ballot, "DISAGREE")
    await vote(world, "nurse1", ballot, "AGREE")
    await close(world, ballot)
    nurses = world.constituencies["Nurses"]
    assert (await counts(world, ballot))[nurses] == [1, 0, 0]
    await database.close()


async def test_ends_the_embedded_database_with_the_process(tmp_path: Path) -> None:
    settings = {
        name: value for name, value in environment("", tmp_path).items() if name != "DATABASE_URL"
    }
    with worker(settings) as process:
        await process.ready()
        process.terminate()
        assert await process.wait() == 0
    assert not (tmp_path / "cluster" / "postmaster.pid").exists()

"""Clients that others wrote, against the real application: the example of the README."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn

from api import auth
from api.app import create_app
from api.process import Process
from api.settings import Settings
from domain.commands import comments
from domain.database import Database
from domain.models.comments import SubjectKind
from domain.unit_of_work import UnitOfWork
from subscriptions.transport import uvicorn_settings
from tests import tools
from tests.subscriptions.live import PATIENCE, process
from tests.world import World

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "tests" / "api" / "audits" / "node_modules"


@asynccontextmanager
async def served(part: Process, port: int) -> AsyncIterator[None]:
    config = uvicorn.Config(
        create_app(part), port=port, log_level="error", lifespan="off", **uvicorn_settings()
    )
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
        listener.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def comment(world: World, body: str) -> None:
    async with UnitOfWork(world.database, await world.viewer("nurse1")) as uow:
        await comments.open_thread(
            uow,
            topic_id=world.engagement,
            subject_kind=SubjectKind.SECTION,
            subject_id=world.sections[0],
            body=body,
        )


async def test_graphql_ws_follows_a_topic_across_a_restart(
    database: Database, world: World, tmp_path: Path
) -> None:
    tools.require(
        present=shutil.which("node") and MODULES.exists(),
        reason="needs node, and `npm ci` in tests/api/audits",
    )
    # Node looks for packages beside the script.
    script = tmp_path / "follow.mjs"
    script.write_bytes((ROOT / "docs" / "follow.mjs").read_bytes())
    (tmp_path / "node_modules").symlink_to(MODULES)
    settings = Settings(data_folder=tmp_path)
    tokens = auth.tokens(settings)
    port = free_port()
    async with process(database) as live:
        part = Process(
            settings, database, live.wakeups, live.presence, live.hub, tokens, live.quota
        )
        async with served(part, port):
            client = await asyncio.create_subprocess_exec(
                "node",
                str(script),
                f"ws://127.0.0.1:{port}/graphql",
                world.id("Engagement", world.engagement),
                tokens.sign(world.people["nurse1"], timedelta(hours=1)),
                stdout=asyncio.subprocess.PIPE,
            )
            assert client.stdout is not None
            lines = client.stdout

            async def message() -> Any:
                async with asyncio.timeout(PATIENCE):
                    return json.loads(await lines.readline())

            snapshot = await message()
            await comment(world, "Before the restart.")
            before = [await message(), await message()]
        await comment(world, "While it was away.")
        async with served(part, port):
            missed = [await message(), await message()]
            await comment(world, "After the restart.")
            after = [await message(), await message()]
        client.terminate()
        await client.wait()

    assert snapshot["__typename"] == "ActivitySnapshot"
    sequences = [event["sequence"] for event in [*before, *missed, *after]]
    assert sequences == [snapshot["sequence"] + n for n in range(1, 7)]
    assert [events[1]["subject"]["body"] for events in (before, missed, after)] == [
        "Before the restart.",
        "While it was away.",
        "After the restart.",
    ]

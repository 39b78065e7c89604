"""Clients that others wrote, untouched: the example of the README, and all through a kill."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
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
from subscriptions.connection import uvicorn_settings
from tests import tools
from tests.ballots import VOTERS
from tests.chaos.worker import environment, worker
from tests.conftest import Server
from tests.subscriptions.live import PATIENCE, process
from tests.world import World

ROOT = Path(__file__).parents[2]
AUDITS = ROOT / "tests" / "api" / "audits"
MODULES = AUDITS / "node_modules"
STOCK = (
    ("graphql-ws",),
    ("graphql-sse",),
    ("apollo", "ws"),
    ("apollo", "sse"),
    ("urql", "ws"),
    ("urql", "sse"),
    ("urql", "fetch"),
)


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


def require_packages() -> None:
    tools.require(
        present=shutil.which("node") and MODULES.exists(),
        reason="needs node, and `npm ci` in tests/api/audits",
    )


async def test_graphql_ws_follows_a_topic_across_a_restart(
    database: Database, world: World, tmp_path: Path
) -> None:
    require_packages()
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


class Stock:
    """A program around a client that others wrote: see tests/api/audits/clients/session.mjs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.input = process.stdin
        self.output = process.stdout
        self.events: list[tuple[int, str, str | None]] = []
        self.answers: list[dict[str, Any]] = []

    async def line(self) -> Any:
        async with asyncio.timeout(2 * PATIENCE):
            return json.loads(await self.output.readline())

    def mutate(self, body: str) -> None:
        self.input.write(f"{body}\n".encode())

    def take(self, line: Any) -> None:
        if line.get("__typename") == "ActivityEvent":
            body = (line["subject"] or {}).get("body")
            self.events.append((line["sequence"], line["kind"], body))
        else:
            self.answers.append(line)

    async def until(self, sequence: int, answers: int) -> None:
        while len(self.answers) < answers or not self.events or self.events[-1][0] < sequence:
            self.take(await self.line())

    async def end(self) -> None:
        """Take also what came after all that was waited for."""
        self.process.terminate()
        output, _ = await self.process.communicate()
        for line in output.splitlines():
            self.take(json.loads(line))


@asynccontextmanager
async def stock(words: tuple[str, ...], *arguments: str) -> AsyncIterator[Stock]:
    name, *transport = words
    process = await asyncio.create_subprocess_exec(
        *("node", f"clients/{name}.mjs", *arguments, *transport),
        cwd=AUDITS,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Stock(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_every_stock_client_sees_each_event_once_though_the_server_is_killed(
    server: Server, database_name: str, world: World, tmp_path: Path
) -> None:
    require_packages()
    tokens = auth.tokens(Settings(data_folder=tmp_path))
    settings = environment(server.server.url("concordat_app", database_name), tmp_path)
    with worker(settings) as serving:
        await serving.ready()
        async with AsyncExitStack() as stack:
            clients = {
                " ".join(words): await stack.enter_async_context(
                    stock(
                        words,
                        serving.url,
                        tokens.sign(world.people[name], timedelta(hours=1)),
                        world.id("Engagement", world.engagement),
                        world.id("Section", world.sections[0]),
                    )
                )
                for words, name in zip(STOCK, VOTERS, strict=False)
            }
            everyone = clients.values()
            queried = [await client.line() for client in everyone]
            (start,) = {(await client.line())["sequence"] for client in everyone}
            for name, client in clients.items():
                client.mutate(f"{name}, before.")
            before = start + 2 * len(clients)  # a thread and its first comment
            await asyncio.gather(*(client.until(before, 1) for client in everyone))
            for number in range(10):
                await comment(world, f"Number {number}.")
                if number == 5:
                    serving.kill()
            serving.start()
            await serving.ready()
            for name, client in clients.items():
                client.mutate(f"{name}, after.")
            end = before + 2 * 10 + 2 * len(clients)
            await asyncio.gather(*(client.until(end, 2) for client in everyone))
            for client in everyone:
                await client.end()

    assert queried == [{"queried": "Tell us what you think"}] * len(clients)
    sequences = list(range(start + 1, end + 1))
    assert {name: [event[0] for event in client.events] for name, client in clients.items()} == (
        dict.fromkeys(clients, sequences)
    )
    assert {name: client.answers for name, client in clients.items()} == (
        dict.fromkeys(clients, [{"mutated": "OpenThreadPayload"}] * 2)
    )
    first, *others = (client.events for client in everyone)
    assert all(events == first for events in others)
    assert {body for _, _, body in first if body} == {
        *(f"{name}, {when}." for name in clients for when in ("before", "after")),
        *(f"Number {number}." for number in range(10)),
    }

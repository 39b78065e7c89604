"""The log of a real process: every failure and slow operation, and nothing that people sent."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import httpx
import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from api import auth, logs
from api.operations import SLOW
from api.settings import Settings
from tests.api.inputs import document
from tests.ballots import opened
from tests.chaos.scale import PATIENCE
from tests.chaos.worker import environment, worker
from tests.conftest import Server
from tests.subscriptions.wsclient import Client
from tests.world import World

CANARY = "canary-4711"
HOLD = text("SELECT id FROM ballots WHERE id = :id FOR UPDATE")
QUERY = (
    'query Asked($id: ID!) { node(id: $id) { __typename } other: node(id: "canary-4711") { id } }'
)


async def test_no_line_has_anything_that_people_sent(
    server: Server, database_name: str, world: World, tmp_path: Path
) -> None:
    ballot = await opened(world)
    settings = environment(server.server.url("concordat_app", database_name), tmp_path)
    tokens = auth.tokens(Settings(data_folder=tmp_path))
    token = tokens.sign(world.people["nurse1"], timedelta(hours=1))
    vote = {
        "ballotId": world.id("Ballot", ballot),
        "choice": "AGREE",
        "rationale": CANARY,
        "idempotencyKey": CANARY,
    }
    with worker(settings) as process:
        await process.ready()
        headers = {"authorization": f"Bearer {token}"}

        async with httpx.AsyncClient(headers=headers, timeout=PATIENCE) as client:

            async def ask(query: str, **variables: object) -> httpx.Response:
                return await client.post(process.url, json={"query": query, "variables": variables})

            await ask(QUERY, id=CANARY)
            await client.get(process.url, params={"query": f'{{ node(id: "{CANARY}") {{ id }} }}'})
            await client.get(process.url, headers={"authorization": f"Bearer {CANARY}"})
            await client.post(process.url, content=f'{{"query": "{CANARY}'.encode())
            async with world.database.session() as holder:
                await holder.execute(HOLD, {"id": ballot})
                slow = asyncio.create_task(ask(document("castVote"), input=vote))
                await asyncio.wait([slow], timeout=1.5 * SLOW)
            await slow

            owner = create_async_engine(server.server.url("postgres", database_name))
            async with owner.begin() as connection:
                await connection.execute(text("ALTER TABLE cast_votes RENAME TO gone"))
            await owner.dispose()
            failed = await ask(document("castVote"), input={**vote, "idempotencyKey": CANARY * 2})
            async with connect(
                process.url.replace("http", "ws", 1),
                subprotocols=[Subprotocol("graphql-transport-ws")],
            ) as socket:
                follower = Client(socket)
                await follower.init()
                payload = {"query": QUERY, "variables": {"id": CANARY}}
                await follower.send({"type": "subscribe", "id": CANARY, "payload": payload})
                await follower.receive()
                await follower.send({"type": CANARY})
                await follower.closed()
            await server.statement(f"ALTER DATABASE {database_name} ALLOW_CONNECTIONS false")
            await server.statement(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{database_name}'"
            )
            away = await ask(QUERY, id=CANARY)
            await server.statement(f"ALTER DATABASE {database_name} ALLOW_CONNECTIONS true")
        process.terminate()
        assert await process.wait() == 0

    lines = [orjson.loads(line) for line in process.log.splitlines() if line.startswith("{")]
    events = [line["event"] for line in lines]
    assert CANARY not in process.log
    assert token not in process.log
    assert failed.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert away.status_code == 503
    assert [event for event in events if event in {"server.started", "server.ended"}] == [
        "server.started",
        "server.ended",
    ]
    assert {"operation.slow", "graphql.failed", "request.unavailable"} <= set(events)
    [slow_line] = [line for line in lines if line["event"] == "operation.slow"]
    assert slow_line["kind"] == "mutation"
    assert len(slow_line["document"]) == 64
    assert "Traceback" not in process.log


def test_an_exception_of_a_library_is_logged_by_its_type_and_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("asyncio").exception("A task failed\nfuture: %s", CANARY)
    line = orjson.loads(capsys.readouterr().err)
    assert line["event"] == "A task failed"
    assert line["library"] == "asyncio"
    assert line["exceptions"] == ["ValueError"]
    assert "test_logs.py" in line["stack"]
    assert CANARY not in str(line)

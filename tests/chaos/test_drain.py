"""A process at SIGTERM: what was asked is answered, and who follows is sent elsewhere."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from api import auth
from api.settings import Settings
from tests.api.inputs import document
from tests.ballots import counts, opened
from tests.chaos.scale import PATIENCE
from tests.chaos.worker import environment, worker
from tests.conftest import Server
from tests.subscriptions.wsclient import Client
from tests.world import World

ACTIVITY = "subscription ($topic: ID!) { activity(topicId: $topic) { __typename } }"
HOLD = text("SELECT id FROM ballots WHERE id = :id FOR UPDATE")
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def test_what_was_asked_before_the_end_is_answered_and_who_follows_is_sent_elsewhere(
    server: Server, database_name: str, world: World, tmp_path: Path
) -> None:
    ballot = await opened(world)
    settings = environment(server.server.url("concordat_app", database_name), tmp_path)
    tokens = auth.tokens(Settings(data_folder=tmp_path))
    bearer = f"Bearer {tokens.sign(world.people['nurse1'], timedelta(hours=1))}"
    variables = {"topic": world.id("Engagement", world.engagement)}
    question = {
        "query": document("castVote"),
        "variables": {"input": {"ballotId": world.id("Ballot", ballot), "choice": "AGREE"}},
    }
    with worker(settings) as process:
        await process.ready()
        ready = process.url.replace("graphql", "readyz")
        async with (
            httpx.AsyncClient(headers={"authorization": bearer}, timeout=PATIENCE) as client,
            connect(
                process.url.replace("http", "ws", 1),
                subprotocols=[Subprotocol("graphql-transport-ws")],
            ) as socket,
            client.stream(
                "POST",
                process.url,
                json={"query": ACTIVITY, "variables": variables},
                headers={"accept": "text/event-stream"},
            ) as events,
            world.database.session() as holder,
        ):
            follower = Client(socket)
            await follower.init()
            lines = events.aiter_lines()
            assert await anext(lines) == "event: next"
            await holder.execute(HOLD, {"id": ballot})
            answer = asyncio.create_task(client.post(process.url, json=question))
            async with asyncio.timeout(PATIENCE), world.database.session() as session:
                while not await session.scalar(WAITING):
                    await session.rollback()
            before = await client.get(ready)
            process.terminate()
            while (after := await client.get(ready)).is_success:
                pass
            code, reason = await follower.closed()
            rest = [line async for line in lines]
            assert not answer.done()
            await holder.rollback()
            answered = await answer
        status = await process.wait()

    assert (before.status_code, after.status_code) == (200, 503)
    assert (code, reason) == (1012, "resume elsewhere with your cursor")
    assert not any("complete" in line for line in rest)
    assert answered.json()["data"]["castVote"]["__typename"] == "CastVotePayload"
    assert (await counts(world, ballot))[world.constituencies["Nurses"]][0] == 1
    assert status == 0
    assert "Traceback" not in process.log
    assert "ASGI" not in process.log

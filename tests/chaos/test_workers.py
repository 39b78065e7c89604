"""Workers under one supervisor: one port, one database, and no end of one is anybody's loss."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from api import auth
from api.live import Gone, connect, follow
from api.settings import Settings
from subscriptions.transport import SocketLimits
from tests.api.inputs import document
from tests.ballots import VOTERS, opened
from tests.chaos.scale import PATIENCE
from tests.chaos.worker import ROOT, Worker, environment, worker
from tests.conftest import Server
from tests.servers import RedisServer, redis_server
from tests.world import World

ACTIVITY = """
subscription ($topic: ID!, $after: String) {
  activity(topicId: $topic, after: $after) {
    __typename
    ... on ActivitySnapshot { cursor sequence }
    ... on ActivityEvent { cursor sequence kind }
  }
}
"""
PRESENCE = """
subscription ($topic: ID!) {
  presence(topicId: $topic) {
    __typename
    ... on PresenceSnapshot { entries { person { id } } }
    ... on PresenceChange { move entry { person { id } } }
  }
}
"""
UPDATE = """
mutation ($input: UpdatePresenceInput!) { updatePresence(input: $input) { __typename } }
"""


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


def children(parent: int) -> set[int]:
    """Return the processes that a process started and that live."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return {int(each) for each in found}


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(0.02)


class Place:
    """The workers under one supervisor, and the people who use them."""

    def __init__(self, world: World, serving: Worker, folder: Path) -> None:
        self.world = world
        self.serving = serving
        self.url = serving.url
        self.topic = world.id("Engagement", world.engagement)
        self._tokens = auth.tokens(Settings(data_folder=folder))

    def token(self, name: str) -> str:
        return self._tokens.sign(self.world.people[name], timedelta(hours=1))

    async def ask(self, name: str, query: str, **variables: Any) -> Any:
        """Ask over a connection of its own; return the data."""
        headers = {"authorization": f"Bearer {self.token(name)}", "connection": "close"}
        async with httpx.AsyncClient(headers=headers, timeout=PATIENCE) as client:
            body = {"query": query, "variables": variables}
            response = await client.post(self.url, json=body)
        result = response.json()
        assert "errors" not in result, result
        return result["data"]

    async def vote(self, name: str, ballot: UUID, choice: str) -> None:
        """Vote, and again with the same key where no answer came."""
        input = {
            "ballotId": self.world.id("Ballot", ballot),
            "choice": choice,
            "idempotencyKey": f"{name} {choice}",
        }
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    data = await self.ask(name, document("castVote"), input=input)
                except httpx.TransportError:
                    continue
                assert data["castVote"]["__typename"] == "CastVotePayload"
                return


class Crowd:
    """Followers of the exercise, each on a socket of its own, who resume by their cursors."""

    def __init__(self, place: Place, size: int) -> None:
        self._place = place
        self._size = size
        self._news = asyncio.Condition()
        self._began: list[int] = []
        self.seen: list[list[int]] = []
        self.losses = 0

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow for the length of the block, which begins when all have their snapshot."""
        self.seen = [[] for _ in range(self._size)]
        tasks = [asyncio.create_task(self._follow(seen)) for seen in self.seen]
        try:
            await self._until(lambda: len(self._began) == self._size)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def all_saw(self, count: int) -> None:
        """Wait until everybody has seen so many events; each is the next one, and none is twice."""
        await self._until(lambda: all(len(seen) >= count for seen in self.seen))
        first = self._began[0] + 1
        assert self.seen == [list(range(first, first + count))] * self._size

    async def _until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(holds)

    async def _follow(self, seen: list[int]) -> None:
        def tell(words: str) -> None:
            self.losses += words != "connected"

        place = self._place
        stream = follow(
            place.url, place.token("nurse1"), ACTIVITY, tell=tell, topic=place.topic, after=None
        )
        async with aclosing(stream) as messages:
            async for message in messages:
                async with self._news:
                    if message["__typename"] == "ActivitySnapshot":
                        self._began.append(message["sequence"])
                    else:
                        seen.append(message["sequence"])
                    self._news.notify_all()


@pytest.fixture
async def place(
    server: Server, database_name: str, world: World, tmp_path: Path
) -> AsyncIterator[Place]:
    """Run two workers over the test's database, woken by PostgreSQL."""
    address = server.server.url("concordat_app", database_name)
    settings = environment(address, tmp_path, TMPDIR=str(tmp_path))
    with worker(settings, "--workers", "2") as serving:
        await serving.ready()
        await until(lambda: len(children(serving.pid)) == 2)
        yield Place(world, serving, tmp_path)


@pytest.mark.parametrize("broker", ["postgres", "redis"])
async def test_workers_see_each_others_votes_and_presence(
    broker: str,
    server: Server,
    database_name: str,
    world: World,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    broadcast = request.getfixturevalue("redis").url if broker == "redis" else "postgres"
    address = server.server.url("concordat_app", database_name)
    settings = environment(address, tmp_path, BROADCAST_URL=broadcast, TMPDIR=str(tmp_path))
    ballot = await opened(world)
    with worker(settings, "--workers", "2") as serving:
        await serving.ready()
        place = Place(world, serving, tmp_path)
        crowd = Crowd(place, 8)
        arrived: asyncio.Queue[str] = asyncio.Queue()

        nurse = world.id("Person", world.people["nurse2"])

        async def watch(name: str) -> None:
            stream = follow(place.url, place.token(name), PRESENCE, topic=place.topic)
            async with aclosing(stream) as messages:
                async for message in messages:
                    entries = [message["entry"]] if "entry" in message else message["entries"]
                    if any(entry["person"]["id"] == nurse for entry in entries):
                        await arrived.put(name)

        async with crowd.following():
            watching = [asyncio.create_task(watch(name)) for name in VOTERS]
            for name in VOTERS:
                await place.vote(name, ballot, "AGREE")
            await crowd.all_saw(len(VOTERS))
            here = {"topicId": place.topic, "connectionId": "window"}
            await place.ask("nurse2", UPDATE, input=here)
            async with asyncio.timeout(PATIENCE):
                assert {await arrived.get() for _ in VOTERS} == set(VOTERS)
            for task in watching:
                task.cancel()
            await asyncio.gather(*watching, return_exceptions=True)
    assert crowd.losses == 0


async def connecting(place: Place, token: str) -> None:
    """Connect again and again: the workers tell each other how many there are, but not at once."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with connect(place.url, token):
                pass


async def test_a_person_has_so_many_connections_over_all_workers(place: Place) -> None:
    token = place.token("nurse1")
    async with AsyncExitStack() as stack:
        for _ in range(SocketLimits.sockets):
            await stack.enter_async_context(connect(place.url, token))
        with pytest.raises(Gone, match="50 connections"):
            await connecting(place, token)
        async with connect(place.url, place.token("nurse2")):
            pass  # others are not concerned
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with connect(place.url, token):
                    break
            except Gone:
                continue


async def test_a_worker_that_is_killed_is_replaced_and_nobody_misses_an_event(place: Place) -> None:
    ballot = await opened(place.world)
    crowd = Crowd(place, 8)
    async with crowd.following():
        for number, pid in enumerate(children(place.serving.pid)):
            await place.vote(VOTERS[number], ballot, "AGREE")
            os.kill(pid, signal.SIGKILL)
            await place.vote(VOTERS[number], ballot, "DISAGREE")
            await until(lambda pid=pid: len(children(place.serving.pid) - {pid}) == 2)  # type: ignore[misc]
        await crowd.all_saw(4)
    assert crowd.losses >= 8
    assert "worker.died" in place.serving.log
    assert "Traceback" not in place.serving.log


async def test_workers_are_replaced_one_by_one_while_every_request_is_answered(
    place: Place,
) -> None:
    ballot = await opened(place.world)
    crowd = Crowd(place, 4)
    before = children(place.serving.pid)
    async with crowd.following():
        os.kill(place.serving.pid, signal.SIGHUP)
        votes = 0
        async with asyncio.timeout(PATIENCE):
            while len(children(place.serving.pid) - before) < 2 or votes < 10:
                # Without a second try: an answer that does not come fails the test.
                input = {
                    "ballotId": place.world.id("Ballot", ballot),
                    "choice": ("AGREE", "DISAGREE")[votes % 2],
                }
                data = await place.ask("nurse1", document("castVote"), input=input)
                assert data["castVote"]["__typename"] == "CastVotePayload"
                votes += 1
        await until(lambda: not before & children(place.serving.pid))
        await crowd.all_saw(votes)
    assert crowd.losses >= 4
    place.serving.terminate()
    assert await place.serving.wait() == 0
    assert "Traceback" not in place.serving.log


async def test_workers_do_not_outlive_their_supervisor(place: Place) -> None:
    workers = children(place.serving.pid)
    place.serving.kill()
    await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"BROADCAST_URL": "memory://"}, "workers cannot wake each other"),
        ({"BROADCAST_URL": "carrier-pigeon://"}, "is none of memory://, redis://"),
        ({"AUTH_KEYS": "/nowhere.json"}, "cannot be read as a JWK Set"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "cannot be reached"),
    ],
)
def test_a_setting_with_which_no_worker_can_start_is_said_once(
    settings: dict[str, str], sentence: str, server: Server, database_name: str, tmp_path: Path
) -> None:
    address = server.server.url("concordat_app", database_name)
    ended = subprocess.run(
        [sys.executable, "-m", "api", "serve", "--workers", "2"],
        cwd=ROOT,
        env={**environment(address, tmp_path), "PORT": "1024", **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ended.returncode == 2
    assert ended.stderr.count(sentence) == 1
    assert "Traceback" not in ended.stderr

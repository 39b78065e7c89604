"""Two real workers over one database, killed in turns while everybody votes: nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text

from api import auth
from api.live import Gone, connect
from api.settings import Settings
from domain.consensus.choices import BallotKind, choices
from tests.api.inputs import document
from tests.ballots import VOTERS, close, opened
from tests.chaos.scale import PATIENCE, scaled
from tests.chaos.worker import Worker, environment, worker
from tests.conftest import Server
from tests.world import World

KILLS = scaled(2, 200)
BETWEEN_KILLS = scaled(30, 250)  # votes that are acknowledged before the next worker dies

ACTIVITY = """
subscription ($topic: ID!, $after: String) {
  activity(topicId: $topic, after: $after) {
    __typename
    ... on ActivitySnapshot { cursor sequence }
    ... on ActivityEvent { cursor sequence kind subject { id } actor { id } }
  }
}
"""
CASTINGS = text("SELECT count(*) FROM cast_votes")
KEYS = text("SELECT count(*), count(DISTINCT (person_id, key)) FROM idempotency_keys")
RECOUNT = text(
    "SELECT t.constituency_id, t.counts, ARRAY(SELECT count(v.id) FROM generate_series(0, "
    "array_length(t.counts, 1) - 1) AS nth LEFT JOIN votes v ON v.ballot_id = t.ballot_id "
    "AND v.constituency_id = t.constituency_id AND v.choice = nth GROUP BY nth ORDER BY nth) "
    "AS recounted FROM tallies t"
)
END = text("SELECT members_sequence FROM topics WHERE id = :id")


class Panel:
    """Everybody who votes: again and again, on one worker or the other, until it is enough."""

    def __init__(self, world: World, ballot: UUID, workers: Sequence[Worker], folder: Path) -> None:
        self.world = world
        self.ballot = world.id("Ballot", ballot)
        self.workers = workers
        self.tokens = auth.tokens(Settings(data_folder=folder))
        self.acknowledged = 0
        self.repeated = 0
        self.enough = asyncio.Event()
        self.news = asyncio.Condition()

    def token(self, name: str) -> str:
        """Return a token of somebody."""
        return self.tokens.sign(self.world.people[name], timedelta(hours=1))

    async def vote(self, name: str, place: int) -> None:
        """Cast one vote after the other; repeat each elsewhere until there is an answer."""
        possible = choices(BallotKind.SENSE_CHECK)
        headers = {"authorization": f"Bearer {self.token(name)}"}
        async with httpx.AsyncClient(headers=headers, timeout=PATIENCE) as client:
            number = 0
            while not self.enough.is_set():
                number += 1
                input = {
                    "ballotId": self.ballot,
                    "choice": possible[(number + place) % len(possible)],
                    "idempotencyKey": f"vote {number}",
                }
                place = await self._answered(client, input, place)
                self.acknowledged += 1
                async with self.news:
                    self.news.notify_all()

    async def _answered(self, client: httpx.AsyncClient, input: dict[str, Any], place: int) -> int:
        """Send a request until it is answered; return the place of the worker that did."""
        body = {"query": document("castVote"), "variables": {"input": input}}
        while True:
            try:
                response = await client.post(self.workers[place % 2].url, json=body)
            except httpx.TransportError:
                self.repeated += 1
                place += 1
                continue
            answer = response.json()["data"]["castVote"]
            assert answer["__typename"] == "CastVotePayload", answer
            return place

    async def after(self, votes: int) -> None:
        """Wait until so many more votes were acknowledged."""
        wanted = self.acknowledged + votes
        async with self.news, asyncio.timeout(PATIENCE):
            await self.news.wait_for(lambda: self.acknowledged >= wanted)

    async def watch(
        self, name: str, place: int, ready: asyncio.Semaphore, end: asyncio.Future[int]
    ) -> list[tuple[Any, ...]]:
        """Follow the exercise, on the other worker where one is gone, up to the last event."""
        variables: dict[str, Any] = {
            "topic": self.world.id("Engagement", self.world.engagement),
            "after": None,
        }
        seen: list[tuple[Any, ...]] = []
        while not end.done() or not seen or seen[-1][0] < end.result():
            try:
                async with connect(self.workers[place % 2].url, self.token(name)) as live:
                    async for data in live.stream(ACTIVITY, **variables):
                        message = data["activity"]
                        variables["after"] = message["cursor"]
                        if message["__typename"] == "ActivitySnapshot":
                            ready.release()
                            continue
                        subject, actor = message["subject"]["id"], message["actor"]["id"]
                        seen.append((message["sequence"], message["kind"], subject, actor))
                        if end.done() and seen[-1][0] >= end.result():
                            return seen
            except Gone:
                place += 1
        return seen


async def test_no_vote_is_lost_or_doubled_and_no_event_missed(
    server: Server, database_name: str, world: World, tmp_path: Path
) -> None:
    ballot = await opened(world)
    settings = environment(server.server.url("concordat_app", database_name), tmp_path)
    auth.tokens(Settings(data_folder=tmp_path))
    with ExitStack() as running:
        workers = [running.enter_context(worker(settings)) for _ in range(2)]
        await asyncio.gather(*(each.ready() for each in workers))
        panel = Panel(world, ballot, workers, tmp_path)
        ready, end = asyncio.Semaphore(0), asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as tasks:
            watching = [
                tasks.create_task(panel.watch(name, place, ready, end))
                for place, name in enumerate(("nurse1", "nurse2", "pharmacist1", "nurse3"))
            ]
            for _ in watching:
                await ready.acquire()
            voting = [
                tasks.create_task(panel.vote(name, place)) for place, name in enumerate(VOTERS)
            ]
            for number in range(KILLS):
                await panel.after(BETWEEN_KILLS)
                workers[number % 2].kill()
                workers[number % 2].start()
                await workers[number % 2].ready()
            await panel.after(BETWEEN_KILLS)
            panel.enough.set()
            await asyncio.gather(*voting)
            async with world.database.session() as session:
                last = (await session.scalar(END, {"id": world.engagement}) or 0) + 1
            end.set_result(last)
            # One event that is no vote wakes those who had everything before the end was known.
            await close(world, ballot)
        streams = [task.result() for task in watching]
    assert panel.repeated
    async with world.database.session() as session:
        assert await session.scalar(CASTINGS) == panel.acknowledged
        assert (await session.execute(KEYS)).one() == (panel.acknowledged, panel.acknowledged)
        for row in await session.execute(RECOUNT):
            assert row.counts == row.recounted
    assert streams[0] == streams[1] == streams[2] == streams[3]
    sequences = [event[0] for event in streams[0]]
    assert sequences == list(range(sequences[0], sequences[0] + panel.acknowledged + 1))

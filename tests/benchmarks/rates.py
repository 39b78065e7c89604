"""How often one process does a thing in a second, each against a bare baseline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import text

from domain import embedded, migrations
from domain.commands import ballots, comments, votes
from domain.consensus.choices import BallotKind
from domain.database import Database, create_engine
from domain.lifecycle import BallotTransition
from domain.models.ballots import BallotVisibility
from domain.models.comments import SubjectKind
from domain.permissions import Viewer
from domain.unit_of_work import UnitOfWork
from tests.subscriptions.live import Live, process
from tests.world import World, build

VOTERS = [f"{who}{n}" for who in ("nurse", "pharmacist", "physiotherapist") for n in (1, 2, 3)]
ACTIVITY = """
subscription ($topic: ID!) {
  activity(topicId: $topic) {
    __typename
    ... on ActivityEvent { cursor sequence kind subject { ... on Comment { body } } }
  }
}
"""


@dataclass(frozen=True)
class Measure:
    """How often something was done in a second, and its baseline."""

    name: str
    rate: float
    baseline_name: str
    baseline: float


async def rate(times: int, work: Callable[[int], Awaitable[object]]) -> float:
    """Return how often a second `work` was done, one after the other."""
    start = time.perf_counter()
    for number in range(times):
        await work(number)
    return times / (time.perf_counter() - start)


async def open_ballot(world: World, question: str) -> UUID:
    """Open a live sense check."""
    moderator = await world.viewer("moderator")
    async with UnitOfWork(world.database, moderator) as uow:
        ballot = await ballots.draft_ballot(
            uow,
            topic_id=world.engagement,
            kind=BallotKind.SENSE_CHECK,
            question=question,
            visibility=BallotVisibility.LIVE,
        )
    async with UnitOfWork(world.database, moderator) as uow:
        await ballots.advance_ballot(
            uow,
            ballot_id=ballot,
            transition=BallotTransition.OPEN,
            reason="",
            expected_revision=None,
        )
    return ballot


async def voting(world: World) -> Measure:
    """Cast votes, against committing one bare row."""
    ballot = await open_ballot(world, "Shall we?")
    viewers = [await world.viewer(name) for name in VOTERS]

    async def vote(number: int) -> None:
        viewer = viewers[number % len(viewers)]
        choice = ("AGREE", "DISAGREE", "PASS")[number // len(viewers) % 3]
        casting = votes.Casting(viewer=viewer, ballot_id=ballot, choice=choice)
        await votes.cast_vote(world.database, casting)

    row = text(
        "INSERT INTO idempotency_keys (person_id, key, fingerprint, at) VALUES (:id, '', '', now())"
    )

    async def commit(_: int) -> None:
        async with world.database.session() as session:
            await session.execute(row, {"id": uuid4()})
            await session.commit()

    return Measure(
        "a vote: permission, history, tally, event, wake-up",
        await rate(1_000, vote),
        "a bare row, committed",
        await rate(1_000, commit),
    )


async def delivering(live: Live, world: World, subscribers: int) -> Measure:
    """Deliver events to many subscribers, against one alone; deliveries a second."""
    nurse = await world.viewer("nurse1")

    async def deliver(count: int, events: int) -> float:
        async with AsyncExitStack() as stack:
            following = [
                await stack.enter_async_context(
                    live.subscribe(nurse, ACTIVITY, topic=world.id("Engagement", world.engagement))
                )
                for _ in range(count)
            ]
            await asyncio.gather(*(messages.next() for messages in following))
            start = time.perf_counter()
            writing = asyncio.create_task(write(world, nurse, events))
            await asyncio.gather(*(messages.take(2 * events) for messages in following))
            await writing
            return count * 2 * events / (time.perf_counter() - start)

    return Measure(
        f"deliveries to {subscribers} subscribers",
        await deliver(subscribers, 10),
        "deliveries to one",
        await deliver(1, 100),
    )


async def write(world: World, viewer: Viewer, threads: int) -> None:
    """Open threads, each of which is two events."""
    for _ in range(threads):
        async with UnitOfWork(world.database, viewer) as uow:
            await comments.open_thread(
                uow,
                topic_id=world.engagement,
                subject_kind=SubjectKind.SECTION,
                subject_id=world.sections[0],
                body="News.",
            )


async def measure(server: embedded.EmbeddedServer) -> list[Measure]:
    """Run every measure on a fresh, durable database."""
    await migrations.upgrade(server.owner_url)
    database = Database(create_engine(server.app_url))
    world = await build(database)
    try:
        async with process(database, server.app_url) as live:
            return [
                await voting(world),
                await delivering(live, world, 20),
            ]
    finally:
        await database.close()

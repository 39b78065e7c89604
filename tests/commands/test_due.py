"""What is due happens by itself: once, whoever looks, as the process and not as a person."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from domain.commands.due import step_what_is_due
from domain.consensus.rounds import RoundPlan
from domain.lifecycle import BallotState, BallotTransition, EngagementState
from domain.models.ballots import Ballot
from domain.models.engagements import Engagement
from domain.models.topics import StoredEvent
from domain.permissions import Audience
from tests.ballots import advance, draft, opened, set_back, vote
from tests.world import World

SOON = datetime.now(UTC) + timedelta(days=1)


async def state(world: World, ballot: UUID) -> BallotState:
    async with world.database.session() as session:
        return (await session.get_one(Ballot, ballot)).state


async def host(world: World, state: EngagementState) -> None:
    """Put the exercise into a state."""
    async with world.database.session() as session:
        (await session.get_one(Engagement, world.engagement)).state = state
        await session.commit()


async def scheduled(world: World) -> UUID:
    """Schedule a ballot whose time has come."""
    ballot = await draft(world, opens_at=SOON)
    await advance(world, ballot, BallotTransition.SCHEDULE)
    await set_back(world, ballot, "opens_at")
    return ballot


async def test_what_is_due_is_opened_and_closed_and_nothing_else(world: World) -> None:
    opening = await scheduled(world)
    closing = await opened(world, closes_at=SOON)
    await vote(world, "nurse1", closing, "AGREE")
    await set_back(world, closing, "closes_at")
    early = await draft(world, opens_at=SOON)
    await advance(world, early, BallotTransition.SCHEDULE)
    running = await opened(world, closes_at=SOON)
    drafted = await draft(world, opens_at=SOON)
    await set_back(world, drafted, "opens_at")

    assert await step_what_is_due(world.database) == 2
    assert await step_what_is_due(world.database) == 0

    assert [await state(world, each) for each in (opening, closing, early, running, drafted)] == [
        BallotState.OPEN,
        BallotState.CLOSED,
        BallotState.SCHEDULED,
        BallotState.OPEN,
        BallotState.DRAFT,
    ]
    await vote(world, "nurse1", opening, "AGREE")
    async with world.database.session() as session:
        outcome = (await session.get_one(Ballot, closing)).outcome
        events = await session.scalars(
            select(StoredEvent).where(
                StoredEvent.kind == "BALLOT_CLOSED", StoredEvent.audience == Audience.PUBLIC
            )
        )
        [told] = events
    assert outcome is not None
    assert outcome["turnout"]["voted"] == 1
    assert told.actor_id is None
    assert told.data["reason"] == "The deadline has passed."


async def test_a_round_that_is_not_the_last_one_ends_as_a_round(world: World) -> None:
    ballot = await opened(world, round_plan=RoundPlan(most_rounds=2), closes_at=SOON)
    await set_back(world, ballot, "closes_at")
    await step_what_is_due(world.database)
    assert await state(world, ballot) is BallotState.ROUND_CLOSED

    await advance(world, ballot, BallotTransition.NEXT_ROUND, "Again.", closes_at=SOON)
    await set_back(world, ballot, "closes_at")
    await step_what_is_due(world.database)
    assert await state(world, ballot) is BallotState.CLOSED


async def test_what_cannot_be_opened_yet_waits_and_holds_up_nothing(world: World) -> None:
    waiting, late = await scheduled(world), await scheduled(world)
    await set_back(world, late, "closes_at")
    closing = await opened(world, closes_at=SOON)
    await set_back(world, closing, "closes_at")
    await host(world, EngagementState.PLANNED)

    assert await step_what_is_due(world.database) == 1

    assert await state(world, waiting) is BallotState.SCHEDULED
    assert await state(world, closing) is BallotState.CLOSED
    await host(world, EngagementState.OPEN)
    assert await step_what_is_due(world.database) == 1
    assert await state(world, waiting) is BallotState.OPEN
    assert await state(world, late) is BallotState.SCHEDULED


async def test_many_who_look_at_once_take_each_step_once(world: World) -> None:
    ballots = [await opened(world, closes_at=SOON) for _ in range(6)]
    for ballot in ballots:
        await set_back(world, ballot, "closes_at")

    stepped = await asyncio.gather(*(step_what_is_due(world.database) for _ in range(4)))

    assert sum(stepped) == 6
    async with world.database.read() as session:
        closed = await session.scalars(
            select(StoredEvent.data["ballot_id"].astext).where(
                StoredEvent.kind == "BALLOT_CLOSED", StoredEvent.audience == Audience.PUBLIC
            )
        )
        assert sorted(closed) == sorted(map(str, ballots))

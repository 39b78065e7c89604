"""Reminders: those who have not voted find out, and nobody finds out who they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.reminders import remind_electors
from domain.consensus.rounds import RoundPlan
from domain.errors import Conflict, NotAllowed, NotFound
from domain.lifecycle import BallotState, EngagementState
from domain.models.ballots import Ballot, BallotVisibility
from domain.models.comments import SubjectKind
from domain.models.engagements import Engagement
from domain.models.topics import StoredEvent
from domain.permissions import Audience
from domain.unit_of_work import UnitOfWork
from tests.ballots import brought_to, close, next_round, opened, set_back, vote
from tests.commands.test_stale_votes import heading, perform
from tests.conftest import Ask
from tests.world import World

BLIND = BallotVisibility.AFTER_CLOSE
REMIND = """
mutation ($input: RemindElectorsInput!) {
  remindElectors(input: $input) {
    ... on RemindElectorsPayload { ballot { id remindedAt } }
    ... on Error { code message }
  }
}
"""


async def remind(world: World, ballot: UUID, name: str = "moderator") -> None:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        await remind_electors(uow, ballot_id=ballot)


async def waiting(ask: Ask, world: World, name: str) -> list[str]:
    """Return the ballots that somebody is reminded of."""
    data = await ask(await world.viewer(name), "{ viewer { reminders { id } } }")
    return [each["id"] for each in data["viewer"]["reminders"]]


async def test_a_moderator_reminds_those_who_have_not_voted(ask: Ask, world: World) -> None:
    ballot = await opened(world, visibility=BLIND)
    id = world.id("Ballot", ballot)
    await vote(world, "nurse1", ballot, "AGREE")
    assert await waiting(ask, world, "nurse2") == []

    answer = await ask(await world.viewer("moderator"), REMIND, input={"ballotId": id})

    assert answer["remindElectors"]["ballot"]["remindedAt"] is not None
    assert await waiting(ask, world, "nurse1") == []
    assert await waiting(ask, world, "nurse2") == [id]
    assert await waiting(ask, world, "stranger") == []
    await vote(world, "nurse2", ballot, "PASS")
    assert await waiting(ask, world, "nurse2") == []


async def test_nobody_sees_what_another_is_reminded_of(ask: Ask, world: World) -> None:
    ballot = await opened(world, visibility=BLIND)
    await remind(world, ballot)
    query = "query ($id: ID!) { node(id: $id) { ... on Person { reminders { id } } } }"

    for name in ("nurse1", "moderator", "admin"):
        data = await ask(
            await world.viewer(name), query, id=world.id("Person", world.people["nurse2"])
        )
        assert data["node"]["reminders"] is None


@pytest.mark.parametrize("voted", [True, False])
async def test_everybody_is_told_the_same_whoever_had_voted(world: World, *, voted: bool) -> None:
    ballot = await opened(world, visibility=BLIND)
    if voted:
        await vote(world, "nurse1", ballot, "AGREE")
    await remind(world, ballot)

    async with world.database.read() as session:
        events = await session.scalars(
            select(StoredEvent).where(StoredEvent.kind == "ELECTORS_REMINDED")
        )
        told = {each.audience: each.data for each in events}
    assert set(told) == set(Audience)
    assert all(data == {"ballot_id": str(ballot)} for data in told.values())


async def test_electors_are_reminded_once_in_a_day_of_each_round(ask: Ask, world: World) -> None:
    ballot = await opened(world, round_plan=RoundPlan(most_rounds=2))
    await remind(world, ballot)
    with pytest.raises(Conflict, match="once in 24 hours"):
        await remind(world, ballot)
    async with world.database.session() as session:
        found = await session.get_one(Ballot, ballot)
        found.reminded_at = datetime.now(UTC) - timedelta(hours=24, seconds=1)
        await session.commit()
    await remind(world, ballot)

    await next_round(world, ballot)
    assert await waiting(ask, world, "nurse1") == []
    await remind(world, ballot)
    assert await waiting(ask, world, "nurse1") == [world.id("Ballot", ballot)]


@pytest.mark.parametrize("state", sorted({*BallotState} - {BallotState.OPEN, BallotState.DRAFT}))
async def test_only_of_an_open_ballot_is_anybody_reminded(world: World, state: BallotState) -> None:
    ballot = await brought_to(world, state)

    with pytest.raises(Conflict, match=f"while the ballot is OPEN; it is {state}"):
        await remind(world, ballot)


@pytest.mark.parametrize(
    ("name", "state", "refusal"),
    [
        ("nurse1", BallotState.OPEN, NotAllowed),
        ("nurse1", BallotState.DRAFT, NotFound),
        ("stranger", BallotState.OPEN, NotAllowed),
    ],
)
async def test_only_moderators_remind(
    world: World, name: str, state: BallotState, refusal: type[Exception]
) -> None:
    ballot = await brought_to(world, state)

    with pytest.raises(refusal):
        await remind(world, ballot, name)


async def test_what_takes_no_votes_waits_for_nobody(ask: Ask, world: World) -> None:
    closed, overdue = await opened(world), await opened(world)
    for ballot in (closed, overdue):
        await remind(world, ballot)
    await close(world, closed)
    await set_back(world, overdue, "closes_at")
    assert await waiting(ask, world, "nurse1") == []

    hosted = await opened(world)
    await remind(world, hosted)
    assert await waiting(ask, world, "nurse1") == [world.id("Ballot", hosted)]
    async with world.database.session() as session:
        (await session.get_one(Engagement, world.engagement)).state = EngagementState.CLOSED
        await session.commit()
    assert await waiting(ask, world, "nurse1") == []


async def test_who_voted_on_what_was_changed_is_asked_again_without_a_reminder(
    ask: Ask, world: World
) -> None:
    ballot = await opened(world, subject=(SubjectKind.SECTION, world.sections[0]))
    await vote(world, "nurse1", ballot, "AGREE")
    await perform(world, heading)

    assert await waiting(ask, world, "nurse1") == [world.id("Ballot", ballot)]
    assert await waiting(ask, world, "nurse2") == []
    await vote(world, "nurse1", ballot, "AGREE")
    assert await waiting(ask, world, "nurse1") == []


async def test_a_repeated_request_reminds_once(ask: Ask, world: World) -> None:
    ballot = await opened(world)
    input: dict[str, Any] = {"ballotId": world.id("Ballot", ballot), "idempotencyKey": "k"}
    moderator = await world.viewer("moderator")

    first = await ask(moderator, REMIND, input=input)
    assert await ask(moderator, REMIND, input=input) == first

"""Voting races closing: what was acknowledged is counted, what was refused is not, nothing else.

Half of the voters vote by another process, since those of one are cast together.

A few races here; `make chaos` runs a thousand.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from uuid import UUID

from sqlalchemy import select, update

from domain.commands.due import step_what_is_due
from domain.consensus.choices import BallotKind, choices, ordinal
from domain.consensus.rounds import RoundPlan
from domain.database import Database, create_engine
from domain.errors import Conflict
from domain.lifecycle import BallotState, BallotTransition
from domain.models.ballots import Ballot, BallotVisibility
from domain.models.rounds import Round
from domain.models.votes import CastVote, Vote
from tests.ballots import VOTERS, advance, counts, opened, vote
from tests.chaos.scale import report, scaled
from tests.world import World

RACES = scaled(15, 1_000)
CASTINGS = 6  # of each voter at most; whoever wins, some are before the end and some after it
CHOICES = choices(BallotKind.SENSE_CHECK)


async def keep_voting(world: World, name: str, ballot: UUID, chance: random.Random) -> list[str]:
    """Vote again and again until refused; return what was acknowledged."""
    acknowledged: list[str] = []
    for _ in range(CASTINGS):
        choice = chance.choice(CHOICES)
        try:
            await vote(world, name, ballot, choice)
        except Conflict:
            return acknowledged
        acknowledged.append(choice)
    return acknowledged


async def end(world: World, ballot: UUID, number: int, chance: random.Random) -> None:
    """End the voting in one of three ways, at some moment while votes come in."""
    await asyncio.sleep(chance.uniform(0, 0.03))
    match number % 3:
        case 0:
            await advance(world, ballot, BallotTransition.CLOSE)
        case 1:
            await advance(world, ballot, BallotTransition.CLOSE_ROUND)
        case _:
            soon = datetime.now(UTC) + timedelta(milliseconds=chance.uniform(0, 10))
            async with world.database.session() as session:
                await session.execute(
                    update(Ballot).where(Ballot.id == ballot).values(closes_at=soon)
                )
                await session.commit()
            stepped = 0
            while not stepped:  # as two processes look for what is due
                stepped = sum(
                    await asyncio.gather(*(step_what_is_due(world.database) for _ in range(2)))
                )
            assert stepped == 1


async def test_every_acknowledged_vote_is_counted_or_refused_and_never_neither(
    world: World,
) -> None:
    chance = random.Random(5)  # noqa: S311 - which race comes next is no secret
    castings = won = 0
    url = world.database.engine.url.render_as_string(hide_password=False)
    other = Database(create_engine(url))
    processes = [world, replace(world, database=other)]
    for number in range(RACES):
        visibility = chance.choice(list(BallotVisibility))
        ballot = await opened(world, visibility=visibility, round_plan=RoundPlan(most_rounds=2))
        ending = asyncio.create_task(end(world, ballot, number, chance))
        said = await asyncio.gather(
            *(
                keep_voting(process, name, ballot, chance)
                for name, process in zip(VOTERS, cycle(processes), strict=False)
            )
        )
        await ending
        acknowledged = [each for each in said if each]
        castings += sum(map(len, acknowledged))
        won += sum(len(each) < CASTINGS for each in said)

        expected = [0] * len(CHOICES)
        for each in acknowledged:
            expected[ordinal(BallotKind.SENSE_CHECK, each[-1])] += 1
        tallied = [sum(column) for column in zip(*(await counts(world, ballot)).values())]  # noqa: B905
        async with world.database.session() as session:
            found = await session.get_one(Ballot, ballot)
            outcome = await session.scalar(select(Round.outcome).where(Round.ballot_id == ballot))
            kept = (
                await session.scalars(
                    select(CastVote.choice)
                    .join(Vote, Vote.id == CastVote.vote_id)
                    .where(Vote.ballot_id == ballot)
                )
            ).all()
        assert found.state in (BallotState.CLOSED, BallotState.ROUND_CLOSED)
        assert outcome is not None
        assert tallied == expected == outcome["overall"]["counts"]
        assert len(kept) == sum(map(len, acknowledged))
    await other.close()
    assert won
    report(f"{RACES} races, {castings} votes acknowledged and all counted, {won} voters refused.")

"""What the events say is what the tables have, whatever rounds and edits a ballot went through."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from domain.commands.ballots import admit
from domain.commands.sections import edit_section
from domain.consensus.choices import BallotKind, choices
from domain.consensus.rounds import RoundPlan
from domain.consensus.tallies import Tally, apply, total
from domain.database import Database, create_engine
from domain.errors import Conflict, NotAllowed
from domain.lifecycle import BallotTransition
from domain.models.ballots import Ballot, TallyRow
from domain.models.comments import SubjectKind
from domain.models.engagements import Engagement
from domain.models.rounds import Round
from domain.models.topics import StoredEvent
from domain.models.votes import Vote
from domain.permissions import Audience
from domain.unit_of_work import UnitOfWork
from tests.ballots import VOTERS, advance, opened, vote
from tests.conftest import Server
from tests.world import World

EXAMPLES = int(os.environ.get("CONCORDAT_STEPS", "200")) // 40
KIND = BallotKind.SENSE_CHECK
CHOICES = choices(KIND)
JOINING = ("stranger", "developer", "provider")

VOTING = st.tuples(st.sampled_from((*VOTERS, *JOINING)), st.sampled_from(CHOICES))
STEPS = st.one_of(
    VOTING,
    VOTING,
    VOTING,
    VOTING,
    st.just("edit"),
    st.sampled_from(JOINING),
    st.sampled_from(
        (
            BallotTransition.CLOSE_ROUND,
            BallotTransition.NEXT_ROUND,
            BallotTransition.NEXT_ROUND,
            BallotTransition.DEFER,
            BallotTransition.RESUME,
        )
    ),
)


@asynccontextmanager
async def inhabited(server: Server) -> AsyncIterator[World]:
    """Give the world of the tests in a database of its own."""
    name = f"test_{uuid4().hex}"
    await server.statement(f"CREATE DATABASE {name} TEMPLATE {server.inhabited} STRATEGY file_copy")
    database = Database(create_engine(server.server.url("concordat_app", name)))
    yield replace(server.world, database=database, people=dict(server.world.people))
    await database.close()
    await server.statement(f"DROP DATABASE {name} WITH (FORCE)")


async def take(world: World, ballot: UUID, step: Any) -> None:
    """Take one step; what is refused changes nothing."""
    try:
        if isinstance(step, tuple):
            await vote(world, step[0], ballot, step[1])
        elif isinstance(step, BallotTransition):
            await advance(world, ballot, step, "It is time.")
        elif step == "edit":
            async with UnitOfWork(world.database, await world.viewer("developer")) as uow:
                await edit_section(
                    uow,
                    section_id=world.sections[0],
                    heading="Other words",
                    expected_revision=None,
                    material=True,
                )
        else:
            await join(world, step)
    except (Conflict, NotAllowed):
        pass


async def join(world: World, name: str) -> None:
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await uow.session.get_one(Engagement, world.engagement, with_for_update={"key_share": True})
        await admit(
            uow,
            topic_id=world.engagement,
            person_id=world.people[name],
            constituency_id=world.constituencies["Nurses"],
        )


def fold(events: list[StoredEvent]) -> tuple[tuple[Tally, ...], list[list[int]]]:
    """Return the tallies after all events, and what everybody had chosen as each round ended."""
    tallies: tuple[Tally, ...] = ()
    ended: list[list[int]] = []
    for event in events:
        data = event.data
        match event.kind:
            case "BALLOT_OPENED":
                tallies = tuple(
                    Tally(id, "", eligible, (0,) * len(CHOICES))
                    for id, eligible in data["eligible"].items()
                )
            case "ELECTOR_ADDED":
                tallies = tuple(
                    replace(each, eligible=each.eligible + 1)
                    if each.constituency == data["constituency_id"]
                    else each
                    for each in tallies
                )
            case "VOTE_CAST":
                tallies = apply(
                    tallies, data["constituency_id"], data.get("previous"), data["choice"]
                )
            case "ROUND_CLOSED" | "BALLOT_CLOSED":
                ended.append(list(total(KIND, tallies).counts))
            case "ROUND_OPENED" | "VOTES_MADE_STALE":
                tallies = tuple(replace(each, counts=(0,) * len(CHOICES)) for each in tallies)
    return tallies, ended


async def compare(world: World, ballot: UUID, reader: Audience) -> None:
    async with world.database.session() as session:
        events = await session.scalars(
            select(StoredEvent)
            .where(
                StoredEvent.audience == reader,
                StoredEvent.data["ballot_id"].astext == str(ballot),
            )
            .order_by(StoredEvent.sequence)
        )
        tallies, ended = fold(list(events))
        rows = await session.scalars(select(TallyRow).where(TallyRow.ballot_id == ballot))
        kept = {str(row.constituency_id): (row.eligible, tuple(row.counts)) for row in rows}
        rounds = (
            await session.scalars(
                select(Round).where(Round.ballot_id == ballot).order_by(Round.number)
            )
        ).all()
        counted = await session.execute(
            select(Vote.constituency_id, Vote.choice, func.count())
            .join(Ballot, Ballot.id == Vote.ballot_id)
            .where(Vote.ballot_id == ballot, Vote.round == Ballot.round, ~Vote.stale)
            .group_by(Vote.constituency_id, Vote.choice)
        )
        recounted = {id: [0] * len(CHOICES) for id in kept}
        for constituency, choice, number in counted:
            assert choice is not None
            recounted[str(constituency)][choice] = number
        for one, other in pairwise(rounds):
            assert list(other.shifts) == await _shifts(session, ballot, one.number)
    assert {each.constituency: (each.eligible, each.counts) for each in tallies} == kept
    assert {id: list(counts) for id, (_, counts) in kept.items()} == recounted
    assert [each.outcome["overall"]["counts"] for each in rounds if each.outcome] == ended


async def _shifts(session: Any, ballot: UUID, before: int) -> list[int]:
    """Count anew who answered what in a round and in the next one."""
    votes = (await session.scalars(select(Vote).where(Vote.ballot_id == ballot))).all()
    answers = {
        (vote.person_id, vote.round): vote.choice
        for vote in votes
        if not vote.stale and vote.choice is not None
    }
    found = [0] * len(CHOICES) ** 2
    for (person, round), choice in answers.items():
        later = answers.get((person, before + 1))
        if round == before and later is not None:
            found[choice * len(CHOICES) + later] += 1
    return found


@settings(
    max_examples=max(1, EXAMPLES),
    derandomize="CONCORDAT_STEPS" not in os.environ,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(steps=st.lists(STEPS, min_size=20, max_size=60))
async def test_the_events_of_a_ballot_fold_to_its_tallies_and_rounds(
    server: Server, steps: list[Any]
) -> None:
    async with inhabited(server) as world:
        ballot = await opened(
            world,
            KIND,
            round_plan=RoundPlan(most_rounds=4),
            subject=(SubjectKind.SECTION, world.sections[0]),
        )
        for step in steps:
            await take(world, ballot, step)
        for reader in (Audience.MEMBERS, Audience.MODERATORS):
            await compare(world, ballot, reader)
        await advance(world, ballot, BallotTransition.CLOSE, "Enough.")
        async with world.database.session() as session:
            found = await session.get_one(Ballot, ballot)
            last = await session.scalar(
                select(Round.outcome).where(Round.ballot_id == ballot, Round.number == found.round)
            )
        assert found.outcome is not None
        assert last is not None
        assert found.outcome["overall"]["counts"] == last["overall"]["counts"]

"""Secret ballots: who voted what is told to nobody, and the result from time to time."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.ballots import edit_ballot
from domain.consensus.choices import BallotKind
from domain.consensus.results import Consensus, Status
from domain.errors import Invalid
from domain.models.ballots import Ballot, BallotSecrecy, BallotVisibility, ReleaseRow
from domain.models.topics import StoredEvent
from domain.permissions import ANYONE, Audience
from domain.queries import consensus, votes
from domain.queries.pages import Page
from domain.unit_of_work import UnitOfWork
from tests.ballots import VOTERS, close, draft, opened, vote
from tests.world import World

CONFIDENTIAL: dict[str, Any] = {"secrecy": BallotSecrecy.CONFIDENTIAL, "smallest_count": 2}


async def told(world: World, name: str | None, ballot: UUID) -> Consensus | None:
    viewer = ANYONE if name is None else await world.viewer(name)
    async with world.database.read() as session:
        [standing] = await consensus.of_ballots(session, viewer, [ballot])
    return None if standing is None else standing.consensus


async def events(world: World, kind: str) -> list[tuple[Audience, UUID | None, dict[str, Any]]]:
    async with world.database.read() as session:
        rows = await session.scalars(
            select(StoredEvent)
            .where(StoredEvent.kind == kind)
            .order_by(StoredEvent.audience, StoredEvent.sequence)
        )
        return [(row.audience, row.actor_id, row.data) for row in rows]


async def test_nobody_is_told_who_voted_or_what_but_the_voter(world: World) -> None:
    ballot = await opened(world, **CONFIDENTIAL)
    cast = await vote(world, "nurse1", ballot, "AGREE", "A reason.")
    await vote(world, "nurse1", ballot, "DISAGREE", "Another.")

    assert await events(world, "VOTE_CAST") == []
    assert await events(world, "VOTE_RECEIVED") == [
        (Audience.MODERATORS, None, {"ballot_id": str(ballot), "first": first, "round": 1})
        for first in (True, False)
    ]
    for closed in (False, True):
        if closed:
            await close(world, ballot)
        for name in ("nurse1", "nurse2", "moderator", "admin"):
            viewer = await world.viewer(name)
            async with world.database.read() as session:
                [found] = await votes.by_ids(session, viewer, [cast])
                [page] = await votes.of_ballots(session, viewer, [ballot], Page(10))
                counted = await votes.count_of_ballots(session, viewer, [ballot])
            assert (found is not None) is (name == "nurse1")
            assert (list(page.items), counted) == ([], [0])


async def test_members_are_told_what_is_not_small_and_moderators_the_turnout_beside(
    world: World,
) -> None:
    ballot = await opened(world, **CONFIDENTIAL)
    for name in ("nurse1", "pharmacist1"):
        await vote(world, name, ballot, "AGREE")
    before = [await told(world, name, ballot) for name in ("nurse2", "moderator", None)]
    for name in ("nurse2", "physiotherapist1"):
        await vote(world, name, ballot, "DISAGREE")
    await vote(world, "nurse3", ballot, "DISAGREE")
    member, moderator, public = [
        await told(world, name, ballot) for name in ("nurse2", "moderator", None)
    ]

    assert (before[0], before[2], public) == (None, None, None)
    assert before[1] is not None
    assert (before[1].overall, before[1].turnout.voted) == (None, 2)
    assert member is not None
    assert member.overall is not None
    assert member.suppressed
    assert sorted(member.overall.counts, key=str) == [2, None, None]
    assert (member.turnout.voted, member.overall.voted) == (4, 4)
    assert moderator is not None
    assert moderator.turnout.voted == 5
    assert moderator.overall == member.overall
    assert await events(world, "CONSENSUS_RELEASED") == [
        (audience, None, {"ballot_id": str(ballot), "number": 1})
        for audience in (Audience.MEMBERS, Audience.MODERATORS)
    ]


async def test_a_late_vote_is_not_told_apart_by_the_close(world: World) -> None:
    ballot = await opened(world, **CONFIDENTIAL)
    for name, choice in zip(VOTERS, ("AGREE", "AGREE", "DISAGREE", "DISAGREE"), strict=False):
        await vote(world, name, ballot, choice)
    released = await told(world, "nurse1", ballot)
    await vote(world, "physiotherapist3", ballot, "AGREE")
    await close(world, ballot)

    assert released is not None
    for reader in (None, "nurse1", "moderator"):
        outcome = await told(world, reader, ballot)
        assert outcome is not None
        assert outcome.overall == released.overall
        assert outcome.turnout.voted == 5
        assert outcome.suppressed
    closings = await events(world, "BALLOT_CLOSED")
    assert {None in data["outcome"]["overall"]["counts"] for *_, data in closings} == {True}


async def test_of_a_ballot_in_which_few_voted_the_close_tells_nothing(world: World) -> None:
    ballot = await opened(world, secrecy=BallotSecrecy.CONFIDENTIAL)
    await vote(world, "nurse1", ballot, "AGREE")
    await close(world, ballot)

    for reader in (None, "nurse1", "moderator"):
        outcome = await told(world, reader, ballot)
        assert outcome is not None
        assert outcome.status is Status.WITHHELD
        assert outcome.overall is None
        assert outcome.by_constituency == ()


async def test_a_ballot_that_is_blind_until_its_close_is_released_once(world: World) -> None:
    ballot = await opened(
        world, BallotKind.SENSE_CHECK, BallotVisibility.AFTER_CLOSE, **CONFIDENTIAL
    )
    for number, name in enumerate(VOTERS):
        await vote(world, name, ballot, "AGREE" if number % 3 else "DISAGREE")
    assert await told(world, "nurse1", ballot) is None
    await close(world, ballot)

    outcome = await told(world, "nurse1", ballot)
    assert outcome is not None
    assert outcome == await told(world, None, ballot)
    assert outcome.overall is not None
    assert None in outcome.overall.counts
    async with world.database.read() as session:
        assert (await session.scalars(select(ReleaseRow))).all() == []


async def test_votes_at_the_same_moment_make_releases_one_after_the_other(world: World) -> None:
    ballot = await opened(world, **CONFIDENTIAL)
    await asyncio.gather(
        *(vote(world, name, ballot, ("AGREE", "DISAGREE")[n % 2]) for n, name in enumerate(VOTERS))
    )
    async with world.database.read() as session:
        rows = (await session.scalars(select(ReleaseRow).order_by(ReleaseRow.number))).all()
    assert rows
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


async def test_a_secret_ballot_cannot_open_itself_to_some_and_nothing_is_written(
    world: World,
) -> None:
    with pytest.raises(Invalid) as drafting:
        await draft(world, visibility=BallotVisibility.AFTER_OWN_VOTE, **CONFIDENTIAL)
    ballot = await draft(world, visibility=BallotVisibility.AFTER_OWN_VOTE)
    with pytest.raises(Invalid) as editing:
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await edit_ballot(
                uow,
                ballot_id=ballot,
                expected_revision=None,
                secrecy=BallotSecrecy.CONFIDENTIAL,
            )

    assert drafting.value.path == editing.value.path == ("visibility",)
    async with world.database.read() as session:
        [kept] = await session.scalars(select(Ballot))
    assert (kept.secrecy, kept.revision) == (BallotSecrecy.NAMED, 1)

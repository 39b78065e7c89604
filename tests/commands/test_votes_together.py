"""Votes that are asked for at once are cast by one statement, each as if it were alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from domain.commands.votes import MOST, Cast, Casting, cast_vote
from domain.database import Database, create_engine
from domain.errors import NotAllowed, NotFound
from domain.ids import new_id
from domain.lifecycle import BallotState, EngagementState
from domain.models.ballots import Ballot, BallotVisibility, Elector, TallyRow
from domain.models.roundtables import Roundtable
from domain.models.topics import StoredEvent, Topic, TopicKind
from domain.models.votes import CastVote, VoteReceipt
from domain.permissions import Audience, Role, Viewer
from tests.ballots import counts, draft, opened
from tests.counting import counting
from tests.world import NOW, World


async def at_once(database: Database, castings: Iterable[Casting]) -> list[Cast | BaseException]:
    """Cast votes at the same moment; return what became of each."""
    return await asyncio.gather(
        *(cast_vote(database, casting) for casting in castings), return_exceptions=True
    )


async def roundtable(world: World) -> UUID:
    """Open a roundtable."""
    place = new_id()
    await world.add(
        Topic(id=place, kind=TopicKind.ROUNDTABLE, scopes=[place, world.engagement]),
        Roundtable(
            id=place,
            engagement_id=world.engagement,
            title="x",
            agenda="x",
            starts_at=NOW,
            state=EngagementState.OPEN,
            created_at=NOW,
        ),
    )
    return place


async def opened_in(
    world: World,
    place: UUID,
    voters: Sequence[str],
    visibility: BallotVisibility = BallotVisibility.LIVE,
) -> UUID:
    """Open a ballot in a roundtable, in which these people may vote."""
    ballot = await draft(world, topic_id=place, visibility=visibility)
    nurses = world.constituencies["Nurses"]
    await world.add(
        *(
            Elector(ballot_id=ballot, person_id=world.people[name], constituency_id=nurses)
            for name in voters
        ),
        TallyRow(
            ballot_id=ballot,
            constituency_id=nurses,
            eligible=len(voters),
            voted=0,
            counts=[0, 0, 0],
        ),
    )
    async with world.database.session() as session:
        await session.execute(
            update(Ballot).where(Ballot.id == ballot).values(state=BallotState.OPEN)
        )
        await session.commit()
    return ballot


async def casting_of(
    world: World, name: str, ballot: UUID, choice: str, key: str | None = None
) -> Casting:
    """Return a casting by somebody who may vote in every topic."""
    viewer = Viewer(world.people[name], {None: frozenset({Role.BOARD})})
    return Casting(viewer=viewer, ballot_id=ballot, choice=choice, idempotency_key=key)


async def gapless(world: World) -> None:
    """Assert that the events of each stream are numbered from 1 to the counter of its topic."""
    async with world.database.read() as session:
        streams = await session.execute(
            select(
                StoredEvent.topic_id,
                StoredEvent.audience,
                func.count().label("told"),
                func.max(StoredEvent.sequence).label("last"),
            ).group_by(StoredEvent.topic_id, StoredEvent.audience)
        )
        topics = {each.id: each for each in await session.scalars(select(Topic))}
    for stream in streams:
        topic = topics[stream.topic_id]
        reached = {
            Audience.PUBLIC: topic.public_sequence,
            Audience.MEMBERS: topic.members_sequence,
            Audience.MODERATORS: topic.moderators_sequence,
        }[stream.audience]
        assert stream.told == stream.last == reached


async def test_votes_at_once_take_one_statement_and_each_has_its_own_answer(world: World) -> None:
    named, blind = await opened(world), await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    elsewhere = await opened_in(world, await roundtable(world), ["nurse1"])
    castings = [
        await casting_of(world, name, ballot, choice, key)
        for name, ballot, choice, key in (
            ("nurse1", named, "AGREE", None),
            ("stranger", named, "AGREE", None),
            ("nurse1", elsewhere, "PASS", "k"),
            ("nurse2", blind, "DISAGREE", "k"),
            ("nurse1", new_id(), "AGREE", None),
            ("nurse1", named, "DISAGREE", None),
            ("nurse1", elsewhere, "PASS", "k"),
        )
    ]

    with counting(world.database) as sent:
        found = await at_once(world.database, castings)

    assert len(sent) == 1
    first, stranger, other, hidden, unknown, changed, repeated = found
    assert isinstance(stranger, NotAllowed)
    assert isinstance(unknown, NotFound)
    assert isinstance(first, Cast)
    assert isinstance(changed, Cast)
    assert isinstance(other, Cast)
    assert isinstance(repeated, Cast)
    assert isinstance(hidden, Cast)
    assert first.vote_id == changed.vote_id
    assert (repeated.vote_id, repeated.receipt) == (other.vote_id, None)
    nurses = world.constituencies["Nurses"]
    tallies = [(await counts(world, each))[nurses] for each in (named, blind, elsewhere)]
    assert tallies == [[0, 1, 0], [0, 1, 0], [0, 0, 1]]
    await gapless(world)
    async with world.database.read() as session:
        kept = set(await session.scalars(select(VoteReceipt.commitment)))
    assert kept == {
        each.receipt.commitment for each in (changed, other, hidden) if each.receipt is not None
    }


async def test_what_fails_in_the_database_fails_alone(world: World) -> None:
    ballot = await opened(world)
    nobody = Viewer(new_id(), {None: frozenset({Role.SECRETARIAT})})
    failing = Casting(
        viewer=nobody, ballot_id=ballot, choice="AGREE", on_behalf_of_id=world.people["nurse2"]
    )
    castings = [
        await casting_of(world, "nurse1", ballot, "AGREE"),
        failing,
        await casting_of(world, "nurse3", ballot, "PASS"),
    ]

    first, failed, last = await at_once(world.database, castings)

    assert isinstance(failed, NotFound)
    assert isinstance(first, Cast)
    assert isinstance(last, Cast)
    assert (await counts(world, ballot))[world.constituencies["Nurses"]] == [1, 0, 1]
    await gapless(world)


async def test_more_votes_than_one_statement_takes_are_cast_in_several(world: World) -> None:
    ballot = await opened(world)
    castings = [await casting_of(world, "nurse1", ballot, "AGREE")] * (MOST + 1)

    with counting(world.database) as sent:
        found = await at_once(world.database, castings)

    assert len(sent) == 2
    assert all(isinstance(each, Cast) for each in found)
    async with world.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(CastVote)) == MOST + 1


async def waiting(world: World) -> int:
    """Return how many statements wait for a lock in this database."""
    async with world.database.session() as session:
        found: int | None = await session.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )
    return found or 0


@pytest.mark.parametrize("visibility", [BallotVisibility.LIVE, BallotVisibility.AFTER_OWN_VOTE])
@pytest.mark.parametrize("awaited", [Ballot, Topic])
async def test_processes_that_vote_in_opposite_orders_do_not_wait_for_each_other_in_a_circle(
    world: World, awaited: type[Ballot | Topic], visibility: BallotVisibility
) -> None:
    here = [await opened(world, visibility=visibility) for _ in range(2)]
    place = await roundtable(world)
    there = [await opened_in(world, place, ["nurse1", "nurse2"], visibility) for _ in range(2)]
    # They share ballots, or only topics.
    shared = awaited is Ballot
    asked = [("nurse1", here[0], there[0]), ("nurse2", there[not shared], here[not shared])]
    async with AsyncExitStack() as stack:
        url = world.database.engine.url.render_as_string(hide_password=False)
        turns, sent = [], []
        first = here[0] if shared else world.engagement
        async with world.database.session() as session:
            lock = select(awaited.id).where(awaited.id == first).with_for_update(key_share=True)
            await session.execute(lock)
            for name, *ballots in asked:
                process = Database(create_engine(url))
                stack.push_async_callback(process.close)
                sent.append(stack.enter_context(counting(process)))
                castings = [await casting_of(world, name, ballot, "AGREE") for ballot in ballots]
                turns.append(asyncio.create_task(at_once(process, castings)))
                while await waiting(world) < len(turns):
                    assert not turns[-1].done()
        for turn in turns:
            assert all(isinstance(each, Cast) for each in await turn)

    # Where one of two had to give way, its votes would have been cast one by one.
    assert [len(statements) for statements in sent] == [1, 1]
    await gapless(world)

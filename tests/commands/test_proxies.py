"""Votes that somebody else casts: moderators for any elector, and proxies for who named them."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.proxies import name_proxy, withdraw_proxy
from domain.commands.votes import Casting, cast_vote
from domain.consensus.choices import BallotKind
from domain.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.models.ballots import BallotVisibility
from domain.models.objections import Objection
from domain.models.proxies import Proxy
from domain.models.topics import IdempotencyKey, StoredEvent
from domain.models.votes import CastVote, Vote
from domain.permissions import Audience
from domain.queries import votes
from domain.unit_of_work import UnitOfWork
from tests.ballots import close, counts, draft, opened, vote
from tests.counting import counting
from tests.world import World


async def names(world: World, name: str, ballot: UUID, proxy: str) -> None:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        await name_proxy(uow, ballot_id=ballot, proxy_id=world.people[proxy])


async def withdraws(world: World, name: str, ballot: UUID) -> None:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        await withdraw_proxy(uow, ballot_id=ballot)


async def casts(
    world: World, name: str, voter: str, ballot: UUID, choice: str = "AGREE", **more: Any
) -> UUID:
    """Cast a vote as somebody on behalf of somebody else."""
    cast = await cast_vote(
        world.database,
        Casting(
            viewer=await world.viewer(name),
            ballot_id=ballot,
            choice=choice,
            on_behalf_of_id=world.people[voter],
            **more,
        ),
    )
    return cast.vote_id


async def kept(world: World, id: UUID) -> tuple[Vote, list[CastVote]]:
    async with world.database.session() as session:
        castings = await session.scalars(select(CastVote).order_by(CastVote.revision))
        return await session.get_one(Vote, id), list(castings)


async def told(world: World, *kinds: str) -> list[StoredEvent]:
    async with world.database.session() as session:
        found = await session.scalars(
            select(StoredEvent)
            .where(StoredEvent.kind.in_(kinds), StoredEvent.audience == Audience.MODERATORS)
            .order_by(StoredEvent.sequence)
        )
        return list(found)


async def test_a_moderators_record_of_a_vote_names_both(world: World) -> None:
    ballot = await opened(world)
    with counting(world.database) as sent:
        id = await casts(world, "moderator", "nurse1", ballot, "DISAGREE", rationale="By phone.")
    assert len(sent) - 1 == 1  # the first one reads the viewer's roles

    now, [casting] = await kept(world, id)
    moderator, nurse = world.people["moderator"], world.people["nurse1"]
    assert (now.person_id, now.cast_by_id, casting.cast_by_id) == (nurse, moderator, moderator)
    assert (await counts(world, ballot))[world.constituencies["Nurses"]] == [0, 1, 0]
    [event] = await told(world, "VOTE_CAST")
    assert (event.actor_id, event.data["voter_id"]) == (moderator, str(nurse))


async def test_who_then_votes_oneself_changes_it_and_the_history_keeps_both(world: World) -> None:
    ballot = await opened(world)
    first = await casts(world, "moderator", "nurse1", ballot, "DISAGREE")
    second = await vote(world, "nurse1", ballot, "AGREE")

    now, castings = await kept(world, first)
    assert first == second
    assert now.cast_by_id is None
    assert [each.cast_by_id for each in castings] == [world.people["moderator"], None]
    assert (await counts(world, ballot))[world.constituencies["Nurses"]] == [1, 0, 0]


async def test_a_proxy_votes_until_they_are_withdrawn(world: World) -> None:
    ballot = await opened(world)
    await names(world, "nurse1", ballot, "nurse2")
    id = await casts(world, "nurse2", "nurse1", ballot)
    await withdraws(world, "nurse1", ballot)

    with pytest.raises(NotAllowed, match="Only moderators cast a vote on behalf"):
        await casts(world, "nurse2", "nurse1", ballot, "DISAGREE")
    now, castings = await kept(world, id)
    assert (now.cast_by_id, now.choice, len(castings)) == (world.people["nurse2"], 0, 1)
    ids = {
        "ballot_id": str(ballot),
        "person_id": str(world.people["nurse1"]),
        "proxy_id": str(world.people["nurse2"]),
    }
    events = await told(world, "PROXY_NAMED", "PROXY_WITHDRAWN")
    assert [(each.kind, each.data) for each in events] == [
        ("PROXY_NAMED", ids),
        ("PROXY_WITHDRAWN", ids),
    ]


async def test_another_proxy_takes_the_place_of_the_first(world: World) -> None:
    ballot = await opened(world)
    for proxy in ("nurse2", "nurse3", "nurse3"):
        await names(world, "nurse1", ballot, proxy)

    await casts(world, "nurse3", "nurse1", ballot)
    with pytest.raises(NotAllowed):
        await casts(world, "nurse2", "nurse1", ballot)
    assert len(await told(world, "PROXY_NAMED")) == 2


@pytest.mark.parametrize("name", ["nurse2", "secretary", "moderator"])
async def test_a_blind_vote_for_somebody_else_is_shown_to_who_cast_it_and_whose_it_is(
    world: World, name: str
) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    await names(world, "nurse1", ballot, "nurse2")
    id = await casts(world, name, "nurse1", ballot)

    async with world.database.read() as session:
        for other in ("nurse1", name, "nurse3"):
            [found] = await votes.by_ids(session, await world.viewer(other), [id])
            assert (found is None) is (other == "nurse3")
    [event] = await told(world, "VOTE_RECEIVED")
    assert event.actor_id == world.people[name]
    assert event.data["voter_id"] == str(world.people["nurse1"])


@pytest.mark.parametrize(
    ("name", "voter", "sentence"),
    [
        ("nurse2", "nurse1", "Only moderators cast a vote on behalf of somebody"),
        ("stranger", "nurse1", "Only moderators cast"),
        ("moderator", "stranger", "This person is not among the electors"),
    ],
)
async def test_a_vote_that_is_not_ones_to_cast_is_refused_and_nothing_is_written(
    world: World, name: str, voter: str, sentence: str
) -> None:
    ballot = await opened(world)
    before = await world.events(world.engagement)

    with pytest.raises(NotAllowed, match=sentence):
        await casts(world, name, voter, ballot, idempotency_key="k")
    assert await world.events(world.engagement) == before
    async with world.database.session() as session:
        for model in (Vote, CastVote, IdempotencyKey):
            assert (await session.scalars(select(model))).all() == []


async def test_the_key_is_that_of_who_casts(world: World) -> None:
    ballot = await opened(world)
    again = {"idempotency_key": "k", "fingerprint": "a"}
    first = await casts(world, "moderator", "nurse1", ballot, **again)
    assert await casts(world, "moderator", "nurse1", ballot, **again) == first
    assert await vote(world, "nurse1", ballot, "PASS", key="k", fingerprint="b") == first
    assert len((await kept(world, first))[1]) == 2


@pytest.mark.parametrize(
    ("name", "proxy", "refused", "sentence"),
    [
        ("nurse3", "nurse3", Invalid, "Nobody is their own proxy"),
        ("nurse3", "stranger", Invalid, "A proxy is an elector of the same ballot"),
        ("nurse3", "nurse1", Conflict, "has named a proxy"),
        ("nurse2", "nurse3", Conflict, "You are somebody's proxy"),
        ("nurse2", "nurse1", Conflict, "named a proxy|somebody's proxy"),
        ("stranger", "nurse3", NotAllowed, "VOTE"),
        ("moderator", "nurse3", NotAllowed, "VOTE"),
    ],
)
async def test_proxies_go_one_level_from_elector_to_elector(
    world: World, name: str, proxy: str, refused: type[DomainError], sentence: str
) -> None:
    ballot = await opened(world)
    await names(world, "nurse1", ballot, "nurse2")

    with pytest.raises(refused, match=sentence):
        await names(world, name, ballot, proxy)
    async with world.database.session() as session:
        assert len((await session.scalars(select(Proxy))).all()) == 1


async def test_of_two_who_name_each_other_at_once_one_is_too_late(world: World) -> None:
    ballot = await opened(world)
    results = await asyncio.gather(
        names(world, "nurse1", ballot, "nurse2"),
        names(world, "nurse2", ballot, "nurse1"),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in results) == ["Conflict", "NoneType"]


async def test_who_named_nobody_has_nobody_to_withdraw(world: World) -> None:
    ballot = await opened(world)
    with pytest.raises(Conflict, match="named no proxy"):
        await withdraws(world, "nurse1", ballot)


async def test_a_proxy_is_named_while_the_ballot_is_open(world: World) -> None:
    with pytest.raises(NotFound):
        await names(world, "nurse1", await draft(world), "nurse2")
    ballot = await opened(world)
    await close(world, ballot)
    with pytest.raises(Conflict, match="it is CLOSED"):
        await names(world, "nurse1", ballot, "nurse2")


async def test_an_objecting_proxy_raises_the_voters_objection(world: World) -> None:
    ballot = await opened(world, BallotKind.CONSENT)
    await names(world, "nurse1", ballot, "nurse2")
    await casts(world, "nurse2", "nurse1", ballot, "OBJECT", rationale="She says it hurts.")

    [event] = await told(world, "OBJECTION_RAISED")
    async with world.database.session() as session:
        [objection] = (await session.scalars(select(Objection))).all()
    assert event.actor_id == world.people["nurse2"]
    assert objection.person_id == world.people["nurse1"]

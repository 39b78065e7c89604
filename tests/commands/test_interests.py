"""Declared interests: who has one in what is voted on does not vote on it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.ballots import admit
from domain.commands.interests import declare_interest, withdraw_interest
from domain.commands.objections import raise_objection
from domain.commands.proxies import name_proxy
from domain.commands.votes import Casting, cast_vote
from domain.consensus.choices import BallotKind
from domain.consensus.rounds import RoundPlan
from domain.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.ids import new_id
from domain.lifecycle import BallotState, BallotTransition
from domain.models.ballots import Ballot, BallotVisibility, Elector, TallyRow
from domain.models.comments import SubjectKind
from domain.models.interests import Interest, Mitigation
from domain.models.rounds import Round
from domain.models.topics import StoredEvent
from domain.permissions import Audience
from domain.queries import ballots as queries
from domain.queries import votes
from domain.unit_of_work import UnitOfWork
from tests.ballots import VOTERS, advance, close, draft, next_round, opened, vote
from tests.world import World

RECUSE = Mitigation.RECUSE


async def declares(
    world: World,
    name: str,
    *,
    topic: UUID | None = None,
    subject: tuple[SubjectKind, UUID] | None = None,
    body: str = "My employer sells it.",
    mitigation: Mitigation = RECUSE,
) -> UUID:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        return await declare_interest(
            uow,
            topic_id=topic or world.engagement,
            subject=subject,
            body=body,
            mitigation=mitigation,
        )


async def withdraws(world: World, name: str, interest: UUID) -> None:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        await withdraw_interest(uow, interest_id=interest)


async def nurses(world: World, ballot: UUID) -> tuple[int, int, list[int]]:
    """Return how many nurses may vote, how many have, and their counts."""
    async with world.database.session() as session:
        row = await session.get_one(TallyRow, (ballot, world.constituencies["Nurses"]))
        return row.eligible, row.voted, list(row.counts)


async def told(world: World, *kinds: str) -> list[StoredEvent]:
    async with world.database.session() as session:
        found = await session.scalars(
            select(StoredEvent)
            .where(StoredEvent.kind.in_(kinds), StoredEvent.audience == Audience.MEMBERS)
            .order_by(StoredEvent.sequence)
        )
        return list(found)


@pytest.mark.parametrize(
    ("kind", "given", "before", "after"),
    [
        (BallotKind.SENSE_CHECK, {"choice": "DISAGREE"}, [1, 1, 0], [1, 0, 0]),
        (BallotKind.MULTIPLE_CHOICE, {"options": (1, 3)}, [2, 0, 1], [1, 0, 0]),
        (
            BallotKind.RANKING,
            {"options": (2,)},
            [1, 1, 1, 1, 1, 1, 0, 0, 0],
            [1, 1, 1, 0, 0, 0, 0, 0, 0],
        ),
    ],
)
async def test_who_declares_an_interest_is_no_elector_any_more_and_their_vote_does_not_count(
    world: World, kind: BallotKind, given: dict[str, Any], before: list[int], after: list[int]
) -> None:
    ballot = await opened(world, kind)
    other = {"choice": "AGREE"} if kind is BallotKind.SENSE_CHECK else {"options": (1,)}
    await vote(world, "nurse2", ballot, **other)
    cast = await vote(world, "nurse1", ballot, **given)
    assert await nurses(world, ballot) == (3, 2, before)

    interest = await declares(world, "nurse1")
    assert await nurses(world, ballot) == (2, 1, after)
    with pytest.raises(NotAllowed, match="You are recused from this ballot by an interest"):
        await vote(world, "nurse1", ballot, **given)
    viewer = await world.viewer("nurse1")
    async with world.database.read() as session:
        assert await queries.open_to_viewer(session, viewer, [ballot]) == [False]
        assert await votes.recused(session, viewer, [cast]) == [True]

    await withdraws(world, "nurse1", interest)
    assert await nurses(world, ballot) == (3, 2, before)
    await vote(world, "nurse1", ballot, **given)
    recused, readmitted = await told(world, "ELECTOR_RECUSED", "ELECTOR_READMITTED")
    assert recused.data == readmitted.data
    assert recused.data["person_id"] == str(world.people["nurse1"])
    assert ("choice" in recused.data) is (kind is BallotKind.SENSE_CHECK)


async def test_an_interest_is_in_one_subject_or_in_all_that_a_topic_holds(world: World) -> None:
    section = (SubjectKind.SECTION, world.sections[0])
    about = await opened(world, subject=section)
    other = await opened(world)
    await declares(world, "nurse1", subject=section)
    await declares(world, "nurse2", topic=world.specification)

    assert [(await nurses(world, each))[0] for each in (about, other)] == [1, 2]
    await vote(world, "nurse1", other, "AGREE")
    for name, ballot in (("nurse1", about), ("nurse2", about), ("nurse2", other)):
        with pytest.raises(NotAllowed, match="recused"):
            await vote(world, name, ballot, "AGREE")


@pytest.mark.parametrize("kind", [SubjectKind.SPECIFICATION, SubjectKind.ENGAGEMENT])
async def test_an_interest_in_what_a_ballot_is_held_in_covers_it(
    world: World, kind: SubjectKind
) -> None:
    ballot = await opened(world, subject=(SubjectKind.SECTION, world.sections[0]))
    id = {
        SubjectKind.SPECIFICATION: world.specification,
        SubjectKind.ENGAGEMENT: world.engagement,
    }[kind]
    await declares(world, "nurse1", subject=(kind, id))

    assert (await nurses(world, ballot))[0] == 2


async def test_an_interest_in_a_ballot_covers_that_one(world: World) -> None:
    ballot, other = await opened(world), await opened(world)
    await declares(world, "nurse1", subject=(SubjectKind.BALLOT, ballot))

    assert [(await nurses(world, each))[0] for each in (ballot, other)] == [2, 3]


async def shifts(world: World, ballot: UUID, number: int) -> list[int]:
    """Return who answered what in a round and in the one before, by pairs of choices."""
    async with world.database.session() as session:
        found = await session.scalars(
            select(Round.shifts).where(Round.ballot_id == ballot, Round.number == number)
        )
        return list(found.one())


async def test_who_is_recused_in_a_later_round_is_not_among_those_who_answered_twice(
    world: World,
) -> None:
    ballot = await opened(world, round_plan=RoundPlan(most_rounds=3))
    for name in ("nurse1", "nurse2"):
        await vote(world, name, ballot, "AGREE")
    await next_round(world, ballot)
    await vote(world, "nurse1", ballot, "DISAGREE")
    await vote(world, "nurse2", ballot, "AGREE")
    both = await shifts(world, ballot, 2)

    interest = await declares(world, "nurse1")
    without = await shifts(world, ballot, 2)
    await withdraws(world, "nurse1", interest)
    again = await shifts(world, ballot, 2)
    await advance(world, ballot, BallotTransition.CLOSE_ROUND)
    await declares(world, "nurse2")

    assert both == again == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert without == [1, 0, 0, 0, 0, 0, 0, 0, 0]
    assert await shifts(world, ballot, 2) == both, "What a round came to stays what it was."


async def test_an_interest_without_recusal_is_only_known(world: World) -> None:
    ballot = await opened(world)
    id = await declares(world, "nurse1", mitigation=Mitigation.NONE)

    await vote(world, "nurse1", ballot, "AGREE")
    assert [each.data for each in await told(world, "INTEREST_DECLARED")] == [
        {"interest_id": str(id), "mitigation": "NONE"}
    ]
    assert await told(world, "ELECTOR_RECUSED") == []


async def test_who_has_two_interests_is_recused_until_both_are_withdrawn(world: World) -> None:
    ballot = await opened(world)
    ids = [await declares(world, "nurse1") for _ in range(2)]

    await withdraws(world, "nurse1", ids[0])
    assert (await nurses(world, ballot))[0] == 2
    await withdraws(world, "nurse1", ids[1])
    assert (await nurses(world, ballot))[0] == 3
    assert len(await told(world, "ELECTOR_RECUSED")) == 1


async def test_a_ballot_opens_without_those_who_are_recused(world: World) -> None:
    interest = await declares(world, "nurse1")
    ballot = await opened(world)

    assert await nurses(world, ballot) == (2, 0, [0, 0, 0])
    [event] = await told(world, "BALLOT_OPENED")
    assert event.data["eligible"][str(world.constituencies["Nurses"])] == 2
    await withdraws(world, "nurse1", interest)
    assert (await nurses(world, ballot))[0] == 3


async def test_a_ballot_of_which_everybody_is_recused_is_not_opened(world: World) -> None:
    for name in VOTERS:
        await declares(world, name)

    with pytest.raises(Conflict, match="all are recused"):
        await opened(world)
    async with world.database.session() as session:
        assert (await session.scalars(select(Ballot.state))).all() == [BallotState.DRAFT]
        assert (await session.scalars(select(Elector))).all() == []


async def test_who_joins_an_open_ballot_with_an_interest_is_recused(world: World) -> None:
    ballot = await opened(world)
    stranger, group = world.people["stranger"], world.constituencies["Nurses"]
    await world.add(
        Interest(
            topic_id=world.specification,
            person_id=stranger,
            subject_kind=None,
            subject_id=None,
            body="I wrote it.",
            mitigation=RECUSE,
            created_at=(await told(world, "BALLOT_OPENED"))[0].at,
        )
    )
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await admit(uow, topic_id=world.engagement, person_id=stranger, constituency_id=group)

    assert (await nurses(world, ballot))[0] == 3
    kinds = [each.kind for each in await told(world, "ELECTOR_ADDED", "ELECTOR_RECUSED")]
    assert kinds == ["ELECTOR_ADDED", "ELECTOR_RECUSED"]


async def test_who_is_recused_votes_for_nobody_names_nobody_and_objects_to_nothing(
    world: World,
) -> None:
    ballot = await opened(world, BallotKind.CONSENT)
    async with UnitOfWork(world.database, await world.viewer("nurse2")) as uow:
        await name_proxy(uow, ballot_id=ballot, proxy_id=world.people["nurse1"])
    await declares(world, "nurse1")

    with pytest.raises(NotAllowed, match="Only moderators cast"):
        await cast_vote(
            world.database,
            Casting(
                viewer=await world.viewer("nurse1"),
                ballot_id=ballot,
                choice="CONSENT",
                on_behalf_of_id=world.people["nurse2"],
            ),
        )
    with pytest.raises(NotAllowed, match="This person is recused"):
        await cast_vote(
            world.database,
            Casting(
                viewer=await world.viewer("moderator"),
                ballot_id=ballot,
                choice="CONSENT",
                on_behalf_of_id=world.people["nurse1"],
            ),
        )
    with pytest.raises(NotAllowed, match="You are recused"):
        async with UnitOfWork(world.database, await world.viewer("nurse1")) as uow:
            await raise_objection(uow, ballot_id=ballot, body="No.", safety=False)
    with pytest.raises(Invalid, match="A proxy is an elector"):
        async with UnitOfWork(world.database, await world.viewer("nurse3")) as uow:
            await name_proxy(uow, ballot_id=ballot, proxy_id=world.people["nurse1"])


async def test_a_closed_ballot_stays_as_it_was(world: World) -> None:
    ballot = await opened(world)
    await vote(world, "nurse1", ballot, "AGREE")
    await close(world, ballot)
    await declares(world, "nurse1")

    assert await nurses(world, ballot) == (3, 1, [1, 0, 0])


async def test_of_a_blind_ballot_nobody_is_told_what_the_recused_had_voted(world: World) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    await vote(world, "nurse1", ballot, "AGREE")
    await declares(world, "nurse1")

    [event] = await told(world, "ELECTOR_RECUSED")
    assert set(event.data) == {"ballot_id", "person_id", "constituency_id"}


@pytest.mark.parametrize(
    ("name", "more", "refused"),
    [
        ("stranger", {}, NotAllowed),
        ("nurse1", {"body": " "}, Invalid),
        ("nurse1", {"body": "x" * 4_001}, Invalid),
        ("nurse1", {"topic": new_id()}, NotFound),
        ("nurse1", {"subject": (SubjectKind.SECTION, new_id())}, NotFound),
    ],
)
async def test_an_interest_that_cannot_be_is_refused_and_nothing_is_written(
    world: World, name: str, more: dict[str, Any], refused: type[DomainError]
) -> None:
    before = await world.events(world.engagement)
    with pytest.raises(refused):
        await declares(world, name, **more)
    assert await world.events(world.engagement) == before
    async with world.database.session() as session:
        assert (await session.scalars(select(Interest))).all() == []


async def test_an_interest_is_withdrawn_once_by_whoever_has_it(world: World) -> None:
    interest = await declares(world, "nurse1")

    with pytest.raises(NotFound):
        await withdraws(world, "stranger", interest)
    with pytest.raises(NotAllowed, match="Only who declared"):
        await withdraws(world, "nurse2", interest)
    await withdraws(world, "nurse1", interest)
    with pytest.raises(Conflict, match="withdrawn already"):
        await withdraws(world, "nurse1", interest)


async def test_whoever_comes_first_of_votes_interests_and_an_opening_the_tallies_are_exact(
    world: World,
) -> None:
    for _ in range(4):
        ballot = await opened(world)
        coming = await draft(world)

        async def try_to_vote(name: str, ballot: UUID = ballot) -> None:
            try:
                await vote(world, name, ballot, "AGREE")
            except NotAllowed:
                return

        results = await asyncio.gather(
            *(try_to_vote(name) for name in VOTERS),
            declares(world, "nurse1"),
            advance(world, coming, BallotTransition.OPEN),
            declares(world, "nurse2"),
        )
        async with world.database.session() as session:
            for each in (ballot, coming):
                recused = set(
                    await session.scalars(
                        select(Elector.person_id).where(Elector.ballot_id == each, Elector.recused)
                    )
                )
                assert recused == {world.people["nurse1"], world.people["nurse2"]}
                assert (await nurses(world, each))[0] == 1
        assert await nurses(world, ballot) == (1, 1, [1, 0, 0])
        for name, interest in (("nurse1", results[-3]), ("nurse2", results[-1])):
            assert isinstance(interest, UUID)
            await withdraws(world, name, interest)

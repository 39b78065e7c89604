"""Ballots in which organisations vote, each by the official position of its representative."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.ballots import edit_ballot
from domain.commands.interests import declare_interest
from domain.commands.proxies import name_proxy
from domain.commands.stakeholders import remove_stakeholder
from domain.commands.votes import Casting, cast_vote
from domain.consensus.choices import BallotKind
from domain.errors import Conflict, Invalid, NotAllowed
from domain.lifecycle import BallotTransition
from domain.models.ballots import Ballot, BallotSecrecy, Elector, VotesBy
from domain.models.interests import Mitigation
from domain.models.people import ScopeKind
from domain.queries import opinions, views, votes
from domain.unit_of_work import UnitOfWork
from tests.ballots import advance, close, counts, draft, opened, vote
from tests.organisations import Organisations, asked, discussed, join, organised, represent
from tests.world import World


@pytest.fixture
async def organisations(world: World) -> Organisations:
    return await organised(world)


async def electors(world: World, ballot: UUID) -> dict[UUID, UUID | None]:
    """Return for which organisation each elector votes."""
    async with world.database.session() as session:
        found = await session.scalars(select(Elector).where(Elector.ballot_id == ballot))
        return {each.person_id: each.organisation_id for each in found}


async def edit(world: World, ballot: UUID, **changes: object) -> None:
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await edit_ballot(uow, ballot_id=ballot, expected_revision=None, **changes)  # type: ignore[arg-type]


async def recuse(world: World, name: str) -> None:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        await declare_interest(
            uow, topic_id=world.engagement, body="I own it.", mitigation=Mitigation.RECUSE
        )


async def test_each_organisation_votes_once_in_the_constituency_of_its_representative(
    world: World, organisations: Organisations
) -> None:
    ballot = await asked(world)
    assert await electors(world, ballot) == {
        world.people["nurse1"]: organisations.college,
        world.people["pharmacist1"]: organisations.society,
    }
    await vote(world, "nurse1", ballot, "AGREE")
    await vote(world, "pharmacist1", ballot, "DISAGREE")

    assert await counts(world, ballot) == {
        world.constituencies["Nurses"]: [1, 0, 0],
        world.constituencies["Pharmacists"]: [0, 1, 0],
    }
    await close(world, ballot)
    async with world.database.session() as session:
        outcome = (await session.get_one(Ballot, ballot)).outcome
    assert outcome is not None
    assert outcome["turnout"] == {"voted": 2, "eligible": 2}


@pytest.mark.usefixtures("organisations")
@pytest.mark.parametrize("name", ["nurse2", "physiotherapist1"])
async def test_nobody_but_the_representative_casts_a_position(world: World, name: str) -> None:
    ballot = await asked(world)
    with pytest.raises(NotAllowed, match="not among the electors"):
        await vote(world, name, ballot, "AGREE")


async def test_of_two_representatives_who_has_been_so_for_longest_casts_the_position(
    world: World, organisations: Organisations
) -> None:
    await represent(world, "nurse2", ScopeKind.ENGAGEMENT, world.engagement)
    assert world.people["nurse1"] in await electors(world, await asked(world))

    await recuse(world, "nurse1")
    then = await electors(world, await asked(world))
    assert then[world.people["nurse2"]] == organisations.college
    assert world.people["nurse1"] not in then


async def test_a_representative_of_another_organisation_or_exercise_is_none_of_ones_own(
    world: World, organisations: Organisations
) -> None:
    await represent(world, "nurse2", ScopeKind.ORGANISATION, organisations.society)
    await join(world, "nurse1", organisations.society)

    assert set(await electors(world, await asked(world))) == {world.people["pharmacist1"]}


@pytest.mark.usefixtures("organisations")
async def test_an_organisation_whose_representative_is_recused_does_not_count(
    world: World,
) -> None:
    await recuse(world, "nurse1")
    ballot = await asked(world)
    with pytest.raises(NotAllowed, match="You are recused"):
        await vote(world, "nurse1", ballot, "AGREE")
    await close(world, ballot)
    async with world.database.session() as session:
        outcome = (await session.get_one(Ballot, ballot)).outcome
    assert outcome is not None
    assert outcome["turnout"]["eligible"] == 1


async def test_without_a_representative_such_a_ballot_does_not_open(world: World) -> None:
    ballot = await draft(world, votes_by=VotesBy.ORGANISATIONS)
    with pytest.raises(Conflict, match="No organisation would vote"):
        await advance(world, ballot, BallotTransition.OPEN)


@pytest.mark.usefixtures("organisations")
async def test_in_a_roundtable_the_organisations_of_those_invited_vote(world: World) -> None:
    roundtable = await discussed(world, "nurse2", "pharmacist1", "pharmacist2")
    ballot = await asked(world, topic_id=roundtable)

    assert set(await electors(world, ballot)) == {world.people["pharmacist1"]}
    await vote(world, "pharmacist1", ballot, "AGREE")


@pytest.mark.usefixtures("organisations")
async def test_an_organisation_that_joins_later_does_not_vote(world: World) -> None:
    async with world.database.session() as session:
        assert not (await session.get_one(Ballot, await asked(world))).electorate_grows
    with pytest.raises(Invalid, match="they are entered when the ballot is opened") as refused:
        await draft(world, votes_by=VotesBy.ORGANISATIONS, electorate_grows=True)
    assert refused.value.path == ("electorate_grows",)


@pytest.mark.parametrize("secrecy", [BallotSecrecy.CONFIDENTIAL, BallotSecrecy.UNLINKABLE])
async def test_an_official_position_is_never_secret(world: World, secrecy: BallotSecrecy) -> None:
    with pytest.raises(Invalid, match="is NAMED, not") as refused:
        await draft(world, votes_by=VotesBy.ORGANISATIONS, secrecy=secrecy)
    assert refused.value.path == ("secrecy",)


@pytest.mark.usefixtures("organisations")
async def test_who_votes_is_set_in_the_draft_and_never_later(world: World) -> None:
    ballot = await draft(world, BallotKind.POSITIONS)
    await edit(world, ballot, votes_by=VotesBy.ORGANISATIONS)
    await advance(world, ballot, BallotTransition.OPEN)

    assert len(await electors(world, ballot)) == 2
    with pytest.raises(Conflict, match="DRAFT"):
        await edit(world, ballot, votes_by=VotesBy.PEOPLE)


@pytest.mark.usefixtures("organisations")
async def test_a_representative_stays_while_their_ballot_is_open(world: World) -> None:
    await asked(world)
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        with pytest.raises(Conflict, match="entitled to vote in open ballots"):
            await remove_stakeholder(
                uow, stakeholder_id=world.stakeholders["nurse1"], reason="They left."
            )
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await remove_stakeholder(
            uow, stakeholder_id=world.stakeholders["nurse2"], reason="They left."
        )


async def test_a_position_that_somebody_else_casts_is_still_that_of_the_organisation(
    world: World, organisations: Organisations
) -> None:
    ballot = await asked(world)
    async with UnitOfWork(world.database, await world.viewer("nurse1")) as uow:
        await name_proxy(uow, ballot_id=ballot, proxy_id=world.people["pharmacist1"])
    for name in ("pharmacist1", "moderator"):
        cast = await cast_vote(
            world.database,
            Casting(
                viewer=await world.viewer(name),
                ballot_id=ballot,
                choice="AGREE",
                on_behalf_of_id=world.people["nurse1"],
            ),
        )
        async with world.database.read() as session:
            viewer = await world.viewer(name)
            [organisation] = await views.organisations_of(session, viewer, [cast.vote_id])
            [vote_] = await votes.by_ids(session, viewer, [cast.vote_id])
        assert organisation is not None
        assert vote_ is not None
        assert (organisation.id, vote_.cast_by_id) == (organisations.college, world.people[name])


@pytest.mark.usefixtures("organisations")
async def test_positions_of_organisations_make_no_group_of_people(world: World) -> None:
    official, own = await asked(world), await opened(world)
    for ballot in (official, own):
        await vote(world, "nurse1", ballot, "AGREE")
    async with world.database.read() as session:
        viewer = await world.viewer("moderator")
        [held] = await opinions.of_engagements(
            session, viewer, [world.engagement], BallotKind.SENSE_CHECK
        )
    assert held.ballots == (own,)

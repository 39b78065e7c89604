"""Records by their ids: read alike for everybody, told to whom a list would show them."""

from __future__ import annotations

from itertools import product
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from domain.lifecycle import BallotState
from domain.models.ballots import Ballot, BallotSecrecy, BallotVisibility
from domain.models.engagements import Engagement
from domain.models.people import Person
from domain.models.roundtables import Roundtable
from domain.models.specifications import Specification
from domain.models.topics import Topic
from domain.permissions import ANYONE, Role, Viewer
from domain.queries import ballots, votes
from domain.queries.pages import ById, Page, seen_by, visible
from tests.ballots import opened, vote
from tests.conftest import Ask
from tests.roundtables import held
from tests.world import World

PLACES = (Specification, Engagement, Roundtable)
"""Records that are topics themselves, one inside the other."""


@pytest.mark.parametrize("role", Role)
async def test_who_is_told_of_it_by_id_is_shown_it_in_lists(
    ask: Ask, world: World, role: Role
) -> None:
    await held(ask, world)
    person = world.people["stranger"]
    async with world.database.read() as session:
        ids = list(await session.scalars(select(Topic.id)))
        scopes: list[UUID | None] = [None, *ids]
        holders = [Viewer(person, {scope: frozenset({role})}) for scope in scopes]
        for viewer in (ANYONE, Viewer(person), *holders):
            for place in PLACES:
                shown = select(place.id).join(Topic, Topic.id == place.id).where(visible())
                listed = set(await session.scalars(shown, seen_by(viewer)))
                told = await ById[Any](place, place.id)(session, viewer, ids)
                assert {each.id for each in told if each is not None} == listed


async def test_they_come_in_the_order_of_the_ids_with_none_for_what_is_not_there(
    world: World,
) -> None:
    async with world.database.read() as session:
        people = list(await session.scalars(select(Person.id)))
        keys = [people[1], UUID(int=7), people[0], people[1]]
        found = await ById(Person)(session, ANYONE, keys)

    assert [each and each.id for each in found] == [people[1], None, people[0], people[1]]


async def test_what_is_part_of_a_topic_is_as_visible_as_that(world: World) -> None:
    engagements: ById[Engagement] = ById(Engagement, Engagement.specification_id)
    member = Viewer(world.people["stranger"], {world.specification: frozenset({Role.OBSERVER})})
    async with world.database.session() as session:
        topic = await session.get_one(Topic, world.specification)
        public = topic.public
        topic.public = False
        await session.commit()
    async with world.database.read() as session:
        assert await engagements(session, ANYONE, [world.engagement]) == [None]
        [found] = await engagements(session, member, [world.engagement])
        [specification] = await ById(Specification, Specification.id)(
            session, member, [world.specification]
        )

    assert public
    assert found is not None
    assert found.id == world.engagement
    assert specification is not None


ROLES = (Role.SECRETARIAT, Role.MODERATOR, Role.STAKEHOLDER, Role.OBSERVER, Role.PRACTITIONER)


async def test_ballots_and_their_votes_are_told_by_id_to_whom_lists_show_them(
    world: World,
) -> None:
    ballot = await opened(world)
    cast = await vote(world, "nurse1", ballot, "AGREE")
    viewers = [
        Viewer(world.people["stranger"], {scope: frozenset({role})}, voted_in=frozenset(voted))
        for role, scope, voted in product(
            ROLES, (None, world.engagement, world.specification), ((), (ballot,))
        )
    ]
    for secrecy, visibility, state in product(BallotSecrecy, BallotVisibility, BallotState):
        async with world.database.session() as session:
            await session.execute(
                update(Ballot).values(secrecy=secrecy, visibility=visibility, state=state)
            )
            await session.commit()
        async with world.database.read() as session:
            for viewer in (ANYONE, *viewers):
                page = Page(size=1)
                [listed] = await ballots.of_topics(session, viewer, [world.engagement], page)
                told = await ballots.by_ids(session, viewer, [ballot])
                assert [each for each in told if each is not None] == listed.items
                [cast_there] = await votes.of_ballots(session, viewer, [ballot], page)
                told_votes = await votes.by_ids(session, viewer, [cast])
                assert [each for each in told_votes if each is not None] == cast_there.items

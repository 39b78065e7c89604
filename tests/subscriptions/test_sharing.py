"""One execution for all who are told the same, and nobody is told what is another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLObjectType,
    get_named_type,
    is_composite_type,
    is_interface_type,
    is_union_type,
)
from prometheus_client import REGISTRY

from api.graphql import schema
from domain.commands import comments, memberships, people, words
from domain.ids import new_id
from domain.models.comments import HidingGround, SubjectKind
from domain.models.moderation import WordsKind
from domain.models.people import Membership, ScopeKind
from domain.permissions import ANYONE, Representative, Role, Viewer
from domain.queries import comments as queries
from domain.queries.pages import Page
from domain.unit_of_work import UnitOfWork
from schema.nodes import LOADERS
from schema.sharing import NOTE, is_personal
from tests.api.furnished import ARGUMENTS, Furnished, furnished, run
from tests.api.inputs import SCHEMA, known
from tests.ballots import opened, vote
from tests.conftest import Server
from tests.subscriptions.live import PATIENCE, Live, Messages
from tests.world import NOW, World

EVENTS = """
subscription ($topic: ID!, $after: String) {
  activity(topicId: $topic, after: $after) {
    __typename
    ... on ActivityEvent { cursor sequence kind subject { __typename ... on Comment { body } } }
    ... on Reset { message }
  }
}
"""
OWN_VOTES = """
subscription ($ballot: ID!) {
  votes(ballotId: $ballot) {
    __typename
    ... on VotesSnapshot { ballot { viewerVote { choice } } }
    ... on VoteEvent { ballot { viewerVote { choice } } }
  }
}
"""
# What is read at another moment is another time.
CLOCKS = {"asOf"}
# Visitors, people with and without a part, and one of each kind of right.
VIEWERS = (None, "nurse1", "nurse2", "pharmacist1", "stranger", "moderator", "admin", "provider")


def marked() -> set[str]:
    """Return the fields that say of themselves that they depend on who exactly asks."""
    return {
        f"{type.name}.{name}"
        for type in schema._schema.type_map.values()  # noqa: SLF001 - Strawberry has no other name
        if isinstance(type, GraphQLObjectType)
        for name, field in type.fields.items()
        if is_personal(field)
    }


MARKED = marked()


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Furnished]:
    async with furnished(server) as made:
        yield made


def executions(kind: str) -> float:
    return REGISTRY.get_sample_value("concordat_executions_total", {"kind": kind}) or 0.0


def leaves(type: Any) -> str:
    """Return what to select of a field: everything that is on its first level."""
    named = get_named_type(type)
    if is_interface_type(named):
        return "{ __typename id }"
    if is_union_type(named):
        return "{ __typename }"
    if not isinstance(named, GraphQLObjectType):
        return ""
    if named.name.endswith("Connection"):
        return f"{{ totalCount nodes {leaves(named.fields['nodes'].type)} }}"
    fields = [
        name
        for name, field in named.fields.items()
        if not is_composite_type(get_named_type(field.type))
        and name not in CLOCKS
        and f"{named.name}.{name}" not in MARKED
    ]
    return f"{{ __typename {' '.join(fields)} }}"


async def test_no_field_of_any_node_tells_one_viewer_what_is_anothers(place: Furnished) -> None:
    database = place.world.database
    ids = await known(database)
    personal: set[str] = set()
    for type_name in sorted(LOADERS):
        node: Any = SCHEMA.type_map[type_name]
        for field, definition in node.fields.items():
            query = (
                f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} "
                f"{{ {field} {ARGUMENTS.get(f'{type_name}.{field}', '')} "
                f"{leaves(definition.type)} }} }} }}"
            )
            variables = {"ids": ids[type_name][:100]}
            for name in VIEWERS:
                viewer = await place.viewer(name)
                shared = Representative(viewer)
                told = await run(database, shared, query, variables)
                own = await run(database, viewer, query, variables)
                # What they would be told alike is told to them, unless it is said to be theirs.
                if told != own:
                    assert shared.personal or viewer.person_id in shared.asked, (name, query)
                if shared.personal:
                    personal.add(f"{type_name}.{field}")
    assert personal == MARKED


def test_whoever_reads_the_schema_is_told_what_cannot_be_shared() -> None:
    for each in MARKED:
        type_name, field = each.split(".")
        found: Any = SCHEMA.type_map[type_name]
        assert found.fields[field].description.endswith(NOTE), each


async def talk(world: World, name: str, body: str) -> Any:
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        return await comments.open_thread(
            uow,
            topic_id=world.engagement,
            subject_kind=SubjectKind.SECTION,
            subject_id=world.sections[0],
            body=body,
        )


async def following(
    stack: AsyncExitStack, live: Live, viewers: list[Viewer], document: str, **variables: Any
) -> list[Messages]:
    """Subscribe for everybody, take the snapshots, and wait until all are live.

    Who is not yet is told what happens meanwhile by another execution.
    """
    found = [
        await stack.enter_async_context(live.subscribe(viewer, document, **variables))
        for viewer in viewers
    ]
    for messages in found:
        await messages.next()
    await settled(live)
    return found


async def settled(live: Live) -> None:
    """Wait until everybody is where their group is."""
    async with asyncio.timeout(PATIENCE):
        while not all(  # noqa: ASYNC110 - it is told to nobody
            group._live.keys() == group._members.keys()  # noqa: SLF001 - told to nobody
            for group in live.hub._groups.values()  # noqa: SLF001 - told to nobody
        ):
            await asyncio.sleep(0.005)


async def test_one_execution_and_one_encoding_serve_all_with_the_same_rights(
    live: Live, world: World
) -> None:
    viewers = [await world.viewer(name) for name in ("nurse1", "nurse2", "pharmacist1")]
    async with AsyncExitStack() as stack:
        topic = world.id("Engagement", world.engagement)
        everybody = await following(stack, live, viewers, EVENTS, topic=topic)
        before = executions("shared")
        await talk(world, "nurse1", "To everybody.")
        async with asyncio.timeout(PATIENCE):
            told = [[await anext(messages.results) for _ in range(2)] for messages in everybody]

    assert executions("shared") - before == 2  # two events
    assert all(one is other for one, other in zip(told[0], told[1], strict=True))
    assert all(one is other for one, other in zip(told[0], told[2], strict=True))


async def test_where_everybody_begins_makes_no_other_group(live: Live, world: World) -> None:
    nurse = await world.viewer("nurse1")
    topic = world.id("Engagement", world.engagement)
    async with live.subscribe(nurse, EVENTS, topic=topic) as messages:
        await messages.next()
        await talk(world, "nurse1", "Before.")
        cursor = (await messages.next())["cursor"]
        await messages.next()
        async with live.subscribe(nurse, EVENTS, topic=topic, after=cursor) as resumed:
            await resumed.next()
            before = executions("shared")
            await talk(world, "nurse1", "After.")
            await messages.take(2)
            await resumed.take(2)

    assert executions("shared") - before == 2


async def test_other_rights_are_told_apart(live: Live, world: World) -> None:
    # A developer of the specification is told what a visitor is not.
    nurse = await world.viewer("nurse1")
    topic = world.id("Engagement", world.engagement)
    async with (
        live.subscribe(nurse, EVENTS, topic=topic) as member,
        live.subscribe(ANYONE, EVENTS, topic=topic) as visitor,
    ):
        await member.next()
        await visitor.next()
        await settled(live)
        before = executions("shared")
        await talk(world, "nurse1", "To everybody.")
        await member.take(2)
        await visitor.take(2)

    assert executions("shared") - before == 4


async def test_what_is_ones_own_is_told_to_oneself_alone(live: Live, world: World) -> None:
    ballot = await opened(world)
    id = world.id("Ballot", ballot)
    viewers = [await world.viewer(name) for name in ("nurse1", "nurse2")]
    async with AsyncExitStack() as stack:
        one, other = await following(stack, live, viewers, OWN_VOTES, ballot=id)
        shared = executions("shared")
        await vote(world, "nurse1", ballot, "AGREE")
        mine, theirs = await one.next(), await other.next()

    assert mine["ballot"]["viewerVote"] == {"choice": "AGREE"}
    assert theirs["ballot"]["viewerVote"] is None
    assert executions("shared") == shared


async def test_who_is_spoken_of_is_told_otherwise_and_nobody_else_is(
    live: Live, world: World
) -> None:
    thread = await talk(world, "nurse1", "Something rude.")
    viewers = [await world.viewer(name) for name in ("nurse1", "nurse2", "pharmacist1")]
    async with world.database.read() as session:
        [found] = await queries.of_threads(session, viewers[0], [thread], Page(size=1))
    async with AsyncExitStack() as stack:
        topic = world.id("Engagement", world.engagement)
        everybody = await following(stack, live, viewers, EVENTS, topic=topic)
        before = executions("shared")
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await words.hide_words(
                uow,
                kind=WordsKind.COMMENT,
                words_id=found.items[0].id,
                ground=HidingGround.OFFENSIVE,
                reason="Rude.",
                expected_revision=None,
            )
        author, *others = [await messages.next() for messages in everybody]

    assert author["subject"]["body"] == "Something rude."
    assert [other["subject"]["body"] for other in others] == [None, None]
    assert executions("shared") - before == 2  # one for all, and one for the author


async def test_who_gains_a_role_elsewhere_goes_on_without_a_gap(live: Live, world: World) -> None:
    nurse = await world.viewer("nurse1")
    topic = world.id("Engagement", world.engagement)
    async with live.subscribe(nurse, EVENTS, topic=topic) as messages:
        await messages.next()
        for number in range(5):
            await talk(world, "pharmacist1", f"{number}")
            async with UnitOfWork(world.database, await world.viewer("admin")) as uow:
                change = memberships.withdraw_role if number % 2 else memberships.grant_role
                await change(
                    uow,
                    person_id=world.people["nurse1"],
                    role=Role.OBSERVER,
                    scope_kind=ScopeKind.ORGANISATION,
                    scope_id=world.organisation,
                )
        told = await messages.take(10)

    assert [each["sequence"] for each in told] == list(range(1, 11))


async def test_nothing_is_told_after_a_right_was_lost(live: Live, world: World) -> None:
    await world.add(
        Membership(
            id=new_id(),
            person_id=world.people["stranger"],
            role=Role.MODERATOR,
            scope_kind=ScopeKind.ENGAGEMENT,
            scope_id=world.engagement,
            created_at=NOW,
        )
    )
    stranger = await world.viewer("stranger")
    topic = world.id("Engagement", world.engagement)
    ballot = await opened(world)
    async with live.subscribe(stranger, EVENTS, topic=topic) as messages:
        await messages.next()
        live.wakeups._listeners.clear()  # noqa: SLF001 - every wake-up is lost from here on
        async with UnitOfWork(world.database, await world.viewer("admin")) as uow:
            await memberships.withdraw_role(
                uow,
                person_id=world.people["stranger"],
                role=Role.MODERATOR,
                scope_kind=ScopeKind.ENGAGEMENT,
                scope_id=world.engagement,
            )
        # Told to moderators alone; it is committed later, and so it is not for them any more.
        await vote(world, "nurse1", ballot, "AGREE")
        live.hub.feed._readers[world.engagement].look()  # noqa: SLF001 - as a wake-up would
        lost = await messages.next()

    assert lost == {"__typename": "Reset", "message": "What you may read here has changed."}


async def test_signing_out_everywhere_ends_what_is_followed(live: Live, world: World) -> None:
    nurse = await world.viewer("nurse1")
    topic = world.id("Engagement", world.engagement)
    async with live.subscribe(nurse, EVENTS, topic=topic) as messages:
        await messages.next()
        async with UnitOfWork(world.database, nurse) as uow:
            await people.sign_out_everywhere(uow, person_id=world.people["nurse1"])
        await talk(world, "pharmacist1", "Not for those who have gone.")
        result = await messages.result()
        with pytest.raises(StopAsyncIteration):
            await anext(messages.results)

    assert result["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert "Not for those" not in orjson.dumps(result).decode()

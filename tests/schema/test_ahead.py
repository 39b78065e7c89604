"""Records are read with no more of their attributes than what is selected of them needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from sqlalchemy import select

from api.graphql import schema
from domain.models.base import Record
from domain.permissions import ANYONE
from domain.rows import only, rows_of
from schema.context import Context
from schema.execution import InstanceOf
from tests.api.furnished import Furnished, furnished
from tests.conftest import Server
from tests.counting import counting
from tests.execution.both import by_us, said
from tests.subscriptions.live import process
from tests.world import World

SCHEMA: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
RECORDS: Mapping[str, Any] = {
    mapper.class_.__name__: mapper.class_ for mapper in Record.registry.mappers
}
WHOLE = {("Roundtable", "clock")}
"""Fields that have to be given a whole record: the parts of a clock are those of its roundtable."""
VIEWERS = ("admin", "moderator", "nurse1", "nurse2")
PEOPLE = "people.id, people.name"


def fields() -> Iterator[tuple[GraphQLObjectType, Any, str, GraphQLField]]:
    """Yield each field of each type whose objects are rows of a record, with the record."""
    for type_ in SCHEMA.type_map.values():
        check = getattr(type_, "is_type_of", None)
        record = RECORDS.get(type_.name)
        if record and isinstance(check, InstanceOf) and check.holds(rows_of(record)):
            assert isinstance(type_, GraphQLObjectType)
            for name, field in type_.fields.items():
                yield type_, record, name, field


FIELDS = list(fields())


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Furnished]:
    async with furnished(server) as made:
        yield made


def reads(field: GraphQLField) -> frozenset[str] | None:
    found: frozenset[str] | None = getattr(field.resolve, "reads", None)
    return found


def test_every_field_of_a_record_says_what_it_reads() -> None:
    assert len({type_.name for type_, *_ in FIELDS}) > 30
    assert {(type_.name, name) for type_, _, name, field in FIELDS if reads(field) is None} == WHOLE


async def test_no_field_reads_more_than_it_says(place: Furnished) -> None:
    world = place.world
    viewers = [ANYONE, *[await world.viewer(name) for name in VIEWERS]]
    for type_, record, name, field in FIELDS:
        if (type_.name, name) in WHOLE:
            continue
        async with world.database.read() as session:
            whole = select(record).order_by(record.id)
            found = [
                (await session.scalars(each)).all() for each in (whole, only(whole, reads(field)))
            ]
        for viewer in viewers:
            answers = [
                said(await asked(type_, name, field, rows, Context(world.database, viewer)))
                for rows in found
            ]
            assert answers[0] == answers[1], f"{type_.name}.{name}"


async def asked(
    type_: GraphQLObjectType, name: str, field: GraphQLField, rows: Sequence[Any], context: Context
) -> Any:
    """Ask one field of rows, as if they were what a query found."""
    query = GraphQLObjectType("Query", {"rows": GraphQLField(GraphQLList(type_))})
    given = [f"{key}: 1" for key, each in field.args.items() if is_required_argument(each)]
    inside = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
    document = f"{{ rows {{ {name}{f'({given[0]})' if given else ''} {inside} }} }}"
    return await by_us(GraphQLSchema(query), document, {"rows": rows}, context_value=context)


async def selected(world: World, inside: str, **variables: Any) -> list[str]:
    """Return what the statements select that answer this about the exercise of the world."""
    document = f"""
    query ($id: ID!, $no: Boolean = false) {{
      node(id: $id) {{ ... on Engagement {{ {inside} }} id @include(if: $no) }}
      nobody: node(id: $id) {{ ...Named }}
    }}
    fragment Named on Person {{ name }}
    """
    async with process(world.database) as live:
        viewer = await world.viewer("nurse1")
        id = world.id("Engagement", world.engagement)
        with counting(world.database) as sent:
            result = await live.execute(viewer, document, id=id, **variables)
    assert "errors" not in result, result
    return [each.partition("\nFROM")[0].removeprefix("SELECT ").strip() for each in sent]


@pytest.mark.parametrize(
    "person",
    [
        "name",
        "__typename name",
        "called: name",
        "name @skip(if: $no)",
        "...Named",
        "... on Node { ... on Person { name } ... on Comment { body } }",
        "... { name }",
        "id name",
    ],
)
async def test_what_is_not_selected_is_not_read(world: World, person: str) -> None:
    sent = await selected(world, f"stakeholders {{ nodes {{ person {{ {person} }} }} }}")

    assert [each for each in sent if each.startswith("people.")] == [PEOPLE]
    assert "anon_1.id, anon_1.person_id, parents.key" in sent


async def test_nodes_and_edges_are_read_together(world: World) -> None:
    sent = await selected(
        world,
        "stakeholders { nodes { createdAt } edges { cursor node { constituency { name } } } }",
    )

    assert "anon_1.id, anon_1.constituency_id, anon_1.created_at, parents.key" in sent


async def test_of_what_is_only_counted_or_passed_by_nothing_but_the_id_is_read(
    world: World,
) -> None:
    sent = await selected(world, "stakeholders { pageInfo { endCursor } nodes { __typename } }")

    assert "anon_1.id, parents.key" in sent

"""Documents over the schema that we serve, in a world with one of everything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from inspect import isawaitable
from random import Random
from typing import Any

import pytest
from graphql import GraphQLSchema, parse, validate
from graphql.execution import Executor
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from api.graphql import schema
from schema.context import Context
from schema.execution import Plans, execute
from tests.api.furnished import furnished
from tests.api.inputs import known
from tests.conftest import Server
from tests.execution.both import said
from tests.execution.documents import Documents
from tests.world import World

SCHEMA: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
Place = tuple[World, Mapping[str, Sequence[str]]]
"""The world, and the ids of what is in it, by type."""
VIEWERS = ("admin", "secretary", "moderator", "developer", "provider", "nurse1", "stranger")


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Place]:
    async with furnished(server) as made:
        yield made.world, await known(made.world.database)


def document(random: Random, ids: Mapping[str, Sequence[str]]) -> tuple[str, dict[str, Any]]:
    """Draw a document about some of the things that there are."""
    everything = sorted(id for each in ids.values() for id in each)

    def scalar(type_name: str, name: str) -> Any:
        if name in {"last", "before", "after"} and random.randrange(12):
            return None  # of one page only one end can be asked for
        match type_name:
            case "ID":
                return random.choice((*everything, "x")) if random.randrange(9) else ""
            case "Int":
                return random.choice((1, 2, 5, 100)) if random.randrange(9) else -1
            case "Boolean":
                return bool(random.randrange(2))
            case "DateTime":
                return "2026-03-01T10:00:00Z"
            case _:
                return "PAIN" if name == "code" else random.choice(("", "x"))

    documents = Documents(SCHEMA, random, scalar, depth=4, width=5)
    nodes = []
    for number in range(random.randint(1, 3)):
        name = random.choice(sorted(ids))
        inside = documents.selection(SCHEMA.type_map[name], 5)
        nodes.append(
            f'n{number}: node(id: "{random.choice(ids[name])}") {{ ... on {name} {inside} }}'
        )
    selected = documents.selection(SCHEMA.query_type, 3)
    drawn = documents.with_selection(f"{{ {' '.join(nodes)} ... {selected} }}")
    return drawn.text, drawn.variables


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**40), viewer=st.sampled_from(VIEWERS))
async def test_documents_over_our_schema_say_the_same(place: Place, seed: int, viewer: str) -> None:
    world, ids = place
    who = await world.viewer(viewer)
    text, variables = document(
        Random(seed),  # noqa: S311 - of tests
        ids,
    )
    note(f"{text}\n{variables}")
    parsed = parse(text)
    assert validate(SCHEMA, parsed) == []

    def built() -> Executor[Any]:
        executor = schema.execution_context_class.build(
            SCHEMA,
            parsed,
            context_value=Context(world.database, who),
            raw_variable_values=variables,
        )
        assert isinstance(executor, Executor), executor
        return executor

    def unplanned(reason: str) -> None:
        assert reason == "directive", "Only a condition without its value has no plan."

    expected: Any = built().execute_operation()
    theirs = said(await expected if isawaitable(expected) else expected, ordered=False)
    ours = said(await execute(built(), Plans(unplanned=unplanned)), ordered=False)
    assert ours == theirs
    event(f"{len(ours[0]) // 1000} KB, {min(len(ours[1]), 3)} errors")

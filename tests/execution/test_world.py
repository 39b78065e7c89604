"""Documents over the schema that we serve, in a world with one of everything.

It tries some of them; with CONCORDAT_FUZZ=long it tries two thousand.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from inspect import isawaitable
from random import Random
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult, GraphQLSchema, parse, validate
from graphql.execution import Executor
from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st

from api.graphql import schema
from domain.permissions import ANYONE, Viewer
from schema.context import Context
from schema.documents import RequestErrors
from schema.execution import Plans, execute
from schema.operations import Request
from tests.api.furnished import furnished
from tests.api.inputs import known
from tests.conftest import Server
from tests.execution.both import LONG
from tests.execution.documents import Documents
from tests.subscriptions.live import OPERATIONS
from tests.world import World

SCHEMA: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
Place = tuple[World, Mapping[str, Sequence[str]]]
"""The world, and the ids of what is in it, by type."""
CLOCKED = frozenset({"asOf"})
"""Fields that say another thing the moment after."""
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

    documents = Documents(SCHEMA, random, scalar, width=5, left_out=CLOCKED)
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


# Where an error comes first, graphql-core leaves coroutines of its own that have not begun.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(
    max_examples=2_000 if LONG else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
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

    whole: Any = built().execute_operation()
    expected = await whole if isawaitable(whole) else whole
    result = await execute(built(), Plans(unplanned=unplanned))
    assert orjson.dumps(result.data) == orjson.dumps(expected.data)
    assert settled(result) == settled(expected)
    event(f"{len(orjson.dumps(result.data)) // 1000} KB, {min(len(result.errors or ()), 3)} errors")


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # as above
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@settings(
    max_examples=1_000 if LONG else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**40))
async def test_who_asks_the_same_together_is_told_what_they_are_told_alone(
    place: Place, seed: int
) -> None:
    world, ids = place
    viewers = [ANYONE, *[await world.viewer(name) for name in (*VIEWERS, "nurse2", "pharmacist1")]]
    viewers += viewers
    text, variables = document(
        Random(seed),  # noqa: S311 - of tests
        ids,
    )
    note(f"{text}\n{variables}")

    async def told(viewer: Viewer) -> bytes:
        request = Request(text, variables=variables)
        try:
            result = await OPERATIONS.execute(request, Context(world.database, viewer))
        except RequestErrors as refusal:
            return orjson.dumps(refusal.result)
        return orjson.dumps(result)

    alone = [await told(viewer) for viewer in viewers]
    together = await asyncio.gather(*(told(viewer) for viewer in viewers))
    assert together == alone


def settled(result: ExecutionResult) -> tuple[list[Any], set[Any]]:
    """Return what of the errors is no matter of time.

    That are those whose field is null. Of those that made null what their field is in, graphql-core
    tells the first to come: it is only settled which places are null because of them.
    """
    told, broken = [], set()
    for error in result.errors or ():
        value: Any = result.data
        for depth, key in enumerate(error.path or ()):
            if value is None:
                broken.add(tuple(error.path or ())[:depth])
                break
            value = value[key]
        else:
            told.append(orjson.dumps(error.formatted))
    return sorted(told), broken

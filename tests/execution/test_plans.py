"""Plans are kept and bounded, and what has none is left to graphql-core and counted."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import AbortController, ExecutionHooks, GraphQLError, GraphQLSchema, parse
from graphql.execution import Executor

from schema.execution import Plans, execute
from tests.execution.both import built, by_core, by_us, made, said

SDL = """
type Query { id: ID one: One many: [One] wrong: Int! }
type One { id: ID one: One }
"""
SCHEMA = made(SDL)
ROOT: dict[str, Any] = {"id": 1, "one": {"id": 2, "one": {"id": 3}}, "many": [{"id": 4}]}


def counting(limit: int = 128) -> tuple[Plans, Counter[str]]:
    counted: Counter[str] = Counter()

    def count(reason: str) -> None:
        counted[reason] += 1

    return Plans(limit, count), counted


async def test_an_operation_is_compiled_once() -> None:
    plans, counted = counting()
    document = parse("{ id one { id } }")
    found = plans.selection(built(SCHEMA, document, ROOT))
    assert found is not None
    for _ in range(3):
        assert plans.selection(built(SCHEMA, document, ROOT)) is found
    assert plans.selection(built(SCHEMA, parse("{ id one { id } }"), ROOT)) is not found
    assert not counted


async def test_every_selection_of_an_operation_is_compiled_once() -> None:
    looked_up: list[str] = []

    class Noting(GraphQLSchema):
        def get_field(self, parent_type: Any, field_name: str) -> Any:
            looked_up.append(field_name)
            return super().get_field(parent_type, field_name)

    schema = Noting(**SCHEMA.to_kwargs())
    plans, document = Plans(), parse("{ one { one { id } } many { id } }")
    for _ in range(3):
        result = await by_us(schema, document, ROOT, plans)
        assert result.data == {"one": {"one": {"id": "3"}}, "many": [{"id": "4"}]}
    assert sorted(looked_up) == ["id", "id", "many", "one", "one"]


async def test_plans_are_bounded_and_those_used_last_are_kept() -> None:
    plans, _ = counting(limit=3)
    documents = [parse(f"{{ a{number}: id }}") for number in range(5)]
    operations = [weakref.ref(document.definitions[0]) for document in documents]

    def plan(number: int) -> Any:
        return plans.selection(built(SCHEMA, documents[number], ROOT))

    first = plan(0)
    for number in (1, 2, 0, 3):  # of 0, 1 and 2 the one that waited longest goes
        plan(number)
    assert plan(0) is first
    plan(4)
    documents.clear()
    gc.collect()
    kept = [number for number, operation in enumerate(operations) if operation()]
    assert kept == [0, 3, 4]


async def test_an_operation_has_a_plan_for_each_schema() -> None:
    plans, _ = counting()
    document = parse("{ id one { id } }")
    other = made("type Query { id: Int one: One } type One { id: Boolean }")
    for _ in range(2):
        ours = await by_us(SCHEMA, document, ROOT, plans)
        assert ours.data == {"id": "1", "one": {"id": "2"}}
        assert (await by_us(other, document, ROOT, plans)).data == {"id": 1, "one": {"id": True}}


async def test_a_document_that_is_gone_is_not_mistaken_for_another() -> None:
    plans, _ = counting(limit=4)
    for number in range(50):  # the nodes of what went before lie at the same addresses
        result = await by_us(SCHEMA, parse(f"{{ a{number}: id }}"), ROOT, plans)
        assert result.data == {f"a{number}": "1"}


async def test_each_set_of_conditions_has_a_plan_and_they_are_bounded() -> None:
    names = [f"v{number}" for number in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: id @include(if: ${name})" for name in names)
    document = parse(f"query ({declared}, $other: Boolean) {{ {fields} id }}")
    plans, counted = counting()

    def plan(number: int, *, other: bool) -> tuple[Any, dict[str, Any]]:
        given: dict[str, Any] = {
            name: bool(number >> index & 1) for index, name in enumerate(names)
        }
        given["other"] = other
        return plans.selection(built(SCHEMA, document, raw_variable_values=given)), given

    first, _ = plan(1, other=True)
    assert plan(1, other=False)[0] is first  # it is no condition
    assert plan(2, other=True)[0] is not first
    for number in range(3, 17):
        plan(number, other=True)
    assert plan(1, other=True)[0] is first  # of sixteen
    plan(17, other=True)
    assert plan(1, other=True)[0] is not first
    for number in range(64):
        _, given = plan(number, other=True)
        result = await by_us(SCHEMA, document, ROOT, plans, raw_variable_values=given)
        assert result.data is not None
        assert list(result.data) == [*(name for name in names if given[name]), "id"]
    assert not counted


UNPLANNED: Mapping[str, str] = {
    "defer": "{ id ... @defer { one { id } } }",
    "stream": "{ id many @stream(initialCount: 1) { id } }",
    "error propagation": "query @experimental_disableErrorPropagation { id wrong }",
    "fragment variables": "{ one { ...F(x: 1) } } fragment F($x: Int) on One { id }",
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "middleware": {"middleware": [lambda next_, root, info, **given: next_(root, info, **given)]},
    "abort signal": {"abort_signal": AbortController().signal},
    "hooks": {"hooks": ExecutionHooks(async_work_finished=lambda _info: None)},
}


@pytest.mark.parametrize("reason", [*UNPLANNED, *OPTIONS])
async def test_what_has_no_plan_is_executed_by_graphql_core_and_counted(reason: str) -> None:
    document = parse(
        UNPLANNED.get(reason, "{ id one { id } wrong }"), experimental_fragment_arguments=True
    )
    how = OPTIONS.get(reason, {})
    plans, counted = counting()
    expected = await by_core(SCHEMA, document, ROOT, **how)
    for number in (1, 2):
        assert said(await by_us(SCHEMA, document, ROOT, plans, **how)) == said(expected)
        assert counted == {reason: number}


@pytest.mark.parametrize(
    "document",
    [
        "{ one { ...F } } fragment F on One { ...G } fragment G on One { ... @defer { id } }",
        "{ ... { one { one { ... on One @defer { id } } } } }",
    ],
)
async def test_what_has_no_plan_is_found_wherever_it_is(document: str) -> None:
    plans, counted = counting()
    expected = await by_core(SCHEMA, document, ROOT)
    assert said(await by_us(SCHEMA, document, ROOT, plans)) == said(expected)
    assert counted == {"defer": 1}


async def test_directives_of_ones_own_change_nothing() -> None:
    schema = made(f"directive @own(if: Boolean) on FIELD {SDL}")
    plans, counted = counting()
    document = parse("query ($x: Boolean) { id @own(if: $x) one @own { id } }")
    found = []
    for given in (True, False):
        executor = built(schema, document, ROOT, raw_variable_values={"x": given})
        found.append(plans.selection(executor))
        assert (await execute(executor, plans)).data == {"id": "1", "one": {"id": "2"}}
    assert found[0] is found[1]
    assert not counted


async def test_a_condition_at_the_root_without_its_value_is_left_to_graphql_core() -> None:
    plans, counted = counting()
    document = "query ($x: Boolean = true) { id @include(if: $x) }"
    how: dict[str, Any] = {"raw_variable_values": {"x": None}}
    expected = await by_core(SCHEMA, document, ROOT, **how)
    assert said(await by_us(SCHEMA, document, ROOT, plans, **how)) == said(expected)
    assert counted == {"directive": 1}


async def test_waiting_is_the_same_where_graphql_core_answers() -> None:
    async def wait(_parent: Any, _info: Any) -> int:
        return 7

    schema = made(SDL, {"One.id": wait})
    document, options = parse("{ one { id } }"), OPTIONS["middleware"]
    result = await by_us(schema, document, ROOT, Plans(), **options)
    assert result.data == {"one": {"id": "7"}}


async def test_errors_of_building_are_no_executor() -> None:
    errors: Any = Executor.build(SCHEMA, parse("query ($x: Int!) { id }"))
    assert isinstance(errors, list)
    assert isinstance(errors[0], GraphQLError)


async def test_an_executor_of_ones_own_is_executed_as_well() -> None:
    class Own(Executor[Any]):
        """As Strawberry has one."""

    executor = Own.build(SCHEMA, parse("{ id }"), ROOT)
    assert isinstance(executor, Own)
    assert (await execute(executor, Plans())).data == {"id": "1"}

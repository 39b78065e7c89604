"""Relations that are resolved once for all parents, under our plans and under graphql-core."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLSchema, parse

from schema.execution import Batched, Plans
from tests.execution.both import by_core, by_us, made, planned, said, same

SDL = """
interface Named { name: String kin(depth: Int = 1): [Named!] }
type Person implements Named {
  name: String
  kin(depth: Int = 1): [Named!]
  parent: Person
  strict: Person!
  label(word: String!): String
}
type Robot implements Named { name: String kin(depth: Int = 1): [Named!] maker: Person }
type Query { people: [Person] groups: [[Person!]!] named: [Named] one: Person }
type Mutation { first: Person second: Person }
"""


@dataclass
class Calls:
    """A batch function that notes how it was called."""

    answer: Callable[..., Any]
    heard: list[tuple[list[Any], Mapping[str, Any]]] = field(default_factory=list)
    waits: bool = True

    def __call__(self, parents: Sequence[Any], _info: Any, **arguments: Any) -> Any:
        self.heard.append((list(parents), arguments))
        if not self.waits:
            return [self.answer(parent, **arguments) for parent in parents]

        async def wait() -> list[Any]:
            await asyncio.sleep(0)
            return [self.answer(parent, **arguments) for parent in parents]

        return wait()


@dataclass(frozen=True)
class Person:
    name: str
    made: bool = False


def parent_of(person: Person) -> Any:
    return None if len(person.name) > 4 else Person(person.name + "p")


def strict_of(person: Person) -> Any:
    return None if person.name.endswith("x") else Person(person.name + "s")


def kin_of(person: Person, depth: int) -> Any:
    return [Person(f"{person.name}{each}", made=bool(each % 2)) for each in range(depth)]


def label_of(person: Person, word: str) -> Any:
    return ValueError(f"{word} has no label") if person.name == "b" else f"{word} {person.name}"


class Batches:
    """A schema whose relations are batches, and the same with a resolver for each parent."""

    def __init__(self, *, waits: bool = True) -> None:
        self.calls = {
            "Person.parent": Calls(parent_of, waits=waits),
            "Person.strict": Calls(strict_of, waits=waits),
            "Person.kin": Calls(kin_of, waits=waits),
            "Person.label": Calls(label_of, waits=waits),
            "Robot.kin": Calls(kin_of, waits=waits),
            "Robot.maker": Calls(parent_of, waits=waits),
        }

    @staticmethod
    def _kind(value: Person, _info: Any, _type: Any) -> str:
        return "Robot" if value.made else "Person"

    def batched(self) -> GraphQLSchema:
        parts = {name: Batched(calls) for name, calls in self.calls.items()}
        return made(SDL, {**parts, "Named": self._kind})

    def each(self) -> GraphQLSchema:
        def one(calls: Calls) -> Any:
            return lambda parent, _info, **arguments: calls.answer(parent, **arguments)

        return made(
            SDL, {name: one(calls) for name, calls in self.calls.items()} | {"Named": self._kind}
        )

    def counted(self) -> dict[str, list[int]]:
        """Return for each field that was called, how many parents each call had."""
        return {
            name: [len(parents) for parents, _ in calls.heard]
            for name, calls in self.calls.items()
            if calls.heard
        }


def people(number: int) -> list[Person]:
    return [Person("abcdefgh"[each % 8]) for each in range(number)]


def root(number: int = 3) -> dict[str, Any]:
    mixed = [Person(each.name, made=bool(index % 2)) for index, each in enumerate(people(number))]
    return {
        "people": people(number),
        "groups": [people(number), [], people(1), [Person("x")]],
        "named": [*mixed, None],
        "one": Person("a"),
        "first": Person("f"),
        "second": Person("g"),
    }


DOCUMENTS = (
    "{ people { parent { name parent { name parent { name } } } } }",
    "{ groups { name parent { name } } }",
    "{ groups { strict { strict { name } } name } people { name strict { name } } }",
    "{ one { parent { parent { parent { parent { parent { name } } } } } } }",
    "{ people { kin(depth: 3) { name __typename kin(depth: 2) { name } } } }",
    "{ named { kin { name ... on Robot { maker { name } } ... on Person { parent { name } } } } }",
    '{ people { label(word: "x") other: label(word: "y") name } }',
    "{ people { label } one { name } }",
    '{ people { parent { name } } people { parent { label(word: "z") parent { name } } } }',
    "{ one { a: strict { name } b: strict { parent { name } } } named { __typename } }",
    "mutation { first { parent { name } } second { strict { name } parent { parent { name } } } }",
)


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("document", DOCUMENTS)
async def test_batches_say_what_a_resolver_for_each_parent_says(
    document: str, *, waits: bool
) -> None:
    batches = Batches(waits=waits)
    parsed = parse(document)
    plans = planned()
    for number in (3, 0, 1, 9):
        expected = await by_core(batches.each(), parsed, root(number))
        schema = batches.batched()
        same(await by_us(schema, parsed, root(number), Plans()), expected)
        late = await by_core(schema, parsed, root(number))
        assert said(late)[0] == said(expected)[0]
    schema = batches.batched()
    for number in (3, 0, 1, 9):
        expected = await by_core(batches.each(), parsed, root(number))
        same(await by_us(schema, parsed, root(number), plans), expected)


@pytest.mark.parametrize("number", [1, 2, 50])
async def test_a_batch_is_called_once_for_each_level_whatever_the_number(number: int) -> None:
    for document, calls in {
        DOCUMENTS[0]: {"Person.parent": 3},
        DOCUMENTS[1]: {"Person.parent": 1},
        DOCUMENTS[6]: {"Person.label": 2},  # one for each response key
        DOCUMENTS[8]: {"Person.parent": 2, "Person.label": 1},
    }.items():
        batches = Batches()
        await by_us(batches.batched(), document, root(number))
        assert {name: len(each) for name, each in batches.counted().items()} == calls


@pytest.mark.parametrize("number", [1, 2, 50])
async def test_below_an_interface_a_batch_is_called_once_for_each_type(number: int) -> None:
    batches = Batches()
    await by_us(batches.batched(), DOCUMENTS[5], {"named": root(2 * number)["named"]})
    assert batches.counted() == {
        "Person.kin": [number],
        "Robot.kin": [number],
        "Person.parent": [number, number],  # of the kin of people, and of the kin of robots
    }


@pytest.mark.parametrize("document", DOCUMENTS[:2])
async def test_under_graphql_core_the_calls_of_a_tick_are_one(document: str) -> None:
    batches = Batches()
    await by_core(batches.batched(), document, root(20))
    counted = batches.counted()["Person.parent"]
    assert counted[0] >= 20
    assert len(counted) == document.count("parent")


async def test_a_batch_hears_its_parents_in_order_and_its_arguments() -> None:
    batches = Batches()
    document = "query ($w: String!) { people { label(word: $w) } }"
    for execute in (by_us, by_core):
        await execute(batches.batched(), document, root(4), raw_variable_values={"w": "hey"})
    assert batches.calls["Person.label"].heard == [(people(4), {"word": "hey"})] * 2


async def test_a_batch_is_not_called_where_nobody_asks() -> None:
    batches = Batches()
    nobody = {"people": [None, None], "groups": [[], None], "named": [], "one": None}
    for document in DOCUMENTS[:-1]:
        await by_us(batches.batched(), document, nobody)
    assert batches.counted() == {}


async def test_a_batch_is_told_the_place_of_its_first_parent() -> None:
    told: list[tuple[Any, ...]] = []

    def parents(found: Sequence[Any], info: Any) -> list[Any]:
        told.append((info.field_name, info.path.as_list(), str(info.return_type), info.context))
        return [None] * len(found)

    schema = made(SDL, {"Person.parent": Batched(parents)})
    given = {"groups": [[], [Person("a"), Person("b")], [Person("c")]]}
    await by_us(schema, "{ groups { x: parent { name } } }", given, context_value="told")
    assert told == [("parent", ["groups", 1, 0, "x"], "Person", "told")]


async def test_the_first_parent_of_a_batch_may_be_deep_inside_of_lists() -> None:
    told: list[Any] = []

    def values(found: Sequence[Any], info: Any) -> list[Any]:
        told.append(info.path.as_list())
        return [None] * len(found)

    schema = made(
        "type Query { rows: [[Cell]] } type Cell { value: Int }", {"Cell.value": Batched(values)}
    )
    for rows, path in (
        ([[None, None, None], [], [None, {}, {}], [{}]], ["rows", 2, 1, "value"]),
        ([[None], [None, None], None, [None], [{}]], ["rows", 4, 0, "value"]),
    ):
        await by_us(schema, "{ rows { value } }", {"rows": rows})
        assert told.pop() == path


ANSWERS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "raises": lambda _parents: dict[str, int]()["no"],
    "one short": lambda parents: [Person("p")] * (len(parents) - 1),
    "one too many": lambda parents: [Person("p")] * (len(parents) + 1),
    "exceptions": lambda parents: [
        ValueError("b has none") if each.name == "b" else Person("p") for each in parents
    ],
    "nothing": lambda _parents: None,
    "a generator": lambda parents: (Person("p") for _ in parents),
    "a number": lambda _parents: 5,
}


def failing(how: str, *, waits: bool) -> Batched:
    def batch(parents: Sequence[Any], _info: Any) -> Any:
        if how == "raises an error of GraphQL":
            raise GraphQLError("Refused.", extensions={"code": "X"})
        return ANSWERS[how](parents)

    async def later(parents: Sequence[Any], info: Any) -> Any:
        await asyncio.sleep(0)
        return batch(parents, info)

    return Batched(later if waits else batch)


UNSIZED = ("nothing", "a generator", "a number")
COUNTED = "The batch of Person.parent returned {} values for 3 parents."
REASONS: Mapping[str, Sequence[str | None]] = {
    "raises": ["'no'"] * 3,
    "raises an error of GraphQL": ["Refused."] * 3,
    "one short": [COUNTED.format(2)] * 3,
    "one too many": [COUNTED.format(4)] * 3,
    "exceptions": [None, "b has none", None],
}


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("how", REASONS)
async def test_where_a_batch_fails_its_parents_say_why(how: str, *, waits: bool) -> None:
    schema = made(SDL, {"Person.parent": failing(how, waits=waits)})
    for execute in (by_us, by_core):
        result = await execute(schema, "{ people { parent { name } name } }", root())
        assert result.data == {
            "people": [
                {"parent": None if reason else {"name": "p"}, "name": name}
                for reason, name in zip(REASONS[how], "abc", strict=True)
            ]
        }
        assert [(error.message, error.path) for error in result.errors or ()] == [
            (reason, ["people", index, "parent"])
            for index, reason in enumerate(REASONS[how])
            if reason
        ]
        for error in result.errors or ():
            assert error.locations is not None
            assert error.extensions == ({"code": "X"} if "GraphQL" in how else {})


@pytest.mark.parametrize("how", UNSIZED)
@pytest.mark.parametrize("execute", [by_us, by_core])
async def test_a_batch_that_returns_no_sequence_fails_for_all(
    how: str, execute: Callable[..., Any]
) -> None:
    schema = made(SDL, {"Person.parent": failing(how, waits=False)})
    async with asyncio.timeout(10):
        result = await execute(schema, "{ people { parent { name } name } }", root())
    assert result.data == {"people": [{"parent": None, "name": name} for name in "abc"]}
    assert len(result.errors) == 3


async def test_a_batch_that_fails_where_null_may_not_be_is_told_as_usual() -> None:
    async def half(parents: Sequence[Any], _info: Any) -> list[Any]:
        return [None if each.name == "a" else Person("s") for each in parents]

    def one(parent: Any, _info: Any) -> Any:
        return None if parent.name == "a" else Person("s")

    document = "{ people { name strict { name } } groups { strict { name } name } one { name } }"
    expected = await by_core(made(SDL, {"Person.strict": one}), document, root())
    result = await by_us(made(SDL, {"Person.strict": Batched(half)}), document, root())
    same(result, expected)


async def test_a_batch_may_return_any_sequence() -> None:
    def parents(found: Sequence[Any], _info: Any) -> Any:
        return tuple(Person(each.name + "p") for each in found)

    schema = made(SDL, {"Person.parent": Batched(parents)})
    for execute in (by_us, by_core):
        result = await execute(schema, "{ people { parent { name } } }", root(2))
        assert result.data == {"people": [{"parent": {"name": f"{name}p"}} for name in "ab"]}


async def test_values_of_a_batch_may_be_awaitable_and_stay_its_own() -> None:
    async def soon(person: Person) -> Person:
        await asyncio.sleep(0)
        return person

    kept: list[list[Any]] = []

    def parents(found: Sequence[Any], _info: Any) -> list[Any]:
        kept.append([soon(Person(each.name + "p")) for each in found])
        return kept[-1]

    schema = made(SDL, {"Person.parent": Batched(parents)})
    result = await by_us(schema, "{ people { parent { name } } }", root(2))
    assert result.data == {"people": [{"parent": {"name": f"{name}p"}} for name in "ab"]}
    assert not any(isinstance(value, Person) for value in kept[0])


async def test_batches_side_by_side_wait_together_each_time() -> None:
    meeting = asyncio.Barrier(2)

    async def meet(parents: Sequence[Any], _info: Any, **_arguments: Any) -> list[Any]:
        async with asyncio.timeout(10):
            await meeting.wait()
        return [None] * len(parents)

    schema = made(SDL, {"Person.parent": Batched(meet), "Person.kin": Batched(meet)})
    document, plans = parse("{ people { parent { name } name kin { name } } }"), planned()
    for _ in range(3):
        result = await by_us(schema, document, root(), plans)
        assert result.errors is None


async def test_leaves_of_batches_wait_together_each_time() -> None:
    meeting = asyncio.Barrier(2)

    async def meet(number: int) -> list[int]:
        async with asyncio.timeout(10):
            await meeting.wait()
        return [7] * number

    def promised(parents: Sequence[Any], _info: Any) -> Any:
        return meet(len(parents))

    schema = made(
        "type Query { a: Int b: Int c: Int }",
        {"Query.a": Batched(promised), "Query.b": Batched(promised)},
    )
    document, plans = parse("{ a c b }"), planned()
    for _ in range(3):
        result = await by_us(schema, document, {"c": 1}, plans)
        assert result.data == {"a": 7, "c": 1, "b": 7}


async def test_who_waits_waits_together_although_arguments_were_wrong_before() -> None:
    meeting = asyncio.Barrier(4)

    async def meet(*_given: Any, **_arguments: Any) -> Any:
        async with asyncio.timeout(10):
            await meeting.wait()
        return [7]

    schema = made(
        f"scalar JSON type Query {{ {' '.join(f'{name}(n: Int!): JSON' for name in 'abcd')} }}",
        {
            "Query.a": Batched(meet),
            "Query.b": Batched(meet),
            "Query.c": meet,
            "Query.d": meet,
        },
    )
    document = parse("query ($n: Int = 1) { a(n: $n) b(n: $n) c(n: $n) d(n: $n) }")
    plans = planned()
    for number in (None, 1, None, 1, 1):
        result = await by_us(schema, document, None, plans, raw_variable_values={"n": number})
        assert (result.errors is None) is (number is not None)


async def test_a_batch_that_only_it_knows_of_is_not_forgotten() -> None:
    unheard: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, what: unheard.append(str(what)))
    answers: list[weakref.ref[asyncio.Future[Any]]] = []
    asked = asyncio.Event()

    async def parents(found: Sequence[Any], _info: Any) -> Any:
        answer = asyncio.get_running_loop().create_future()
        answers.append(weakref.ref(answer))  # who will answer keeps nothing alive, as a pool may
        asked.set()
        return [await answer for _ in found]

    batch = Batched(parents)
    schema = made(SDL, {"Person.parent": batch})
    running = asyncio.create_task(by_core(schema, "{ one { parent { name } } }", root()))
    await asked.wait()
    gc.collect()
    answer = answers[0]()
    assert answer is not None
    answer.set_result(Person("p"))
    assert (await running).data == {"one": {"parent": {"name": "p"}}}
    del answer
    await asyncio.sleep(0)
    gc.collect()
    assert answers[0]() is None  # and what is done is not kept
    assert unheard == []


async def test_executions_at_the_same_time_are_no_part_of_each_others_batches() -> None:
    batches = Batches()
    document = parse("query ($w: String!) { people { label(word: $w) } }")
    schema = batches.batched()
    for execute in (by_us, by_core):
        results = await asyncio.gather(
            *(
                execute(
                    schema,
                    document,
                    root(2),
                    context_value=object(),
                    raw_variable_values={"w": word},
                )
                for word in ("x", "y")
            )
        )
        labels = [result.data["people"][0]["label"] for result in results if result.data]
        assert labels == ["x a", "y a"]


async def test_executions_of_one_context_are_no_part_of_each_others_batches() -> None:
    batches = Batches()
    document = parse("query ($w: String!) { people { label(word: $w) } }")
    schema, given = batches.batched(), root(2)
    results = await asyncio.gather(
        *(by_core(schema, document, given, raw_variable_values={"w": word}) for word in ("x", "y"))
    )
    labels = [result.data["people"][0]["label"] for result in results if result.data]
    assert labels == ["x a", "y a"]


async def test_who_stops_waiting_leaves_the_others_their_values() -> None:
    began, go = asyncio.Event(), asyncio.Event()

    async def parents(found: Sequence[Any], _info: Any) -> list[Any]:
        began.set()
        await go.wait()
        return [Person("p")] * len(found)

    batch = Batched(parents)
    schema = made(SDL, {"Person.parent": batch})
    document, given, context = parse("{ people { parent { name } } }"), root(1), object()
    runs = [
        asyncio.create_task(by_core(schema, document, given, context_value=context))
        for _ in range(2)
    ]
    await began.wait()
    runs[0].cancel()
    await asyncio.sleep(0)
    go.set()
    result = await runs[1]
    assert result.data == {"people": [{"parent": {"name": "p"}}]}
    with pytest.raises(asyncio.CancelledError):
        await runs[0]


@pytest.mark.parametrize("execute", [by_us, by_core])
async def test_a_batch_that_is_cancelled_leaves_nobody_waiting(
    execute: Callable[..., Any],
) -> None:
    async def cancelled(_parents: Sequence[Any], _info: Any) -> Any:
        raise asyncio.CancelledError

    schema = made(SDL, {"Person.parent": Batched(cancelled)})
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await execute(schema, "{ people { parent { name } } }", root())

"""What one field answers: leaves, lists, nulls and what fails, as graphql-core completes them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, UserDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    parse,
)
from graphql.pyutils import Undefined

from tests.execution.both import agreed, always, by_us, made, planned


class Colour(Enum):
    RED = "r"
    GREEN = "g"


class Number(IntEnum):
    ONE = 1
    TWO = 2


class Other(IntEnum):
    ONE = 1


class Word(StrEnum):
    YES = "yes"


class Text(str):
    __slots__ = ()


class Whole(int):
    pass


class Strange:
    def __repr__(self) -> str:
        return "<Strange>"

    def __str__(self) -> str:
        raise RuntimeError("It has no text.")


class Textual:
    def __str__(self) -> str:
        return "as text"


class Counted:
    def __iter__(self) -> Iterator[int]:
        return iter((1, 2))


class Indexed:
    def __getitem__(self, index: int) -> int:
        return (4, 5)[index]


class Ending(Exception):
    """Raised in the middle of something."""


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(value, Exception):
        raise value
    return value


def breaking(*values: Any) -> Iterator[Any]:
    yield from values
    raise Ending("It broke off.")


async def flowing(*values: Any) -> AsyncIterator[Any]:
    for value in values:
        yield value


async def flowing_and_breaking(*values: Any) -> AsyncIterator[Any]:
    for value in values:
        yield value
    raise Ending("It broke off.")


class Flow:
    """An asynchronous iterable that is no generator."""

    def __init__(self, *values: Any) -> None:
        self.values = list(values)

    def __aiter__(self) -> Flow:
        return self

    async def __anext__(self) -> Any:
        if not self.values:
            raise StopAsyncIteration
        return self.values.pop(0)


class Promise:
    """What can be awaited and is no coroutine."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Any:
        return later(self.value).__await__()


LEAVES: Mapping[str, tuple[Any, ...]] = {
    "Int": (
        *(0, 1, -1, 2**31 - 1, -(2**31), 2**31, -(2**31) - 1, 10**30, True, False),
        *(1.0, 1.5, float("nan"), float("inf"), 1e100, "1", "1.5", "", "x", None, Undefined),
        *(Number.TWO, Whole(3), Whole(2**40), [], [1], {}, (), b"1", Strange(), Ending("no")),
        *(object, Colour.RED, 1 + 2j, lambda _info: 7),
    ),
    "Float": (
        *(0.0, -0.0, 1.5, 1, -3, 10**25, 10**400, float("nan"), float("-inf"), True),
        *("1.5", "", "x", None, Undefined, Number.ONE, [], {}, Strange(), Ending("no")),
    ),
    "String": (
        *("", "x", "💥", "\ud800", Text("y"), 1, 1.5, 1.0, float("nan"), True, False, None),
        *(b"x", [], ["x"], {}, Textual(), Strange(), Colour.RED, Word.YES, Ending("no")),
        *(lambda _info: "called", object),
    ),
    "Boolean": (
        *(True, False, 0, 1, 7, 0.0, 0.5, float("nan"), "", "true", [], [1], None),
        *(Strange(), Undefined, Number.ONE, Ending("no")),
    ),
    "ID": (
        *("", "x", 1, -1, 2**70, 1.0, 1.5, True, None, [], {}, Text("y"), Textual(), Strange()),
        *(Colour.RED, Word.YES, Number.ONE, Undefined, Ending("no")),
    ),
}


def encodable(value: Any) -> bool:
    return value != "\ud800" and not (isinstance(value, float) and value != value)  # noqa: PLR0124


@pytest.mark.parametrize("wrapped", ["{}", "{}!", "[{}]", "[{}!]", "[{}!]!", "[[{}]]"])
@pytest.mark.parametrize("type_name", LEAVES)
async def test_each_value_of_a_scalar_is_said_or_refused_alike(
    type_name: str, wrapped: str
) -> None:
    depth = wrapped.count("[")
    schema = made(f"type Query {{ value: {wrapped.format(type_name)} after: Int }}")
    for value in filter(encodable, LEAVES[type_name]):
        nested = value
        for _ in range(depth):
            nested = [nested]
        given = {"value": nested, "after": 1}
        await agreed(schema, "{ value after again: value }", always(given))


@pytest.mark.parametrize("wrapped", ["[{}]", "[{}!]", "[[{}]!]"])
@pytest.mark.parametrize("type_name", LEAVES)
async def test_values_of_all_sorts_in_one_column_do_not_touch_each_other(
    type_name: str, wrapped: str
) -> None:
    values = list(filter(encodable, LEAVES[type_name]))
    nested = [[value, value] for value in values] if wrapped.startswith("[[") else values
    schema = made(
        f"type Query {{ list: {wrapped.format(type_name)} many: [One] }}"
        f"type One {{ value: {type_name} required: {type_name}! }}"
    )
    many = [{"value": value, "required": value} for value in values]
    given = {"list": nested, "many": many}
    for document in ("{ list }", "{ many { value } }", "{ many { required } }"):
        await agreed(schema, document, lambda: given)
    for value in values:
        await agreed(schema, "{ list }", always({"list": [value, value, None]}))


def coloured() -> GraphQLSchema:
    colour = GraphQLEnumType("Colour", Colour)
    member = GraphQLEnumType("Member", Colour, names_as_values=None)
    plain = GraphQLEnumType("Plain", {"A": 1, "B": "b", "C": None, "LIST": [1]})
    return GraphQLSchema(
        GraphQLObjectType(
            "Query",
            {
                "colours": GraphQLField(GraphQLList(colour)),
                "colour": GraphQLField(colour),
                "members": GraphQLField(GraphQLList(member)),
                "member": GraphQLField(member),
                "plains": GraphQLField(GraphQLList(plain)),
            },
        )
    )


@pytest.mark.parametrize(
    "values",
    [
        [Colour.RED, Colour.GREEN, Colour.RED],
        [Colour.RED, None, "r"],
        [Number.ONE, Number.TWO],
        [Other.ONE, Number.ONE],
        ["r", "g", "x", "RED"],
        [[], {}],
        [1, "b", None, [1]],
        [Ending("no"), Colour.RED],
    ],
)
async def test_members_of_enums_are_named_or_refused(values: list[Any]) -> None:
    given = {"colours": values, "plains": values, "colour": values[0]}
    given |= {"members": values, "member": values[0]}
    await agreed(coloured(), "{ colours colour plains members member }", lambda: given)


async def test_each_value_is_coerced_once_and_each_member_of_an_enum_once_for_all() -> None:
    coerced: list[Any] = []

    class Noting(GraphQLEnumType):
        def coerce_output_value(self, output_value: Any) -> str:
            coerced.append(output_value)
            return super().coerce_output_value(output_value)

    def note(value: Any) -> Any:
        coerced.append(value)
        return odd(value)

    schema = GraphQLSchema(
        GraphQLObjectType(
            "Query",
            {
                "colours": GraphQLField(
                    GraphQLList(Noting("Colour", Colour, names_as_values=None))
                ),
                "odd": GraphQLField(
                    GraphQLList(GraphQLScalarType("Odd", coerce_output_value=note))
                ),
            },
        )
    )
    plans, document = planned(), parse("{ colours }")
    for members in ([Colour.RED] * 2, [Colour.RED, Colour.GREEN, Colour.RED]):
        result = await by_us(schema, document, {"colours": members}, plans)
        assert result.data == {"colours": [member.name for member in members]}
    assert coerced == [Colour.RED, Colour.GREEN]
    coerced.clear()
    values = [1, "x", "raise", 1, "undefined", "y"]
    result = await by_us(schema, "{ odd }", {"odd": values})
    assert result.data == {"odd": [1, "x", None, 1, None, "y"]}
    assert coerced == values


def odd(value: Any) -> Any:
    match value:
        case Colour.RED | None:
            return None
        case "undefined":
            return Undefined
        case "raise":
            raise ValueError("It cannot be said.")
        case "graphql":
            raise GraphQLError("Not like this.", extensions={"code": "ODD"})
        case _:
            return value


@pytest.mark.parametrize(
    "values",
    [
        [1, "x", {"a": [1, {"b": None}]}, [], [[None]]],
        [1, "undefined", 2],
        ["raise", "graphql", 1],
        ["raise"],
        ["undefined"],
        [Text("x"), Whole(1)],
        [OrderedDict(a=1)],
    ],
)
@pytest.mark.parametrize("wrapped", ["[Odd]", "[Odd!]"])
async def test_a_scalar_of_ones_own_says_what_it_likes(wrapped: str, values: list[Any]) -> None:
    schema = made(f"scalar Odd type Query {{ odd: {wrapped} after: Int }}", {"Odd": odd})
    await agreed(schema, "{ odd after }", lambda: {"odd": values, "after": 3})


@pytest.mark.parametrize("wrapped", ["[Odd]", "[Odd!]"])
async def test_a_scalar_may_say_nothing_of_members_of_an_enum(wrapped: str) -> None:
    schema = made(f"scalar Odd type Query {{ odd: {wrapped} }}", {"Odd": odd})
    await agreed(schema, "{ odd }", lambda: {"odd": [Colour.RED, Colour.RED]})


async def test_a_scalar_may_be_coerced_by_an_object_that_has_no_hash() -> None:
    class Coercion:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, value: Any) -> Any:
            return value

    schema = made("scalar Odd type Query { odd: [Odd] }", {"Odd": Coercion()})
    await agreed(schema, "{ odd }", lambda: {"odd": [1, "x"]})


ITERABLES: Mapping[str, Callable[[], Any]] = {
    "list": lambda: [1, 2],
    "empty": list,
    "tuple": lambda: (1, None, 2),
    "set": lambda: {1},
    "frozenset": lambda: frozenset([3]),
    "range": lambda: range(3),
    "deque": lambda: deque([1, 2]),
    "dict": lambda: {1: 2, 3: 4},
    "keys": {1: 2}.keys,
    "generator": lambda: (value for value in (1, None, "x", 2)),
    "map": lambda: map(int, "12"),
    "breaking at once": breaking,
    "breaking later": lambda: breaking(1, 2),
    "breaking after a null": lambda: breaking(1, None),
    "breaking after what is wrong": lambda: breaking("x", 1),
    "iterable": Counted,
    "indexed": Indexed,
    "text": lambda: "12",
    "bytes": lambda: b"12",
    "bytearray": lambda: bytearray(b"12"),
    "memoryview": lambda: memoryview(b"12"),
    "number": lambda: 5,
    "object": object,
    "strange": Strange,
    "class": lambda: list,
    "user dict": lambda: UserDict({1: 2}),
    "null": lambda: None,
    "undefined": lambda: Undefined,
    "exception": lambda: Ending("no"),
    "with exceptions": lambda: [1, Ending("one"), 2, Ending("two")],
    "with nulls": lambda: [None, 1, None],
    "with undefined": lambda: [Undefined, 1],
    "nested": lambda: [[1]],
}
WAITING: Mapping[str, Callable[[], Any]] = {
    "awaited": lambda: later([1, 2]),
    "awaited nothing": lambda: later(None),
    "awaited failing": lambda: later(Ending("no")),
    "awaited items": lambda: [later(1), 2, later(3)],
    "one awaited item": lambda: [1, later(2)],
    "awaited items that fail": lambda: [later(1), later(Ending("no")), 2, later(Ending("again"))],
    "awaited items that are null": lambda: [later(None), 1],
    "awaited items that are wrong": lambda: [later("x"), 1, "y"],
    "awaited item that returns an exception": lambda: [Promise(Ending("returned"))],
    "promise": lambda: Promise([1]),
    "promises": lambda: (Promise(each) for each in (1, None, 2)),
    "tuple of awaited": lambda: (later(1),),
    "awaited tuple of awaited": lambda: later((later(1), later(2))),
    "flow": lambda: Flow(1, 2),
    "empty flow": Flow,
    "generator": lambda: flowing(1, None, "x", 2),
    "breaking": lambda: flowing_and_breaking(1, 2),
    "breaking at once": flowing_and_breaking,
    "flow of awaited": lambda: Flow(later(1), 2, later(Ending("no"))),
    "flow of one awaited": lambda: Flow(1, later(2)),
    "flow of exceptions": lambda: Flow(Ending("no"), 1),
    "awaited flow": lambda: later(Flow(1)),
}
LATE = {"awaited items that are wrong"}
WRAPPED = ["[Int]", "[Int]!", "[Int!]", "[Int!]!"]


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("named", ITERABLES)
async def test_whatever_can_be_iterated_over_is_a_list(named: str, wrapped: str) -> None:
    schema = made(
        f"type Query {{ list: {wrapped} after: Int inner: [Inner] }}"
        f"type Inner {{ list: {wrapped} }}"
    )
    make = ITERABLES[named]
    document = "{ list after }"
    await agreed(schema, document, lambda: {"list": make(), "after": "not a number"})
    inner = "{ inner { list } after }"
    await agreed(schema, inner, lambda: {"inner": [{"list": make()}, {"list": make()}]})


@pytest.mark.parametrize("wrapped", WRAPPED)
@pytest.mark.parametrize("named", WAITING)
async def test_lists_and_their_items_may_be_awaited(named: str, wrapped: str) -> None:
    schema = made(f"type Query {{ list: {wrapped} after: Int }}")
    make = WAITING[named]
    if named in LATE and wrapped.startswith("[Int!]"):
        # Of several errors graphql-core tells what came first, we what stands first.
        result = await by_us(schema, "{ list }", {"list": make()})
        assert [error.path for error in result.errors or ()] == [["list", 0]]
        return
    await agreed(schema, "{ list after }", lambda: {"list": make(), "after": 1}, ordered=False)


async def test_lists_of_objects_and_lists_of_lists_keep_their_places() -> None:
    schema = made(
        "type Query { rows: [[[Cell!]]!] } type Cell { value: Int! other: Int }",
    )

    def cell(value: Any) -> dict[str, Any]:
        return {"value": value, "other": value}

    rows: tuple[Callable[[], Any], ...] = (
        lambda: [[cell(1), cell(2)], [], None],
        list,
        lambda: None,
        lambda: [[cell("x")], [cell(3)]],
        lambda: [[None], [cell(4)]],
        lambda: (iter([cell(5)]),),
        lambda: [breaking(cell(6), cell("y"))],
        lambda: [breaking(cell(7)), [cell(8)]],
        lambda: [breaking(), 7, []],
        lambda: breaking([cell("x")], [cell(1)]),
    )
    for document in ("{ rows { value } }", "{ rows { other } }", "{ rows { __typename } }"):
        for row in rows:

            def root(row: Callable[[], Any] = row) -> Any:
                return {"rows": [[[cell(0)]], row(), [[cell(9)]]]}

            await agreed(schema, document, root)
    await agreed(schema, "{ rows { value other } }", lambda: {"rows": (row() for row in rows)})


async def test_a_list_is_iterated_over_and_not_asked_for_its_length() -> None:
    class Unsized:
        def __iter__(self) -> Iterator[int]:
            return iter((1, 2))

        def __len__(self) -> int:
            raise Ending("Nobody knows.")

    await agreed(made("type Query { list: [Int] }"), "{ list }", lambda: {"list": Unsized()})


NULLS = """
type Query { may: Node must: Node! list: [Node] strict: [Node!] }
type Node {
  name: String
  value: String!
  node: Node
  always: Node!
  nodes: [Node]
  strict: [Node!]!
}
"""


@dataclass
class Failing:
    """A node whose fields fail as they are told to, at once or later."""

    wrong: str = ""
    how: str = "null"
    depth: int = 2
    waits: bool = False

    def name(self, _info: Any) -> Any:
        return self._value("name")

    def value(self, _info: Any) -> Any:
        return self._value("value")

    def node(self, _info: Any) -> Any:
        return self._inner("node")

    def always(self, _info: Any) -> Any:
        return self._inner("always")

    def nodes(self, _info: Any) -> Any:
        return [self._inner("nodes"), self._inner("node"), None]

    def strict(self, _info: Any) -> Any:
        return [self._inner("always"), self._inner("strict"), self._inner("node")]

    def _value(self, field: str) -> Any:
        found = self._failing(field) if field == self.wrong and self.depth <= 0 else field
        return self._timed(found)

    def _inner(self, field: str) -> Any:
        if field == self.wrong and self.depth == 1:
            return self._timed(self._failing(field))
        inner = Failing(self.wrong, self.how, self.depth - 1, self.waits)
        return self._timed(inner)

    def _timed(self, value: Any) -> Any:
        return later(value) if self.waits and not callable(value) else value

    def _failing(self, field: str) -> Any:
        match self.how:
            case "null":
                return None
            case "raised" if not self.waits:
                raise Ending(f"{field} was raised")
            case _:
                return Ending(f"{field} was returned")


DEEP = (
    "may { name node { name value nodes { value node { value } } } always { value name } value }",
    "list { strict { name value always { value } } name }",
    "strict { always { node { value } value } name }",
    "must { nodes { value strict { value } } value }",
)


@pytest.mark.parametrize("waits", [False, True])
@pytest.mark.parametrize("how", ["null", "raised", "returned"])
@pytest.mark.parametrize("wrong", ["name", "value", "node", "always", "nodes", "strict"])
@pytest.mark.parametrize("depth", [0, 1, 2])
async def test_a_null_goes_up_to_where_it_may_be(
    depth: int, wrong: str, how: str, *, waits: bool
) -> None:
    def root() -> dict[str, Any]:
        def node(by: int = 0) -> Failing:
            return Failing(wrong, how, depth + by, waits)

        return {
            "may": node(),
            "must": node(1),
            "list": [node(), node(2), None],
            "strict": [node(2), node(1)],
        }

    schema = made(NULLS)
    if not waits:
        await agreed(schema, f"{{ {' '.join(DEEP)} }}", root)
        return
    # Where fields wait, which error of an object comes first is a matter of time.
    for document in DEEP:
        result = await by_us(schema, f"{{ {document} }}", root())
        at_once = await by_us(schema, f"{{ {document} }}", told_at_once(root()))
        assert result.data == at_once.data
        assert [e.formatted for e in result.errors or ()] == [
            e.formatted for e in at_once.errors or ()
        ]


def told_at_once(root: dict[str, Any]) -> dict[str, Any]:
    """Return the root with nothing to wait for, where failures are returned and not raised."""

    def at_once(node: Failing | None) -> Failing | None:
        how = "returned" if node and node.how == "raised" else node and node.how
        return node and Failing(node.wrong, how or "", node.depth)

    return {
        key: [at_once(each) for each in value] if isinstance(value, list) else at_once(value)
        for key, value in root.items()
    }


@pytest.mark.parametrize(
    "resolve",
    [
        lambda _parent, _info: "plain",
        lambda _parent, _info: later("waited"),
        lambda _parent, _info: Promise("promised"),
        lambda _parent, _info: later(Ending("later")),
        lambda _parent, _info: Ending("returned"),
        lambda _parent, _info: Promise(Ending("returned later")),
        lambda _parent, _info: None,
        lambda _parent, _info: later(None),
        lambda _parent, _info: later(Undefined),
        lambda _parent, _info: 1 / 0,
        lambda _parent, _info: dict[str, int]()["missing"],
        lambda _parent, _info: next(iter(())),
    ],
)
@pytest.mark.parametrize("type_name", ["String", "String!"])
async def test_a_resolver_answers_now_later_or_not_at_all(
    type_name: str, resolve: Callable[..., Any]
) -> None:
    schema = made(
        f"type Query {{ one: One many: [One] }} type One {{ it: {type_name} name: String }}",
        {"One.it": resolve},
    )
    given = {"one": {"name": "x"}, "many": [{"name": "y"}, {"name": "z"}, None]}
    await agreed(schema, "{ one { it name } many { name it } }", lambda: given, ordered=False)


async def test_waiting_fields_are_waited_for_together_each_time() -> None:
    meeting = asyncio.Barrier(6)

    async def meet(_parent: Any, _info: Any) -> str:
        async with asyncio.timeout(10):
            await meeting.wait()
        return "met"

    async def flow() -> AsyncIterator[str]:
        yield await meet(None, None)

    schema = made(
        "type Query { a: String b: String plain: Int inner: [Inner] read: String flow: [String] }"
        " type Inner { c: String }",
        {"Query.a": meet, "Query.b": lambda *given: meet(*given), "Inner.c": meet},  # noqa: PLW0108
    )
    document, plans = parse("{ a inner { c } plain b read flow }"), planned()
    for _ in range(3):
        given = {"inner": [{}, {}], "plain": 1, "read": meet(None, None), "flow": flow()}
        result = await by_us(schema, document, given, plans)
        assert result.data == {
            "a": "met",
            "inner": [{"c": "met"}, {"c": "met"}],
            "plain": 1,
            "b": "met",
            "read": "met",
            "flow": ["met"],
        }


async def test_cancelling_an_execution_cancels_what_it_waits_for() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def forever(_parent: Any, _info: Any) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    schema = made("type Query { a: Int b: Int }", {"Query.a": forever})
    task = asyncio.create_task(by_us(schema, "{ a b }", {"b": 1}))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert ended.is_set()


async def test_what_is_no_error_of_the_program_ends_the_execution() -> None:
    class Quit(BaseException):
        """Not for a field to answer for."""

    def quit_now(_parent: Any, _info: Any) -> None:
        raise Quit

    async def quit_later(_parent: Any, _info: Any) -> None:
        raise Quit

    schema = made(
        "type Query { now: Int later: Int many: [One] } type One { later: Int now: Int }",
        {
            "Query.now": quit_now,
            "Query.later": quit_later,
            "One.now": quit_now,
            "One.later": quit_later,
        },
    )
    for document in ("{ now }", "{ later }", "{ many { now } }", "{ many { later } }"):
        with pytest.raises(Quit):
            await by_us(schema, document, {"many": [{}, {}]})


class Parent:
    """What the default resolver may meet."""

    attribute = "attribute"
    nothing = None
    _hidden = "hidden"

    def method(self, info: Any, word: str = "none") -> str:
        return f"{info.field_name} {word}"

    async def waiting(self, _info: Any, **arguments: Any) -> str:
        return f"waited {arguments}"

    @property
    def computed(self) -> str:
        return "computed"

    @property
    def failing(self) -> str:
        raise Ending("A property failed.")

    @property
    def lacking(self) -> str:
        raise AttributeError("It lacks something.")

    @staticmethod
    def static(info: Any, **_arguments: Any) -> str:
        return str(info.path.as_list())

    klass = Textual


class Slotted:
    __slots__ = ("attribute",)

    def __init__(self) -> None:
        self.attribute = "slotted"


class Dynamic:
    def __getattr__(self, name: str) -> str:
        if name.startswith("__"):
            raise AttributeError(name)
        return f"dynamic {name}"


class Keyed(Mapping[str, Any]):
    attribute = "never read"

    def __getitem__(self, key: str) -> Any:
        return {"attribute": "keyed", "method": lambda _info, **_arguments: "called"}[key]

    def __iter__(self) -> Iterator[str]:
        return iter(("attribute",))

    def __len__(self) -> int:
        return 1


FIELDS = "attribute nothing _hidden computed failing lacking klass missing"
PARENTS: Mapping[str, Callable[[], Any]] = {
    "object": Parent,
    "slots": Slotted,
    "dynamic": Dynamic,
    "dict": lambda: {"attribute": 1, "method": lambda _info, word: word, "extra": 2},
    "empty dict": dict,
    "subclass of dict": lambda: OrderedDict(attribute="ordered"),
    "mapping": Keyed,
    "user dict": lambda: UserDict(attribute="user"),
    "text": lambda: "text",
    "number": lambda: 5,
    "class": lambda: Parent,
    "strange": Strange,
    "awaited": lambda: later({"attribute": "awaited"}),
    "awaited values": lambda: {"attribute": Promise("x"), "method": Promise("y")},
    "exceptions": lambda: {"attribute": Ending("kept"), "missing": object},
}


@pytest.mark.parametrize("named", PARENTS)
async def test_a_field_without_a_resolver_reads_its_parent(named: str) -> None:
    declared = " ".join(f"{field}: String" for field in FIELDS.split())
    schema = made(
        f"type Query {{ one: Parent many: [Parent] }} type Parent {{ {declared}"
        ' method(word: String = "default"): String waiting(a: Int): String static: String }'
    )
    make = PARENTS[named]
    fields = f'{FIELDS} method waiting waitingFor: waiting(a: 1) static other: method(word: "w")'
    document = f"{{ one {{ {fields} }} many {{ {fields} }} }}"
    together: tuple[list[Any], ...] = (
        *([], [Parent()], [{"attribute": "z"}]),
        [Parent(), None, {}, Slotted()],
    )
    for others in together:

        def root(others: list[Any] = others) -> Any:
            return {"one": make(), "many": [make(), *others, make()]}

        await agreed(schema, document, root, ordered=False)


def awaitable(value: Any) -> Awaitable[Any]:
    return asyncio.ensure_future(later(value))


async def test_objects_of_lists_may_be_futures() -> None:
    schema = made("type Query { many: [One!] } type One { name: String! }")
    await agreed(
        schema,
        "{ many { name } }",
        lambda: {"many": [awaitable({"name": awaitable("x")}), {"name": "y"}]},
    )

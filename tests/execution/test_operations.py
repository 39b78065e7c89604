"""Operations as a whole: what is selected, with which arguments, and what resolvers are told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    get_introspection_query,
    parse,
)
from graphql.execution import execute_subscription_event

from schema.execution import Attribute, Batched, Plans, execute
from tests.execution.both import agreed, always, built, by_core, by_us, cause, made, said

TREE = """
interface Thing { id: ID name: String }
type Node implements Thing {
  id: ID
  name: String
  same: Node
  nodes: [Node]
  thing: Thing
  echo(number: Int = 7, word: String, list: [Int!], from: Inside, colour: Colour = RED): String
}
input Inside { a: Int! = 1 b: [String] inside: Inside either: Either }
input Either @oneOf { x: Int y: String }
enum Colour { RED GREEN }
type Query { node: Node nodes: [Node] thing: Thing echo(number: Int!): String id: ID }
type Mutation { first(n: Int): Int second: Node third(n: Int): Int! fourth: Int same: Node }
type Subscription { event: Node count: Int! }
"""


class Node:
    name = "node"

    def __init__(self, id: int = 0) -> None:
        self.id = id

    def same(self, _info: Any) -> Node:
        return self

    def nodes(self, _info: Any) -> list[Node]:
        return [Node(self.id * 10 + number) for number in (1, 2)]

    def thing(self, _info: Any) -> Node:
        return Node(self.id + 100)

    def echo(self, info: Any, **arguments: Any) -> str:
        return f"{self.id} {info.path.as_list()} {arguments}"

    def node(self, _info: Any) -> Node:
        return Node(1)


SCHEMA = made(TREE, {"Thing": lambda *_given: "Node"})

DOCUMENTS = (
    "{ __typename node { __typename t: __typename } }",
    "{ id a: id b: id node { x: id y: id id } }",
    "{ node { id } node { name } node { id same { id } same { name id } } }",
    "{ node { ...F same { ...F } } } fragment F on Node { ...G } fragment G on Thing { t: id }",
    "{ ... { id } ...Q ... on Query { node { ... { id } } } ...Q } fragment Q on Query { x: id }",
    "{ nodes { nodes { id nodes { id } } } nodes { nodes { name nodes { name id } } id } }",
    "{ nodes { same { same { same { nodes { same { id } } } } } } }",
    "{ z: id y: id x: id m: node { c: id b: name a: id } }",
    "{ thing { id ... on Node { name same { id } ... on Thing { n: name } } } }",
    "{ node { echo } nodes { echo } }",
    '{ node { echo(number: 1) e: echo(number: null, word: "x") f: echo(list: 1, from: {}) } }',
    '{ node { echo(list: [1, 2], from: {b: "x", inside: {either: {x: 1}}}, colour: GREEN) } }',
    "{ echo(number: 3) e: echo(number: 4) nothing unknown: id missing { id } }",
    "{ node { nothing same { nothing id } } }",
    "{ echo id }",
    '{ echo(number: "x") node { echo(number: "x") id } nodes { echo(list: [null]) } }',
    "{ node { echo(from: {a: null}) id } nodes { id e: echo(from: {inside: {c: 1}}) } }",
    '{ node { echo(colour: BLUE) e: echo(colour: "RED") f: echo(from: {either: {}}) } }',
    '{ node { echo(from: {either: {x: 1, y: "2"}}) } }',
    "query A { id } ",
    "query ($unused: Int) { id }",
    "{ node { id @skip(if: true) name @include(if: true) } id @skip(if: false) }",
    "{ id @skip(if: true) }",
    "{ node { id @skip(if: true) } nodes { id @skip(if: true) } }",
    "{ node @skip(if: true) { id } node { name } }",
    "{ node { id @include(if: false) } node { id } }",
    "{ ... @skip(if: true) { x: id } id ...F @include(if: false) } fragment F on Query { y: id }",
    '{ __schema { queryType { name } } __type(name: "Node") { name kind fields { name } } }',
    '{ __type(name: "Nobody") { name } t: __type(name: "Colour") { enumValues { name } } }',
    '{ __type(name: "Inside") { inputFields { name defaultValue type { ofType { name } } } } }',
    '{ __type(name: "Thing") { possibleTypes { name } } __schema { types { __typename name } } }',
)


class Root(Node):
    pass


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_selections_come_in_their_order_and_together(document: str) -> None:
    await agreed(SCHEMA, document, Root)


VARIABLES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    'query ($n: Int, $w: String = "d") { node { echo(number: $n, word: $w) id } }': (
        *({}, {"n": 1}, {"n": None}, {"w": None}, {"n": 2, "w": "x"}, {"other": 1}),
    ),
    "query ($n: Int = 5) { echo(number: $n) node { id } }": ({}, {"n": 1}, {"n": None}),
    "query ($l: [Int!], $x: Int!) { node { a: echo(list: $l) b: echo(list: [1, $x]) } }": (
        *({"x": 1}, {"x": 1, "l": []}, {"x": 1, "l": 5}, {"x": 1, "l": None}),
    ),
    'query ($f: Inside, $b: String) { node { echo(from: $f) e: echo(from: {b: [$b, "y"]}) } }': (
        *({}, {"f": None}, {"f": {}}, {"f": {"b": None, "inside": {"a": 3}}}, {"b": "z"}),
        *({"f": {"either": {"y": "1"}}}, {"b": None}),
    ),
    "query ($c: Colour!) { nodes { echo(colour: $c) } }": ({"c": "RED"}, {"c": "GREEN"}),
    "query ($y: Int) { node { echo(from: {either: {x: $y}}) id } }": ({}, {"y": 1}, {"y": None}),
    "query ($s: Boolean!, $i: Boolean = true) { x: id @skip(if: $s) id node @include(if: $i) { id"
    " name @skip(if: $s) same @include(if: $s) { id name @include(if: $i) } z: id } }": (
        *({"s": True}, {"s": False}, {"s": True, "i": False}, {"s": False, "i": False}),
        {"s": False, "i": True},
    ),
    "query ($s: Boolean!) { id ...F @skip(if: $s) node { ...G @include(if: $s) y: id"
    " ... @skip(if: $s) { n: name } } } fragment F on Query { nodes { name @include(if: $s) id } }"
    " fragment G on Node { same { id } id }": ({"s": True}, {"s": False}),
    "query ($a: Boolean!, $b: Boolean!) { id @skip(if: $a) @include(if: $b)"
    " node { id @skip(if: $a) @include(if: $b) name } }": (
        *({"a": True, "b": True}, {"a": False, "b": True}),
        *({"a": True, "b": False}, {"a": False, "b": False}),
    ),
}


@pytest.mark.parametrize("document", VARIABLES)
async def test_variables_are_given_to_arguments_and_conditions(document: str) -> None:
    plans = Plans()
    parsed = parse(document)
    for variables in VARIABLES[document] * 2:  # on one plan, in turns
        given = dict(variables)
        expected = await by_core(SCHEMA, parsed, Root(), raw_variable_values=given)
        result = await by_us(SCHEMA, parsed, Root(), plans, raw_variable_values=given)
        assert said(result) == said(expected), variables


@pytest.mark.parametrize(
    "document",
    [
        "query ($x: Boolean = true) { id node { id name @include(if: $x) } }",
        "query ($x: Boolean = true) { nodes { ...F @skip(if: $x) } } fragment F on Node { id }",
        "query ($x: Boolean = true) { id name: id @skip(if: $x) }",
        "query ($x: Boolean) { id node { id name @include(if: $x) } }",
    ],
)
async def test_a_condition_without_its_value_is_an_error_of_what_has_it(document: str) -> None:
    parsed = parse(document)
    given = {"x": None}
    expected = await by_core(SCHEMA, parsed, Root(), raw_variable_values=given)
    plans = Plans()
    for _ in range(2):
        result = await by_us(SCHEMA, parsed, Root(), plans, raw_variable_values=given)
        assert said(result) == said(expected)


async def test_conditions_do_not_share_their_plans() -> None:
    plans, document = (
        Plans(),
        parse("query ($x: Boolean!) { node { id same @skip(if: $x) { id } } }"),
    )
    for skipped in (True, False) * 20:
        given = {"x": skipped}
        result = await by_us(SCHEMA, document, Root(), plans, raw_variable_values=given)
        assert result.data is not None
        assert ("same" in result.data["node"]) is not skipped


async def test_the_whole_introspection_is_the_same() -> None:
    for wide in (True, False):
        query = get_introspection_query(
            input_value_deprecation=wide, specified_by_url=wide, directive_is_repeatable=wide
        )
        result = await agreed(SCHEMA, query)
        assert result.errors is None


@pytest.mark.parametrize("hidden", [True, False])
async def test_what_was_meant_is_suggested_unless_suggestions_are_hidden(*, hidden: bool) -> None:
    batched = made(TREE, {"Node.echo": Batched(lambda parents, _info, **_: ["x"] * len(parents))})
    for schema in (SCHEMA, batched):
        document = "{ node { echo(colour: GREN) id } nodes { e: echo(from: {insid: {}}) } }"
        result = await agreed(schema, document, Root, hide_suggestions=hidden)
        assert len(result.errors or ()) == 3
        for error in result.errors or ():
            assert ("Did you mean" in error.message) is not hidden


async def test_resolvers_are_told_where_they_are() -> None:
    heard: list[tuple[Any, ...]] = []

    def hear(parent: Any, info: Any, **arguments: Any) -> Any:
        heard.append(
            (
                parent,
                info.field_name,
                [node.loc.start for node in info.field_nodes],
                str(info.return_type),
                info.parent_type.name,
                info.path,
                info.path.as_list(),
                info.schema is schema,
                sorted(info.fragments),
                info.root_value,
                info.operation.name.value,
                info.variable_values.coerced,
                info.context,
                info.is_awaitable(asyncio.sleep) is False,
                arguments,
            )
        )
        return [{}, {}] if info.field_name.startswith("many") else {}

    schema = made(
        "type Query { one(a: Int = 1): One many: [[One]!]! } type One { leaf(b: [Int]): Int"
        " manyMore: [One] }",
        {
            "Query.one": hear,
            "Query.many": lambda _root, _info: [[{}, {}], [{}]],
            "One.leaf": lambda *given, **arguments: hear(*given, **arguments) and None,
            "One.manyMore": hear,
        },
    )
    document = (
        "query Told($v: [Int] = [3]) { one { leaf ...F } one { leaf: leaf manyMore { leaf } }"
        " many { x: leaf(b: $v) manyMore { leaf(b: 1) } } } fragment F on One { y: leaf }"
    )
    how: dict[str, Any] = {"context_value": ["context"], "raw_variable_values": {}}
    await by_core(schema, document, {"root": 1}, **how)
    expected = list(heard)
    heard.clear()
    await by_us(schema, document, {"root": 1}, **how)
    assert len(heard) == len(expected) > 10
    key = repr
    assert sorted(heard, key=key) == sorted(expected, key=key)


async def test_arguments_may_be_called_otherwise_in_python() -> None:
    schema = GraphQLSchema(
        GraphQLObjectType(
            "Query",
            {
                "echo": GraphQLField(
                    GraphQLString,
                    {
                        "camelCase": GraphQLArgument(GraphQLString, out_name="snake_case"),
                        "kind": GraphQLArgument(GraphQLEnumType("Kind", {"A": 1})),
                    },
                    resolve=lambda _root, _info, **arguments: str(arguments),
                )
            },
        )
    )
    result = await agreed(schema, '{ echo(camelCase: "x", kind: A) }')
    assert result.data == {"echo": "{'snake_case': 'x', 'kind': 1}"}


class Told(Exception):
    def __init__(self) -> None:
        super().__init__("It has extensions.")
        self.extensions = {"code": "TOLD"}


RAISED = (
    lambda: ValueError("plain"),
    lambda: ValueError(""),
    ValueError,
    lambda: KeyError("key"),
    lambda: GraphQLError("graphql"),
    lambda: GraphQLError("coded", extensions={"code": "X", "deep": {"a": [1]}}),
    lambda: GraphQLError("pathed", path=["elsewhere", 3]),
    lambda: GraphQLError("wrapped", original_error=ValueError("inner")),
    lambda: GraphQLError("nodes", [parse("{ a }").definitions[0]]),
    Told,
    lambda: ExceptionGroup("several", [ValueError("one"), KeyError("two")]),
    lambda: StopIteration("over"),
    lambda: RecursionError("too deep"),
    AssertionError,
    TimeoutError,
)


@pytest.mark.parametrize("number", range(len(RAISED)))
@pytest.mark.parametrize("way", ["raise", "return", "await", "item"])
async def test_an_error_keeps_what_it_says(way: str, number: int) -> None:
    make = RAISED[number]
    if way == "await" and isinstance(make(), StopIteration):
        pytest.skip("A coroutine cannot raise it.")
    kept = make()  # one for all places: a located error is a new one

    def fail(_parent: Any, _info: Any) -> Any:
        match way:
            case "raise":
                raise kept
            case "return":
                return kept
            case "item":
                return [1, kept, kept]

        async def wait() -> None:
            raise kept

        return wait()

    type_ = "[Int]" if way == "item" else "Int"
    schema = made(
        f"type Query {{ a: {type_} many: [One!] one: One }} type One {{ b: {type_}! c: {type_} }}",
        {"Query.a": fail, "One.b": fail, "One.c": fail},
    )
    given: dict[str, Any] = {"many": [{}, {}], "one": {}}
    for document in ("{ a }", "{ one { b } }", "{ many { c } a }", "{ one { c b } z: a }"):
        # Where several wait, graphql-core takes those that come first.
        ordered = way != "await"
        result = await agreed(schema, document, lambda: given, ordered=ordered)
        assert result.errors
        for error in result.errors:
            assert cause(error) in {kept, kept.__cause__, getattr(kept, "original_error", None)}


MUTATIONS = (
    "mutation { first(n: 1) second { id } third(n: 2) fourth }",
    "mutation { a: first(n: 1) b: first(n: 2) c: first(n: 3) }",
    "mutation { first(n: 0) fourth third(n: 1) }",
    "mutation { first(n: 1) third(n: 0) fourth }",
    "mutation { first(n: 1) third(n: -1) fourth second { id } }",
    "mutation { second { id nodes { id } } first(n: 1) second { name } __typename }",
    'mutation { same { id ... on Node { same { name } } } nothing third(n: "x") fourth }',
    "mutation { ...F first(n: 4) } fragment F on Mutation { fourth first(n: 4) }",
)


class Changes:
    """The root of mutations, which notes when each begins and ends."""

    def __init__(self, done: list[str], *, waits: bool) -> None:
        self.done = done
        self.waits = waits

    def first(self, info: Any, n: int | None = None) -> Any:
        return self._changed(info, n)

    third = first

    def second(self, info: Any) -> Any:
        return self._changed(info, Changed(self))

    def fourth(self, info: Any) -> Any:
        return self._changed(info, 4)

    same = second

    def _changed(self, info: Any, value: Any) -> Any:
        self.done.append(f"{info.path.key} begins")
        return self._later(info, value) if self.waits else self._now(info, value)

    def _now(self, info: Any, value: Any) -> Any:
        self.done.append(f"{info.path.key} ends")
        if value == 0:
            raise ValueError("It cannot be done.")
        return None if value == -1 else value

    async def _later(self, info: Any, value: Any) -> Any:
        await asyncio.sleep(0)
        return self._now(info, value)


class Changed(Node):
    def __init__(self, changes: Changes) -> None:
        super().__init__(3)
        self.changes = changes

    def nodes(self, info: Any) -> Any:
        return self.changes._changed(info, [Node(1)])  # noqa: SLF001


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("document", MUTATIONS)
async def test_mutations_are_done_one_after_the_other(document: str, *, waits: bool) -> None:
    done: list[str] = []
    await by_core(SCHEMA, document, Changes(done, waits=waits))
    expected = list(done)
    await agreed(SCHEMA, document, lambda: Changes(done, waits=waits))
    assert done == expected * 4
    for begins, ends in zip(expected[::2], expected[1::2], strict=True):
        assert begins.split()[0] == ends.split()[0]


async def test_operations_are_chosen_by_their_name() -> None:
    document = (
        "query A { id } query B { node { id } } mutation C { fourth } subscription D { count }"
        " fragment F on Query { id }"
    )
    for name in "ABCD":
        given = {"id": 1, "node": Node(), "fourth": 4, "count": 3}
        await agreed(SCHEMA, document, always(given), operation_name=name)


async def test_one_document_has_a_plan_for_each_of_its_operations() -> None:
    plans, parsed = Plans(), parse("query A { a: id } query B { b: id }")
    for name in "ABAB":
        result = await by_us(SCHEMA, parsed, Node(1), plans, operation_name=name)
        assert result.data == {name.lower(): "1"}


async def test_an_event_of_a_subscription_is_executed_with_its_own_root() -> None:
    document = "subscription { event { id nodes { name id } } count }"
    plans = Plans()
    executor = built(SCHEMA, document)
    for event in ({"event": Node(1), "count": 1}, {"event": None, "count": None}, {"count": "x"}):
        expected: Any = execute_subscription_event(executor.build_per_event_executor(event))
        result = await execute(executor.build_per_event_executor(event), plans)
        assert said(result) == said(expected)


@pytest.mark.parametrize("kind", ["mutation", "subscription"])
async def test_an_operation_that_the_schema_does_not_have_is_refused(kind: str) -> None:
    schema = made("type Query { id: ID }")
    document = f"{kind} {{ id }}"
    expected = await by_core(schema, document)
    assert said(await by_us(schema, document, None, Plans())) == said(expected)


async def test_a_field_resolver_for_all_fields_is_asked() -> None:
    def resolve(parent: Any, info: Any, **arguments: Any) -> Any:
        if info.field_name in {"node", "same"}:
            return info.field_name
        return f"{parent} {info.field_name} {arguments}"

    document = "{ id node { name echo(number: 1) same { id } } echo(number: 2) __typename }"
    await agreed(SCHEMA, document, lambda: "root", field_resolver=resolve)
    with_own = made(TREE, {"Node.name": Attribute("upper"), "Query.id": lambda root, _info: root})
    await agreed(with_own, document, lambda: "root", field_resolver=resolve)


class Whole:
    a = 1
    b = None
    inner: Any

    def __init__(self) -> None:
        self.inner = Part()


class Part:
    @property
    def c(self) -> int:
        raise ValueError("It has none.")

    d = "d"

    def e(self) -> int:
        raise AssertionError("An attribute is read and not called.")


async def test_an_attribute_is_read_as_it_is() -> None:
    attributes = {
        "Query.a": Attribute("a"),
        "Query.b": Attribute("b"),
        "Query.inner": Attribute("inner"),
        "Query.deep": Attribute("inner.d"),
        "Query.missing": Attribute("missing"),
        "Part.c": Attribute("c"),
        "Part.d": Attribute("d"),
        "Part.e": Attribute("e"),
        "Query.many": Attribute("many"),
        "Query.counted": Attribute("a"),
    }
    schema = made(
        "type Query { a: Int b: Int! deep: String missing: Int inner: Part many: [Part]"
        " counted(n: Int): Int }"
        " type Part { c: Int d: String e: Int }",
        attributes,
    )

    class Many(Whole):
        many = (Part(), None, Part(), "text")

    part = {"c": None, "d": "d", "e": None}
    for document, data in {
        "{ a deep }": {"a": 1, "deep": "d"},
        "{ a b }": None,
        "{ missing a }": {"missing": None, "a": 1},
        "{ inner { c d e } }": {"inner": part},
        "{ many { c d e } }": {"many": [part, None, part, {"c": None, "d": None, "e": None}]},
        "{ counted(n: 1) a }": {"counted": None, "a": 1},
    }.items():
        result = await agreed(schema, document, Many)
        assert result.data == data


@pytest.mark.parametrize("at_the_root", [True, False])
async def test_fragments_nested_beyond_all_measure_are_an_error(*, at_the_root: bool) -> None:
    depth = sys.getrecursionlimit() * 2
    type_ = "Query" if at_the_root else "Node"
    fragments = "".join(
        f" fragment F{number} on {type_} {{ ...F{number + 1} }}" for number in range(depth)
    )
    selected = "...F0" if at_the_root else "node { ...F0 }"
    document = f"{{ id {selected} }} {fragments} fragment F{depth} on {type_} {{ id }}"
    result = await by_us(SCHEMA, document, Root(), Plans())
    assert result.errors
    assert result.data == ({"id": "0", "node": None} if result.data else None)


async def test_objects_are_nested_as_deeply_as_a_document_may_be() -> None:
    schema = made("type Query { same: Query id: ID }")
    depth = 190
    document = "{ id " + "same { id " * depth + "}" * depth + "}"

    def root() -> dict[str, Any]:
        made: dict[str, Any] = {"id": 1}
        made["same"] = made
        return made

    result = await by_us(schema, document, root())  # graphql-core does not get as far
    assert result.errors is None
    assert orjson.dumps(result.data).count(b'"same"') == depth


async def test_wide_selections_and_long_lists_are_whole() -> None:
    width = 400
    fields = " ".join(f"f{number}: id" for number in range(width))
    await agreed(
        SCHEMA,
        f"{{ {fields} nodes {{ {fields} same {{ id }} }} }}",
        lambda: {"id": 1, "nodes": [Node(number) for number in range(300)]},
    )


async def test_executions_side_by_side_do_not_touch_each_other() -> None:
    async def slow(parent: Any, info: Any) -> Any:
        await asyncio.sleep(0)
        if parent["id"] % 3 == 0:
            raise ValueError(f"{info.context} {parent['id']}")
        return parent["id"]

    schema = made(
        "type Query { many: [One] } type One { id: Int slow: Int! same: One }", {"One.slow": slow}
    )
    plans, document = Plans(), parse("{ many { id slow same { slow } } }")

    def root(number: int) -> dict[str, Any]:
        return {"many": [{"id": each, "same": {"id": each + 1}} for each in range(number)]}

    results = await asyncio.gather(
        *(
            by_us(schema, document, root(number), plans, context_value=number)
            for number in range(12)
        )
    )
    for number, result in enumerate(results):
        alone = await by_core(schema, document, root(number), context_value=number)
        assert said(result, ordered=False) == said(alone, ordered=False)

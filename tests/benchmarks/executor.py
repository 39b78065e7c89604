"""How long it takes to execute a document on ready objects, against graphql-core."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from types import SimpleNamespace
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLSchema, build_schema, parse
from graphql.execution import Executor

from schema.execution import Attribute, Batched, Plans, execute
from tests.benchmarks.documents import REVIEW, SPECIFICATIONS
from tests.benchmarks.load import LoadError
from tests.benchmarks.programme import BALLOTS, COMMENTS, CONSTITUENCIES, QUESTION, WORDS

SIZES = (10, 100, 1_000, 10_000, 100_000)
"""How many fields are answered."""
OF_EACH = 10
"""Fields of each item, its nested ones included."""
ROUNDS = 5
SECONDS = 0.2
"""How long a round takes at least."""
SDL = """
type Query { items: [Item!]! specifications(first: Int): Specifications! }
type Item { a: String! b: Int! c: Float! d: Boolean! e: String f: Int g: ID! h: [Int!]! i: String!
            j: String! child: Item }
type Specifications { nodes: [Specification!]! }
type Specification { id: ID! title: String! state: State! engagements(first: Int): Engagements! }
enum State { CONSULTATION }
type Engagements { nodes: [Engagement!]! }
type Engagement { title: String! ballots(first: Int): Ballots! }
type Ballots { nodes: [Ballot!]! }
type Ballot { id: ID! question: String! consensus: Consensus threads(first: Int): Threads! }
type Consensus { turnout: Turnout! byConstituency: [Group!]! }
type Turnout { voted: Int! eligible: Int! }
type Group { constituency: Constituency voted: Int! inFavour: Int! of: Int! }
type Constituency { name: String! }
type Threads { nodes: [Thread!]! }
type Thread { comments(first: Int): Comments! }
type Comments { nodes: [Comment!]! }
type Comment { body: String! author: Person! }
type Person { name: String! }
"""
FLAT = "{ items { a b c d e f g h i j } }"
NESTED = "{ items { a b child { c d child { e f child { g } } } } }"


@dataclass(frozen=True)
class Row:
    """How long one execution took, in seconds, and how many fields it answered."""

    shape: str
    fields: int
    graphql_core: float
    ours: float

    @property
    def ratio(self) -> float:
        """How many times as fast ours is."""
        return self.graphql_core / self.ours


def measure(note: Callable[[str], None]) -> Iterator[Row]:
    """Yield a row for each shape and size; LoadError where the results are not the same."""
    yield _row("B1", REVIEW, SimpleNamespace(specifications=_specifications()), note)
    for shape, document in (("flat", FLAT), ("nested", NESTED)):
        for size in SIZES:
            items = [_item(number) for number in range(size // OF_EACH)]
            yield _row(shape, document, SimpleNamespace(items=items), note)


def fields(value: object) -> int:
    """Count the fields that a result answers."""
    if isinstance(value, dict):
        return len(value) + sum(map(fields, value.values()))
    return sum(map(fields, value)) if isinstance(value, list) else 0


def _row(shape: str, text: str, root: object, note: Callable[[str], None]) -> Row:
    document, plans = parse(text), Plans()
    usual, batched = _schema(_usual), _schema(_batched)

    async def graphql_core() -> ExecutionResult:
        result: Any = _executor(usual, document, root).execute_operation()
        assert isinstance(result, ExecutionResult)  # nothing waits, so there is nothing to await
        return result

    async def ours() -> ExecutionResult:
        return await execute(_executor(batched, document, root), plans)

    expected, found = asyncio.run(graphql_core()), asyncio.run(ours())
    if expected != found or expected.errors:
        raise LoadError(f"{shape}: the results are not the same.")
    count = fields(expected.data)
    note(f"{shape}, {count:,} fields")
    durations = [
        [asyncio.run(_duration(work)) for work in (graphql_core, ours)] for _ in range(ROUNDS)
    ]
    return Row(shape, count, *map(median, zip(*durations, strict=True)))


def _executor(schema: GraphQLSchema, document: DocumentNode, root: object) -> Executor[Any]:
    executor = Executor.build(schema, document, root_value=root)
    assert isinstance(executor, Executor)
    return executor


async def _duration(work: Callable[[], Awaitable[object]]) -> float:
    """Return the seconds that it takes once, on average, begun without garbage."""
    gc.collect()
    start, times = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < SECONDS or not times:
        await work()
        times += 1
    return elapsed / times


def _schema(relation: Callable[[str], Any]) -> GraphQLSchema:
    """Return the schema with attributes for resolvers, and `relation` for those with arguments."""
    schema = build_schema(SDL)
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        for name, field in getattr(kind, "fields", {}).items():
            field.resolve = relation(name) if field.args else Attribute(name)
    return schema


def _usual(name: str) -> Any:
    def resolve(parent: Any, _info: Any, **_: Any) -> Any:
        return getattr(parent, name)

    return resolve


def _batched(name: str) -> Any:
    def resolve(parents: Sequence[Any], _info: Any, **_: Any) -> Sequence[Any]:
        return [getattr(parent, name) for parent in parents]

    return Batched(resolve)


def _item(number: int) -> Any:
    leaf: dict[str, Any] = dict.fromkeys("aij", f"Item {number}") | {
        "b": number,
        "c": number / 7,
        "e": None,
    }
    leaf |= {"d": number % 2 == 0, "f": number, "g": str(number), "h": [1, 2]}
    item = SimpleNamespace(**leaf, child=None)
    for _ in range(3):
        item = SimpleNamespace(**leaf, child=item)
    return item


def _specifications() -> Any:
    """Return what the read of `queries` is answered from, as objects."""
    return _nodes(
        SPECIFICATIONS,
        lambda: SimpleNamespace(
            id="U3BlY2lmaWNhdGlvbjowMTk5YjRhNS0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDE=",
            title="Pelvic health",
            state="CONSULTATION",
            engagements=_nodes(
                1,
                lambda: SimpleNamespace(
                    title="What do you think?", ballots=_nodes(BALLOTS, _ballot)
                ),
            ),
        ),
    )


def _ballot() -> Any:
    groups = [
        SimpleNamespace(constituency=SimpleNamespace(name=name), voted=10, inFavour=3, of=7)
        for name in CONSTITUENCIES
    ]
    return SimpleNamespace(
        id="QmFsbG90OjAxOTliNGE1LTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMQ==",
        question=QUESTION.format(1),
        consensus=SimpleNamespace(
            turnout=SimpleNamespace(voted=30, eligible=30), byConstituency=groups
        ),
        threads=_nodes(1, lambda: SimpleNamespace(comments=_nodes(COMMENTS, _comment))),
    )


def _comment() -> Any:
    return SimpleNamespace(body=WORDS.format(1), author=SimpleNamespace(name="Member 1"))


def _nodes(count: int, make: Callable[[], Any]) -> Any:
    return SimpleNamespace(nodes=[make() for _ in range(count)])

"""Schemas drawn at random, and values for their fields of which some are wrong."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from random import Random
from typing import Any
from zlib import crc32

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.pyutils import Undefined

from schema.execution import Attribute, Batched, ByClass, InstanceOf

ARGUMENTS = (
    "a: Int = 3",
    "b: String",
    "c: Colour = RED",
    "d: [Int!]",
    "e: Inside",
    "f: Int! = 1",
    "g: [[Colour]!]! = [[GREEN]]",
    "h: Boolean",
    "i: ID",
    "j: Float = 0.5",
    "k: [Inside!]",
)
LEAVES = ("Int", "Float", "String", "Boolean", "ID", "Colour", "Odd")
INPUTS = """
scalar Odd
enum Colour { RED GREEN BLUE }
input Inside { x: Int = 7 y: String! = "y" z: [Inside!] colour: Colour }
"""
WRAPPINGS = (
    "{}",
    "{}",
    "{}!",
    "[{}]",
    "[{}!]",
    "[{}]!",
    "[{}!]!",
    "[[{}]]",
    "[[{}!]!]",
    "[[{}]!]!",
)


class Broke(Exception):
    """Raised by values that are wrong."""


class Member(Enum):
    RED = "RED"
    GREEN = "GREEN"
    OTHER = "OTHER"


@dataclass
class Drawn:
    """The definition of a schema, and how its fields and types are asked."""

    sdl: str
    ways: Mapping[str, str]
    """By `Type.field`: attribute, resolver, batch or nothing. By `Type`, how it is found."""
    classes: dict[str, type[Thing]] = field(default_factory=dict)


class Thing:
    """A value of an object type; the values of its fields follow from its seed.

    `values` returns that of a field, by name, or raises it.
    """

    def __init__(self, seed: int, values: Callable[[Thing, str], Any]) -> None:
        self.seed = seed
        self.values = values

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("f"):
            raise AttributeError(name)
        return self.values(self, name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.seed}>"


def drawn(random: Random, size: int) -> Drawn:
    """Draw a schema with so many fields, of which those of one name are the same in all types."""
    interfaces = [f"I{number}" for number in range(random.randint(0, 2))]
    objects = [f"O{number}" for number in range(random.randint(1, 4))]
    unions = [f"U{number}" for number in range(random.randint(0, 2))]
    composites = [*interfaces, *objects, *objects, *unions]
    fields: dict[str, str] = {}
    for number in range(size):
        named = random.choice(LEAVES if random.randrange(2) else composites)
        arguments = random.sample(ARGUMENTS, random.choice((0, 0, 0, 1, 3)))
        given = f"({', '.join(arguments)})" if arguments else ""
        fields[f"f{number}"] = f"f{number}{given}: {random.choice(WRAPPINGS).format(named)}"

    def some() -> list[str]:
        return random.sample(sorted(fields), random.randint(1, len(fields)))

    members = {name: some() for name in (*interfaces, *objects)}
    members |= dict.fromkeys(("Query", "Mutation"), sorted(fields))
    implemented = {name: [each for each in interfaces if random.randrange(2)] for name in objects}
    parts = [INPUTS]
    for name, declared in members.items():
        implements = implemented.get(name, [])
        wanted = dict.fromkeys([*declared, *(each for i in implements for each in members[i])])
        suffix = f" implements {' & '.join(implements)}" if implements else ""
        kind = "interface" if name in interfaces else "type"
        lines = " ".join(fields[each] for each in wanted)
        parts.append(f"{kind} {name}{suffix} {{ {lines} }}")
    for name in unions:
        of = random.sample(objects, random.randint(1, len(objects)))
        parts.append(f"union {name} = {' | '.join(of)}")
    sdl = "\n".join(parts)
    ways = {
        f"{name}.{each}": random.choice(("", "", "attribute", "resolver", "batch", "batch"))
        for name in (*objects, "Query", "Mutation")
        for each in fields
    }
    ways |= {name: random.choice(("", "function", "class", "class")) for name in objects}
    ways |= {
        name: random.choice(("", "function", "class", "class")) for name in (*interfaces, *unions)
    }
    return Drawn(sdl, ways, {name: type(name, (Thing,), {}) for name in (*objects, "Nobody")})


class Values:
    """Makes the values of fields, of which at a rate in a hundred are not what their type says."""

    def __init__(self, schema: GraphQLSchema, drawn: Drawn, spice: int) -> None:
        self.schema = schema
        self.classes = drawn.classes
        self.spice = spice

    def root(self, seed: int) -> Thing:
        """Return a root value."""
        return Root(seed, self)

    def __call__(self, parent: Thing, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """Return the value of a field of a parent, always the same; raise it if it is to be."""
        type_name = type(parent).__name__
        known = self.schema.type_map.get("Query" if type_name == "Root" else type_name)
        found: Any = known.fields.get(name) if isinstance(known, GraphQLObjectType) else None
        if found is None:  # a parent of another type than its place is for
            return None
        random = Random(crc32(f"{parent.seed} {name}".encode()))  # noqa: S311 - of tests
        if random.randrange(100) < self.spice // 3:
            raise self._error(random)
        if arguments and is_leaf_type(get_named_type(found.type)) and random.randrange(2):
            return str(arguments)
        return self.value(random, found.type)

    def value(self, random: Random, type_: Any) -> Any:
        """Return a value for a type."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(random, type_.of_type)
        return None if random.randrange(12) == 0 else self._present(random, type_)

    def _present(self, random: Random, type_: Any) -> Any:
        if random.randrange(100) < self.spice:
            return self._wrong(random, type_)
        if isinstance(type_, GraphQLList):
            size = random.choice((0, 1, 2, 3))
            return self._collected(random, [self.value(random, type_.of_type) for _ in range(size)])
        if isinstance(type_, GraphQLEnumType):
            return random.choice((*type_.values, *type_.values, Member.RED, Member.GREEN))
        if is_leaf_type(type_):
            return self._leaf(random, type_.name)
        return self._object(random, type_)

    def _object(self, random: Random, type_: Any) -> Any:
        names = (
            [each.name for each in self.schema.get_possible_types(type_)]
            if is_abstract_type(type_)
            else [type_.name]
        )
        return self._thing(random, random.choice(names)) if names else None

    def _thing(self, random: Random, name: str) -> Thing:
        return self.classes[name](random.getrandbits(30), self)

    def _leaf(self, random: Random, name: str) -> Any:
        number = random.randint(-5, 100)
        match name:
            case "Int":
                return random.choice((number, number, float(number), True))
            case "Float":
                return random.choice((number / 8, number))
            case "Boolean":
                return random.choice((True, False, number))
            case "Odd":
                return random.choice((number, [number, {"deep": [None, number]}], {"a": number}))
            case _:
                return random.choice((f"text {number}", f"text {number}", number))

    def _wrong(self, random: Random, type_: Any) -> Any:  # noqa: PLR0911 - so many ways
        match random.randrange(8):
            case 0 | 1:
                return None
            case 2:
                return self._error(random)
            case 3:
                return Undefined
            case 4:
                return self._thing(random, random.choice(sorted(self.classes)))
            case 5:
                return random.choice((2**40, float("inf"), "wrong", b"bytes", [], {}, Member.OTHER))
            case 6:
                return [random.choice((None, 7, "text"))]
            case _:
                return self._breaking(random, type_)

    def _breaking(self, random: Random, type_: Any) -> Iterator[Any]:
        values = [self.value(random, getattr(type_, "of_type", type_)) for _ in range(2)]
        error = self._error(random)

        def broken() -> Iterator[Any]:
            yield from values
            raise error

        return broken()

    @staticmethod
    def _error(random: Random) -> Exception:
        number = random.randrange(5)
        match number:
            case 0:
                return GraphQLError("refused", extensions={"code": "REFUSED", "number": number})
            case 1:
                return KeyError(number)
            case _:
                return Broke(f"broke {number}")

    @staticmethod
    def _collected(random: Random, values: list[Any]) -> Any:
        match random.randrange(8):
            case 0:
                return tuple(values)
            case 1:
                return iter(values)
            case 2:
                return deque(values)
            case _:
                return values


class Root(Thing):
    """The root value of a query or a mutation, whose fields are those of the root types."""

    def __getattr__(self, name: str) -> Any:
        """Return the value of a field, or raise it."""
        return super().__getattr__(name)


def coerced(value: Any) -> Any:
    """Coerce a value of the scalar Odd, which takes all but some."""
    match value:
        case "wrong":
            raise Broke("It is wrong.")
        case b"bytes":
            return None
        case float():
            return Undefined
        case int() | str() | list() | dict():
            return value
        case _:
            raise GraphQLError(f"{type(value).__name__} is odd.", extensions={"code": "ODD"})


class Made:
    """A drawn schema with resolvers: all at once and for each parent, or as they are drawn."""

    def __init__(self, drawn: Drawn, spice: int, *, as_drawn: bool) -> None:
        self.schema = build_schema(drawn.sdl)
        self.values = Values(self.schema, drawn, spice)
        self._drawn = drawn
        self._as_drawn = as_drawn
        odd: Any = self.schema.type_map["Odd"]
        odd.coerce_output_value = coerced
        for name, way in drawn.ways.items():
            type_name, _, field_name = name.partition(".")
            type_: Any = self.schema.type_map.get(type_name)
            if field_name:
                if found := type_.fields.get(field_name):
                    self._field(found, field_name, way)
            else:
                self._type(type_, way)

    def _field(self, found: GraphQLField, name: str, way: str) -> None:
        values = self.values

        def resolve(parent: Any, _info: Any, **arguments: Any) -> Any:
            return values(parent, name, arguments)

        def batch(parents: Sequence[Any], info: Any, **arguments: Any) -> list[Any]:
            answers = []
            for parent in parents:
                try:
                    answers.append(resolve(parent, info, **arguments))
                except Exception as error:  # noqa: BLE001 - it is this parent's
                    answers.append(error)
            return answers

        match way:
            case "attribute" if not found.args:
                found.resolve = Attribute(name)
            case "batch" if self._as_drawn:
                found.resolve = Batched(self._late(name, batch))
            case "resolver" if self._as_drawn:
                found.resolve = self._late(name, resolve)
            case "batch" | "resolver":
                found.resolve = resolve

    def _type(self, type_: Any, way: str) -> None:
        classes = {cls: name for name, cls in self._drawn.classes.items()}
        if is_abstract_type(type_):
            if way == "function":
                type_.resolve_type = self._late(
                    type_.name, lambda value, _info, _type: classes.get(type(value))
                )
            elif way == "class":
                type_.resolve_type = ByClass(classes)
            return
        cls = self._drawn.classes[type_.name]
        if way == "function":
            type_.is_type_of = self._late(type_.name, lambda value, _info: isinstance(value, cls))
        elif way == "class":
            type_.is_type_of = InstanceOf(cls)

    def _late(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function as it is, or where its name is drawn so, one that is awaited."""
        if not self._as_drawn or crc32(name.encode()) % 2:
            return function

        async def late(*given: Any, **arguments: Any) -> Any:
            await asyncio.sleep(0)
            return function(*given, **arguments)

        return late

"""Documents that are valid for a schema, drawn at random."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from zlib import crc32

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
    is_union_type,
)
from graphql.utilities import do_types_overlap

Scalar = Callable[[str, str], Any]
"""Returns a value for an argument, by the name of its scalar and its own; as JSON has it."""


@dataclass
class Drawn:
    """A document, and the values of its variables."""

    text: str
    variables: dict[str, Any]


@dataclass
class _Word:
    """A name that is no text, in a value: of a member of an enumeration, or of a variable."""

    name: str


@dataclass
class Documents:
    """Draws documents for one schema.

    Every response key tells the field, its type and its arguments, so that whatever is selected
    twice can be merged. The documents are valid, but variables may turn out to be null where they
    may not be.
    """

    schema: GraphQLSchema
    random: Random
    scalar: Scalar
    depth: int = 3
    width: int = 4
    """How many selections are in one another, and how many beside each other."""
    left_out: frozenset[str] = frozenset()
    """Fields that are not asked for."""
    _left: int = 50
    _declared: dict[str, str] = field(default_factory=dict)
    _values: dict[str, Any] = field(default_factory=dict)
    _fragments: dict[str, tuple[Any, str]] = field(default_factory=dict)

    def draw(self, root: GraphQLObjectType, word: str = "query") -> Drawn:
        """Draw an operation."""
        return self.with_selection(self.selection(root, self.depth), word)

    def with_selection(self, selected: str, word: str = "query") -> Drawn:
        """Complete an operation that selects this of its root, as `selection` drew it."""
        fragments = "\n".join(
            f"fragment {name} on {type_.name} {text}"
            for name, (type_, text) in self._fragments.items()
        )
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._declared.items())
        variables = f"({declared})" if declared else ""
        return Drawn(f"{word} Drawn{variables} {selected}\n{fragments}", self._values)

    def selection(self, type_: Any, depth: int) -> str:
        """Draw a selection of a type, in which so many others are in one another."""
        parts = [self._part(type_, depth) for _ in range(self.random.randint(1, self.width))]
        return f"{{ {' '.join(parts)} }}"

    def _part(self, type_: Any, depth: int) -> str:
        self._left -= 1
        if self._left < 0:  # enough: only leaves
            depth = 0
        chance = self.random.randrange(10)
        if depth > 0 and chance == 0:
            return f"...{self._directives()} {self.selection(type_, depth - 1)}"
        if depth > 0 and (chance in {1, 2} or is_union_type(type_)):
            inner = self._overlapping(type_)
            if chance % 2:
                condition = f"... on {inner.name}{self._directives()}"
                return f"{condition} {self.selection(inner, depth - 1)}"
            return f"...{self._fragment(type_, inner, depth - 1)}{self._directives()}"
        return self._field(type_, depth)

    def _overlapping(self, type_: Any) -> Any:
        """Return a type that some object of another may be of."""
        return self.random.choice(
            [
                each
                for name, each in sorted(self.schema.type_map.items())
                if is_composite_type(each)
                and not name.startswith("__")
                and do_types_overlap(self.schema, type_, each)
            ]
        )

    def _fragment(self, type_: Any, inner: Any, depth: int) -> str:
        """Return the name of a fragment: a new one, or one that is there and fits."""
        known = [
            name
            for name, (each, _) in self._fragments.items()
            if do_types_overlap(self.schema, type_, each)
        ]
        if known and self.random.randrange(2):
            return self.random.choice(known)
        text = self.selection(inner, depth)
        name = f"F{len(self._fragments)}"
        self._fragments[name] = (inner, text)
        return name

    def _field(self, type_: Any, depth: int) -> str:
        fields: Mapping[str, GraphQLField] = {} if is_union_type(type_) else type_.fields
        names = [
            name
            for name, each in fields.items()
            if name not in self.left_out
            and (depth > 0 or not is_composite_type(get_named_type(each.type)))
        ]
        if not names or self.random.randrange(12) == 0:
            return f"{self.random.choice(('', 't: '))}__typename{self._directives()}"
        inside = [name for name in names if is_composite_type(get_named_type(fields[name].type))]
        name = self.random.choice(inside if inside and self.random.randrange(2) else names)
        asked = fields[name]
        arguments = self._arguments(asked.args)
        key = name
        if arguments or not self._unambiguous(name):
            key = f"{name}_{crc32(f'{asked.type} {arguments}'.encode())}"
        alias = self.random.choice(("", "", "x_", "y_")) + key
        inner = get_named_type(asked.type)
        selected = self.selection(inner, depth - 1) if is_composite_type(inner) else ""
        said = name if alias == name else f"{alias}: {name}"
        return f"{said}{arguments}{self._directives()} {selected}"

    def _unambiguous(self, name: str) -> bool:
        """Say whether all fields of a name have one type."""
        types = {
            str(each.fields[name].type)
            for each in self.schema.type_map.values()
            if isinstance(each, (GraphQLObjectType, GraphQLInterfaceType)) and name in each.fields
        }
        return len(types) == 1

    def _directives(self) -> str:
        if self.random.randrange(6):
            return ""
        names = self.random.choice((("skip",), ("include",), ("skip", "include")))
        return "".join(f" @{name}(if: {self._condition(name)})" for name in names)

    def _condition(self, directive: str) -> str:
        usual = directive == "include"
        match self.random.randrange(4):
            case 0:
                return "true" if usual else "false"
            case 1:
                return "false" if usual else "true"
            case 2 if self.random.randrange(8) == 0:
                self._declared["null"] = "Boolean = true"
                self._values["null"] = None
                return "$null"
            case _:
                name = f"b{self.random.randrange(3)}"
                if name not in self._declared:
                    self._declared[name] = "Boolean!"
                    self._values[name] = bool(self.random.randrange(2))
                return f"${name}"

    def _arguments(self, arguments: Mapping[str, GraphQLArgument]) -> str:
        given = {
            name: self._given(argument, name)
            for name, argument in arguments.items()
            if is_required_argument(argument) or self.random.randrange(2)
        }
        if not given:
            return ""
        return f"({', '.join(f'{name}: {written(value)}' for name, value in given.items())})"

    def _given(self, argument: GraphQLArgument, name: str) -> Any:
        if self.random.randrange(3):
            return self._value(argument.type, name)
        variable = f"v{len(self._declared)}"
        declared, value = str(argument.type), self._json(argument.type, name)
        if isinstance(argument.type, GraphQLNonNull) and self.random.randrange(3) == 0:
            # It has a default, so it may be null, and is found out to be so only when it is used.
            written_default = written(self._value(argument.type, name, variables=False))
            self._declared[variable] = f"{declared[:-1]} = {written_default}"
            value = self.random.choice((value, None))
        else:
            self._declared[variable] = declared
        if self._declared[variable].endswith("!") or self.random.randrange(4):
            self._values[variable] = value
        return _Word(f"${variable}")

    def _json(self, type_: Any, name: str) -> Any:
        """Return a value as the value of a variable."""
        return _plain(self._value(type_, name, variables=False))

    def _value(self, type_: Any, name: str, *, variables: bool = True) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, name, variables=variables)
        if self.random.randrange(8) == 0:
            return None
        return self._present(type_, name, variables=variables)

    def _present(self, type_: Any, name: str, *, variables: bool) -> Any:
        if isinstance(type_, GraphQLList):
            item = _nullable(type_.of_type)
            if self.random.randrange(5) == 0 and not isinstance(item, GraphQLList):
                return self._present(item, name, variables=variables)  # a list of one
            size = self.random.randrange(3)
            return [self._value(type_.of_type, name, variables=variables) for _ in range(size)]
        if isinstance(type_, GraphQLEnumType):
            return _Word(self.random.choice(sorted(type_.values)))
        if isinstance(type_, GraphQLInputObjectType):
            return {
                inner: self._value(each.type, inner, variables=variables)
                for inner, each in type_.fields.items()
                if is_required_input_field(each) or self.random.randrange(2)
            }
        return self.scalar(type_.name, name)


def written(value: Any) -> str:
    """Return a value as it is written in a document."""
    match value:
        case _Word():
            return value.name
        case list():
            return f"[{', '.join(map(written, value))}]"
        case dict():
            inner = ", ".join(f"{name}: {written(each)}" for name, each in value.items())
            return f"{{{inner}}}"
        case _:
            return json.dumps(value)


def _plain(value: Any) -> Any:
    match value:
        case _Word():
            return value.name
        case list():
            return list(map(_plain, value))
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case _:
            return value


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_

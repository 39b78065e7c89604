"""Inputs for any mutation, drawn from the schema: right in type, and now and then only in that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_input_field,
)
from hypothesis import strategies as st
from sqlalchemy import text

from api.graphql import printed
from domain.database import Database
from domain.models.base import Record
from schema.nodes import LOADERS, global_id

SCHEMA = build_schema(printed())
MUTATIONS: Mapping[str, Any] = SCHEMA.mutation_type.fields if SCHEMA.mutation_type else {}

NODE_TYPES = {*LOADERS, "Node", "Words"}

UNKNOWN = UUID("01990000-0000-7000-8000-000000000000")

Draw = Callable[[st.SearchStrategy[Any]], Any]
Ids = Mapping[str, Sequence[str]]

SUBJECTS = ("Specification", "Section", "Block", "Criterion", "Ballot", "Engagement", "Roundtable")
WORDS = ("Comment", "Vote", "Objection", "FloorRequest", "Interest", "Ballot")
# Fields whose name does not say of what type their id is.
TYPES: Mapping[str, Sequence[str]] = {
    "otherId": ("Credential",),
    "topicId": ("Engagement", "Roundtable", "Specification", "DeliveryPlan", "Proposal"),
    "subjectId": SUBJECTS,
    "wordsId": WORDS,
    "scopeId": ("Engagement", "Specification", "Organisation", "Roundtable", "Proposal"),
    "leadId": ("Person",),
    "replyToId": ("Comment",),
    "intoId": ("Comment",),
    "mentions": ("Person",),
    "onBehalfOfId": ("Person",),
    "proxyId": ("Person",),
    "professions": ("Profession",),
    "outcomes": ("Block",),
    "stakeholderIds": ("Stakeholder",),
    "personIds": ("Person",),
}
NODES = text(
    " UNION ALL ".join(
        f"SELECT '{mapper.class_.__name__}' AS type, id FROM {mapper.local_table}"
        for mapper in sorted(Record.registry.mappers, key=lambda each: each.class_.__name__)
        if mapper.class_.__name__ in LOADERS
    )
    + " ORDER BY 1, 2"
)

HOSTILE_TEXT = (
    "",
    " ",
    "\x00",
    "nul\x00inside",
    "bell\x07",
    "\x7f",
    "\u202eright to left",
    "\u200b",
    "e\u0301" * 50,
    "💥" * 500,
    "x" * 100_001,
    "%s %(x)s {0} :name ' \" \\ ; --",
    "</script>",
    "not@an address",
    "javascript:alert(1)",
    "http://[",
    "https://example.org:99999/",
)
HOSTILE_TIMES = (
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "now",
)
HOSTILE_NUMBERS = (0, -1, -(2**31), 2**31 - 1, 10, 101, 40_000)


async def known(database: Database) -> dict[str, list[str]]:
    """Return the global ids of every node that there is, by type, the oldest first."""
    found: dict[str, list[str]] = defaultdict(list)
    async with database.session() as session:
        for type_name, id in await session.execute(NODES):
            found[type_name].append(global_id(type_name, id))
    return found


class Inputs:
    """Draws inputs: `spice` is how many of a hundred values are wrong, each in a way of its own.

    Texts are numbered and carry the name of their field, so that each can be found again wherever
    it might come out.
    """

    def __init__(self, draw: Draw, *, spice: int = 0) -> None:
        self.draw = draw
        self.spice = spice
        self.numbers = count(1)

    def of(self, mutation: str, ids: Ids) -> dict[str, Any]:
        """Return the value of the variable `$input` of a mutation."""
        return dict(self._object(MUTATIONS[mutation].args["input"].type.of_type, ids))

    def choose(self, values: Sequence[Any]) -> Any:
        """Return one of some values."""
        return values[self.draw(st.integers(0, len(values) - 1))]

    def _wrong(self) -> bool:
        return self.spice > 0 and self.draw(st.integers(1, 100)) <= self.spice

    def _object(self, type: GraphQLInputObjectType, ids: Ids) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, field in type.fields.items():
            required = is_required_input_field(field)
            if name == "idempotencyKey" and not self._wrong():
                continue
            if name == "expectedRevision" and not self._wrong():
                given[name] = None
            elif required or self.draw(st.booleans()) or self._wrong():
                given[name] = self._value(field.type, name, ids)
        return given

    def _value(self, type: Any, name: str, ids: Ids) -> Any:
        if isinstance(type, GraphQLNonNull):
            return self._value(type.of_type, name, ids)
        if isinstance(type, GraphQLList):
            size = self.choose((0, 1, 2, 101)) if self._wrong() else self.choose((1, 1, 2))
            return [self._value(type.of_type, name, ids) for _ in range(size)]
        if isinstance(type, GraphQLEnumType):
            return self.choose(sorted(type.values))
        if isinstance(type, GraphQLInputObjectType):
            return self._object(type, ids)
        return self._scalar(type.name, name, ids)

    def _scalar(self, type: str, name: str, ids: Ids) -> Any:
        match type:
            case "ID":
                return self._id(name, ids)
            case "Boolean":
                return self.draw(st.booleans())
            case "Int":
                return self.choose(HOSTILE_NUMBERS if self._wrong() else (1, 2, 3, 9))
            case "Date" | "DateTime":
                # What ends comes after what begins; days are to come.
                month = 9 if name.startswith(("closes", "ends")) else 3
                usual = f"2036-0{month}-01" if type == "Date" else f"2026-0{month}-01T10:00:00Z"
                return self.choose(HOSTILE_TIMES) if self._wrong() else usual
        if self._wrong():
            return self.draw(st.sampled_from(HOSTILE_TEXT) | st.text(max_size=20))
        return self._text(name)

    def _text(self, name: str) -> str:
        number = next(self.numbers)
        if name == "value":
            return "12.5"
        if name == "email":
            return f"canary-email-{number}@example.org"
        if name.endswith("Url"):
            return f"https://example.org/{number}"
        if name in ("regulators", "groupings"):
            return "NMC" if name == "regulators" else "Nursing and midwifery"
        return f"canary-{name}-{number}-"

    def _id(self, name: str, ids: Ids) -> str:
        if self._wrong():
            strange = ("", "x", "💥", "\x00", "UGVyc29uOg==", "UGVyc29uOngK", "Tm9uZTow")
            unknown = [global_id(each, UNKNOWN) for each in sorted(LOADERS)]
            others = [found[0] for found in ids.values() if found]
            return str(self.choose([*strange, *unknown, *others]))
        named = name.removesuffix("Id")
        types = TYPES.get(name, (named[0].upper() + named[1:],))
        found = [id for each in types for id in ids.get(each, ())]
        return str(self.choose(found)) if found else global_id(types[0], UNKNOWN)


def payload_type(mutation: str) -> str:
    """Return the name of the type of what a mutation changed."""
    union: Any = MUTATIONS[mutation].type.of_type
    (found,) = (each.name for each in union.types if each.name.endswith("Payload"))
    return str(found)


def document(mutation: str) -> str:
    """Return a document that runs a mutation and tells what became of it."""
    payload = SCHEMA.type_map[payload_type(mutation)]
    assert isinstance(payload, GraphQLObjectType)
    selected = " ".join(
        f"{name} {{ id }}" if str(field.type).rstrip("!") in NODE_TYPES else name
        for name, field in payload.fields.items()
        if str(field.type).rstrip("!") in NODE_TYPES or is_leaf_type(get_named_type(field.type))
    )
    input_type = MUTATIONS[mutation].args["input"].type
    return (
        f"mutation M($input: {input_type}) {{ {mutation}(input: $input) {{ __typename "
        f"... on {payload.name} {{ {selected} }} "
        "... on Error { code message path } ... on Conflict { current { id } } } }"
    )

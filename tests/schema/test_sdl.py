"""The conventions of the API, asked of the schema itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
)

from api.graphql import printed, schema

CORE = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
REFUSALS = ["NotFound", "NotAllowed", "Conflict", "Invalid"]


def elements() -> Iterator[tuple[str, str | None]]:
    """Yield everything that can be described, with its description."""
    for name, kind in CORE.type_map.items():
        if name.startswith("__"):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            for value, definition in kind.values.items():
                yield f"{name}.{value}", definition.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in kind.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument_name, argument in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument_name})", argument.description


def test_everything_is_described() -> None:
    assert [name for name, description in elements() if not (description or "").strip()] == []


def test_the_printed_schema_is_checked_in() -> None:
    path = Path(__file__).parents[2] / "schema" / "schema.graphql"

    assert path.read_text() == printed(), "Run make schema and look at the difference."


def mutations() -> list[str]:
    assert CORE.mutation_type is not None
    return sorted(CORE.mutation_type.fields)


@pytest.mark.parametrize("name", mutations())
def test_a_mutation_has_one_input_and_a_result_of_a_payload_or_a_refusal(name: str) -> None:
    assert CORE.mutation_type is not None
    field = CORE.mutation_type.fields[name]
    title = name[0].upper() + name[1:]

    assert list(field.args) == ["input"]
    assert str(field.args["input"].type) == f"{title}Input!"
    assert isinstance(field.type, GraphQLNonNull)
    result = get_named_type(field.type)
    assert isinstance(result, GraphQLUnionType)
    assert result.name == f"{title}Result"
    assert [member.name for member in result.types] == [f"{title}Payload", *REFUSALS]


def test_every_connection_is_paged_from_both_ends() -> None:
    for name, kind in CORE.type_map.items():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        for field_name, field in kind.fields.items():
            if get_named_type(field.type).name.endswith("Connection"):
                arguments = set(field.args)
                assert arguments >= {"first", "after", "last", "before"}, f"{name}.{field_name}"


def test_a_connection_has_edges_nodes_and_page_info() -> None:
    connections = [name for name in CORE.type_map if name.endswith("Connection")]

    assert len(connections) > 10
    for name in connections:
        kind = CORE.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        assert set(kind.fields) == {"edges", "nodes", "pageInfo", "totalCount"}


def test_every_subscription_resets_or_is_never_stored() -> None:
    assert CORE.subscription_type is not None
    for name, field in CORE.subscription_type.fields.items():
        message = get_named_type(field.type)
        assert isinstance(message, GraphQLUnionType)
        members = {member.name for member in message.types}
        assert "Reset" in members or name == "presence"


def test_no_list_may_hold_null_unless_it_answers_a_list_of_ids() -> None:
    for name, kind in CORE.type_map.items():
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType):
            continue
        for field_name, field in kind.fields.items():
            inner = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
            if isinstance(inner, GraphQLList):
                holds_null = not isinstance(inner.of_type, GraphQLNonNull)
                assert not holds_null or (name, field_name) == ("Query", "nodes")

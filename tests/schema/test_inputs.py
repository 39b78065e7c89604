"""Inputs that are made by their fields' names are what Strawberry would have made of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    get_nullable_type,
    is_list_type,
    is_required_input_field,
)
from strawberry.types.arguments import convert_argument

from api.graphql import schema
from schema.inputs import Flat

INPUTS = {
    name: type_
    for name, type_ in schema._schema.type_map.items()  # noqa: SLF001
    if isinstance(type_, GraphQLInputObjectType)
    and isinstance(type_.extensions["strawberry-definition"].from_input, Flat)
}
LEAVES = {"Boolean": True, "ID": "x", "Int": 7, "String": "x"}


def sample(type_: GraphQLInputType) -> Any:
    """Return some value of a type, as coerced."""
    nullable: Any = get_nullable_type(type_)
    if is_list_type(nullable):
        return [sample(nullable.of_type)] * 2
    if isinstance(nullable, GraphQLEnumType):
        return next(iter(nullable.values.values())).value
    return LEAVES.get(nullable.name, nullable.name)


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_is_the_same_with_all_its_fields_only_those_it_needs_and_nulls(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_ = INPUTS[name]
    definition = type_.extensions["strawberry-definition"]
    whole = {field: sample(each.type) for field, each in type_.fields.items()}
    needed = {
        field: whole[field] for field, each in type_.fields.items() if is_required_input_field(each)
    }
    nulls = {field: needed.get(field) for field in type_.fields}

    def made() -> list[dict[str, Any]]:
        registry = schema.schema_converter.scalar_registry
        return [
            asdict(cast("Any", convert_argument(each, definition.origin, registry, schema.config)))
            for each in (whole, needed, nulls)
        ]

    ours = made()
    monkeypatch.setattr(definition, "from_input", None)

    assert ours == made()

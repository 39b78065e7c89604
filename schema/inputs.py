"""Inputs whose fields are all scalars and enumerations, made without asking each field its type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING
from typing import Any

import strawberry
from graphql import GraphQLInputObjectType, get_named_type, is_leaf_type
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryObjectDefinition

_DEFINITION = "strawberry-definition"


class Flat:
    """Makes an input of its fields by their names in the API, whose values are coerced already.

    As Strawberry does, which finds out the same about every field each time: of a vote, that took
    longer than to read and validate it.
    """

    def __init__(self, definition: StrawberryObjectDefinition, names: Mapping[str, str]) -> None:
        self._names = names
        self._nothing = {
            field.python_name: None
            for field in definition.fields
            if field.default is MISSING and field.default_factory is MISSING
        }

    def __call__(self, type_: type[Any], value: Mapping[str, Any], _context: InputContext) -> Any:
        """Make one; what it leaves out is its default, or None."""
        given = {
            # Of a default, all requests are handed the same list.
            self._names[name]: list(each) if isinstance(each, list) else each
            for name, each in value.items()
        }
        return type_(**{**self._nothing, **given})


def install(schema: strawberry.Schema) -> None:
    """Let a schema make its flat inputs so."""
    for type_ in schema._schema.type_map.values():  # noqa: SLF001 - Strawberry has no public name
        if not isinstance(type_, GraphQLInputObjectType):
            continue
        if all(is_leaf_type(get_named_type(field.type)) for field in type_.fields.values()):
            definition = type_.extensions[_DEFINITION]
            names = {
                name: field.extensions[_DEFINITION].python_name
                for name, field in type_.fields.items()
            }
            definition.from_input = Flat(definition, names)

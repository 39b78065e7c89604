"""What is read of records ahead of time: no more than the fields that are selected of them need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLOutputType,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
)

from schema.execution import Reads

Selections = Sequence[SelectionSetNode]


def of_records(info: Any) -> Reads:
    """Return the attributes that a field of records has to read of them, None for all.

    Directives are not looked at, so it may be more than that. All it is where a selected field does
    not tell what it reads, and where records may be of several types.
    """
    return _wanted(info, info.return_type, _below(info.field_nodes))


def of_nodes(info: Any) -> Reads:
    """Return it for a field that is a connection to records."""
    below = list(_fields(info, _below(info.field_nodes)))
    edges = [each for each in below if each.name.value == "edges"]
    nodes = [each for each in below if each.name.value == "nodes"]
    nodes += [each for each in _fields(info, _below(edges)) if each.name.value == "node"]
    connection: Any = get_named_type(info.return_type)
    return _wanted(info, connection.fields["nodes"].type, _below(nodes))


def _wanted(info: Any, type_: GraphQLOutputType, selections: Selections) -> Reads:
    record = get_named_type(type_)
    if not isinstance(record, GraphQLObjectType):
        return None
    wanted: set[str] = set()
    for field in _fields(info, selections):
        definition = record.fields.get(field.name.value)
        if definition is None:  # __typename, or a field of another type
            continue
        reads: Reads = getattr(definition.resolve, "reads", None)
        if reads is None:
            return None
        wanted |= reads
    return frozenset(wanted)


def _below(fields: Sequence[FieldNode]) -> Selections:
    return [each.selection_set for each in fields if each.selection_set]


def _fields(info: Any, selections: Selections) -> Iterator[FieldNode]:
    """Yield the fields of selections, and of the fragments in them, each fragment once."""
    pending, spread = list(selections), set[str]()
    while pending:
        for each in pending.pop().selections:
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, InlineFragmentNode):
                pending.append(each.selection_set)
            elif isinstance(each, FragmentSpreadNode) and each.name.value not in spread:
                spread.add(each.name.value)
                pending.append(info.fragments[each.name.value].selection_set)

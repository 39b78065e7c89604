"""Which subscriptions ask the same, so that one execution serves everybody who sent them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    visit,
)

PERSONAL = {"personal": True}
"""The metadata of a field whose value depends on who exactly asks, and not on their rights alone.

A document that selects one is executed for each viewer, which its description says by NOTE.
"""
NOTE = " A subscription that selects it is executed for each viewer alone."


@dataclass(frozen=True)
class Shape:
    """What of a subscription tells its executions apart: its own name, and these variables."""

    operation: str
    variables: tuple[str, ...]
    personal: bool

    def key(self, given: dict[str, Any] | None) -> Hashable:
        """Return what is equal where the same is asked; the cursor to begin after is no part."""
        values = {name: (given or {})[name] for name in self.variables if name in (given or {})}
        return self.operation, orjson.dumps(values, option=orjson.OPT_SORT_KEYS)


def is_personal(field: GraphQLField) -> bool:
    """Say whether a field is marked as PERSONAL."""
    definition = (field.extensions or {}).get("strawberry-definition")
    metadata = getattr(definition, "metadata", None) or {}
    return PERSONAL.items() <= dict(metadata).items()


class _Findings(Visitor):
    """Counts the uses of variables, and notes personal fields."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.uses: Counter[str] = Counter()
        self.personal = False
        self._info = info

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.uses[node.name.value] += 1

    def enter_field(self, _node: FieldNode, *_: Any) -> None:
        field = self._info.get_field_def()
        self.personal = self.personal or (field is not None and is_personal(field))


def shape(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> Shape:
    """Return what tells the executions of a subscription of a valid document apart."""
    info = TypeInfo(schema)
    found = _Findings(info)
    visit(document, TypeInfoVisitor(info, found))
    declared = [each.variable.name.value for each in operation.variable_definitions or ()]
    cursor = _cursor(operation)
    if cursor is not None and found.uses[cursor] == 2:  # noqa: PLR2004 - declared, and used once
        declared.remove(cursor)
    name = operation.name.value if operation.name else ""
    return Shape(name, tuple(declared), found.personal)


def _cursor(operation: OperationDefinitionNode) -> str | None:
    """Return the variable from which the root field takes the cursor to begin after."""
    for root in operation.selection_set.selections:
        if isinstance(root, FieldNode):
            for argument in root.arguments or ():
                if argument.name.value == "after" and isinstance(argument.value, VariableNode):
                    return argument.value.name.value
    return None

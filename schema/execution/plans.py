"""The plans of operations that were executed before, and what has none."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from graphql import (
    DirectiveNode,
    GraphQLError,
    VariableNode,
)
from graphql.execution import Executor

from schema.execution.plan import Selection, root

_CONDITIONS = frozenset({"skip", "include"})
_INCREMENTAL = frozenset({"defer", "stream"})
_VARIANTS = 16


class Plans:
    """Keeps the plans of the operations that were used last.

    An operation is known by its node, so a document has to be parsed once and kept. It has one plan
    for each set of values of the variables in its `@skip` and `@include`. Without a plan remain
    `@defer` and `@stream`, variables of fragments, `@experimental_disableErrorPropagation`,
    middleware, abort signals and hooks; `unplanned` is called with the name of what it was.
    """

    def __init__(
        self, limit: int = 128, unplanned: Callable[[str], object] = lambda _reason: None
    ) -> None:
        self._limit = limit
        self._unplanned = unplanned
        self._operations: OrderedDict[tuple[int, int], _Operation] = OrderedDict()

    def selection(self, executor: Executor[Any]) -> Selection | None:
        """Return the plan of an executor's operation: its root selection; None for no plan."""
        operation = self._operation(executor)
        reason = operation.unplanned or _unplanned(executor)
        if reason is None:
            try:
                return operation.selection(executor)
            except GraphQLError:  # a directive without its value: there is an error to be told
                reason = "directive"
        self._unplanned(reason)
        return None

    def _operation(self, executor: Executor[Any]) -> _Operation:
        key = (id(executor.schema), id(executor.operation))
        found = self._operations.get(key)
        if found is None:
            found = self._operations[key] = _Operation(executor)
            if len(self._operations) > self._limit:
                self._operations.popitem(last=False)
        else:
            self._operations.move_to_end(key)
        return found


class _Operation:
    """What is known of an operation; what it is known by is kept, so that no id is used again."""

    def __init__(self, executor: Executor[Any]) -> None:
        self._kept = executor.schema, executor.operation
        conditions: set[str] = set()
        self._selections: OrderedDict[tuple[Any, ...], Selection] = OrderedDict()
        self.unplanned: str | None = None
        for directive in _directives(executor):
            name = directive.name.value
            if name in _INCREMENTAL:
                self.unplanned = name
            elif name in _CONDITIONS:
                conditions.update(
                    argument.value.name.value
                    for argument in directive.arguments or ()
                    if isinstance(argument.value, VariableNode)
                )
        self._conditions = tuple(conditions)
        if any(fragment.variable_signatures for fragment in executor.fragments.values()):
            self.unplanned = "fragment variables"

    def selection(self, executor: Executor[Any]) -> Selection:
        given = executor.variable_values.coerced
        key = tuple(given.get(name) for name in self._conditions)
        found = self._selections.get(key)
        if found is None:
            found = self._selections[key] = root(executor)
            if len(self._selections) > _VARIANTS:
                self._selections.popitem(last=False)
        return found


def _directives(executor: Executor[Any]) -> Iterator[DirectiveNode]:
    """Yield the directives of every selection in the document of an operation."""
    fragments = executor.fragment_definitions.values()
    pending = [executor.operation.selection_set, *(each.selection_set for each in fragments)]
    while pending:
        for selection in pending.pop().selections:
            yield from selection.directives or ()
            inner = getattr(selection, "selection_set", None)
            if inner is not None:
                pending.append(inner)


def _unplanned(executor: Executor[Any]) -> str | None:
    """Return what of an execution has no plan."""
    if not executor.error_propagation:
        return "error propagation"
    if executor.middleware_manager is not None:
        return "middleware"
    if executor.abort_signal is not None:
        return "abort signal"
    return None if executor.hooks is None else "hooks"

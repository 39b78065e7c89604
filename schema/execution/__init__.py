"""A breadth-first, batched, compiled executor for the schemas of graphql-core.

An operation is compiled once into a plan: for each selection, what to do for all objects of a type
at once. `execute` runs the plan from the root down. At each field it resolves the values of all
parents (a loop for attributes, one call for a batch, the ordinary resolver for anything else),
completes them as one column, and joins the columns of a selection into objects. The result is that
of graphql-core, errors and their order included, where its resolvers do not race each other.

    plans = Plans()
    executor = Executor.build(schema, document, context_value=...)
    result = await execute(executor, plans)

What a plan does not support is executed by graphql-core as a whole: see `Plans`.
"""

from __future__ import annotations

from inspect import isawaitable
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution import Executor

from schema.execution.failures import settle
from schema.execution.places import Root
from schema.execution.plan import Run
from schema.execution.plans import Plans
from schema.execution.resolvers import (
    Attribute,
    Batched,
    BatchResolver,
    ByClass,
    Derived,
    InstanceOf,
    Reads,
)

__all__ = [
    "Attribute",
    "BatchResolver",
    "Batched",
    "ByClass",
    "Derived",
    "InstanceOf",
    "Plans",
    "Reads",
    "execute",
]


async def execute(executor: Executor[Any], plans: Plans) -> ExecutionResult:
    """Execute the operation of an executor."""
    run = Run(executor)
    try:
        selection = plans.selection(executor)
        if selection is None:
            result: Any = executor.execute_operation()
            whole: ExecutionResult = await result if isawaitable(result) else result
            return whole
        if executor.operation.operation is OperationType.MUTATION:
            data = await selection.select_serially(run, executor.root_value)
        else:
            [data] = await selection.select(run, [executor.root_value], Root())
    except RecursionError:
        message = "Selections are nested too deeply. Execution aborted."
        return ExecutionResult(None, [GraphQLError(message, executor.operation)])
    if not run.failed:
        return ExecutionResult(data, None)
    return ExecutionResult(*settle(data))

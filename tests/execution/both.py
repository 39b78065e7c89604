"""One document, executed by graphql-core and by us: what both say must be the same."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from inspect import isawaitable
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    is_abstract_type,
    parse,
)
from graphql.execution import Executor

from schema.execution import Plans, execute

LONG = os.environ.get("CONCORDAT_FUZZ") == "long"
"""Whether what is drawn at random is tried at length."""

Root = Callable[[], Any]


def made(sdl: str, parts: Mapping[str, Any] | None = None) -> GraphQLSchema:
    """Build a schema and give it code.

    `Type.field` names a resolver, and `Type` that of a type: `is_type_of` of an object type,
    `resolve_type` of an abstract one, `coerce_output_value` of a scalar.
    """
    schema = build_schema(sdl)
    for name, code in (parts or {}).items():
        type_name, _, field_name = name.partition(".")
        type_: Any = schema.type_map[type_name]
        if field_name:
            type_.fields[field_name].resolve = code
        elif isinstance(type_, GraphQLObjectType):
            type_.is_type_of = code
        elif isinstance(type_, GraphQLScalarType):
            type_.coerce_output_value = code
        else:
            assert is_abstract_type(type_)
            type_.resolve_type = code
    return schema


def built(
    schema: GraphQLSchema, document: str | DocumentNode, root: Any = None, **how: Any
) -> Executor[Any]:
    """Return the executor of a document, which has to be one that can be executed."""
    parsed = parse(document) if isinstance(document, str) else document
    executor = Executor.build(schema, parsed, root, **how)
    assert isinstance(executor, Executor), executor
    return executor


async def by_core(
    schema: GraphQLSchema, document: str | DocumentNode, root: Any = None, **how: Any
) -> ExecutionResult:
    """Execute with graphql-core alone."""
    result: Any = built(schema, document, root, **how).execute_operation()
    found: ExecutionResult = await result if isawaitable(result) else result
    return found


async def by_us(
    schema: GraphQLSchema,
    document: str | DocumentNode,
    root: Any = None,
    plans: Plans | None = None,
    **how: Any,
) -> ExecutionResult:
    """Execute with a plan."""
    return await execute(built(schema, document, root, **how), plans or planned())


def planned() -> Plans:
    """Return plans of which nothing may be left to graphql-core."""

    def unplanned(reason: str) -> None:
        raise AssertionError(f"This has no plan: {reason}")

    return Plans(unplanned=unplanned)


def said(result: ExecutionResult, *, ordered: bool = True) -> tuple[str, list[Any]]:
    """Return what a result says: its data as JSON, and its errors with what caused them."""
    errors = [[error.formatted, type(cause(error)).__name__] for error in result.errors or ()]
    if not ordered:
        errors.sort(key=lambda error: orjson.dumps(error, option=orjson.OPT_SORT_KEYS))
    assert result.errors != [], "Without errors there is no list of them."
    return orjson.dumps(result.data).decode(), errors


def cause(error: GraphQLError) -> Exception:
    """Return what was raised, out of the errors that it was wrapped in."""
    found: Exception = error
    while isinstance(found, GraphQLError) and found.original_error:
        found = found.original_error
    return found


def always(value: Any) -> Root:
    """Return what makes a root value that can be read more than once: always the same."""
    return lambda: value


async def agreed(
    schema: GraphQLSchema,
    document: str,
    root: Root = lambda: None,
    *,
    ordered: bool = True,
    **how: Any,
) -> ExecutionResult:
    """Execute by both, by us with a new plan and once more with the same; return what all say.

    `root` makes the root value anew, for what can be read only once. `ordered` is False where
    graphql-core tells errors as they happen to come in.
    """
    parsed = parse(document)
    expected = await by_core(schema, parsed, root(), **how)
    plans = planned()
    for _ in range(2):
        result = await by_us(schema, parsed, root(), plans, **how)
        same(result, expected, ordered=ordered)
    return expected


def same(result: ExecutionResult, expected: ExecutionResult, *, ordered: bool = True) -> None:
    """Fail where two results do not say the same."""
    ours, theirs = said(result, ordered=ordered), said(expected, ordered=ordered)
    assert ours == theirs, f"ours:\n{ours}\nof graphql-core:\n{theirs}"

"""A plan: the selections of one operation, each compiled once for all the objects of a type."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import lru_cache, partial
from inspect import iscoroutinefunction
from operator import itemgetter
from typing import Any, TypeAlias, cast

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import (
    FieldDetailsList,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.executor import default_field_resolver
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from graphql.type.introspection import TypeNameMetaFieldDef

from schema.execution.columns import Column, Leaf, column_of
from schema.execution.failures import FAILED, Broken, Failure
from schema.execution.places import InField, Place, Root
from schema.execution.resolvers import Batched, Derived, Info

Rows: TypeAlias = Callable[[Sequence[Sequence[Any]]], list[dict[str, Any]]]
Values: TypeAlias = Callable[["Run", Sequence[Any], Place], Awaitable[Sequence[Any]]]


class Run:
    """One execution of a plan."""

    __slots__ = ("executor", "failed")

    def __init__(self, executor: Executor[Any]) -> None:
        self.executor = executor
        self.failed = False
        """Whether anything did."""

    def failure(self, error: Exception, field: Field) -> Failure:
        """Return what stands in the place of a value that failed."""
        self.failed = True
        return Failure(error, field.nodes)

    @staticmethod
    async def together(works: Sequence[Coroutine[Any, Any, Any]]) -> Sequence[Any]:
        """Do works side by side."""
        if len(works) == 1:
            return [await works[0]]
        return await asyncio.gather(*works)


class Field:
    """One response key of a selection, resolved for all objects of its type at once."""

    def __init__(
        self,
        key: str,
        definition: GraphQLField,
        details: FieldDetailsList,
        parent_type: GraphQLObjectType,
    ) -> None:
        self.key = key
        self.details = details
        self.nodes: list[FieldNode] = [each.node for each in details]
        self.name = self.nodes[0].name.value
        self.parent_type = parent_type
        self._definition = definition
        self._has_arguments = bool(definition.args)
        self._selections: dict[GraphQLObjectType, Selection] = {}
        self._column: Column = column_of(self, definition.type)
        self._is_leaf = is_leaf_type(get_named_type(definition.type))
        self._get: Callable[[Any], Any] | None = None
        self._ahead: dict[str, Any] | None = None
        self._values, self.waits = self._way()
        self.suspends = True
        """Whether it waits, or what is below it does, as far as is known."""
        self.required = self._column.required

    def at_once(self, run: Run, parents: Sequence[Any]) -> Sequence[Any] | None:
        """Return the completed values where parents have them, without anything to wait for.

        That is what most fields are. None where it is not so, for `complete` to find out more.
        """
        if self._get is None or not isinstance(self._column, Leaf):
            return None
        try:
            values = list(map(self._get, parents))
        except Exception:  # noqa: BLE001 - whose it is, is found out by `complete`
            return None
        return self._column.at_once(run, values)

    async def complete(self, run: Run, parents: Sequence[Any], outer: Place) -> Sequence[Any]:
        """Return the completed value of each parent."""
        place = InField(outer, self.key, self.parent_type.name)
        values = await self._values(run, parents, place)
        completed = await self._column.complete(run, values, place)
        if self._selections or self._is_leaf:
            self.suspends = self.waits or any(
                field.suspends for each in self._selections.values() for field in each.fields
            )
        return completed

    def selection(self, run: Run, type_: GraphQLObjectType) -> Selection:
        """Return what is selected of objects of a type."""
        found = self._selections.get(type_)
        if found is None:
            executor = run.executor
            collected = collect_subfields(
                executor.schema,
                executor.fragments,
                executor.variable_values,
                executor.operation,
                type_,
                self.details,
                executor.hide_suggestions,
            )
            found = Selection(executor.schema, type_, collected.grouped_field_set)
            self._selections[type_] = found
        return found

    def info(self, run: Run, path: Path | None) -> Info:
        """Return what a resolver is told of this field, at the path of a value or of an item."""
        while path is not None and path.typename is None:
            path = path.prev
        return run.executor.build_resolve_info(
            self._definition, self.nodes, self.parent_type, cast("Path", path)
        )

    def _way(self) -> tuple[Values, bool]:
        """Return how to resolve it, and whether that waits."""
        resolve = self._definition.resolve
        if self._definition is TypeNameMetaFieldDef:
            return self._type_name, False
        if isinstance(resolve, Batched):
            return partial(self._batched, resolve), resolve.waits
        if isinstance(resolve, Derived) and not self._has_arguments:
            self._get = resolve.get
            return partial(self._read, resolve.get), False
        if resolve is None and not self._has_arguments:
            return self._default, False
        return self._each, iscoroutinefunction(resolve)

    async def _type_name(self, _run: Run, parents: Sequence[Any], _place: Place) -> Sequence[Any]:
        return [self.parent_type.name] * len(parents)

    async def _batched(
        self, resolve: Batched, run: Run, parents: Sequence[Any], place: Place
    ) -> Sequence[Any]:
        info = self.info(run, place.path(0))
        try:
            arguments = self._arguments(run)
        except Exception as error:  # noqa: BLE001 - each of them has it
            return [error] * len(parents)
        if resolve.ahead is not None:
            if self._ahead is None:
                self._ahead = {"wanted": resolve.ahead(info)}
            arguments = arguments | self._ahead
        values = await resolve.values(parents, info, arguments)
        self.waits = resolve.waits
        return values

    async def _read(
        self,
        get: Callable[[Any], Any],
        _run: Run,
        parents: Sequence[Any],
        _place: Place,
    ) -> Sequence[Any]:
        return [_attempted(get, parent) for parent in parents]

    async def _default(self, run: Run, parents: Sequence[Any], place: Place) -> Sequence[Any]:
        """Read what graphql-core's default resolver reads, unless that would have to be called."""
        if run.executor.field_resolver is default_field_resolver:
            try:
                values = _properties(parents, self.name)
            except Exception:  # noqa: BLE001 - whose it is, is found out below
                return await self._each(run, parents, place)
            if not any(map(_is_callable, set(map(type, values)))):
                return values
        return await self._each(run, parents, place)

    async def _each(self, run: Run, parents: Sequence[Any], place: Place) -> Sequence[Any]:
        """Call the resolver for each parent, as graphql-core does."""
        try:
            arguments = self._arguments(run)
        except Exception as error:  # noqa: BLE001 - each of them has it
            return [error] * len(parents)
        resolve = self._definition.resolve or run.executor.field_resolver
        return [
            _attempted(resolve, parent, self.info(run, path), **arguments)
            for parent, path in zip(parents, place.paths(), strict=True)
        ]

    def _arguments(self, run: Run) -> dict[str, Any]:
        if not self._has_arguments:
            return {}
        executor = run.executor
        return get_argument_values(
            self._definition,
            self.nodes[0],
            executor.variable_values,
            None,
            executor.hide_suggestions,
        )


class Selection:
    """What is selected of objects of one type."""

    def __init__(
        self, schema: GraphQLSchema, type_: GraphQLObjectType, collected: GroupedFieldSet
    ) -> None:
        self.fields = [
            Field(key, definition, details, type_)
            for key, details in collected.items()
            if (definition := schema.get_field(type_, details[0].node.name.value))
        ]
        self._rows = _rows(tuple(field.key for field in self.fields)) if self.fields else None
        self._required = [field.key for field in self.fields if field.required]

    async def select(self, run: Run, parents: Sequence[Any], place: Place) -> Sequence[Any]:
        """Return the object that the response has for each parent."""
        columns: list[Sequence[Any]] = [()] * len(self.fields)
        suspending = []
        for index, field in enumerate(self.fields):
            column = field.at_once(run, parents)
            if column is not None:
                columns[index] = column
            elif field.suspends:
                suspending.append(index)
            else:
                columns[index] = await field.complete(run, parents, place)
        if suspending:
            found = await run.together(
                [self.fields[index].complete(run, parents, place) for index in suspending]
            )
            for index, column in zip(suspending, found, strict=True):
                columns[index] = column
        rows: list[dict[str, Any]] = self._rows(columns) if self._rows else [{} for _ in parents]
        return self._broken(rows) if run.failed else rows

    async def select_serially(self, run: Run, parent: Any) -> Any:
        """Return the object for one parent, each field completed before the next one begins."""
        row: dict[str, Any] = {}
        for field in self.fields:
            [row[field.key]] = await field.complete(run, [parent], Root())
            if field.required and type(row[field.key]) in FAILED:
                return Broken(row)
        return row

    def _broken(self, rows: list[dict[str, Any]]) -> list[Any]:
        """Return the rows, with what is left of those in which a null may not be."""
        return [
            next(
                (Broken(_up_to(key, row)) for key in self._required if type(row[key]) in FAILED),
                row,
            )
            for row in rows
        ]


def root(executor: Executor[Any]) -> Selection:
    """Return what an operation selects of its root; GraphQLError where there is none."""
    schema, operation = executor.schema, executor.operation
    type_ = schema.get_root_type(operation.operation)
    if type_ is None:
        raise GraphQLError("There is no such operation in the schema.")
    collected = collect_fields(
        schema,
        executor.fragments,
        executor.variable_values,
        type_,
        operation,
        executor.hide_suggestions,
    )
    return Selection(schema, type_, collected.grouped_field_set)


def _attempted(call: Callable[..., Any], *given: Any, **arguments: Any) -> Any:
    """Return what a call returns, or the exception that it raises."""
    try:
        return call(*given, **arguments)
    except Exception as error:  # noqa: BLE001 - it is the value's
        return error


def _properties(parents: Sequence[Any], name: str) -> Sequence[Any]:
    """Return what mappings have under a name, and other objects as an attribute; or None."""
    if set(map(type, parents)) == {dict}:
        try:
            return list(map(itemgetter(name), parents))
        except KeyError:
            return [parent.get(name) for parent in parents]
    return [
        parent.get(name) if isinstance(parent, Mapping) else getattr(parent, name, None)
        for parent in parents
    ]


def _up_to(last: str, row: dict[str, Any]) -> dict[str, Any]:
    keys = list(row)
    return {key: row[key] for key in keys[: keys.index(last) + 1]}


@lru_cache(maxsize=1_000)
def _is_callable(kind: type) -> bool:
    """Say whether the instances of a class can be called."""
    return any("__call__" in cls.__dict__ for cls in kind.__mro__)


@lru_cache(maxsize=1_000)
def _rows(keys: tuple[str, ...]) -> Rows:
    """Return what joins columns into objects with these keys, which are names by the grammar.

    A display in source code builds a dict in half the time that `dict(zip(keys, row))` takes.
    """
    names = [f"c{index}" for index in range(len(keys))]
    display = ", ".join(f"{key!r}: {name}" for key, name in zip(keys, names, strict=True))
    source = f"lambda columns: [{{{display}}} for {', '.join(names)}, in zip(*columns)]"
    rows: Rows = eval(source, {"zip": zip})  # noqa: S307 - of names that the parser let through
    return rows

"""The completion of columns: what one field answered for all its parents, as the response has it.

In a completed column there is for each value its form in the response, or a Failure or Broken.
"""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache, partial
from itertools import chain, islice
from types import GeneratorType, NoneType
from typing import TYPE_CHECKING, Any, cast

from graphql import (
    GraphQLAbstractType,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.pyutils import Undefined, inspect, is_iterable

from schema.execution.failures import FAILED, Broken, Failure
from schema.execution.places import InList, Place, Some
from schema.execution.resolvers import ByClass, Info, InstanceOf

if TYPE_CHECKING:
    from schema.execution.plan import Field, Run

_UNDEFINED = type(Undefined)
_PLAIN = frozenset({NoneType, bool, int, float, str, bytes, list, tuple, dict})
_ABSENT = FAILED | {NoneType}
_LISTS = frozenset({list, tuple})
_MOST, _LEAST = 2**31 - 1, -(2**31)

_READY = {
    id(GraphQLString.coerce_output_value): frozenset({str}),
    id(GraphQLID.coerce_output_value): frozenset({str}),
    id(GraphQLBoolean.coerce_output_value): frozenset({bool}),
}
"""By the identity of a scalar's coercion, the classes whose values stay what they are."""


class Column(ABC):
    """How values of one type are completed: those of a field, or the items of its lists."""

    ready: frozenset[type] = frozenset()
    """The classes whose values are in the response as they are."""

    def __init__(self, field: Field, *, required: bool) -> None:
        self.field = field
        self.required = required
        """Whether a null breaks what it is in."""

    async def complete(self, run: Run, values: Sequence[Any], place: Place) -> Sequence[Any]:
        """Complete all values that a field answered."""
        kinds = set(map(type, values))
        if kinds <= self.ready:
            return values
        if not kinds <= _PLAIN:
            values = await self._awaited(run, values, kinds)
            kinds = set(map(type, values))
        if kinds.isdisjoint(_ABSENT):
            return await self._complete(run, values, kinds, place)
        null = self._null(run) if NoneType in kinds else None
        absent = {
            index: null if value is None else value
            for index, value in enumerate(values)
            if type(value) in _ABSENT
        }
        return await _others(values, absent, place, partial(self._complete, run))

    @abstractmethod
    async def _complete(
        self, run: Run, values: Sequence[Any], kinds: set[type], place: Place
    ) -> Sequence[Any]:
        """Complete values that are there, and are of these classes."""

    async def _awaited(self, run: Run, values: Sequence[Any], kinds: set[type]) -> Sequence[Any]:
        """Return the values with what is awaitable awaited, and with failures for exceptions."""
        if any(map(_may_be_awaitable, kinds)):
            values = list(values)
            is_awaitable = run.executor.is_awaitable
            indices = [index for index, value in enumerate(values) if is_awaitable(value)]
            if indices:
                self.field.waits = True
                if len(indices) == 1:
                    values[indices[0]] = await _result(values[indices[0]])
                else:
                    results = await asyncio.gather(
                        *(values[index] for index in indices), return_exceptions=True
                    )
                    for index, result in zip(indices, results, strict=True):
                        values[index] = result
                kinds = set(map(type, values))
        if any(issubclass(kind, BaseException) or kind is _UNDEFINED for kind in kinds):
            return [self._told(run, value) for value in values]
        return values

    async def _asked(
        self,
        run: Run,
        values: Sequence[Any],
        place: Place,
        ask: Callable[[Any, Info], Any],
    ) -> Sequence[Any]:
        """Ask something of each value; where that fails, the answer is the failure."""
        answers: list[Any] = []
        for value, path in zip(values, place.paths(), strict=True):
            try:
                answers.append(ask(value, self.field.info(run, path)))
            except Exception as error:  # noqa: BLE001 - it is this value's
                answers.append(error)
        return await self._awaited(run, answers, set(map(type, answers)))

    def _told(self, run: Run, value: Any) -> Any:
        if value is Undefined:
            return None
        if isinstance(value, Exception):
            return run.failure(value, self.field)
        if isinstance(value, BaseException):
            raise value
        return value

    def _null(self, run: Run) -> Failure | None:
        if not self.required:
            return None
        field = self.field
        return run.failure(
            TypeError(
                f"Cannot return null for non-nullable field {field.parent_type}.{field.name}."
            ),
            field,
        )


class Leaf(Column):
    """Scalars and enums."""

    def __init__(self, field: Field, type_: GraphQLLeafType, *, required: bool) -> None:
        super().__init__(field, required=required)
        self._type = type_
        self._coerce: Callable[[Any], Any] = type_.coerce_output_value
        ready = _READY.get(id(self._coerce))
        if ready:
            self.ready = ready if required else ready | {NoneType}
        self._names: dict[Any, str] = {}  # of the members of enum classes

    def at_once(self, run: Run, values: Sequence[Any]) -> Sequence[Any] | None:
        """Complete values of which none is missing or to be awaited; None where one is."""
        kinds = set(map(type, values))
        if kinds <= self.ready:
            return values
        return self._coerced(run, values, kinds) if all(map(_is_value, kinds)) else None

    async def _complete(
        self, run: Run, values: Sequence[Any], kinds: set[type], _place: Place
    ) -> Sequence[Any]:
        return self._coerced(run, values, kinds)

    def _coerced(self, run: Run, values: Sequence[Any], kinds: set[type]) -> Sequence[Any]:
        if self._fits(values, kinds):
            return values
        if isinstance(self._type, GraphQLEnumType) and len(kinds) == 1:
            [kind] = kinds
            if issubclass(kind, Enum):
                return self._named(run, values)
        return [self._one(run, value) for value in values]

    def _fits(self, values: Sequence[Any], kinds: set[type]) -> bool:
        """Say whether these are numbers that stay what they are."""
        if self._type is GraphQLInt:
            return kinds == {int} and min(values) >= _LEAST and max(values) <= _MOST
        if self._type is GraphQLFloat:
            return kinds == {float} and all(map(math.isfinite, values))
        return False

    def _named(self, run: Run, values: Sequence[Any]) -> Sequence[Any]:
        """Return what members of an Enum are called, each coerced only once."""
        names = self._names
        try:
            for member in set(values) - names.keys():
                names[member] = self._coerce(member)
        except Exception:  # noqa: BLE001 - whose it is, is found out here
            return [self._one(run, value) for value in values]
        return list(map(names.__getitem__, values))

    def _one(self, run: Run, value: Any) -> Any:
        try:
            coerced = self._coerce(value)
        except Exception as error:  # noqa: BLE001 - it is this value's
            return run.failure(error, self.field)
        if coerced is None or coerced is Undefined:
            nothing = TypeError(
                f"Expected `{inspect(self._type)}.coerce_output_value({inspect(value)})` "
                f"to return non-nullable value, returned: {inspect(coerced)}"
            )
            return run.failure(nothing, self.field)
        return coerced


class ListOf(Column):
    """Lists, whose items are completed all together."""

    def __init__(self, field: Field, items: Column, *, required: bool) -> None:
        super().__init__(field, required=required)
        self._items = items

    async def _complete(
        self, run: Run, values: Sequence[Any], kinds: set[type], place: Place
    ) -> Sequence[Any]:
        failures: dict[int, Failure] = {}  # of lists that broke off while they were read
        if kinds <= _LISTS:
            lists: Sequence[Sequence[Any]] = values
        else:
            lists = [
                await self._read(run, value, nth, failures) for nth, value in enumerate(values)
            ]
        items = await self._items.complete(
            run, list(chain.from_iterable(lists)), InList(place, lists)
        )
        rest = iter(items)
        completed: list[Any] = [list(islice(rest, len(each))) for each in lists]
        if run.failed:
            for nth, failure in failures.items():
                completed[nth] = Broken(completed[nth], failure)
            if self._items.required:
                return [self._broken(each) for each in completed]
        return completed

    @staticmethod
    def _broken(completed: list[Any] | Broken) -> Any:
        """Return a completed list, or what is left of it where an item broke it."""
        items = completed.partial if isinstance(completed, Broken) else completed
        for index, item in enumerate(items):
            if type(item) in FAILED:
                return Broken(list(items)[: index + 1])
        return completed

    async def _read(
        self, run: Run, value: Any, nth: int, failures: dict[int, Failure]
    ) -> Sequence[Any]:
        """Return the items of anything that can be iterated over, up to where it fails."""
        items: list[Any] = []
        try:
            if run.executor.is_async_iterable(value):
                self.field.waits = True
                async for item in value:
                    items.append(item)  # noqa: PERF401 - those before an error are kept
            elif not is_iterable(value):
                field = self.field
                message = (
                    "Expected Iterable, but did not find one for field "
                    f"'{field.parent_type}.{field.name}'."
                )
                raise GraphQLError(message)
            else:
                for item in value:
                    items.append(item)  # noqa: PERF402 - as above
        except Exception as error:  # noqa: BLE001 - it is this value's
            failures[nth] = run.failure(error, self.field)
        return items


class ObjectOf(Column):
    """Objects of one type."""

    def __init__(self, field: Field, type_: GraphQLObjectType, *, required: bool = False) -> None:
        super().__init__(field, required=required)
        self._type = type_

    async def _complete(
        self, run: Run, values: Sequence[Any], kinds: set[type], place: Place
    ) -> Sequence[Any]:
        check = self._type.is_type_of
        if check is not None and not (
            isinstance(check, InstanceOf) and all(map(check.holds, kinds))
        ):
            answers = await self._asked(run, values, place, check)
            wrong = {
                index: self._wrong(run, values[index], answer)
                for index, answer in enumerate(answers)
                if not answer or isinstance(answer, Failure)
            }
            if wrong:
                return await _others(values, wrong, place, partial(self._select, run))
        return await self._select(run, values, kinds, place)

    async def _select(
        self, run: Run, values: Sequence[Any], _kinds: set[type], place: Place
    ) -> Sequence[Any]:
        try:
            selection = self.field.selection(run, self._type)
        except (GraphQLError, RecursionError) as error:  # of a directive, of too many fragments
            return [run.failure(error, self.field)] * len(values)
        return await selection.select(run, values, place)

    def _wrong(self, run: Run, value: Any, answer: Any) -> Failure:
        if isinstance(answer, Failure):
            return answer
        error = GraphQLError(f"Expected value of type '{self._type}' but got: {inspect(value)}.")
        return run.failure(error, self.field)


class AbstractOf(Column):
    """Objects of an interface or a union, completed with the others of their type."""

    def __init__(self, field: Field, type_: GraphQLAbstractType, *, required: bool) -> None:
        super().__init__(field, required=required)
        self._type = type_

    async def _complete(
        self, run: Run, values: Sequence[Any], kinds: set[type], place: Place
    ) -> Sequence[Any]:
        resolve = self._type.resolve_type or run.executor.type_resolver
        if isinstance(resolve, ByClass):
            by_kind = {kind: resolve.name(kind) for kind in kinds}
            names: Sequence[Any] = [by_kind[type(value)] for value in values]
        else:
            names = await self._asked(
                run, values, place, lambda value, info: resolve(value, info, self._type)
            )
        completed: list[Any] = list(names)
        members: dict[GraphQLObjectType, list[int]] = {}
        types: dict[str, GraphQLObjectType] = {}
        for index, name in enumerate(names):
            if isinstance(name, Failure):
                continue
            type_ = types.get(name) if isinstance(name, str) else None
            if type_ is None:
                try:
                    type_ = types[name] = self._checked(run, name, values[index])
                except GraphQLError as error:
                    completed[index] = run.failure(error, self.field)
                    continue
            members.setdefault(type_, []).append(index)
        found = await run.together(
            [
                ObjectOf(self.field, type_).complete(
                    run, [values[index] for index in indices], Some(place, indices)
                )
                for type_, indices in members.items()
            ]
        )
        for indices, objects in zip(members.values(), found, strict=True):
            for index, each in zip(indices, objects, strict=True):
                completed[index] = each
        return completed

    def _checked(self, run: Run, name: Any, value: Any) -> GraphQLObjectType:
        """Return the type of this name; GraphQLError where it cannot be one of ours."""
        info = self.field.info(run, None)  # of which only the field is told
        return run.executor.ensure_valid_runtime_type(
            name, self._type, self.field.details, info, value
        )


async def _others(
    values: Sequence[Any],
    done: Mapping[int, Any],
    place: Place,
    complete: Callable[[Sequence[Any], set[type], Place], Awaitable[Sequence[Any]]],
) -> Sequence[Any]:
    """Complete the values but those that are done already, by their indices."""
    completed = list(values)
    for index, value in done.items():
        completed[index] = value
    indices = [index for index in range(len(values)) if index not in done]
    if indices:
        others = [values[index] for index in indices]
        found = await complete(others, set(map(type, others)), Some(place, indices))
        for index, value in zip(indices, found, strict=True):
            completed[index] = value
    return completed


def column_of(field: Field, type_: GraphQLOutputType, *, required: bool = False) -> Column:
    """Return how values of a type are completed."""
    if is_non_null_type(type_):
        return column_of(field, type_.of_type, required=True)
    if is_list_type(type_):
        return ListOf(field, column_of(field, type_.of_type), required=required)
    if is_leaf_type(type_):
        return Leaf(field, type_, required=required)
    if is_abstract_type(type_):
        return AbstractOf(field, type_, required=required)
    return ObjectOf(field, cast("GraphQLObjectType", type_), required=required)


async def _result(awaitable: Awaitable[Any]) -> Any:
    try:
        return await awaitable
    except Exception as error:  # noqa: BLE001 - it is the value's
        return error


@lru_cache(maxsize=1_000)
def _is_value(kind: type) -> bool:
    """Say whether what is of a class is a value, that is there and needs not be awaited."""
    if kind in _ABSENT or kind is _UNDEFINED or _may_be_awaitable(kind):
        return False
    return not issubclass(kind, BaseException)


@lru_cache(maxsize=1_000)
def _may_be_awaitable(kind: type) -> bool:
    return hasattr(kind, "__await__") or kind is GeneratorType

"""Ways to resolve that a plan runs for all parents at once, and that graphql-core can call too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from inspect import isawaitable, iscoroutinefunction
from operator import attrgetter
from typing import Any, TypeAlias

from graphql import GraphQLResolveInfo

Info: TypeAlias = GraphQLResolveInfo[Any]
BatchResolver: TypeAlias = Callable[..., Sequence[Any] | Awaitable[Sequence[Any]]]
"""`(parents, info, **arguments)`, which returns one value for each parent, in their order.

A value that is an exception fails for its parent alone. `info.path` is that of the first parent.
"""


_KNOWN = 1_000  # classes that are remembered: rows come in new ones, which come and go

Reads: TypeAlias = frozenset[str] | None
"""The attributes of its parent that a field reads at most, None where that is not known."""


class Derived:
    """A resolve function that computes a value from the parent alone, by `get`."""

    def __init__(self, get: Callable[[Any], Any], reads: Reads = None) -> None:
        self.get = get
        self.reads = reads

    def __call__(self, source: Any, _info: Info) -> Any:
        """Resolve for one parent."""
        return self.get(source)


class Attribute(Derived):
    """A resolve function that reads an attribute of the parent."""

    def __init__(self, name: str) -> None:
        super().__init__(attrgetter(name), frozenset({name}))


class Batched:
    """A resolve function whose values come from one call for all parents.

    Where graphql-core calls it for each parent, the calls of one tick are done together. `ahead`
    looks at what a field selects, once for each plan; the function is given what it returns as the
    argument `wanted`, and nothing where there is no plan.
    """

    def __init__(
        self,
        function: BatchResolver,
        reads: Reads = None,
        ahead: Callable[[Info], Any] | None = None,
    ) -> None:
        self._function = function
        self.reads = reads
        self.ahead = ahead
        self.waits = iscoroutinefunction(function)
        """Whether the function does, as far as is known."""
        self._waiting: dict[tuple[int, ...], list[tuple[Any, asyncio.Future[Any]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, source: Any, info: Info, **arguments: Any) -> asyncio.Future[Any]:
        """Resolve for one parent, together with the others of this tick."""
        # A field of one execution, which has variables of its own, has the same arguments for all
        # parents; the task keeps what is named by its id.
        key = (id(info.variable_values), id(info.field_nodes[0]))
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = []
            task = asyncio.create_task(self._resolve(key, info, arguments))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        value: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        waiting.append((source, value))
        return value

    async def values(
        self, parents: Sequence[Any], info: Info, arguments: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Return the value of each parent, or the exception by which it failed."""
        try:
            values = self._function(parents, info, **arguments)
            if isawaitable(values):
                self.waits = True
                values = await values
            if len(values) != len(parents):
                raise ValueError(
                    f"The batch of {info.parent_type}.{info.field_name} returned {len(values)} "
                    f"values for {len(parents)} parents."
                )
        except Exception as error:  # noqa: BLE001 - each of them answers for it
            return [error] * len(parents)
        return values

    async def _resolve(
        self, key: tuple[int, ...], info: Info, arguments: Mapping[str, Any]
    ) -> None:
        waiting = self._waiting.pop(key)
        try:
            values = await self.values([source for source, _ in waiting], info, arguments)
            for (_, future), value in zip(waiting, values, strict=True):
                if not future.done():  # whoever waited may have been cancelled
                    _settle(future, value)
        finally:
            for _, future in waiting:
                future.cancel()  # where this was cancelled, and they still wait


def _settle(future: asyncio.Future[Any], value: Any) -> None:
    if isinstance(value, Exception):
        future.set_exception(value)
        future.exception()  # should nobody wait for it any more, nobody need hear of it
    else:
        future.set_result(value)


class InstanceOf:
    """An `is_type_of` function: whether a value is an instance of one of these classes."""

    def __init__(self, *classes: type) -> None:
        self._classes = classes
        self.holds: Callable[[type], bool] = lru_cache(maxsize=_KNOWN)(self._holds)
        """Whether it is so of every value of a class."""

    def __call__(self, value: Any, _info: Info) -> bool:
        """Say it of one value."""
        return self.holds(type(value))

    def _holds(self, kind: type) -> bool:
        return issubclass(kind, self._classes)


class ByClass:
    """A `resolve_type` function: the name of the object type of the values of a class.

    `names` has classes whose subclasses count with them; of several that fit, the first. It may be
    completed until the first use.
    """

    def __init__(self, names: Mapping[type, str]) -> None:
        self._names = names
        self.name: Callable[[type], str | None] = lru_cache(maxsize=_KNOWN)(self._name)
        """The type of every value of a class; None for an unknown one."""

    def __call__(self, value: Any, _info: Info, _type: Any) -> str | None:
        """Name the type of one value; None for an unknown one."""
        return self.name(type(value))

    def _name(self, kind: type) -> str | None:
        return next((name for cls, name in self._names.items() if issubclass(kind, cls)), None)

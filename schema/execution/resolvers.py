"""Ways to resolve that a plan runs for all parents at once, and that graphql-core can call too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable, iscoroutinefunction
from operator import attrgetter
from typing import Any, TypeAlias

from graphql import GraphQLResolveInfo

Info: TypeAlias = GraphQLResolveInfo[Any]
BatchResolver: TypeAlias = Callable[..., Sequence[Any] | Awaitable[Sequence[Any]]]
"""`(parents, info, **arguments)`, which returns one value for each parent, in their order.

A value that is an exception fails for its parent alone. `info.path` is that of the first parent.
"""


class Derived:
    """A resolve function that computes a value from the parent alone, by `get`."""

    def __init__(self, get: Callable[[Any], Any]) -> None:
        self.get = get

    def __call__(self, source: Any, _info: Info) -> Any:
        """Resolve for one parent."""
        return self.get(source)


class Attribute(Derived):
    """A resolve function that reads an attribute of the parent."""

    def __init__(self, name: str) -> None:
        super().__init__(attrgetter(name))


class Batched:
    """A resolve function whose values come from one call for all parents.

    Where graphql-core calls it for each parent, the calls of one tick are done together.
    """

    def __init__(self, function: BatchResolver) -> None:
        self._function = function
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
        self._known: dict[type, bool] = {}

    def __call__(self, value: Any, _info: Info) -> bool:
        """Say it of one value."""
        return self.holds(type(value))

    def holds(self, kind: type) -> bool:
        """Say it of every value of a class."""
        found = self._known.get(kind)
        if found is None:
            found = self._known[kind] = issubclass(kind, self._classes)
        return found


class ByClass:
    """A `resolve_type` function: the name of the object type of the values of a class.

    `names` has classes whose subclasses count with them; of several that fit, the first. It may be
    completed until the first use.
    """

    def __init__(self, names: Mapping[type, str]) -> None:
        self._names = names
        self._known: dict[type, str | None] = {}

    def __call__(self, value: Any, _info: Info, _type: Any) -> str | None:
        """Name the type of one value; None for an unknown one."""
        return self.name(type(value))

    def name(self, kind: type) -> str | None:
        """Name the type of every value of a class; None for an unknown one."""
        if kind not in self._known:
            self._known[kind] = next(
                (name for cls, name in self._names.items() if issubclass(kind, cls)), None
            )
        return self._known[kind]

"""Reads that several places ask for at the same moment, done as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Read: TypeAlias = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
"""Returns one value for each of the keys, which are all different, in their order."""


@dataclass(eq=False, slots=True)
class _Asked:
    """What was asked of one read before it began, and by whom."""

    read: Read
    keys: dict[Any, None] = field(default_factory=dict)
    waiting: list[asyncio.Future[dict[Any, Any]]] = field(default_factory=list)

    async def answer(self) -> None:
        """Read, and tell all who wait."""
        found: dict[Any, Any] = {None: None}
        self.keys.pop(None, None)
        keys = list(self.keys)
        try:
            if keys:
                found.update(zip(keys, await self.read(keys), strict=True))
        except Exception as error:  # noqa: BLE001 - it is theirs who wait
            failure = error
            self._tell(lambda future: future.set_exception(failure))
        except BaseException:
            self.leave()
            raise
        else:
            self._tell(lambda future: future.set_result(found))

    def leave(self) -> None:
        """Leave all who wait without an answer."""
        self._tell(lambda future: future.cancel())

    def _tell(self, tell: Callable[[asyncio.Future[dict[Any, Any]]], object]) -> None:
        for future in self.waiting:
            if not future.done():  # whoever waited may have been cancelled
                tell(future)


class Together:
    """Whoever loads in one tick of the event loop, or while the read before runs, shares a read.

    So there is one read of a name at a time, and the more ask, the more each of them answers.
    Nothing is kept after it, and nobody is answered by a read that began before they asked.
    """

    def __init__(self) -> None:
        self._asked: dict[Hashable, _Asked] = {}
        self._reading: dict[Hashable, asyncio.Task[None]] = {}

    async def load(self, name: Hashable, keys: Sequence[Any], read: Read) -> list[Any]:
        """Return the value of each key; of None, None.

        Equal names must stand for equal reads, which do not load by their own name. Raises what the
        read raises.
        """
        asked = self._asked.get(name)
        if asked is None:
            asked = self._asked[name] = _Asked(read)
            if name not in self._reading:
                self._reading[name] = asyncio.create_task(self._answer(name))
        asked.keys.update(dict.fromkeys(keys))
        future: asyncio.Future[dict[Any, Any]] = asyncio.get_running_loop().create_future()
        asked.waiting.append(future)
        found = await future
        return list(map(found.__getitem__, keys))

    async def _answer(self, name: Hashable) -> None:
        """Read as long as somebody asks."""
        try:
            while asked := self._asked.pop(name, None):
                await asked.answer()
        finally:
            del self._reading[name]
            if asked := self._asked.pop(name, None):
                asked.leave()  # where this was cancelled

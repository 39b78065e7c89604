"""Reads that several places ask for at the same moment, done as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeAlias

Read: TypeAlias = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
"""Returns one value for each of the keys, which are all different, in their order."""


class Together:
    """Whoever loads in one tick of the event loop shares a read; nothing is kept after it."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, tuple[dict[Any, None], asyncio.Task[dict[Any, Any]]]] = {}

    async def load(self, name: Hashable, keys: Sequence[Any], read: Read) -> list[Any]:
        """Return the value of each key; of None, None.

        Equal names must stand for equal reads. Raises what the read raises.
        """
        waiting = self._waiting.get(name)
        if waiting is None:
            wanted: dict[Any, None] = {}
            waiting = self._waiting[name] = (
                wanted,
                asyncio.create_task(self._read(name, wanted, read)),
            )
        waiting[0].update(dict.fromkeys(keys))
        found = await asyncio.shield(waiting[1])  # others wait for it, too
        return list(map(found.__getitem__, keys))

    async def _read(self, name: Hashable, wanted: dict[Any, None], read: Read) -> dict[Any, Any]:
        del self._waiting[name]
        wanted.pop(None, None)
        keys = list(wanted)
        found: dict[Any, Any] = {None: None}
        if keys:
            found.update(zip(keys, await read(keys), strict=True))
        return found

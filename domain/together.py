"""Reads that several places ask for at the same moment, done as one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeAlias

AT_ONCE = 2
"""Reads of one name that are on their way; what is asked for meanwhile is one read after them."""

Read: TypeAlias = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
"""Returns one value for each of the keys, which are all different, in their order."""


class _Batch:
    """What is asked for and not yet being read."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.keys: dict[Any, None] = {}
        self.begins = False
        self.found: asyncio.Future[dict[Any, Any]] = asyncio.get_running_loop().create_future()


class Together:
    """Whoever loads in one tick of the event loop shares a read, and so do those who must wait.

    Nothing is kept after it, and nobody is answered by a read that began before they asked.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, _Batch] = {}
        self._running: dict[Hashable, set[asyncio.Task[None]]] = {}

    async def load(self, name: Hashable, keys: Sequence[Any], read: Read) -> list[Any]:
        """Return the value of each key; of None, None.

        Equal names must stand for equal reads. Raises what the read raises.
        """
        batch = self._waiting.get(name)
        if batch is None:
            batch = self._waiting[name] = _Batch(read)
            self._begin(name, batch)
        batch.keys.update(dict.fromkeys(keys))
        found = await asyncio.shield(batch.found)  # others wait for it, too
        return list(map(found.__getitem__, keys))

    def _begin(self, name: Hashable, batch: _Batch) -> None:
        """Read at the next tick what is asked for until then, unless others must end first."""
        running = self._running.setdefault(name, set())
        if not batch.begins and len(running) < AT_ONCE:
            batch.begins = True
            task = asyncio.create_task(self._run(name))
            running.add(task)
            task.add_done_callback(lambda task: self._ended(name, task))

    def _ended(self, name: Hashable, task: asyncio.Task[None]) -> None:
        running = self._running[name]
        running.discard(task)
        batch = self._waiting.get(name)
        if batch is not None:
            self._begin(name, batch)
        elif not running:
            del self._running[name]

    async def _run(self, name: Hashable) -> None:
        batch = self._waiting.pop(name)
        batch.keys.pop(None, None)
        keys = list(batch.keys)
        found: dict[Any, Any] = {None: None}
        try:
            if keys:
                found.update(zip(keys, await batch.read(keys), strict=True))
        except Exception as error:  # noqa: BLE001 - it is raised where it was asked for
            batch.found.set_exception(error)
            batch.found.exception()  # should nobody wait for it any more, nobody need hear of it
        else:
            batch.found.set_result(found)
        finally:
            batch.found.cancel()  # where this was cancelled

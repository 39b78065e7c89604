"""How many a principal or an address has of something, counted over all processes.

Every process counts its own and is told what the others count, through the wake-ups' second
channel: what changed at most 10 times a second, and all of it every few seconds, so that a lost
message heals and what a process held that died is given back. A limit can be exceeded by what two
processes grant within that tenth of a second.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import uuid4

from subscriptions.wakeup import Wakeups, batches


class _Told(NamedTuple):
    """What another process says that it has of a key, and when that is no longer believed."""

    taken: int
    expires: float


class Quota:
    """The counts of all processes. `expiry` and `interval` are seconds.

    What a process does not repeat for `expiry` is given back soon after; it repeats three times as
    often. News go out every `interval`.
    """

    def __init__(self, wakeups: Wakeups, *, expiry: float = 15.0, interval: float = 0.1) -> None:
        self._wakeups = wakeups
        self._expiry = expiry
        self._interval = interval
        self._origin = uuid4().hex
        self._own: Counter[str] = Counter()
        self._others: dict[str, dict[str, _Told]] = {}  # by key, then by process
        self._changed: set[str] = set()
        self._news = asyncio.Event()
        self._repeat = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, after the wake-ups have started, and ask the other processes for their counts."""
        self._wakeups.receive(self._receive)
        await self._wakeups.send({"from": self._origin, "ask": True})
        self._task = asyncio.create_task(self._run(), name="quota")

    async def stop(self) -> None:
        """Give everything back and end, before the wake-ups stop."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._changed |= self._own.keys()
            self._own.clear()
            await self._tell()

    def take(self, key: str, most: int) -> bool:
        """Count one more for this key; False, and nothing is counted, where all have `most`."""
        if self.taken(key) >= most:
            return False
        self._own[key] += 1
        self._note(key)
        return True

    def give(self, key: str) -> None:
        """Count one less, that this process took."""
        self._own[key] -= 1
        if not self._own[key]:
            del self._own[key]
        self._note(key)

    def taken(self, key: str) -> int:
        """Return how many all processes have of this key, as far as is known here."""
        others = self._others.get(key)
        return self._own[key] + (sum(told.taken for told in others.values()) if others else 0)

    def _note(self, key: str) -> None:
        self._changed.add(key)
        self._news.set()

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._expiry / 3):
                    await self._news.wait()
            self._news.clear()
            if time.monotonic() >= self._repeat:
                self._repeat = time.monotonic() + self._expiry / 3
                self._changed |= self._own.keys()
                self._expire()
            await self._tell()
            await asyncio.sleep(self._interval)

    async def _tell(self) -> None:
        changed, self._changed = self._changed, set()
        for batch in batches([[key, self._own[key]] for key in changed]):
            await self._wakeups.send({"from": self._origin, "counts": batch})

    def _receive(self, message: dict[str, Any]) -> None:
        origin = message["from"]
        if origin == self._origin:
            return
        if message.get("ask"):
            self._changed |= self._own.keys()
            self._news.set()
        expires = time.monotonic() + self._expiry
        for key, count in message.get("counts", ()):
            if count:
                self._others.setdefault(key, {})[origin] = _Told(count, expires)
            else:
                self._drop(key, origin)

    def _drop(self, key: str, origin: str) -> None:
        told = self._others.get(key, {})
        told.pop(origin, None)
        if not told:
            self._others.pop(key, None)

    def _expire(self) -> None:
        now = time.monotonic()
        over = [
            (key, origin)
            for key, told in self._others.items()
            for origin, each in told.items()
            if each.expires <= now
        ]
        for key, origin in over:
            self._drop(key, origin)

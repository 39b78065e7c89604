"""Who is here, where, typing or with a raised hand: kept in memory, never stored.

Every process holds all entries. It tells the others of its own through the wake-ups' second
channel, at most 10 times a second and then only the newest state, and repeats what is unchanged
every few seconds: so a lost message heals, and the entries of a process that died expire.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from domain.texts import clean
from subscriptions.wakeup import Wakeups, batches

_LONGEST_TEXT = 200


class Key(NamedTuple):
    """A person may be at one topic several times: once for each window."""

    topic_id: UUID
    person_id: UUID
    connection_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One window of one person, as it is now."""

    key: Key
    role: str
    """The person's role, or the constituency that they speak for, in words."""
    location: str = ""
    """The opaque id of the section or ballot that they look at."""
    typing: bool = False
    hand_raised: bool = False


class Move(StrEnum):
    """What happened to an entry since its follower was last told."""

    JOINED = "JOINED"
    CHANGED = "CHANGED"
    LEFT = "LEFT"


@dataclass(frozen=True, slots=True)
class Change:
    """An entry as it is now; one that left, as it was."""

    move: Move
    entry: Entry
    version: int = field(default=0, compare=False)
    """The number of the change in this process; see Presence.here."""


class _Stamp(NamedTuple):
    """The order of what two processes say about one key, the same for everybody."""

    milliseconds: int
    origin: str


@dataclass(slots=True)
class _Held:
    entry: Entry
    stamp: _Stamp
    expires: float
    told: float


class Follower:
    """Somebody who is told what changes; the newest only, if they are slow."""

    def __init__(self, held: Callable[[Key], Entry | None]) -> None:
        self._held = held
        # What was told last of each entry that differs now (None was absent), and in which change.
        self._told: dict[Key, tuple[Entry | None, int]] = {}
        self._news = asyncio.Event()

    def note(self, key: Key, before: Entry | None, now: Entry | None, version: int) -> None:
        """Take a change of what is held."""
        told, _ = self._told.get(key, (before, version))
        # What is as it was told last needs no telling, so a stalled follower holds no more keys
        # than there were and are entries, however many come and go.
        if told == now:
            del self._told[key]
        else:
            self._told[key] = (told, version)
            self._news.set()

    async def next(self) -> Change:
        """Wait for the next change."""
        while not self._told:
            self._news.clear()
            await self._news.wait()
        key = next(iter(self._told))
        before, version = self._told.pop(key)
        now = self._held(key)
        if before and now:
            return Change(Move.CHANGED, now, version)
        if now:
            return Change(Move.JOINED, now, version)
        if before:
            return Change(Move.LEFT, before, version)
        raise RuntimeError("An entry that was absent and is absent has not changed.")


class Presence:
    """The entries of all processes. `expiry`, `interval` and `settling` are seconds.

    An entry expires `expiry` after its last `update`. News go out every `interval`. A process that
    starts asks the others, and its first snapshots wait for `settling` until they have answered.
    """

    def __init__(
        self,
        wakeups: Wakeups,
        *,
        expiry: float = 15.0,
        interval: float = 0.1,
        settling: float = 0.3,
    ) -> None:
        self._wakeups = wakeups
        self._expiry = expiry
        self._interval = interval
        self._settling = settling
        self._origin = uuid4().hex
        self._topics: dict[UUID, dict[Key, _Held]] = {}
        self._followers: dict[UUID, set[Follower]] = {}
        self._wanted: dict[Key, Entry | None] = {}
        self._version = 0
        self._asked = False
        self._news = asyncio.Event()
        self._settled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin, after the wake-ups have started, and ask the other processes for their entries."""
        self._wakeups.receive(self._receive)
        await self._wakeups.send({"from": self._origin, "ask": True})
        asyncio.get_running_loop().call_later(self._settling, self._settled.set)
        self._task = asyncio.create_task(self._run(), name="presence")

    async def stop(self) -> None:
        """Tell the last news and end, before the wake-ups stop."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            await self._tell()

    def update(
        self,
        topic_id: UUID,
        person_id: UUID,
        connection_id: str,
        *,
        role: str,
        location: str = "",
        typing: bool = False,
        hand_raised: bool = False,
    ) -> None:
        """Say that this window is here, and how; repeat it at least every 10 seconds.

        Raises Invalid for a role or location of more than 200 characters.
        """
        key = Key(topic_id, person_id, connection_id)
        role = clean(role, "role", limit=_LONGEST_TEXT)
        location = clean(location, "location", limit=_LONGEST_TEXT, required=False)
        self._wanted[key] = Entry(key, role, location, typing, hand_raised)
        self._news.set()

    def leave(self, topic_id: UUID, person_id: UUID, connection_id: str) -> None:
        """Say that this window has gone."""
        self._wanted[Key(topic_id, person_id, connection_id)] = None
        self._news.set()

    async def settled(self) -> None:
        """Wait until the other processes have answered a process that has just started."""
        await self._settled.wait()

    def here(self, topic_id: UUID) -> tuple[int, list[Entry]]:
        """Return all entries of a topic, and the number of the last change that they contain."""
        return self._version, [held.entry for held in self._topics.get(topic_id, {}).values()]

    @contextmanager
    def follow(self, topic_id: UUID) -> Iterator[Follower]:
        """Tell somebody of what changes at a topic, for the length of the block."""
        follower = Follower(self._entry)
        self._followers.setdefault(topic_id, set()).add(follower)
        try:
            yield follower
        finally:
            followers = self._followers[topic_id]
            followers.discard(follower)
            if not followers:
                del self._followers[topic_id]

    def _held(self, key: Key) -> _Held | None:
        return self._topics.get(key.topic_id, {}).get(key)

    def _entry(self, key: Key) -> Entry | None:
        held = self._held(key)
        return held.entry if held else None

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._expiry / 15):
                    await self._news.wait()
            self._news.clear()
            await self._tell()
            self._expire()
            await asyncio.sleep(self._interval)

    async def _tell(self) -> None:
        """Apply what was wanted since the last time, and send what others need to know of it."""
        now = time.monotonic()
        clock = time.time_ns() // 1_000_000
        wanted, self._wanted = self._wanted, {}
        asked, self._asked = self._asked, False
        records = []
        for key, entry in wanted.items():
            held = self._held(key)
            # Later than what it replaces, also where that was said elsewhere a moment ago.
            stamp = _Stamp(max(clock, held.stamp.milliseconds + 1 if held else 0), self._origin)
            told = held.told if held and held.entry == entry else float("-inf")
            due = now - told > self._expiry / 5
            self._apply(key, entry, stamp, self._expiry, now if due else told)
            if due:
                records.append(self._record(key, entry, stamp, self._expiry))
        if asked:
            for topic in self._topics.values():
                for key, held in topic.items():
                    if held.stamp.origin == self._origin and key not in wanted:
                        left = held.expires - now
                        records.append(self._record(key, held.entry, held.stamp, left))
        for batch in batches(records):
            await self._wakeups.send({"from": self._origin, "records": batch})

    @staticmethod
    def _record(key: Key, entry: Entry | None, stamp: _Stamp, seconds: float) -> list[Any]:
        state = entry and [entry.role, entry.location, entry.typing, entry.hand_raised]
        return [*key, stamp.milliseconds, round(seconds, 3), state]

    def _receive(self, message: dict[str, Any]) -> None:
        origin = message["from"]
        if origin == self._origin:
            return
        if message.get("ask"):
            self._asked = True
            self._news.set()
            return
        records = message.get("records", ())  # other messages are of subscriptions/quota.py
        for topic_id, person_id, connection_id, milliseconds, seconds, state in records:
            key = Key(UUID(topic_id), UUID(person_id), connection_id)
            entry = Entry(key, *state) if state else None
            self._apply(key, entry, _Stamp(milliseconds, origin), seconds, float("-inf"))

    def _apply(
        self, key: Key, entry: Entry | None, stamp: _Stamp, seconds: float, told: float
    ) -> None:
        """Hold this state unless a later one is held, and note for followers what changed."""
        held = self._held(key)
        if held and held.stamp > stamp:
            return
        if entry:
            expires = time.monotonic() + seconds
            topic = self._topics.setdefault(key.topic_id, {})
            topic[key] = _Held(entry, stamp, expires, told)
        elif held:
            self._forget(key)
        before = held.entry if held else None
        if before != entry:
            self._version += 1
            for follower in self._followers.get(key.topic_id, ()):
                follower.note(key, before, entry, self._version)

    def _forget(self, key: Key) -> None:
        topic = self._topics[key.topic_id]
        del topic[key]
        if not topic:
            del self._topics[key.topic_id]

    def _expire(self) -> None:
        now = time.monotonic()
        over = [
            held
            for topic in self._topics.values()
            for held in topic.values()
            if held.expires <= now
        ]
        for held in over:
            self._apply(held.entry.key, None, held.stamp, 0, now)

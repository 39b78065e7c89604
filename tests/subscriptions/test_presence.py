"""Presence in one process and in two that share nothing but a broker."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain import embedded
from domain.errors import Invalid
from subscriptions.presence import Change, Entry, Follower, Key, Move, Presence
from subscriptions.wakeup import Wakeups

DEADLINE = 10.0
TOPIC = uuid4()
ADA, BOB = uuid4(), uuid4()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="presence-"))
    server = embedded.start(folder, durable=False)
    yield server.app_url
    server.stop()
    shutil.rmtree(folder)


@asynccontextmanager
async def present(url: str = "memory://", **options: Any) -> AsyncIterator[Presence]:
    wakeups = Wakeups(url)
    await wakeups.start()
    presence = Presence(wakeups, **{"interval": 0.01, "settling": 0.1, **options})
    await presence.start()
    try:
        yield presence
    finally:
        await presence.stop()
        await wakeups.stop()


class Following:
    """Somebody who gets a snapshot and then the changes."""

    def __init__(self, presence: Presence, follower: Follower) -> None:
        self._presence = presence
        self._follower = follower
        self._first = True

    async def next(self) -> list[Entry] | Change:
        async with asyncio.timeout(DEADLINE):
            if not self._first:
                return await self._follower.next()
            self._first = False
            await self._presence.settled()
            return self._presence.here(TOPIC)[1]


@asynccontextmanager
async def following(presence: Presence) -> AsyncIterator[Following]:
    with presence.follow(TOPIC) as follower:
        yield Following(presence, follower)


async def snapshot(presence: Presence) -> list[Entry]:
    async with asyncio.timeout(DEADLINE):
        await presence.settled()
    _, entries = presence.here(TOPIC)
    return sorted(entries, key=lambda each: each.key)


def entry(person: UUID, connection: str = "1", **state: Any) -> Entry:
    return Entry(Key(TOPIC, person, connection), "a member", **state)


def update(presence: Presence, person: UUID, connection: str = "1", **state: Any) -> None:
    presence.update(TOPIC, person, connection, role="a member", **state)


async def test_a_snapshot_and_then_changes() -> None:
    async with present() as presence, following(presence) as follower:
        assert await follower.next() == []
        update(presence, ADA)
        assert await follower.next() == Change(Move.JOINED, entry(ADA))
        update(presence, ADA, location="section 3", typing=True, hand_raised=True)
        now = entry(ADA, location="section 3", typing=True, hand_raised=True)
        assert await follower.next() == Change(Move.CHANGED, now)
        async with following(presence) as late:
            assert await late.next() == [now]
        presence.leave(TOPIC, ADA, "1")
        assert await follower.next() == Change(Move.LEFT, now)


async def test_a_topic_hears_nothing_of_another() -> None:
    async with present() as presence, following(presence) as follower:
        await follower.next()
        presence.update(uuid4(), ADA, "1", role="a member")
        update(presence, BOB)
        assert await follower.next() == Change(Move.JOINED, entry(BOB))


async def test_two_windows_of_one_person_are_two_entries() -> None:
    async with present() as presence, following(presence) as follower:
        await follower.next()
        update(presence, ADA, "1")
        update(presence, ADA, "2")
        assert {(await follower.next()), (await follower.next())} == {
            Change(Move.JOINED, entry(ADA, "1")),
            Change(Move.JOINED, entry(ADA, "2")),
        }


async def test_only_the_newest_of_many_updates_is_told() -> None:
    async with present(interval=0.1) as presence, following(presence) as follower:
        await follower.next()
        for number in range(500):
            update(presence, ADA, location=str(number))
        assert await follower.next() == Change(Move.JOINED, entry(ADA, location="499"))
        update(presence, ADA, location="first")
        update(presence, ADA, location="last")
        began = asyncio.get_running_loop().time()
        assert await follower.next() == Change(Move.CHANGED, entry(ADA, location="last"))
        assert asyncio.get_running_loop().time() - began > 0.05  # the interval is kept


async def test_a_slow_follower_is_told_the_difference_and_holds_no_history() -> None:
    async with (
        present() as presence,
        following(presence) as slow,
        following(presence) as quick,
    ):
        await slow.next()
        await quick.next()
        update(presence, ADA)
        await slow.next()
        await quick.next()
        for number in range(10):
            update(presence, BOB, str(number))
            await quick.next()
            presence.leave(TOPIC, BOB, str(number))
            await quick.next()
        assert not any(each._told for each in presence._followers[TOPIC])  # noqa: SLF001
        presence.leave(TOPIC, ADA, "1")
        assert await slow.next() == Change(Move.LEFT, entry(ADA))


async def test_an_entry_expires_unless_it_is_repeated() -> None:
    async with present(expiry=0.3) as presence, following(presence) as follower:
        await follower.next()
        update(presence, ADA)
        update(presence, BOB)
        await follower.next()
        await follower.next()
        leaving = asyncio.create_task(follower.next())
        while not leaving.done():
            update(presence, BOB)
            await asyncio.wait([leaving], timeout=0.05)
        assert await leaving == Change(Move.LEFT, entry(ADA))
        async with following(presence) as late:
            assert await late.next() == [entry(BOB)]


@pytest.mark.parametrize("state", [{"location": "x" * 201}, {"location": "\ud800"}])
async def test_a_location_that_cannot_be_told_is_refused(state: dict[str, str]) -> None:
    async with present() as presence:
        with pytest.raises(Invalid, match="location"):
            update(presence, ADA, **state)


async def test_nothing_is_left_of_a_topic_without_entries_and_followers() -> None:
    async with present() as presence:
        async with following(presence) as follower:
            await follower.next()
            update(presence, ADA)
            await follower.next()
            presence.leave(TOPIC, ADA, "1")
            await follower.next()
        assert not presence._topics  # noqa: SLF001 - memory cannot be seen from outside
        assert not presence._followers  # noqa: SLF001


async def test_two_processes_see_the_same(url: str) -> None:
    async with (
        present(url) as one,
        present(url) as other,
        following(one) as here,
        following(other) as there,
    ):
        assert await here.next() == await there.next() == []
        update(one, ADA, typing=True)
        assert await here.next() == Change(Move.JOINED, entry(ADA, typing=True))
        assert await there.next() == Change(Move.JOINED, entry(ADA, typing=True))
        update(other, ADA)  # over another process than before
        assert await here.next() == Change(Move.CHANGED, entry(ADA))
        assert await there.next() == Change(Move.CHANGED, entry(ADA))
        one.leave(TOPIC, ADA, "1")
        assert await here.next() == Change(Move.LEFT, entry(ADA))
        assert await there.next() == Change(Move.LEFT, entry(ADA))


async def test_what_is_said_elsewhere_in_the_same_millisecond_counts(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
    async with (
        present(url) as one,
        present(url) as other,
        following(one) as here,
        following(other) as there,
    ):
        assert await here.next() == await there.next() == []
        for process in (one, other, one, other):
            for typing in (True, False):
                update(process, ADA, typing=typing)
                seen = [await each.next() for each in (here, there)]
                assert [change.entry.typing for change in seen] == [typing] * 2  # type: ignore[union-attr]


async def test_updates_at_once_end_the_same_everywhere(url: str) -> None:
    async with present(url) as one, present(url) as other:
        for _ in range(5):
            update(one, ADA, location="one")
            update(other, ADA, location="other")
            update(one, BOB)
            update(other, BOB, "2")
            async with asyncio.timeout(DEADLINE):
                while len(seen := await snapshot(one)) < 3 or seen != await snapshot(other):
                    pass


async def test_a_process_that_starts_asks_for_all_entries(url: str) -> None:
    async with present(url) as one, following(one) as here:
        await here.next()
        for number in range(300):
            update(one, ADA, str(number), location="é" * 200)
        for _ in range(300):
            await here.next()
        async with present(url, settling=0.3) as other:
            assert len(await snapshot(other)) == 300
            assert await snapshot(other) == await snapshot(one)


async def test_the_entries_of_a_process_that_dies_expire_elsewhere(url: str) -> None:
    async with (
        present(url, expiry=0.2) as one,
        present(url, expiry=0.2) as other,
        following(other) as there,
    ):
        await there.next()
        update(one, ADA)
        await there.next()
        # Nothing is repeated, and no farewell said.
        assert await there.next() == Change(Move.LEFT, entry(ADA))


async def test_an_unchanged_entry_is_repeated_to_other_processes(url: str) -> None:
    async with (
        present(url, expiry=0.5) as one,
        present(url, expiry=0.5) as other,
        following(other) as there,
    ):
        await there.next()
        update(one, ADA)
        await there.next()
        news = asyncio.create_task(there.next())
        async with asyncio.timeout(DEADLINE):
            for _ in range(20):
                update(one, ADA)
                await asyncio.wait([news], timeout=0.05)
        assert not news.done()  # two times its life
        one.leave(TOPIC, ADA, "1")
        assert await news == Change(Move.LEFT, entry(ADA))

"""Counts in one process and in two that share nothing but a broker."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from domain import embedded
from subscriptions.presence import Presence
from subscriptions.quota import Quota
from subscriptions.wakeup import Wakeups

DEADLINE = 10.0


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="quota-"))
    server = embedded.start(folder, durable=False)
    yield server.app_url
    server.stop()
    shutil.rmtree(folder)


@asynccontextmanager
async def counting(url: str = "memory://", **options: Any) -> AsyncIterator[Quota]:
    wakeups = Wakeups(url)
    await wakeups.start()
    quota = Quota(wakeups, **{"interval": 0.01, **options})
    await quota.start()
    try:
        yield quota
    finally:
        await quota.stop()
        await wakeups.stop()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not holds():  # noqa: ASYNC110 - a quota tells nobody when it hears something
            await asyncio.sleep(0.005)


async def test_what_is_given_back_can_be_taken_again() -> None:
    async with counting() as quota:
        assert [quota.take("ada", 2) for _ in range(3)] == [True, True, False]
        assert quota.take("bob", 2)
        quota.give("ada")
        assert quota.take("ada", 2)
        assert not quota.take("ada", 2)


async def test_a_limit_holds_over_two_processes(url: str) -> None:
    async with counting(url) as one, counting(url) as other:
        assert [one.take("ada", 3) for _ in range(2)] == [True, True]
        await until(lambda: other.taken("ada") == 2)
        assert [other.take("ada", 3) for _ in range(2)] == [True, False]
        await until(lambda: one.taken("ada") == 3)
        assert not one.take("ada", 3)
        other.give("ada")
        await until(lambda: one.taken("ada") == 2)
        assert one.take("ada", 3)


async def test_a_process_that_starts_is_told_what_the_others_count(url: str) -> None:
    async with counting(url) as one:
        for number in range(1000):
            assert one.take(f"2001:db8:ffff:ffff:ffff:ffff:ffff:{number:x}", 1)
        async with counting(url) as late:
            last = "2001:db8:ffff:ffff:ffff:ffff:ffff:3e7"
            await until(lambda: late.taken(last) == 1)
            assert not late.take(last, 1)


async def test_what_a_process_that_ends_held_is_given_back_at_once(url: str) -> None:
    async with counting(url) as one:
        async with counting(url) as other:
            assert other.take("ada", 1)
            await until(lambda: one.taken("ada") == 1)
        await until(lambda: one.taken("ada") == 0)


async def test_what_a_process_that_was_killed_held_expires(url: str) -> None:
    async with counting(url, expiry=0.2) as quota:
        wakeups = Wakeups(url)
        await wakeups.start()
        await wakeups.send({"from": "somebody", "counts": [["ada", 1]]})
        await wakeups.stop()
        await until(lambda: quota.taken("ada") == 1)
        await until(lambda: quota.taken("ada") == 0)
        assert quota.take("ada", 1)


async def test_what_lasts_is_repeated(url: str) -> None:
    async with counting(url, expiry=0.5) as one, counting(url, expiry=0.5) as other:
        assert one.take("ada", 1)
        await until(lambda: other.taken("ada") == 1)
        for _ in range(150):  # three times its life
            await asyncio.sleep(0.01)
            assert not other.take("ada", 1)


async def test_presence_and_quotas_share_a_channel_and_ignore_each_other(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wakeups = Wakeups(url)
    await wakeups.start()
    presence, quota = Presence(wakeups, settling=0.01, interval=0.01), Quota(wakeups, interval=0.01)
    await presence.start()
    await quota.start()
    async with counting(url) as other:
        assert other.take("ada", 1)
        await wakeups.send({"from": "a presence", "records": []})
        await until(lambda: quota.taken("ada") == 1)
    await quota.stop()
    await presence.stop()
    await wakeups.stop()
    assert "of no use" not in "".join(capsys.readouterr())

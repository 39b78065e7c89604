"""Reads of one tick that ask the same are one read."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from domain.together import Together


class Reading:
    """Doubles numbers, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    async def __call__(self, keys: Sequence[int]) -> list[int]:
        self.asked.append(list(keys))
        if 13 in keys:
            raise LookupError("13")
        return [2 * key for key in keys]


async def test_those_of_one_tick_share_a_read_and_each_key_is_read_once() -> None:
    together, read = Together(), Reading()

    found = await asyncio.gather(
        together.load("double", [1, 2, 2], read),
        together.load("double", [3, None, 1], read),
        together.load("another", [1], read),
    )

    assert list(found) == [[2, 4, 4], [6, None, 2], [2]]
    assert read.asked == [[1, 2, 3], [1]]


async def test_nothing_is_kept_after_a_tick_and_nothing_is_read_for_no_key() -> None:
    together, read = Together(), Reading()

    assert await together.load("double", [1], read) == [2]
    assert await together.load("double", [1], read) == [2]
    assert await together.load("double", [None], read) == [None]
    assert read.asked == [[1], [1]]


async def test_who_is_cancelled_takes_nothing_from_the_others() -> None:
    together, read = Together(), Reading()
    first = asyncio.create_task(together.load("double", [1], read))
    second = asyncio.create_task(together.load("double", [2], read))
    await asyncio.sleep(0)
    first.cancel()

    assert await second == [4]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_who_asks_while_a_read_runs_shares_the_next_one() -> None:
    together, read = Together(), Reading()
    running, go_on = asyncio.Event(), asyncio.Event()

    async def slow(keys: Sequence[int]) -> list[int]:
        running.set()
        await go_on.wait()
        return await read(keys)

    first = asyncio.create_task(together.load("double", [1], slow))
    await running.wait()
    others = [asyncio.create_task(together.load("double", [key], slow)) for key in (1, 2, 1)]
    another = await together.load("another", [3], read)
    assert another == [6]
    go_on.set()

    assert await first == [2]
    assert await asyncio.gather(*others) == [[2], [4], [2]]
    assert read.asked == [[3], [1], [1, 2]]


async def test_nobody_waits_for_a_read_that_was_cancelled() -> None:
    together = Together()
    running = asyncio.Event()

    async def endless(_keys: Sequence[int]) -> list[int]:
        running.set()
        await asyncio.Event().wait()
        raise AssertionError

    first = asyncio.create_task(together.load("double", [1], endless))
    await running.wait()
    second = asyncio.create_task(together.load("double", [2], endless))
    await asyncio.sleep(0)
    [reading] = [task for task in asyncio.all_tasks() if "_answer" in repr(task.get_coro())]
    reading.cancel()

    found = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(each) for each in found] == [asyncio.CancelledError] * 2
    assert await together.load("double", [4], Reading()) == [8]


async def test_a_failure_is_everybodys_who_asked() -> None:
    together, read = Together(), Reading()

    found = await asyncio.gather(
        together.load("double", [13], read),
        together.load("double", [1], read),
        return_exceptions=True,
    )

    assert [str(error) for error in found] == ["13", "13"]
    assert await together.load("double", [1], read) == [2]

"""Wake-ups that never arrive: readers look by themselves, so they cost seconds and no event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from tests.chaos.fleet import following, writers
from tests.chaos.proxy import Loss, Proxy, Way, proxy
from tests.chaos.scale import report, scaled
from tests.chaos.worker import Worker
from tests.servers import redis_server
from tests.world import World

SUBSCRIBERS = scaled(12, 60)
JOBS = scaled(30, 1_000)
POLL = 2.0
SLACK = 3.0
"""Seconds that a loaded machine may take to read and to send."""


@pytest.fixture
async def redis(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Proxy]:
    """Run a Redis behind a proxy."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        async with proxy(server.port) as running:
            yield running


@pytest.fixture
def settings(settings: dict[str, str], redis: Proxy) -> dict[str, str]:
    """Let a process wake itself and others through the proxy."""
    return {**settings, "BROADCAST_URL": f"redis://127.0.0.1:{redis.port}"}


def delivered(way: Way, chunk: bytes) -> bool:
    """Say whether this is a message on its way to a subscriber."""
    return way is Way.DOWN and b"\r\nmessage\r\n" in chunk


def every_other() -> Loss:
    """Lose each second message."""
    turns = count()
    return lambda way, chunk: delivered(way, chunk) and next(turns) % 2 == 0


@pytest.mark.parametrize("lose", [delivered, every_other()], ids=["all", "every other"])
async def test_events_come_in_time_though_wake_ups_are_lost(
    served: Worker, redis: Proxy, world: World, tmp_path: Path, lose: Loss
) -> None:
    writing = await writers(world, [served.port], tmp_path)
    async with following(world, [served.port], tmp_path, SUBSCRIBERS) as fleet:
        redis.lose = lose
        await writing.write(JOBS, people=4, pause=0.3)
        await fleet.caught_up()
        await fleet.verify()
    assert redis.lost
    assert not fleet.resumed
    assert fleet.latest < POLL + SLACK
    report(f"{redis.lost} wake-ups lost: the latest event after {fleet.latest:.1f} s")


async def test_events_come_in_time_though_redis_falls_silent(
    served: Worker, redis: Proxy, world: World, tmp_path: Path
) -> None:
    writing = await writers(world, [served.port], tmp_path)
    async with following(world, [served.port], tmp_path, SUBSCRIBERS) as fleet:
        before = set(redis.links)
        redis.black_hole()
        await writing.write(JOBS, people=4)
        await fleet.caught_up()
        await fleet.verify()
        assert not fleet.resumed
        await served.ready()
        assert redis.links - before, "Nobody connected again."
    assert fleet.latest < POLL + SLACK
    report(f"A silent Redis: the latest event after {fleet.latest:.1f} s")

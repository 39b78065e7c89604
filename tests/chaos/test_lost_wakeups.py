"""Wake-ups that never arrive: readers look by themselves, so they cost seconds and no event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from tests.chaos.fleet import following, writers
from tests.chaos.proxy import Loss, Proxy, Way, proxy
from tests.chaos.scale import report, scaled
from tests.chaos.worker import Worker, environment, processes
from tests.conftest import Server
from tests.servers import redis_server
from tests.world import World

SUBSCRIBERS = scaled(12, 60)
JOBS = scaled(30, 1_000)
POLL = 2.0
SLACK = 3.0
"""Seconds that a loaded machine may take to read and to send."""


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[Proxy]:
    """Run a Redis behind a proxy."""
    with redis_server(tmp_path) as server:
        async with proxy(server.port) as running:
            yield running


@pytest.fixture
async def workers(
    server: Server, database_name: str, redis: Proxy, tmp_path: Path
) -> AsyncIterator[list[Worker]]:
    """Run two processes that wake each other through the proxy."""
    url = server.server.url("concordat_app", database_name)
    settings = environment(url, tmp_path / "data", BROADCAST_URL=f"redis://127.0.0.1:{redis.port}")
    async with processes(settings, 2) as running:
        yield running


def delivered(way: Way, chunk: bytes) -> bool:
    """Say whether this is a message on its way to a subscriber."""
    return way is Way.DOWN and b"\r\nmessage\r\n" in chunk


def every_other() -> Loss:
    """Lose each second message."""
    turns = count()
    return lambda way, chunk: delivered(way, chunk) and next(turns) % 2 == 0


@pytest.mark.parametrize("lose", [delivered, every_other()], ids=["all", "every other"])
async def test_events_come_in_time_though_wake_ups_are_lost(
    workers: list[Worker], redis: Proxy, world: World, tmp_path: Path, lose: Loss
) -> None:
    ports = [each.port for each in workers]
    writing = await writers(world, ports, tmp_path / "data")
    async with following(world, ports, tmp_path / "data", SUBSCRIBERS) as fleet:
        redis.lose = lose
        await writing.write(JOBS, people=4, pause=0.3)
        await fleet.caught_up()
        await fleet.verify()
    assert redis.lost
    assert not fleet.resumed
    assert fleet.latest < POLL + SLACK
    report(f"{redis.lost} wake-ups lost: the latest event after {fleet.latest:.1f} s")


async def test_events_come_in_time_though_redis_falls_silent(
    workers: list[Worker], redis: Proxy, world: World, tmp_path: Path
) -> None:
    ports = [each.port for each in workers]
    writing = await writers(world, ports, tmp_path / "data")
    async with following(world, ports, tmp_path / "data", SUBSCRIBERS) as fleet:
        before = set(redis.links)
        redis.black_hole()
        await writing.write(JOBS, people=4)
        await fleet.caught_up()
        await fleet.verify()
        assert not fleet.resumed
        for each in workers:
            await each.ready()
        assert redis.links - before, "Nobody connected again."
    assert fleet.latest < POLL + SLACK
    report(f"A silent Redis: the latest event after {fleet.latest:.1f} s")

"""Networks between the clients and us that delay, cut, end one direction, or swallow everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.fleet import following, writers
from tests.chaos.proxy import Proxy, Way, proxy
from tests.chaos.scale import LONG, report, scaled, until
from tests.chaos.worker import Worker
from tests.world import World

SUBSCRIBERS = scaled(10, 60)
ROUNDS = scaled(4, 40)
BETWEEN = 20  # jobs that are acknowledged before the network fails again
SILENCE = scaled(1.0, 15.0)
"""Seconds after which a client gives up a connection on which nothing comes."""
DROPPED = 45.0
"""Seconds until we give up a client that answers nothing."""


@pytest.fixture
async def networks(served: Worker) -> AsyncIterator[list[Proxy]]:
    """Reach the process over two networks."""
    async with proxy(served.port) as one, proxy(served.port) as other:
        yield [one, other]


async def test_a_slow_network_delays_and_changes_nothing(
    networks: list[Proxy], world: World, tmp_path: Path
) -> None:
    ports = [each.port for each in networks]
    for each in networks:
        each.delay = {Way.UP: 0.02, Way.DOWN: 0.2}
    writing = await writers(world, ports, tmp_path)
    async with following(world, ports, tmp_path, SUBSCRIBERS) as fleet:
        await writing.write(ROUNDS * BETWEEN)
        await fleet.caught_up()
        await fleet.verify()
    assert not fleet.resumed
    assert not writing.repeated


async def test_cut_and_half_closed_connections_cost_no_event(
    networks: list[Proxy], world: World, tmp_path: Path
) -> None:
    ports = [each.port for each in networks]
    writing = await writers(world, ports, tmp_path)
    async with following(world, ports, tmp_path, SUBSCRIBERS) as fleet:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(writing.write((ROUNDS + 1) * BETWEEN))
            for number in range(ROUNDS):
                await writing.reached((number + 1) * BETWEEN)
                network = networks[number // 2 % 2]
                if number % 2:
                    network.cut()
                else:
                    network.half_close((Way.UP, Way.DOWN)[number // 2 % 2])
        await fleet.caught_up()
        await fleet.verify()
    assert fleet.resumed
    assert writing.repeated


async def test_clients_resume_elsewhere_from_a_network_that_swallows_everything(
    served: Worker, networks: list[Proxy], world: World, tmp_path: Path
) -> None:
    ports = [each.port for each in networks]
    writing = await writers(world, [served.port], tmp_path)
    async with following(world, ports, tmp_path, SUBSCRIBERS, silence=SILENCE) as fleet:
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(writing.write(1_000_000, pause=0.1))
            await writing.reached(BETWEEN)
            networks[0].black_hole()
            await until(lambda: fleet.resumed >= SUBSCRIBERS // 2)
            networks[1].black_hole(Way.DOWN)
            await until(lambda: fleet.resumed >= SUBSCRIBERS)
            task.cancel()
        await fleet.caught_up()
        await fleet.verify()


@pytest.mark.skipif(not LONG, reason="Takes half a minute: part of `make chaos`.")
async def test_a_client_that_the_network_swallowed_is_dropped(
    networks: list[Proxy], world: World, tmp_path: Path
) -> None:
    ports = [each.port for each in networks]
    started = asyncio.get_running_loop().time()
    async with following(world, ports, tmp_path, SUBSCRIBERS, silence=2 * DROPPED):
        links = [link for each in networks for link in each.links]
        for each in networks:
            each.black_hole()
        async with asyncio.timeout(DROPPED):
            await asyncio.gather(*(link.ended[Way.DOWN].wait() for link in links))
        seconds = asyncio.get_running_loop().time() - started
    report(f"{len(links)} swallowed clients were dropped within {seconds:.1f} s")

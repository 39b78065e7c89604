"""Processes that are killed in turns or stand still, and sessions that PostgreSQL ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.chaos.fleet import following, writers
from tests.chaos.scale import report, scaled, until
from tests.chaos.worker import Worker
from tests.conftest import Server
from tests.world import World

SUBSCRIBERS = scaled(10, 60)
STANDSTILL = scaled(2.0, 20.0)
TERMINATIONS = scaled(10, 200)
BETWEEN = 10  # jobs that are acknowledged before sessions are ended again
END_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM (
    SELECT pid FROM pg_stat_activity WHERE datname = '{}' ORDER BY random() LIMIT 5
) AS unlucky
"""


async def test_a_process_that_stands_still_for_a_while_goes_on_where_it_was(
    workers: list[Worker], world: World, tmp_path: Path
) -> None:
    stopped, other = workers
    writing = await writers(world, [other.port], tmp_path)
    async with following(world, [stopped.port], tmp_path, SUBSCRIBERS) as fleet:
        await writing.write(20)
        await fleet.caught_up()
        before = fleet.deliveries
        stopped.pause()
        try:
            async with asyncio.timeout(STANDSTILL):
                await writing.write(10_000, pause=0.05)
        except TimeoutError:
            assert fleet.deliveries == before
        finally:
            stopped.resume()
        await writing.write(20)
        await fleet.caught_up()
        await fleet.verify()
    assert not fleet.resumed


async def test_subscribers_of_a_process_that_stands_still_may_go_elsewhere(
    workers: list[Worker], world: World, tmp_path: Path
) -> None:
    stopped, other = workers
    writing = await writers(world, [other.port], tmp_path)
    async with following(
        world, [stopped.port, other.port], tmp_path, SUBSCRIBERS, silence=scaled(1.0, 15.0)
    ) as fleet:
        await writing.write(20)
        await fleet.caught_up()
        stopped.pause()
        try:
            async with asyncio.TaskGroup() as tasks:
                task = tasks.create_task(writing.write(100_000, pause=0.05))
                await until(lambda: all(each.last > 100 for each in fleet.witnesses))
                task.cancel()
            await fleet.caught_up()
            await fleet.verify()
        finally:
            stopped.resume()
    assert fleet.resumed


async def test_sessions_that_postgresql_ends_cost_no_event(
    served: Worker, server: Server, database_name: str, world: World, tmp_path: Path
) -> None:
    writing = await writers(world, [served.port], tmp_path)
    async with following(world, [served.port], tmp_path, SUBSCRIBERS) as fleet:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(writing.write((TERMINATIONS + 1) * BETWEEN))
            for number in range(1, TERMINATIONS + 1):
                await writing.reached(number * BETWEEN)
                await server.statement(END_SESSIONS.format(database_name))
        await fleet.caught_up()
        await fleet.verify()
    report(
        f"{fleet.deliveries:,} deliveries while {TERMINATIONS} times five sessions were ended; "
        f"{writing.repeated} repeated, the latest after {fleet.latest:.1f} s"
    )

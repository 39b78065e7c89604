"""Processes, PostgreSQL and Redis die in turns while a fleet follows: that costs time, no event."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from domain import migrations
from domain.database import Database, create_engine
from tests.chaos.fleet import following, writers
from tests.chaos.scale import report, scaled
from tests.chaos.worker import Worker, environment, processes
from tests.servers import PostgresServer, RedisServer, postgres_server, redis_server
from tests.world import build

SUBSCRIBERS = scaled(20, 100)
# Four jobs of five are comments, which everybody sees: 10,000 events in the shortest stream.
JOBS = scaled(300, 12_500)
WORKER_RESTARTS, POSTGRES_RESTARTS, REDIS_RESTARTS = scaled((2, 1, 1), (20, 10, 10))

Fault = Callable[[], Coroutine[Any, Any, None]]


async def restart_worker(worker: Worker) -> None:
    worker.kill()
    worker.start()
    await worker.ready()


async def restart_postgres(server: PostgresServer, end: Callable[[], None]) -> None:
    await asyncio.to_thread(end)
    await asyncio.to_thread(server.start)


async def restart_redis(server: RedisServer) -> None:
    server.kill()
    server.start()


def faults(workers: Sequence[Worker], postgres: PostgresServer, redis: RedisServer) -> list[Fault]:
    """Every restart, in an order of chance; PostgreSQL is stopped and killed in turns."""
    ends = (postgres.kill, postgres.stop)
    found: list[Fault] = [
        *(lambda n=n: restart_worker(workers[n % 2]) for n in range(WORKER_RESTARTS)),
        *(lambda n=n: restart_postgres(postgres, ends[n % 2]) for n in range(POSTGRES_RESTARTS)),
        *(lambda: restart_redis(redis) for _ in range(REDIS_RESTARTS)),
    ]
    random.shuffle(found)
    return found


async def test_no_event_is_lost_doubled_or_out_of_order_through_restarts_of_everything(
    tmp_path: Path,
) -> None:
    with (
        postgres_server(durable=True) as postgres,
        redis_server(tmp_path) as redis,
    ):
        await migrations.upgrade(postgres.server.owner_url)
        world = await build(Database(create_engine(postgres.url)))
        folder = tmp_path / "data"
        settings = environment(postgres.url, folder, BROADCAST_URL=redis.url)
        async with processes(settings, 2) as workers:
            ports = [each.port for each in workers]
            writing = await writers(world, ports, folder)
            due = faults(workers, postgres, redis)
            async with following(world, ports, folder, SUBSCRIBERS) as fleet:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(writing.write(JOBS))
                    for number, fault in enumerate(due, 1):
                        await writing.reached(number * JOBS // (len(due) + 1))
                        await fault()
                await fleet.caught_up()
                await fleet.verify()
        await world.database.close()
    assert writing.acknowledged == JOBS
    assert fleet.resumed >= SUBSCRIBERS
    report(
        f"{fleet.deliveries:,} deliveries of {JOBS:,} jobs to {SUBSCRIBERS} subscribers through "
        f"{len(due)} restarts; {fleet.resumed} resumed, {writing.repeated} repeated, the latest "
        f"after {fleet.latest:.1f} s"
    )

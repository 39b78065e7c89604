"""Thousands of clients who come and go in every manner, after whom nothing is left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path

from api import auth
from api.settings import Settings
from tests.chaos import wire
from tests.chaos.fleet import FULL, LIGHT, following, writers
from tests.chaos.scale import report, scaled, until
from tests.chaos.worker import Worker
from tests.world import World

WARM = scaled(200, 10_000)
"""Visits after which the memory of the process has reached its size."""
VISITS = scaled(1_000, 100_000)
ROUND = scaled(1_000, 4_000)
"""Visits until everybody has to be gone: memory is not to grow from one round to the next."""
AT_ONCE = 24
GROWTH = 16 * 2**20
"""Bytes that allocators may take beyond that."""
POOL = 10
"""Sessions with the database that may be kept open, or not."""
NAMES = ("nurse1", "moderator", None, "pharmacist2", "stranger")

Visit = Callable[[wire.Wire, str, str | None], Awaitable[None]]


async def says_nothing(_socket: wire.Wire, _topic: str, _token: str | None) -> None:
    """Connect and leave."""


async def stops_amid_the_handshake(socket: wire.Wire, _topic: str, _token: str | None) -> None:
    await socket.write(wire.HANDSHAKE[:100])


async def does_not_introduce_itself(socket: wire.Wire, _topic: str, _token: str | None) -> None:
    await socket.handshake()


async def introduces_itself(socket: wire.Wire, _topic: str, token: str | None) -> None:
    await socket.handshake()
    await socket.init(token)


async def stops_amid_a_frame(socket: wire.Wire, topic: str, token: str | None) -> None:
    await introduces_itself(socket, topic, token)
    await socket.write(wire.frame(wire.TEXT, b'{"type": "pi', size=1_000))


async def subscribes_and_does_not_wait(socket: wire.Wire, topic: str, token: str | None) -> None:
    await introduces_itself(socket, topic, token)
    await socket.subscribe("a", FULL, topic=topic)


async def subscribes(socket: wire.Wire, topic: str, token: str | None) -> None:
    await introduces_itself(socket, topic, token)
    for id, document in (("a", FULL), ("b", LIGHT)):
        await socket.subscribe(id, document, topic=topic)
        wire.value(await socket.message())


async def completes_and_closes(socket: wire.Wire, topic: str, token: str | None) -> None:
    await subscribes(socket, topic, token)
    await socket.send({"id": "a", "type": "complete"})
    await socket.write(wire.frame(wire.CLOSE, (1000).to_bytes(2)))
    assert (await socket.closing()).code == 1000


KINDS: tuple[Visit, ...] = (
    says_nothing,
    stops_amid_the_handshake,
    does_not_introduce_itself,
    introduces_itself,
    stops_amid_a_frame,
    subscribes_and_does_not_wait,
    subscribes,
    completes_and_closes,
)
ENDS = (wire.Wire.reset, wire.Wire.close)


class Visitors:
    """Clients of every kind, of several people, who end by RST or by FIN."""

    def __init__(self, world: World, port: int, folder: Path) -> None:
        tokens = auth.tokens(Settings(data_folder=folder))
        people = [name and tokens.sign(world.people[name], timedelta(hours=4)) for name in NAMES]
        self._port = port
        self._topic = world.id("Engagement", world.engagement)
        # Numbers of kinds, people and ends without a common factor: all combinations come.
        self._visits = zip(
            cycle(KINDS), cycle(people), cycle([*ENDS, wire.Wire.reset]), strict=False
        )

    async def come(self, number: int) -> None:
        """Let so many come and go, AT_ONCE at a time."""
        visits = islice(self._visits, number)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(self._come(visits))

    async def _come(
        self, visits: Iterator[tuple[Visit, str | None, Callable[[wire.Wire], None]]]
    ) -> None:
        for visit, token, end in visits:
            socket = await wire.dial(self._port)
            try:
                await visit(socket, self._topic, token)
            finally:
                end(socket)


async def test_nothing_is_left_of_those_who_came_and_went(
    served: Worker, world: World, tmp_path: Path
) -> None:
    visitors = Visitors(world, served.port, tmp_path)
    await visitors.come(WARM)
    await until(lambda: not served.connections())
    memory, descriptors = served.memory, served.descriptors
    for _ in range(VISITS // ROUND):
        await visitors.come(ROUND)
        await until(lambda: not served.connections())
    growth = served.memory - memory
    gauges = await served.gauges()
    assert gauges["concordat_sockets"] == gauges["concordat_groups"] == 0
    assert served.descriptors <= descriptors + POOL
    assert growth < GROWTH
    writing = await writers(world, [served.port], tmp_path)
    async with following(world, [served.port], tmp_path, 6) as fleet:
        await writing.write(5)
        await fleet.caught_up()
        await fleet.verify()
    assert '"level": "error"' not in served.log
    report(f"The memory grew by {growth / 2**20:.1f} MiB over {VISITS:,} visits")

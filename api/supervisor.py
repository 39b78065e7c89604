"""Several workers on one port: starts them, starts again those that die, ends them together.

The supervisor has what there is once: the embedded database, migrations, the port and the folder
of metrics. Each worker has a listener, among which the kernel spreads connections (SO_REUSEPORT).
The supervisor keeps it open, so whoever waits on it while its worker is replaced is served by the
next one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from api import metrics
from api.process import prepared
from api.server import Server, address, join, reserve
from api.settings import Settings, SettingsError

MOST_WORKERS = 64
SHORTEST_PAUSE = 0.1
LONGEST_PAUSE = 30.0
STANDING = 10.0
"""Seconds after which a worker that dies is not taken for one that dies at once."""
PATIENCE = 20.0
"""Seconds that a worker has to drain; then it is killed."""
_READY = b"."

log = structlog.get_logger(__name__)


async def supervise(
    settings: Settings, count: int, *, migrate: bool, tell: Callable[[str], None]
) -> None:
    """Serve by `count` workers until a signal ends it; SIGHUP replaces them one by one.

    `tell` hears the address once all of them serve.

    Raises SettingsError or Unusable with a sentence where they cannot be started at all.
    """
    if settings.broadcast_url.startswith("memory:"):
        raise SettingsError(
            "By BROADCAST_URL memory:// workers cannot wake each other: use postgres or redis://, "
            "or one worker."
        )
    with (
        reserve(settings) as reserved,
        tempfile.TemporaryDirectory(prefix="concordat-metrics-") as folder,
    ):
        async with prepared(settings, migrate=migrate) as found:
            environment = {**os.environ, "DATABASE_URL": found.app, metrics.FOLDER: folder}
            supervisor = _Supervisor(reserved, environment, Path(folder))
            await supervisor.run(count, tell)


async def obey(control: socket.socket, server: Server) -> None:
    """Tell the supervisor that this worker serves; end with the server, or without a supervisor."""
    control.setblocking(False)
    control.send(_READY)
    alone = asyncio.create_task(_until_closed(control))
    alone.add_done_callback(lambda _: server.end())
    await server.ended()
    alone.cancel()


async def _until_closed(control: socket.socket) -> None:
    with suppress(OSError):
        await asyncio.get_running_loop().sock_recv(control, 1)


@dataclass
class _Worker:
    """A process, and what the supervisor shares with it."""

    process: Process
    listener: socket.socket
    control: socket.socket
    began: float = field(default_factory=time.monotonic)

    async def ready(self) -> bool:
        """Wait until it serves; False when it ended before."""
        with suppress(OSError):
            return await asyncio.get_running_loop().sock_recv(self.control, 1) == _READY
        return False

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)

    async def end(self) -> None:
        """Let it drain; kill it when that takes too long."""
        self.send(signal.SIGTERM)
        try:
            async with asyncio.timeout(PATIENCE):
                await self.process.wait()
        except TimeoutError:
            log.warning("worker.killed", pid=self.process.pid, seconds=PATIENCE)
            self.send(signal.SIGKILL)
            await self.process.wait()


@dataclass
class _Place:
    """What one worker after the other holds; only one task at a time may change which."""

    worker: _Worker
    change: asyncio.Lock = field(default_factory=asyncio.Lock)


class _Supervisor:
    def __init__(
        self, reserved: socket.socket, environment: Mapping[str, str], folder: Path
    ) -> None:
        self._reserved = reserved
        self._environment = environment
        self._folder = folder
        self._places: list[_Place] = []
        self._workers: dict[int, _Worker] = {}
        self._ending = asyncio.Event()
        self._renewal = asyncio.Event()

    async def run(self, count: int, tell: Callable[[str], None]) -> None:
        """Serve until a signal ends it."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._end)
        loop.add_signal_handler(signal.SIGINT, self._end)
        loop.add_signal_handler(signal.SIGHUP, self._renewal.set)
        serving = asyncio.create_task(self._serve(count, tell))
        ending = asyncio.create_task(self._ending.wait())
        try:
            await asyncio.wait({serving, ending}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            serving.cancel()
            ending.cancel()
            await asyncio.gather(serving, ending, return_exceptions=True)
            await asyncio.gather(*(worker.end() for worker in self._workers.values()))
            log.info("server.ended", workers=count)

    def _end(self) -> None:
        """Let the workers drain; at the second signal, end them at once."""
        if self._ending.is_set():
            for worker in self._workers.values():
                worker.send(signal.SIGKILL)
        self._ending.set()

    async def _serve(self, count: int, tell: Callable[[str], None]) -> None:
        first = await self._start(join(self._reserved))
        if not await first.ready():
            raise SettingsError("No worker can be started: what it said stands above.")
        others = [await self._start(join(self._reserved)) for _ in range(count - 1)]
        # Before anybody watches over them: who forgets a worker closes what it would say this by.
        await asyncio.gather(*(worker.ready() for worker in others))
        self._places = [_Place(worker) for worker in (first, *others)]
        async with asyncio.TaskGroup() as tasks:
            for place in self._places:
                tasks.create_task(self._keep(place))
            tasks.create_task(self._renew())
            tell(address(self._reserved))
            log.info("server.started", workers=count)

    async def _start(self, listener: socket.socket) -> _Worker:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        descriptors = listener.fileno(), theirs.fileno()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "api", "work", *map(str, descriptors)),
                env=self._environment,
                pass_fds=descriptors,
                start_new_session=True,  # what a terminal signals is the supervisor's to pass on
            )
        worker = self._workers[process.pid] = _Worker(process, listener, ours)
        log.info("worker.started", worker=process.pid)
        return worker

    async def _keep(self, place: _Place) -> None:
        """Start another one where the worker of a place died, after a pause that grows."""
        pause = SHORTEST_PAUSE
        while True:
            worker = place.worker
            status = await worker.process.wait()
            async with place.change:
                if place.worker is not worker:
                    continue
                self._forget(worker)
                worker.listener.close()  # so that the others get its connections
                if time.monotonic() - worker.began > STANDING:
                    pause = SHORTEST_PAUSE
                log.warning("worker.died", worker=worker.process.pid, status=status, pause=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                place.worker = await self._start(join(self._reserved))

    async def _renew(self) -> None:
        """Replace the workers one by one, each when the next one serves."""
        while True:
            await self._renewal.wait()
            self._renewal.clear()
            for place in self._places:
                async with place.change:
                    old = place.worker
                    fresh = await self._start(old.listener)
                    if not await fresh.ready():
                        log.error("worker.refused", worker=fresh.process.pid)
                        self._forget(fresh)
                        break
                    place.worker = fresh
                await old.end()
                self._forget(old)

    def _forget(self, worker: _Worker) -> None:
        del self._workers[worker.process.pid]
        worker.control.close()
        metrics.forget(worker.process.pid, self._folder)

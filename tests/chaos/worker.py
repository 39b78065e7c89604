"""Real processes of the product, started and ended as an operator would, or as a power cut does."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx

from api import auth
from api.settings import Settings
from tests.chaos.scale import PATIENCE, report
from tests.servers import free_port

ROOT = Path(__file__).parents[2]
LOG = 20_000
"""Characters of the end of a log that are shown when a test fails."""
_LISTEN = "0A"  # the state of a socket that waits for connections, in /proc/net/tcp


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    """Return the settings of a process over a database, beside those of the machine."""
    return {**os.environ, "DATABASE_URL": url, "DATA_FOLDER": str(folder), **more}


class Worker:
    """One `python -m api serve`, which keeps its port when it is started again."""

    def __init__(self, settings: Mapping[str, str], *options: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/graphql"
        self._settings = {**settings, "PORT": str(self.port)}
        self._options = options
        self._log = Path(settings["DATA_FOLDER"]).with_suffix(f".{self.port}.log")
        self.start()

    def start(self) -> None:
        """Start the process; `ready` waits for it."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api", "serve", *self._options],
                cwd=ROOT,
                env=self._settings,
                stdout=log,
                stderr=log,
            )

    async def ready(self) -> None:
        """Wait until it says that it serves."""
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
            while True:
                assert self._process.poll() is None, self.log
                try:
                    if (await client.get(self.url.replace("graphql", "readyz"))).is_success:
                        return
                except httpx.TransportError:
                    await asyncio.sleep(0.02)

    @property
    def pid(self) -> int:
        """The process that was started; with `--workers`, their supervisor."""
        return self._process.pid

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> None:
        """Ask it to end; `wait` tells how it did."""
        self._process.send_signal(signal.SIGTERM)

    def pause(self) -> None:
        """Let it stand still, with all its connections open, until `resume`."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    async def wait(self) -> int:
        """Return its exit status once it has ended."""
        return await asyncio.to_thread(self._process.wait, PATIENCE)

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text()

    @property
    def memory(self) -> int:
        """How many bytes of memory it occupies."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")

    @property
    def descriptors(self) -> int:
        """How many files and sockets it has open."""
        return sum(1 for _ in Path(f"/proc/{self._process.pid}/fd").iterdir())

    def connections(self) -> set[int]:
        """Return the ports of the clients whose connections it holds.

        https://docs.kernel.org/networking/proc_net_tcp.html: what nobody holds has no inode.
        """
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return {
            int(remote.split(":")[1], 16)
            for _, local, remote, state, *_, inode in (row[:10] for row in rows)
            if int(local.split(":")[1], 16) == self.port and state != _LISTEN and inode != "0"
        }

    async def gauges(self) -> dict[str, float]:
        """Return what it measures of itself, by name and summed up."""
        async with httpx.AsyncClient() as client:
            answer = await client.get(self.url.replace("graphql", "metrics"))
        found: dict[str, float] = defaultdict(float)
        for row in answer.text.splitlines():
            if not row.startswith("#"):
                name, number = row.rsplit(" ", 1)
                found[name.partition("{")[0]] += float(number)
        return dict(found)


@contextmanager
def worker(settings: Mapping[str, str], *options: str) -> Iterator[Worker]:
    """Run a process for the length of the block."""
    running = Worker(settings, *options)
    try:
        yield running
    finally:
        running.kill()


@asynccontextmanager
async def processes(settings: Mapping[str, str], number: int) -> AsyncIterator[list[Worker]]:
    """Run several processes over one database, which know the same people, for the block."""
    auth.tokens(Settings(data_folder=Path(settings["DATA_FOLDER"])))
    with ExitStack() as running:
        workers = [running.enter_context(worker(settings)) for _ in range(number)]
        try:
            await asyncio.gather(*(each.ready() for each in workers))
            yield workers
        except BaseException:
            for each in workers:
                report(f"{each.url} wrote:\n{each.log[-LOG:]}")
            raise

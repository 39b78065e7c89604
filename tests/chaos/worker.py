"""Real processes of the product, started and ended as an operator would, or as a power cut does."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    """Return the settings of a process over a database, beside those of the machine."""
    return {**os.environ, "DATABASE_URL": url, "DATA_FOLDER": str(folder), **more}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Worker:
    """One `python -m api serve`, which keeps its port when it is started again."""

    def __init__(self, settings: Mapping[str, str], *options: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/graphql"
        self._settings = {**settings, "PORT": str(port)}
        self._options = options
        self._log = Path(settings["DATA_FOLDER"]).with_suffix(f".{port}.log")
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

    async def wait(self) -> int:
        """Return its exit status once it has ended."""
        return await asyncio.to_thread(self._process.wait, PATIENCE)

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text()


@contextmanager
def worker(settings: Mapping[str, str], *options: str) -> Iterator[Worker]:
    """Run a process for the length of the block."""
    running = Worker(settings, *options)
    try:
        yield running
    finally:
        running.kill()

"""Servers that a test stops, kills and starts again, each at the same address as before."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg

from domain import embedded
from tests import tools
from tests.conftest import MEMORY


def free_port() -> int:
    """Return a port that nobody listens on, and that no client is given while a server is down.

    The kernel gives clients the ports above; see ip_local_port_range.
    """
    while True:
        port = random.randrange(16_384, 32_768)  # noqa: S311 - any will do
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class PostgresServer:
    """An embedded PostgreSQL of a test's own; `durable` where a kill must lose no commit."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        self.folder = folder
        self._durable = durable
        self.start()

    def start(self) -> None:
        """Start it, after a kill with recovery, and wait until it takes connections."""
        self.server = embedded.start(self.folder, durable=self._durable)
        self.url = self.server.app_url

    def stop(self) -> None:
        """Stop it, which ends every session."""
        self.server.stop()

    def kill(self) -> None:
        """End it as a power cut does, all but what the kernel has been given."""
        pid = int((self.folder / embedded.CLUSTER / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        self.server.use.close()

    async def execute(self, statement: str, *arguments: str) -> None:
        """Run a statement as superuser."""
        address = self.server.owner_url.replace("+asyncpg", "")
        connection = await asyncpg.connect(address)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()


@contextmanager
def postgres_server(*, durable: bool = False) -> Iterator[PostgresServer]:
    """Run a PostgreSQL for the length of the block."""
    # A short folder, so that the socket's address is the same after a restart; in memory, where
    # there is some, which is several times faster.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=MEMORY if MEMORY.is_dir() else None))
    server = PostgresServer(folder, durable=durable)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


class RedisServer:
    """A redis-server of a test's own, which keeps nothing."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.url = f"redis://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                return
        raise AssertionError("redis-server did not start")

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """Run a Redis for the length of the block; skip the test where the machine has none."""
    tools.require(present=shutil.which("redis-server"), reason="redis-server is not on the path")
    server = RedisServer(folder)
    try:
        yield server
    finally:
        server.kill()

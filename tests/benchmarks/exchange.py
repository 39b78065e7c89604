"""A light HTTP client: ready bytes out, and the time until the whole answer is in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import TypeAlias, cast

from tests.benchmarks.fanout import quantile
from tests.benchmarks.load import LoadError

PATIENCE = 60.0
"""Seconds that the last answers may take."""
SUCCESS = b"HTTP/1.1 200 "
END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length: "
Clock: TypeAlias = Callable[[], float]


@dataclass(frozen=True)
class Phase:
    """What was answered, and what it cost; times are in seconds, latencies ascend."""

    latencies: Sequence[float]
    seconds: float
    received_bytes: int
    server_cpu: float
    database_cpu: float
    client_cpu: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def cost(self) -> float:
        """Seconds of the CPU of server and database for one request."""
        return (self.server_cpu + self.database_cpu) / len(self.latencies)

    def latency(self, share: float) -> float:
        """Return the seconds within which this share of the answers came."""
        return quantile(self.latencies, share)


def get(path: str) -> bytes:
    """Return a request by GET."""
    return f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    """Return a request by POST of a body of JSON, with more headers as lines."""
    lines = [
        f"POST {path} HTTP/1.1",
        "host: localhost",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + END + body


class Connection(asyncio.Protocol):
    """Keeps one request on its way over a connection that is kept alive."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.received = 0
        self._requests: Iterator[bytes] = iter(())
        self._accepts: Callable[[bytes], bool] = bool
        self._left = 0
        self._chunks: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._done.set_result(None)

    def begin(
        self, requests: Iterator[bytes], accepts: Callable[[bytes], bool]
    ) -> asyncio.Future[None]:
        """Send one request after the other until there are no more, and then be done.

        What is not accepted, and any status but 200, is a LoadError.
        """
        self._requests, self._accepts = requests, accepts
        self._done = asyncio.get_running_loop().create_future()
        self.latencies, self.received = [], 0
        self._send()
        return self._done

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer, the head of which comes whole or is put together."""
        if self._left:
            self._chunks.append(data)
            self._left -= len(data)
        else:
            data = b"".join([*self._chunks, data])
            head = data.find(END)
            if head < 0:
                self._chunks = [data]
                return
            at = data.find(LENGTH, 0, head + 2) + len(LENGTH)
            if not data.startswith(SUCCESS) or at < len(LENGTH):
                self._fail(data)
                return
            body = data[head + len(END) :]
            self._chunks = [body]
            self._left = int(data[at : data.index(b"\r", at)]) - len(body)
        if not self._left:
            self._answered(self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks))

    def connection_lost(self, _: Exception | None) -> None:
        """Fail, unless nothing was on its way."""
        self._fail(b"the connection was closed")

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._done.set_result(None)
            return
        self._chunks = []
        self._sent = time.perf_counter()
        self._transport.write(request)

    def _answered(self, body: bytes) -> None:
        self.latencies.append(time.perf_counter() - self._sent)
        self.received += len(body)
        if self._accepts(body):
            self._send()
        else:
            self._fail(body)

    def _fail(self, answer: bytes) -> None:
        if not self._done.done():
            self._done.set_exception(
                LoadError(f"An answer is not as it should be: {answer!r:.500}")
            )


async def ask(port: int, request: bytes) -> bytes:
    """Return what a server of this machine answers to one request."""
    answers: list[bytes] = []

    def keep(body: bytes) -> bool:
        answers.append(body)
        return True

    async with _connected(port, 1) as (connection,):
        await asyncio.wait_for(connection.begin(iter([request]), keep), PATIENCE)
    return answers[0]


async def load(
    port: int,
    requests: Sequence[Sequence[bytes]],
    accepts: Callable[[bytes], bool],
    seconds: float,
    server_cpu: Clock,
    database_cpu: Clock,
) -> Phase:
    """Ask over as many connections, each its own requests in turns, once and for so many seconds.

    The last answers are waited for and counted. The clocks tell the seconds that server and
    database have used of their cores.
    """
    async with _connected(port, len(requests)) as connections:
        start = time.perf_counter()
        server, database, client = server_cpu(), database_cpu(), time.process_time()

        def until(each: Sequence[bytes]) -> Iterator[bytes]:
            for request in cycle(each):
                yield request
                if time.perf_counter() - start >= seconds:
                    return

        done = [
            connection.begin(until(each), accepts)
            for connection, each in zip(connections, requests, strict=True)
        ]
        await asyncio.wait_for(asyncio.gather(*done), PATIENCE)
        return Phase(
            sorted(latency for connection in connections for latency in connection.latencies),
            time.perf_counter() - start,
            sum(connection.received for connection in connections),
            server_cpu() - server,
            database_cpu() - database,
            time.process_time() - client,
        )


@asynccontextmanager
async def _connected(port: int, count: int) -> AsyncIterator[list[Connection]]:
    """Open connections for the length of the block; servers end those that are left alone."""
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(count)]
    try:
        yield [connection for _, connection in made]
    finally:
        for transport, _ in made:
            transport.abort()

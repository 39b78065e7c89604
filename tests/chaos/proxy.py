"""A TCP proxy for tests: it does to connections what networks do to them."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: discard what is unsent, and say RST


class Way(Enum):
    """A direction."""

    UP = "to the server"
    DOWN = "to the client"


Loss = Callable[[Way, bytes], bool]


class Link:
    """One connection, of a client with us and of us with the server."""

    def __init__(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self.ends = {Way.UP: (client[0], server[1]), Way.DOWN: (server[0], client[1])}
        self.swallowing: set[Way] = set()
        self.ended = {Way.UP: asyncio.Event(), Way.DOWN: asyncio.Event()}
        """Set when nothing more comes in this direction: `DOWN` when the server has ended."""

    def cut(self) -> None:
        """Reset both connections."""
        for _, writer in self.ends.values():
            with suppress(OSError):  # it may be gone already
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, _RESET
                )
            writer.transport.abort()


class Proxy:
    """Forwards connections to one port of this machine; `port` is ours.

    `delay` is how many seconds each chunk waits, `lose` says which chunks never arrive.
    """

    def __init__(self, to: int) -> None:
        self.port = 0
        self.links: set[Link] = set()
        self.delay = {Way.UP: 0.0, Way.DOWN: 0.0}
        self.lose: Loss = lambda _way, _chunk: False
        self.lost = 0
        self._to = to
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        """Reset every connection that there is."""
        for link in tuple(self.links):
            link.cut()

    def half_close(self, way: Way) -> None:
        """End one direction of every connection that there is, and leave the other one open."""
        for link in tuple(self.links):
            link.swallowing.add(way)
            with suppress(OSError):  # it may be gone already
                link.ends[way][1].write_eof()

    def black_hole(self, *ways: Way) -> None:
        """Let nothing through any more, not even an end, in these directions of what there is."""
        for link in tuple(self.links):
            link.swallowing.update(ways or Way)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            server = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        link = Link((reader, writer), server)
        self.links.add(link)
        try:
            await asyncio.gather(*(self._carry(link, way) for way in Way))
        finally:
            self.links.discard(link)
            for _, end in link.ends.values():
                end.transport.abort()

    async def _carry(self, link: Link, way: Way) -> None:
        """Carry one direction; its end is passed on as it was, unless a black hole takes it."""
        reader, writer = link.ends[way]
        broken = False
        try:
            while chunk := await reader.read(_CHUNK):
                if self.delay[way]:
                    await asyncio.sleep(self.delay[way])
                if way in link.swallowing:
                    continue
                if self.lose(way, chunk):
                    self.lost += 1
                    continue
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            broken = True
        link.ended[way].set()
        if way in link.swallowing:
            return
        if broken:
            link.cut()
        else:
            with suppress(OSError):
                writer.write_eof()

    async def end(self) -> None:
        """Cut everything, and wait until it has ended."""
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def proxy(to: int) -> AsyncIterator[Proxy]:
    """Run a proxy before a port of this machine for the length of the block."""
    running = Proxy(to)
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        await running.end()

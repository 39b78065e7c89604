"""Serves an application with uvicorn, as the promises of the transport need it."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import structlog
import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.drain import SPREAD
from api.settings import Settings, SettingsError
from subscriptions.connection import uvicorn_settings

log = structlog.get_logger(__name__)

_BACKLOG = 2048
_HEAD = 5.0  # seconds until a connection must have sent the head of its request
_LONGEST_ANSWER = 6  # seconds, beside those of the sockets: all in all about ten


class Connection(HttpToolsProtocol):
    """uvicorn's protocol of HTTP, which by itself waits for ever for the head of a request."""

    _overdue: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a request."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._have_head()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Expect the rest of the head."""
        self._have_head()
        self._expect_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Leave the rest to the application, which has its own limits."""
        self._have_head()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._overdue = self.loop.call_later(_HEAD, self.transport.close)

    def _have_head(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()


class Server(uvicorn.Server):
    """Tells when it takes connections; drains at a signal, and leaves it at that.

    uvicorn raises SIGTERM again once it has closed, which would end the process before what it
    runs in, such as the embedded database, has ended too.
    """

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._state = app.state
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to take connections."""
        await super().startup(sockets)
        self.ready.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Close gracefully; at the second signal, at once."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()
        self._state.drain.begin()

    def end(self) -> None:
        """Close gracefully."""
        self.handle_exit(signal.SIGTERM, None)

    async def ended(self) -> None:
        """Wait for the signal that ends it."""
        while not self.should_exit:  # noqa: ASYNC110 - uvicorn has a flag and no event
            await asyncio.sleep(0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody new, send sockets elsewhere, and let the rest have its answers."""
        for each in self.servers:
            each.close()
        # Meanwhile those who have just connected are heard, and those who ask whether to send more
        # are told.
        await asyncio.gather(self._state.sockets.close_all(SPREAD), asyncio.sleep(SPREAD))
        await super().shutdown(sockets)


def listen(settings: Settings) -> socket.socket:
    """Take the port for one process alone; clients wait on it. Port 0 is any that is free.

    Raises SettingsError where it is not to be had.
    """
    try:
        return socket.create_server(
            (settings.host, settings.port), family=_family(settings), backlog=_BACKLOG
        )
    except OSError as error:
        raise _refusal(settings, error) from None


def reserve(settings: Settings) -> socket.socket:
    """Take the port for several processes, that `join` it; errors as of `listen`.

    It is bound and does not listen, so it keeps the port and gets no connection.
    """
    with listen(settings) as alone:  # to see that nobody has the port, for it can be shared by now
        taken = alone.getsockname()[:2]
    reserved = socket.socket(_family(settings), socket.SOCK_STREAM)
    try:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reserved.bind(taken)
    except OSError as error:
        reserved.close()
        raise _refusal(settings, error) from None
    return reserved


def join(reserved: socket.socket) -> socket.socket:
    """Listen on a reserved port, for a part of its connections."""
    return socket.create_server(
        reserved.getsockname()[:2], family=reserved.family, backlog=_BACKLOG, reuse_port=True
    )


def _family(settings: Settings) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in settings.host else socket.AF_INET


def _refusal(settings: Settings, error: OSError) -> SettingsError:
    return SettingsError(
        f"Port {settings.port} of {settings.host} cannot be used: {os.strerror(error.errno or 0)}. "
        "Choose another one by HOST and PORT."
    )


def address(listener: socket.socket) -> str:
    """Return where a listener is reached: "http://127.0.0.1:8000"."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def serving(app: Starlette, listener: socket.socket) -> AsyncIterator[Server]:
    """Serve in the background for the length of the block, which may end it earlier.

    Sockets are told to resume elsewhere.
    """
    config = uvicorn.Config(
        app,
        http=Connection,
        log_config=None,  # as everything else, by api/logs.py
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=_LONGEST_ANSWER,
        server_header=False,
        **uvicorn_settings(),
    )
    server = Server(config, app)
    running = asyncio.create_task(server.serve([listener]))
    await server.ready.wait()
    try:
        yield server
    finally:
        server.end()
        await running


def _open_many_files() -> None:
    """Allow as many sockets as the system permits; many systems begin with 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def serve(app: Starlette, listener: socket.socket) -> None:
    """Serve until a signal ends it."""
    _open_many_files()
    async with serving(app, listener) as server:
        # What was made until now lives as long as the process: collections need not look at it.
        gc.collect()
        gc.freeze()
        # A request leaves no cycles behind, so to look for some often is to pay for nothing.
        gc.set_threshold(50_000, 20, 50)
        log.info("server.started", workers=1)
        await server.ended()
    log.info("server.ended", workers=1)

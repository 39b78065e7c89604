"""Serves an application with uvicorn, as the promises of the transport need it."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from api.settings import Settings, SettingsError
from subscriptions.transport import uvicorn_settings

_BACKLOG = 2048


class Server(uvicorn.Server):
    """Tells when it takes connections; ends at a signal, and leaves it at that.

    uvicorn raises SIGTERM again once it has closed, which would end the process before what it
    runs in, such as the embedded database, has ended too.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to take connections."""
        await super().startup(sockets)
        self.ready.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Close gracefully; at the second signal, at once."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()


def listen(settings: Settings) -> socket.socket:
    """Take the port, on which clients then wait; port 0 is any that is free.

    Raises SettingsError where it is not to be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise SettingsError(
            f"Port {settings.port} of {settings.host} cannot be used: "
            f"{os.strerror(error.errno or 0)}. "
            "Choose another one by HOST and PORT."
        ) from None


def address(listener: socket.socket) -> str:
    """Return where a listener is reached: "http://127.0.0.1:8000"."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[Server]:
    """Serve in the background for the length of the block, which may end it earlier.

    Sockets are told to resume elsewhere.
    """
    config = uvicorn.Config(
        app,
        http="httptools",
        log_level="warning",
        timeout_graceful_shutdown=5,
        server_header=False,
        **uvicorn_settings(),
    )
    server = Server(config)
    running = asyncio.create_task(server.serve([listener]))
    await server.ready.wait()
    try:
        yield server
    finally:
        server.should_exit = True
        await running


async def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until a signal ends it."""
    async with serving(app, listener) as server:
        while not server.should_exit:  # noqa: ASYNC110 - uvicorn has a flag and no event
            await asyncio.sleep(0.1)

"""Serves an application with uvicorn, as the promises of the transport need it."""

from __future__ import annotations

from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from api.settings import Settings
from subscriptions.transport import uvicorn_settings


def config(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """Return how uvicorn is to serve an application."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http="httptools",
        log_level="warning",
        timeout_graceful_shutdown=5,
        server_header=False,
        **uvicorn_settings(),
    )


class _Server(uvicorn.Server):
    """Ends at a signal and leaves it at that.

    uvicorn raises SIGTERM again once it has closed, which would end the process before what it
    runs in, such as the embedded database, has ended too.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Close gracefully; at the second signal, at once."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()


async def serve(app: ASGIApp, settings: Settings) -> None:
    """Serve until a signal ends it; sockets are told to resume elsewhere."""
    await _Server(config(app, settings)).serve()

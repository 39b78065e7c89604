"""Serves an application with uvicorn, as the promises of the transport need it."""

from __future__ import annotations

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


async def serve(app: ASGIApp, settings: Settings) -> None:
    """Serve until a signal ends it; sockets are told to resume elsewhere."""
    await uvicorn.Server(config(app, settings)).serve()

"""The page of the demo: its files, and the session that the demo gives its visitors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from api.http import WEB

BOARD = WEB / "board"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    ),
    "cache-control": "no-cache",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class _Files(StaticFiles):
    """The page's own files, with the headers of the page."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = [(key.encode(), value.encode()) for key, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        await super().__call__(scope, receive, with_headers)


def pages(session: Callable[[], dict[str, Any]]) -> list[BaseRoute]:
    """Return the routes; `session` makes what a visitor may know: the exercise, and tokens."""

    async def page(_: Request) -> FileResponse:
        return FileResponse(BOARD / "index.html", headers=HEADERS)

    async def visit(_: Request) -> JSONResponse:
        return JSONResponse(session(), headers=HEADERS | {"cache-control": "no-store"})

    return [
        Route("/", page),
        Route("/board/session", visit),
        Mount("/board", _Files(directory=BOARD), name="board"),
    ]

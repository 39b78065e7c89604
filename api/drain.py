"""The end of serving: nobody new, streams and sockets sent elsewhere, answers finished first.

`/readyz` says 503 from the first moment. Those who are sent elsewhere are spread over a second, so
that a crowd does not return at one moment; their cursors lose nothing.
"""

from __future__ import annotations

import asyncio
import random

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SPREAD = 1.0
"""Seconds over which clients are sent elsewhere."""


class Drain:
    """Whether this process is ending, for whoever has to know."""

    def __init__(self) -> None:
        self._begun = asyncio.Event()

    @property
    def begun(self) -> bool:
        """Whether the end has begun."""
        return self._begun.is_set()

    def begin(self) -> None:
        """Let it end."""
        self._begun.set()

    async def wait(self) -> None:
        """Wait until it is this caller's turn to end."""
        await self._begun.wait()
        await asyncio.sleep(random.uniform(0, SPREAD))  # noqa: S311 - spreads, hides nothing


class EventStreamsEnd:
    """Middleware that ends event streams when the process does, so that clients connect again.

    To the stream it looks as if its client had left; the client sees the end of the body, without
    the event that would say that the operation is complete.
    """

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self._app = app
        self._drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        streaming = ended = cut = False

        async def watching_send(message: Message) -> None:
            nonlocal streaming, ended
            if message["type"] == "http.response.start":
                streaming = _is_event_stream(message)
            elif not message.get("more_body", False):
                ended = True
            await send(message)

        async def receive_until_drained() -> Message:
            nonlocal cut
            if not streaming:
                return await receive()
            received = asyncio.ensure_future(receive())
            drained = asyncio.ensure_future(self._drain.wait())
            try:
                await asyncio.wait({received, drained}, return_when=asyncio.FIRST_COMPLETED)
                if received.done():
                    return received.result()
            finally:
                received.cancel()
                drained.cancel()
            cut = True
            return {"type": "http.disconnect"}

        await self._app(scope, receive_until_drained, watching_send)
        if cut and not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def _is_event_stream(start: Message) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in start["headers"]
    )

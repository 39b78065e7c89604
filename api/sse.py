"""Results as Server-Sent Events: graphql-sse in its distinct connections mode."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Any

from starlette.types import Receive, Scope, Send

from schema.operations import encode

KEEPALIVE_SECONDS = 15
SEND_SECONDS = 10

# Bare LF ends lines: urql cannot parse CRLF. `complete` has a data line, without which browsers
# do not dispatch it.
KEEPALIVE = b":\n\n"
COMPLETE = b"event: complete\ndata: \n\n"


class EventStream:
    """An ASGI response: one `next` event per result, then `complete`.

    The stream of results is closed when it ends, when the client leaves, and when the client does
    not take an event within `SEND_SECONDS`.
    """

    def __init__(
        self,
        results: AsyncGenerator[dict[str, Any], None],
        *,
        headers: Mapping[str, str],
        keepalive_seconds: float = KEEPALIVE_SECONDS,
    ) -> None:
        self._results = results
        self._keepalive_seconds = keepalive_seconds
        self._headers = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
        ]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the results end or the client leaves."""
        start = {"type": "http.response.start", "status": 200, "headers": self._headers}
        async with aclosing(self._results):
            await send(start)
            tasks = [
                asyncio.create_task(self._deliver(send)),
                asyncio.create_task(self._keep_alive(send)),
                asyncio.create_task(_disconnected(receive)),
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                delivered, *_ = await asyncio.gather(*tasks, return_exceptions=True)
            # A client too slow to take an event is left without the end of the body.
            with suppress(TimeoutError):
                if isinstance(delivered, Exception):
                    raise delivered
                if delivered is None:
                    # Not by a task, so that no comment to keep alive comes after the end.
                    await _send(send, COMPLETE, more=False)

    async def _deliver(self, send: Send) -> None:
        async for result in self._results:
            await _send(send, frame(result))

    async def _keep_alive(self, send: Send) -> None:
        while True:
            await asyncio.sleep(self._keepalive_seconds)
            await _send(send, KEEPALIVE)


def frame(result: dict[str, Any]) -> bytes:
    """Write a result as a `next` event, with the cursor that it contains as its `id`."""
    cursor = cursor_of(result)
    id = f"id: {cursor}\n" if cursor else ""
    return b"%sevent: next\ndata: %s\n\n" % (id.encode(), encode(result))


def cursor_of(result: dict[str, Any]) -> str | None:
    """Find the `cursor` of a top-level object, if the client selected it under this name."""
    for value in (result.get("data") or {}).values():
        cursor = value.get("cursor") if isinstance(value, dict) else None
        # A browser sends it back as a header, and a line break would end the line of the id.
        if isinstance(cursor, str) and cursor.isascii() and cursor.isprintable():
            return cursor
    return None


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""Results as Server-Sent Events: graphql-sse in its distinct connections mode."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, suppress
from typing import Protocol

from starlette.types import Receive, Scope, Send

from subscriptions.delivery import Delivery
from subscriptions.metrics import SOCKETS

KEEPALIVE_SECONDS = 15
SEND_SECONDS = 10

# Bare LF ends lines: urql cannot parse CRLF. `complete` has a data line, without which browsers
# do not dispatch it.
KEEPALIVE = b":\n\n"
COMPLETE = b"event: complete\ndata: \n\n"


class Results(Protocol):
    """Results to stream, and what to call when nobody wants them any more."""

    def __aiter__(self) -> AsyncIterator[Delivery]:
        """Iterate over the results."""

    def aclose(self) -> Awaitable[None]:
        """End them."""


class EventStream:
    """An ASGI response: one `next` event per result, then `complete`.

    The stream of results is closed when it ends, when the client leaves, and when the client does
    not take an event within `SEND_SECONDS`; `release` is called then.
    """

    def __init__(
        self,
        results: Results,
        *,
        headers: Mapping[str, str],
        release: Callable[[], None],
        keepalive_seconds: float = KEEPALIVE_SECONDS,
    ) -> None:
        self._results = results
        self._release = release
        self._keepalive_seconds = keepalive_seconds
        self._headers = [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
        ]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the results end or the client leaves."""
        start = {"type": "http.response.start", "status": 200, "headers": self._headers}
        async with AsyncExitStack() as stack:
            stack.callback(self._release)
            stack.enter_context(SOCKETS.labels("sse").track_inprogress())
            await stack.enter_async_context(aclosing(self._results))
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


def frame(delivery: Delivery) -> bytes:
    """Write a result as a `next` event, with the cursor that it contains as its `id`."""
    id = f"id: {delivery.cursor}\n" if delivery.cursor else ""
    return b"%sevent: next\ndata: %s\n\n" % (id.encode(), delivery.body)


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": body, "more_body": more})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

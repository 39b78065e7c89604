"""A client of graphql-transport-ws: one socket for many operations, and streams that resume."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from itertools import count
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

SUBPROTOCOL = Subprotocol("graphql-transport-ws")
LARGEST = 16 * 1024 * 1024
"""Bytes of a message: a snapshot of a long discussion is big."""
PATIENCE = 10.0
"""Seconds for connecting, and for the first answer to a token."""
FIRST_PAUSE = 0.25
LONGEST_PAUSE = 8.0
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}

Data: TypeAlias = dict[str, Any]
Tell: TypeAlias = Callable[[str], None]


class Refused(Exception):
    """The server refused an operation or the token; trying again would not help."""


class Gone(ConnectionError):
    """The socket was closed or cannot be opened; a stream resumes by its cursor."""


class Live:
    """An open socket on which operations run side by side; `connect` makes one."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)
        self._waiting: dict[str, asyncio.Queue[Data | Exception]] = {}

    async def ask(self, document: str, **variables: Any) -> Data:
        """Run a query or a mutation; return its data. Raises Refused for errors, and Gone."""
        async with aclosing(self.stream(document, **variables)) as results:
            async for data in results:
                return data
        raise Refused("The server ended the operation without an answer.")

    async def stream(self, document: str, **variables: Any) -> AsyncGenerator[Data, None]:
        """Yield the data of each result until the server completes. Raises Refused and Gone."""
        id = str(next(self._ids))
        arrivals = self._waiting[id] = asyncio.Queue()
        payload = {"query": document, "variables": variables}
        try:
            await self._send({"id": id, "type": "subscribe", "payload": payload})
            while True:
                message = await arrivals.get()
                if isinstance(message, Exception):
                    raise message
                if message["type"] == "complete":
                    return
                yield _data(message)
        finally:
            if self._waiting.pop(id, None) is not None:
                with suppress(Gone):
                    await self._send({"id": id, "type": "complete"})

    async def listen(self) -> None:
        """Hand every message to the operation that waits for it, until the socket is closed."""
        end: Exception = Gone("The connection was closed.")
        try:
            async for text in self._socket:
                message = orjson.loads(text)
                if message["type"] == "ping":
                    await self._send({"type": "pong"})
                elif arrivals := self._waiting.get(message.get("id", "")):
                    if message["type"] in {"complete", "error"}:
                        del self._waiting[message["id"]]
                    arrivals.put_nowait(message)
        except ConnectionClosed as error:
            end = _gone(error)
        finally:
            for arrivals in self._waiting.values():
                arrivals.put_nowait(end)
            self._waiting.clear()

    async def introduce(self, token: str | None) -> None:
        """Say who connects, and wait until that is accepted."""
        payload = {} if token is None else {"authorization": f"Bearer {token}"}
        await self._send({"type": "connection_init", "payload": payload})
        try:
            async with asyncio.timeout(PATIENCE):
                answer = orjson.loads(await self._socket.recv())
        except ConnectionClosed as error:
            raise _gone(error) from None
        except TimeoutError:
            raise Gone("The server did not answer in time.") from None
        if answer["type"] != "connection_ack":
            raise Refused(f"The server answered {answer['type']} to our introduction.")

    async def _send(self, message: Data) -> None:
        try:
            await self._socket.send(orjson.dumps(message).decode())
        except ConnectionClosed as error:
            raise _gone(error) from None


@asynccontextmanager
async def connect(url: str, token: str | None = None) -> AsyncIterator[Live]:
    """Open a socket to a `ws:` or `http:` address and introduce oneself.

    Raises Gone where there is no server, Refused where the token is not accepted.
    """
    address = url.replace("http", "ws", 1) if url.startswith("http") else url
    proxy: Literal[True] | None = None if urlsplit(address).hostname in _LOOPBACK else True
    try:
        socket = await open_socket(
            address,
            subprotocols=[SUBPROTOCOL],
            compression=None,
            max_size=LARGEST,
            open_timeout=PATIENCE,
            proxy=proxy,
        )
    except (OSError, InvalidHandshake, TimeoutError) as error:
        raise Gone(f"{url} cannot be reached: {error}") from None
    async with socket:
        live = Live(socket)
        await live.introduce(token)
        listening = asyncio.create_task(live.listen())
        try:
            yield live
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def follow(
    url: str,
    token: str | None,
    document: str,
    *,
    tell: Tell = lambda _: None,
    **variables: Any,
) -> AsyncGenerator[Data, None]:
    """Yield the messages of a subscription for ever, reconnecting where it breaks off.

    The document has one root field and, where it can resume, a variable `$after`, which gets the
    cursor of the last message. `tell` hears "connected", and why a connection was lost. Raises
    Refused where a reconnection would not help.
    """
    pause = FIRST_PAUSE
    resumes = "$after" in document
    while True:
        try:
            async with connect(url, token) as live:
                tell("connected")
                async with aclosing(live.stream(document, **variables)) as results:
                    async for data in results:
                        [message] = data.values()
                        pause = FIRST_PAUSE
                        if resumes and "cursor" in message:
                            variables["after"] = message["cursor"]
                        yield message
                tell("The server ended the stream.")
        except Gone as error:
            tell(str(error))
        # Spread, so that a crowd that was cut off together does not return together.
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads, hides nothing
        pause = min(pause * 2, LONGEST_PAUSE)


def _data(message: Data) -> Data:
    payload = message["payload"]
    errors = payload if message["type"] == "error" else payload.get("errors")
    if errors:
        words = " ".join(error["message"] for error in errors)
        away = any(error.get("extensions", {}).get("code") == "UNAVAILABLE" for error in errors)
        raise Gone(words) if away else Refused(words)
    data: Data = payload["data"]
    return data


def _gone(error: ConnectionClosed) -> Exception:
    close = error.rcvd
    if close is not None and close.code in {4401, 4403}:
        return Refused(close.reason or "The token was not accepted.")
    return Gone(close.reason if close and close.reason else "The connection was lost.")

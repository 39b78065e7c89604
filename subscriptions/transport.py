"""graphql-transport-ws over sockets that may be slow, hostile, expired or suddenly gone."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected
from strawberry.types.graphql import OperationType

from schema.documents import RequestErrors
from schema.errors import Unauthenticated
from schema.operations import BadRequest, Request, parse_request
from subscriptions import frames
from subscriptions.connection import EXTENSION, MESSAGE_BYTES, Connection
from subscriptions.delivery import MOST_WAITING, Delivery
from subscriptions.frames import Closing, Code
from subscriptions.hub import Hub
from subscriptions.metrics import DROPS, QUEUED, SOCKETS
from subscriptions.quota import Quota

SUBPROTOCOL = "graphql-transport-ws"
CROWDED = "Too many connections come from this address. Please try again later."

_GONE = (WebSocketDisconnect, WebSocketDisconnected)  # the second is for all sends but the first
_TOO_SLOW = "too slow: resume with your cursor"

log = structlog.get_logger(__name__)


class Identity(Protocol):
    """Whom a socket speaks for."""

    @property
    def key(self) -> str:
        """Name the principal, whose sockets are counted together."""

    @property
    def expires_at(self) -> datetime | None:
        """Say when the socket has to close; None when its token does not expire."""


@dataclass(frozen=True)
class SocketLimits:
    """How much, and how many seconds, a socket is given."""

    message_bytes: int = MESSAGE_BYTES
    operations: int = 20
    sockets: int = 50
    """Of one principal, in all processes; event streams are counted with them."""
    address: int = 1_000
    """Of one address, in all processes, whoever they are of."""
    init: float = 5.0
    ping: float = 12.0
    pong: float = 10.0
    send: float = 10.0
    """A reader that takes nothing for so long is dropped, so that nothing piles up for it."""
    farewell: float = 2.0
    """From the close frame to the end of the connection, whether it was read or not."""


class GraphQLWebSocket:
    """The ASGI endpoint, `WebSocketRoute("/graphql", GraphQLWebSocket(…))`.

    `authenticate` gets the payload of connection_init and raises Unauthenticated. `make_context` is
    called for every operation, so that nothing in a context ages; it may raise the same. `origins`
    are those whose pages may connect, as "https://example.org"; None allows the pages of the same
    host. A client without an Origin is no browser, and may.
    """

    def __init__(
        self,
        hub: Hub,
        authenticate: Callable[[dict[str, Any] | None, WebSocket], Awaitable[Identity]],
        make_context: Callable[[Any], Awaitable[Any]],
        quota: Quota,
        limits: SocketLimits | None = None,
        origins: frozenset[str] | None = None,
    ) -> None:
        self.hub = hub
        self.authenticate = authenticate
        self.make_context = make_context
        self.quota = quota
        self.limits = limits or SocketLimits()
        self._origins = origins
        self._sockets: dict[_Socket, asyncio.Task[Any] | None] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it is closed."""
        if EXTENSION not in scope.get("extensions", {}):
            raise RuntimeError("Sockets are served by uvicorn with `uvicorn_settings()`.")
        websocket = WebSocket(scope, receive, send)
        if not self._welcome(websocket):
            await websocket.close()  # before the handshake this is 403
            return
        address = f"address {websocket.client.host if websocket.client else ''}"
        with suppress(*_GONE):
            if not self.quota.take(address, self.limits.address):
                await self._deny(websocket)
                return
            try:
                await self._serve(websocket)
            finally:
                self.quota.give(address)

    async def close_all(self, over: float = 0.0) -> None:
        """Send everybody elsewhere, spread over some seconds; return when they have gone."""
        tasks = [task for task in self._sockets.values() if task]
        for connection in self._sockets:
            wait = random.uniform(0, over)  # noqa: S311 - spreads, hides nothing
            asyncio.get_running_loop().call_later(wait, connection.restart)
        if tasks:
            await asyncio.wait(tasks)

    async def _serve(self, websocket: WebSocket) -> None:
        if SUBPROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(Code.SUBPROTOCOL, f"Only {SUBPROTOCOL} is spoken here.")
            return
        await websocket.accept(SUBPROTOCOL)
        connection = _Socket(self, websocket)
        self._sockets[connection] = asyncio.current_task()
        SOCKETS.labels("websocket").inc()
        try:
            await connection.run()
        finally:
            SOCKETS.labels("websocket").dec()
            del self._sockets[connection]

    @staticmethod
    async def _deny(websocket: WebSocket) -> None:
        DROPS.labels(Code.TOO_MANY.name.lower()).inc()
        await websocket.send_denial_response(PlainTextResponse(CROWDED, 429))

    def _welcome(self, websocket: WebSocket) -> bool:
        origin = websocket.headers.get("origin")
        if origin is None:
            return True
        if self._origins is None:
            host = websocket.headers.get("host", "")
            return urlsplit(origin).netloc.lower() == host.lower()
        return origin.lower() in self._origins


class _Socket:
    """One connection: whoever finds a reason to end it calls `close`, and the first one counts."""

    def __init__(self, endpoint: GraphQLWebSocket, websocket: WebSocket) -> None:
        self._endpoint = endpoint
        self._limits = endpoint.limits
        self._websocket = websocket
        self.connection: Connection = websocket.scope["extensions"][EXTENSION]
        self.ready = True
        """Whether a message can be written now: nothing waits, and the peer reads."""
        self._queue: deque[list[bytes]] = deque()
        self._states: dict[bytes, list[bytes]] = {}
        self._on_ready: list[Callable[[], None]] = []
        self._stalled: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[Closing] = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._identity: Identity | None = None
        # The next thing that has to happen in time: connection_init, then our ping, then its pong.
        self._deadline = self._loop.call_later(
            self._limits.init,
            self.close,
            Code.TOO_LATE,
            f"connection_init did not come within {self._limits.init:g} seconds.",
        )
        self._expiry: asyncio.TimerHandle | None = None

    def close(self, code: int, reason: str) -> None:
        """Let `run` end the connection; nothing is sent after this but the close frame."""
        self.ready = False
        if not self._end.done():
            self._end.set_result(Closing(code, reason))

    def restart(self) -> None:
        """Close because this server goes away."""
        self.close(Code.RESTART, "resume elsewhere with your cursor")

    async def run(self) -> None:
        """Serve until something calls `close`."""
        self.connection.on_shutdown = self.restart
        self.connection.on_pause = self._pause
        self.connection.on_resume = self._resume
        self._start(self._read())
        try:
            await self._end
        finally:
            self._deadline.cancel()
            if self._stalled:
                self._stalled.cancel()
            if self._expiry:
                self._expiry.cancel()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await self._say_farewell()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._identity:
                self._endpoint.quota.give(self._identity.key)

    async def _say_farewell(self) -> None:
        """Send the close frame, and cut the line soon, whether the peer has read it or not."""
        seconds = self._limits.farewell
        self._loop.call_later(seconds, self.connection.transport.abort)
        end = Closing(Code.RESTART, "") if self._end.cancelled() else self._end.result()
        QUEUED.dec(len(self._queue))
        if end.code not in {Code.GONE, Code.RESTART}:
            DROPS.labels(Code(end.code).name.lower()).inc()
        with suppress(TimeoutError, *_GONE):
            async with asyncio.timeout(seconds):
                await self._websocket.close(end.code, end.reason)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Closing):
            self.close(error.code, error.reason)
        elif isinstance(error, _GONE):
            self.close(Code.GONE, "")
        elif error is not None:
            log.error("a socket failed", exc_info=error)
            self.close(Code.FAILED, "Something went wrong on our side; please connect again.")

    async def _read(self) -> None:
        while True:
            event = await self._websocket.receive()
            if event["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(event["code"])
            await self._take(frames.read(event.get("text"), self._limits.message_bytes))

    async def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "connection_init":
                await self._init(message.get("payload"))
            case "ping":
                self.send(frames.PONG)
            case "pong":
                self._await_ping()
            case "subscribe":
                self._subscribe(frames.operation_id(message), message.get("payload"))
            case "complete":
                await self._complete(frames.operation_id(message))
            case other:
                raise Closing(Code.MALFORMED, f"A client sends no message of type {other[:50]!r}.")

    async def _init(self, payload: object) -> None:
        if self._identity:
            raise Closing(Code.TOO_MANY, "connection_init is sent once.")
        if not isinstance(payload, dict | None):
            raise Closing(Code.MALFORMED, "The payload of connection_init is an object, or absent.")
        try:
            identity = await self._endpoint.authenticate(payload, self._websocket)
        except Unauthenticated as error:
            raise Closing(Code.FORBIDDEN, error.message) from None
        if not self._endpoint.quota.take(identity.key, self._limits.sockets):
            sentence = f"You may have {self._limits.sockets} connections at once."
            raise Closing(Code.TOO_MANY, sentence)
        self._identity = identity
        if identity.expires_at:
            left = (identity.expires_at - datetime.now(UTC)).total_seconds()
            self._expiry = self._loop.call_later(
                left, self.close, Code.UNAUTHORIZED, "token expired"
            )
        self._await_ping()
        self.send(frames.ACK)

    def _await_ping(self) -> None:
        if self._identity:
            self._deadline.cancel()
            self._deadline = self._loop.call_later(self._limits.ping, self._ping)

    def _ping(self) -> None:
        self.send(frames.PING)
        self._deadline = self._loop.call_later(
            self._limits.pong,
            self.close,
            Code.TOO_LATE,
            f"No pong came within {self._limits.pong:g} seconds: resume with your cursor",
        )

    def _subscribe(self, id: str, payload: object) -> None:
        if self._identity is None:
            raise Closing(Code.UNAUTHORIZED, "Send connection_init and wait for connection_ack.")
        if id in self._operations:
            raise Closing(Code.DUPLICATE, f"There is an operation with the id {id!r} already.")
        if len(self._operations) >= self._limits.operations:
            sentence = f"A socket carries {self._limits.operations} operations at once."
            raise Closing(Code.TOO_MANY, sentence)
        try:
            request = parse_request(payload, self._endpoint.hub.operations.documents)
        except BadRequest as error:
            raise Closing(Code.MALFORMED, error.message) from None
        self._operations[id] = self._start(self._operate(id, request, self._identity))

    async def _complete(self, id: str) -> None:
        # To an id that has just ended on our side, or never was, there is nothing to say.
        if task := self._operations.pop(id, None):
            task.cancel()
            await asyncio.wait([task])

    async def _operate(self, id: str, request: Request, identity: Identity) -> None:
        hub = self._endpoint.hub
        try:
            context = await self._endpoint.make_context(identity)
            operation = _Operation(self, id)
            if hub.operations.find(request).kind is OperationType.SUBSCRIPTION:
                subscriber = await hub.subscribe(request, context, operation)
                del request, context  # thousands of sockets wait here
                try:
                    await subscriber.ended
                finally:
                    await subscriber.leave()
            else:
                operation.take(Delivery(await hub.operations.execute(request, context)))
            end = frames.complete(id)
        except Unauthenticated as error:
            raise Closing(Code.FORBIDDEN, error.message) from None
        except RequestErrors as error:
            end = frames.error(id, error.errors)
        self._operations.pop(id, None)  # first, for the client may use the id again at once
        self.send(end)

    def send(self, message: bytes) -> None:
        """Send a message, or keep it until the peer has read."""
        if self.ready:
            self.connection.write(frames.head(len(message)) + message)
        else:
            self.keep(b"", message)

    def keep(self, prefix: bytes, tail: bytes, *, newest: bool = False) -> None:
        """Keep the message that is `prefix` and `tail` until the peer has read.

        One that is `newest` takes the place of an earlier one with the same prefix that waits.
        """
        if self._end.done():
            return
        if newest and prefix in self._states:
            self._states[prefix][1] = tail
        elif len(self._queue) < MOST_WAITING:
            self._queue.append(waits := [prefix, tail])
            QUEUED.inc()
            if newest:
                self._states[prefix] = waits
        else:
            self.close(Code.TOO_LATE, _TOO_SLOW)

    @property
    def congested(self) -> bool:
        """Whether the peer has to read before more is written."""
        return not self.ready

    def when_ready(self, call: Callable[[], None]) -> None:
        """Call once as soon as the peer has read."""
        self._on_ready.append(call)

    def _pause(self) -> None:
        self.ready = False
        self._stalled = self._loop.call_later(
            self._limits.send, self.close, Code.TOO_LATE, _TOO_SLOW
        )

    def _resume(self) -> None:
        if self._stalled:
            self._stalled.cancel()
        self.ready = not self._end.done()
        while self.ready and self._queue:
            prefix, tail = self._queue.popleft()
            QUEUED.dec()
            self._states.pop(prefix, None)
            self.connection.write(frames.head(len(prefix) + len(tail)) + prefix + tail)
        if self.ready:
            calls, self._on_ready = self._on_ready, []
            for call in calls:
                call()


class _Operation:
    """The sink of one operation of a socket."""

    __slots__ = ("_connection", "_prefix", "_socket")

    def __init__(self, socket: _Socket, id: str) -> None:
        self._socket = socket
        self._connection = socket.connection
        self._prefix = frames.next_prefix(id)

    def take(self, delivery: Delivery) -> None:
        """Send one result. This is done for everybody and every event, so it is short."""
        tail = delivery.tail
        if tail is None:
            tail = delivery.tail = delivery.body + frames.TAIL
        prefix = self._prefix
        length = len(prefix) + len(tail)
        if length == delivery.length:
            head = delivery.head
        else:
            head = delivery.head = frames.head(length)
            delivery.length = length
        if self._socket.ready:
            self._connection.write(b"%b%b%b" % (head, prefix, tail))
        else:
            self._socket.keep(prefix, tail, newest=delivery.newest)

    def end_session(self, message: str) -> None:
        """Close the socket, whose session has ended."""
        self._socket.close(Code.FORBIDDEN, message)

    @property
    def congested(self) -> bool:
        """Whether the peer of the socket has to read first."""
        return self._socket.congested

    def when_ready(self, call: Callable[[], None]) -> None:
        """Call once as soon as the peer has read."""
        self._socket.when_ready(call)

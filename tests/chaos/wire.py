"""A client of graphql-transport-ws by hand: it checks every frame, and it can misbehave."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
_CONTROL = 0x8
_MOST_OF_CONTROL = 125
_TWO_BYTES, _EIGHT_BYTES = 126, 127

# The example of RFC 6455, section 1.3.
_KEY, _ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
).encode()


class Broken(AssertionError):
    """The server wrote what the protocol forbids."""


class Gone(ConnectionError):
    """The connection ended; `code` is that of the close frame, 1006 where there was none."""

    def __init__(self, reason: str, code: int = 1006) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason


class Parser:
    """Frames from bytes as they arrive, by RFC 6455; nothing is forgiven."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._closed = False

    @property
    def unfinished(self) -> int:
        """How many bytes of a frame that is not complete have arrived."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Return the frames that are complete now, as opcode and payload; raises Broken."""
        buffer = self._buffer
        buffer += data
        frames = []
        at = 0
        while (whole := self._whole(at)) is not None:
            start, end = whole
            opcode = buffer[at] & 0x0F
            frames.append((opcode, bytes(buffer[start:end])))
            self._closed = opcode == CLOSE
            at = end
        del buffer[:at]
        return frames

    def _whole(self, at: int) -> tuple[int, int] | None:
        """Return where the payload of the next frame starts and ends, None until it is there."""
        buffer = self._buffer
        if len(buffer) > at:
            _require(not self._closed, "something follows the close frame")
        if len(buffer) < at + 2:
            return None
        first, size = buffer[at], buffer[at + 1]
        opcode = first & 0x0F
        _require(first & 0xF0 == 0x80, f"a first byte of {first:#x}: fragmented, or reserved bits")
        _require(opcode in {TEXT, CLOSE, PING, PONG}, f"the opcode {opcode}")
        _require(size < 0x80, "a masked frame")
        _require(opcode < _CONTROL or size <= _MOST_OF_CONTROL, "a long control frame")
        start = at + 2
        if size >= _TWO_BYTES:
            width = 2 if size == _TWO_BYTES else 8
            if len(buffer) < start + width:
                return None
            least = 0xFFFF if size == _EIGHT_BYTES else _MOST_OF_CONTROL
            size = int.from_bytes(buffer[start : start + width])
            _require(size > least, "a length that is not written as short as possible")
            start += width
        return (start, start + size) if len(buffer) >= start + size else None


def _require(condition: object, what: str) -> None:
    if not condition:
        raise Broken(f"The server wrote {what}.")


class Wire:
    """One connection; what comes is read only when it is asked for."""

    def __init__(self, connection: socket.socket, silence: float) -> None:
        self.socket = connection
        self.parser = Parser()
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self._frames: deque[tuple[int, bytes]] = deque()
        self._writing = asyncio.Lock()

    @property
    def port(self) -> int:
        """The port of our end of the connection."""
        return int(self.socket.getsockname()[1])

    async def write(self, data: bytes) -> None:
        """Send bytes as they are; raises Gone."""
        try:
            async with asyncio.timeout(self._silence), self._writing:
                await self._loop.sock_sendall(self.socket, data)
        except (OSError, TimeoutError) as error:
            raise Gone(f"{error!r}") from None

    async def send(self, message: Any) -> None:
        """Send a message as JSON."""
        await self.write(frame(TEXT, orjson.dumps(message)))

    async def read(self, most: int = 65_536) -> bytes:
        """Read what has arrived, at most so many bytes; raises Gone at the end of the stream."""
        try:
            async with asyncio.timeout(self._silence):
                data = await self._loop.sock_recv(self.socket, most)
        except TimeoutError:
            raise Gone(f"Nothing came for {self._silence:g} seconds.") from None
        except OSError as error:
            raise Gone(f"{error!r}") from None
        if not data:
            raise Gone("The stream ended without a close frame.")
        return data

    async def frame(self) -> tuple[int, bytes]:
        """Return the next frame, as opcode and payload; raises Gone and Broken."""
        while not self._frames:
            self._frames.extend(self.parser.feed(await self.read()))
        return self._frames.popleft()

    async def message(self) -> dict[str, Any]:
        """Return the next message but pings, which are answered; raises Gone and Broken."""
        while True:
            opcode, payload = await self.frame()
            if opcode == CLOSE:
                raise closed(payload)
            if opcode == PING:
                await self.write(frame(PONG, payload))
            elif opcode == TEXT:
                message = decoded(payload)
                if message["type"] != "ping":
                    return message
                await self.send({"type": "pong"})

    async def closing(self) -> Gone:
        """Read until the connection ends, and say how."""
        try:
            while True:
                await self.message()
        except Gone as gone:
            return gone

    async def handshake(self, request: bytes = HANDSHAKE) -> None:
        """Become a WebSocket; raises Gone where the server refuses."""
        await self.write(request)
        head = b""
        while b"\r\n\r\n" not in head:
            head += await self.read()
        head, _, rest = head.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1]
        if status != b"101":
            raise Gone(f"The handshake was answered {status.decode()}.", int(status))
        assert _ACCEPT in head
        self._frames.extend(self.parser.feed(rest))

    async def init(self, token: str | None = None) -> None:
        """Say who connects, and wait for the acknowledgement."""
        payload = {} if token is None else {"authorization": f"Bearer {token}"}
        await self.send({"type": "connection_init", "payload": payload})
        message = await self.message()
        assert message == {"type": "connection_ack"}, message

    async def subscribe(self, id: str, document: str, **variables: Any) -> None:
        """Start an operation."""
        payload = {"query": document, "variables": variables}
        await self.send({"id": id, "type": "subscribe", "payload": payload})

    async def ask(self, document: str, **variables: Any) -> Any:
        """Run a query or a mutation, while nothing else runs; return the value of its only field.

        Raises Gone where the connection or the database is gone.
        """
        await self.subscribe("ask", document, **variables)
        answer = value(await self.message())
        assert (await self.message())["type"] == "complete"
        return answer

    def reset(self) -> None:
        """End the connection without a word: the server receives RST."""
        reset(self.socket)

    def close(self) -> None:
        """End the connection."""
        self.socket.close()


def reset(connection: socket.socket) -> None:
    """Close a TCP connection with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def frame(
    opcode: int, payload: bytes, *, first: int = 0x80, masked: bool = True, size: int | None = None
) -> bytes:
    """Write a frame; `first` holds the bits beside the opcode, `size` what the length says.

    The mask is zero, so that a masked payload can be read in a trace.
    """
    length = len(payload) if size is None else size
    mask = 0x80 if masked else 0
    if length < _TWO_BYTES:
        head = bytes([first | opcode, mask | length])
    elif length <= 0xFFFF:
        head = bytes([first | opcode, mask | _TWO_BYTES]) + length.to_bytes(2)
    else:
        head = bytes([first | opcode, mask | _EIGHT_BYTES]) + length.to_bytes(8)
    return head + (bytes(4) if masked else b"") + payload


def decoded(payload: bytes) -> dict[str, Any]:
    """Return the message that a text frame holds; raises Broken where it is none."""
    try:
        message = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise Broken(f"The server wrote no JSON: {error}.") from None
    _require(isinstance(message, dict) and isinstance(message.get("type"), str), "no message")
    return dict(message)


def closed(payload: bytes) -> Gone:
    """Return what a close frame says; raises Broken for half a code."""
    if not payload:
        return Gone("", 1005)
    _require(len(payload) >= 2, "a close frame with half a code")
    return Gone(payload[2:].decode(), int.from_bytes(payload[:2]))


def value(message: dict[str, Any]) -> Any:
    """Return the only field of a result; raises Gone where the database or the stream was gone."""
    if message["type"] == "complete":
        raise Gone("The server ended the operation.")
    payload = message["payload"]
    errors = payload if message["type"] == "error" else payload.get("errors")
    if errors:
        codes = {error.get("extensions", {}).get("code") for error in errors}
        assert codes == {"UNAVAILABLE"}, errors
        raise Gone("The database is away.")
    (only,) = payload["data"].values()
    return only


async def dial(
    port: int,
    *,
    silence: float = 30.0,
    receive_buffer: int | None = None,
    source: str = "127.0.0.1",
) -> Wire:
    """Open a TCP connection; raises Gone.

    `silence` is how many seconds without a byte it takes for gone, `receive_buffer` how many bytes
    the kernel may keep for us, `source` the address that we come from.
    """
    connection = socket.socket()
    connection.setblocking(False)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        connection.bind((source, 0))
        async with asyncio.timeout(silence):
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
    except (OSError, TimeoutError) as error:
        connection.close()
        raise Gone(f"{error!r}") from None
    return Wire(connection, silence)


@asynccontextmanager
async def connected(port: int, token: str | None = None, **options: Any) -> AsyncIterator[Wire]:
    """Give an acknowledged connection, which ends with the block; raises Gone."""
    wire = await dial(port, **options)
    try:
        await wire.handshake()
        await wire.init(token)
        yield wire
    finally:
        wire.close()

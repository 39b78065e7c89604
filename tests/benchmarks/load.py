"""A load client of graphql-transport-ws: thousands of sockets, read by hand, every message checked.

A server sends the same bytes to everybody, but for the id of the operation. So a message is read as
JSON when its bytes are seen for the first time, and looked up for every other socket: that costs a
few microseconds, and still proves of every socket that nothing is missing, repeated or changed.
"""

from __future__ import annotations

import base64
import json
import os
import re
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

AT_ONCE = 64
"""How many sockets shake hands at the same time."""
READ = 65_536
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A  # whole frames; nobody here sends parts
STAMP = re.compile(rb"@@(\d+)@@")


class LoadError(Exception):
    """The server did not do what it promises; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a group of sockets asks for.

    Every message has a `sequence`, of which none may be left out where it is `gapless`. Of
    `sampled` sockets, evenly spread, each arrival is noted.
    """

    document: str
    variables: dict[str, Any]
    gapless: bool = True
    sampled: int = 100


@dataclass(frozen=True, slots=True)
class Message:
    """What is known of some bytes: their number, and when their text was stamped (ns; 0 never)."""

    sequence: int
    sent: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message came to a sampled socket; moments are of the monotonic clock, in nanoseconds."""

    socket: int
    at: int
    sequence: int
    sent: int


@dataclass(eq=False, slots=True)
class _Socket:
    number: int
    socket: socket.socket
    subscription: Subscription
    token: str | None
    id: str
    sampled: bool
    rest: bytes = b""
    upgraded: bool = False
    head: bytes = b"\0"
    """What its messages begin with, known from the first one on; until then nothing does."""
    sequence: int = 0


@dataclass
class Load:
    """Sockets at one server, which are read whenever `poll` is called."""

    port: int
    received: int = 0
    """Messages after the first one of each socket."""
    received_bytes: int = 0
    arrivals: list[Arrival] = field(default_factory=list)
    _sockets: dict[int, _Socket] = field(default_factory=dict)
    _ready: int = 0
    _known: dict[bytes, Message] = field(default_factory=dict)
    _epoll: select.epoll = field(default_factory=select.epoll)

    def connect(
        self,
        subscription: Subscription,
        tokens: Sequence[str | None],
        *,
        shared_id: str | None = None,
        seconds: float = 60.0,
    ) -> None:
        """Open a socket for each token, and return when each has its first message.

        Operations have ids of their own, or a shared one. Raises LoadError after so many seconds.
        """
        end = time.monotonic() + seconds
        every = max(1, len(tokens) // subscription.sampled)
        wanted = self._ready
        for place, token in enumerate(tokens):
            wanted += 1
            self._open(subscription, token, shared_id or str(uuid4()), sampled=not place % every)
            while wanted - self._ready >= AT_ONCE:
                self._poll_until(end, wanted)
        while self._ready < wanted:
            self._poll_until(end, wanted)

    def poll(self, seconds: float) -> None:
        """Read what there is, or wait for it for at most so long."""
        for descriptor, _ in self._epoll.poll(max(seconds, 0)):
            self._read(self._sockets[descriptor])

    def reached(self) -> int:
        """Return the lowest sequence that a socket has."""
        return min(each.sequence for each in self._sockets.values())

    def close(self) -> None:
        """Close every socket."""
        for each in self._sockets.values():
            each.socket.close()
        self._sockets.clear()
        self._epoll.close()

    def _poll_until(self, end: float, wanted: int) -> None:
        left = end - time.monotonic()
        if left <= 0:
            raise LoadError(f"Only {self._ready:,} of {wanted:,} sockets were served in time.")
        self.poll(left)

    def _open(
        self, subscription: Subscription, token: str | None, id: str, *, sampled: bool
    ) -> None:
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )
        connection.setblocking(False)
        made = _Socket(len(self._sockets), connection, subscription, token, id, sampled)
        self._sockets[connection.fileno()] = made
        self._epoll.register(connection, select.EPOLLIN)

    def _read(self, one: _Socket) -> None:
        data = os.read(one.socket.fileno(), READ)
        if not data:
            raise LoadError("The server ended a connection without a word.")
        if not one.upgraded:
            self._upgrade(one, data)
            return
        now = time.monotonic_ns()
        self.received_bytes += len(data)
        frames, one.rest = split(one.rest + data)
        known, head = self._known, one.head
        for opcode, payload in frames:
            if payload.startswith(head):
                message = known.get(payload[len(head) :])
                if message is None:
                    message = self._learn(one, payload)
                self._take(one, message, now)
            else:
                self._answer(one, opcode, payload)

    def _take(self, one: _Socket, message: Message, now: int) -> None:
        sequence = message.sequence
        if sequence != one.sequence + 1 and (one.subscription.gapless or sequence <= one.sequence):
            raise LoadError(f"A socket got {sequence} after {one.sequence}.")
        one.sequence = sequence
        self.received += 1
        if one.sampled:
            self.arrivals.append(Arrival(one.number, now, sequence, message.sent))

    def _upgrade(self, one: _Socket, data: bytes) -> None:
        one.rest += data
        head, separator, rest = one.rest.partition(b"\r\n\r\n")
        if not separator:
            return
        if not head.startswith(b"HTTP/1.1 101 "):
            raise LoadError(f"The server refused a socket: {head.decode()}")
        one.upgraded, one.rest = True, rest
        payload = {"authorization": f"Bearer {one.token}"} if one.token else {}
        _send(one, {"type": "connection_init", "payload": payload})

    def _answer(self, one: _Socket, opcode: int, payload: bytes) -> None:
        """Take what is no event: a frame of the protocol below, of ours, or a first message."""
        if opcode == PING:
            one.socket.sendall(frame(payload, PONG))
            return
        if opcode == CLOSE:
            reason = f"{int.from_bytes(payload[:2])} {payload[2:].decode()}"
            raise LoadError(f"The server closed a socket: {reason}")
        message = json.loads(payload)
        match message["type"]:
            case "connection_ack":
                wanted = one.subscription
                request = {"query": wanted.document, "variables": wanted.variables}
                _send(one, {"type": "subscribe", "id": one.id, "payload": request})
            case "ping":
                _send(one, {"type": "pong"})
            case "next" if one.head == b"\0" and message["id"] == one.id:
                end = payload.index(one.id.encode()) + len(one.id)
                one.head = payload[:end]
                one.sequence = self._learn(one, payload).sequence
                self._ready += 1
            case _:
                raise LoadError(f"The server sent what was not asked for: {payload.decode()}")

    def _learn(self, one: _Socket, payload: bytes) -> Message:
        """Read a message that is new, and know it from now on."""
        result = json.loads(payload)["payload"]
        if "errors" in result:
            raise LoadError(f"The server sent an error: {result['errors'][0]}")
        (value,) = result["data"].values()
        stamp = STAMP.search(payload)
        message = Message(value["sequence"], int(stamp[1]) if stamp else 0)
        self._known[payload[len(one.head) :]] = message
        return message


def split(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the whole frames of what a server sent, as opcode and payload, and what is left over.

    Servers do not mask. Raises LoadError for a frame that is a part of a message, or none at all.
    """
    frames = []
    start, end = 0, len(data)
    while end - start >= 2:  # the shortest header
        opcode, length, payload = data[start], data[start + 1], start + 2
        if length == 126:  # the length follows in two bytes
            payload = start + 4
            length = int.from_bytes(data[start + 2 : payload])
        elif length == 127:  # the length follows in eight bytes
            payload = start + 10
            length = int.from_bytes(data[start + 2 : payload])
        if payload + length > end:
            break
        if opcode not in {TEXT, CLOSE, PING, PONG}:
            raise LoadError(f"The server sent a frame that begins with {opcode:#x}.")
        start = payload + length
        frames.append((opcode, data[payload:start]))
    return frames, data[start:]


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a frame as a client sends it: masked, by zeros."""
    length = len(payload)
    if length < 126:  # the longest that the header itself can tell
        header = bytes([opcode, 0x80 | length])
    else:
        header = bytes([opcode, 0x80 | 126]) + length.to_bytes(2)
    return header + bytes(4) + payload


def _send(one: _Socket, message: dict[str, Any]) -> None:
    one.socket.sendall(frame(json.dumps(message).encode()))

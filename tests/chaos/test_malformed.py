"""Frames that are broken, and messages that are none: a code each, and no traceback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from uuid import uuid4

import pytest

from tests.chaos import wire
from tests.chaos.fleet import LIGHT
from tests.chaos.scale import PATIENCE
from tests.chaos.wire import BINARY, CLOSE, HANDSHAKE, PING, TEXT, frame
from tests.chaos.worker import Worker, environment, worker
from tests.conftest import Server

CONT = 0x0
FIN, NOT_FIN = 0x80, 0x00
HELLO = b'{"type": "ping"}'
MESSAGE_BYTES = 64 * 1024

BROKEN = {
    "not masked": (frame(TEXT, HELLO, masked=False), 1002),
    "the first reserved bit": (frame(TEXT, HELLO, first=FIN | 0x40), 1002),
    "the second reserved bit": (frame(TEXT, HELLO, first=FIN | 0x20), 1002),
    "the third reserved bit": (frame(TEXT, HELLO, first=FIN | 0x10), 1002),
    "an unknown opcode of data": (frame(0x3, HELLO), 1002),
    "an unknown opcode of control": (frame(0xB, HELLO), 1002),
    "a long ping": (frame(PING, b"x" * 126), 1002),
    "a ping in two parts": (frame(PING, b"x", first=NOT_FIN), 1002),
    "a continuation of nothing": (frame(CONT, HELLO), 1002),
    "a text within a text": (
        frame(TEXT, HELLO[:5], first=NOT_FIN) + frame(TEXT, HELLO),
        1002,
    ),
    "no UTF-8": (frame(TEXT, b'{"type": "\xff\xfe"}'), 1007),
    "no UTF-8 in two parts": (
        frame(TEXT, b'{"type": "', first=NOT_FIN) + frame(CONT, b'\xff"}'),
        1007,
    ),
    "a surrogate": (frame(TEXT, b'"\xed\xa0\x80"'), 1007),
    "half a character": (frame(TEXT, "é".encode()[:1]), 1007),
    "a byte too long": (frame(TEXT, b" " * (MESSAGE_BYTES + 1)), 1009),
    "said to be a gigabyte": (frame(TEXT, b"", size=2**30), 1009),
    "said to be most of what a length can say": (frame(TEXT, b"", size=2**63 - 1), 1009),
    "too long in parts": (
        frame(TEXT, b" " * 60_000, first=NOT_FIN) + frame(CONT, b" " * 60_000),
        1009,
    ),
    "endless parts": (
        frame(TEXT, b"", first=NOT_FIN) + frame(CONT, b" " * 1_000, first=NOT_FIN) * 66,
        1009,
    ),
    "a close frame with half a code": (frame(CLOSE, b"\x03"), 1002),
    "a close frame with a code that nobody may send": (
        frame(CLOSE, (1005).to_bytes(2)),
        1002,
    ),
    "a close frame whose reason is no UTF-8": (
        frame(CLOSE, (1000).to_bytes(2) + b"\xff"),
        1007,
    ),
    "HTTP again": (HANDSHAKE, 1002),
}
MALFORMED = {
    "a binary message": frame(BINARY, HELLO),
    "a binary message in two parts": frame(BINARY, HELLO[:5], first=NOT_FIN)
    + frame(CONT, HELLO[5:]),
    "nothing": frame(TEXT, b""),
    "nothing in three parts": frame(TEXT, b"", first=NOT_FIN)
    + frame(CONT, b"", first=NOT_FIN)
    + frame(CONT, b""),
    "NUL": frame(TEXT, b"\x00"),
    "a byte order mark": frame(TEXT, b"\xef\xbb\xbf" + HELLO),
    "a list": frame(TEXT, b"[]"),
    "null": frame(TEXT, b"null"),
    "true": frame(TEXT, b"true"),
    "a number": frame(TEXT, b"1e400"),
    "a text": frame(TEXT, b'"ping"'),
    "half an object": frame(TEXT, HELLO[:-1]),
    "an object and more": frame(TEXT, HELLO + b"{}"),
    "two messages": frame(TEXT, HELLO + HELLO),
    "the key twice, last a number": frame(TEXT, b'{"type": "ping", "type": 1}'),
    "a list as type": frame(TEXT, b'{"type": ["ping"]}'),
    "an unknown type": frame(TEXT, b'{"type": "nonsense"}'),
    "the type in capitals": frame(TEXT, b'{"type": "PING"}'),
    "a message of the old protocol": frame(TEXT, b'{"type": "start", "id": "1"}'),
    "a message that only we send": frame(TEXT, b'{"type": "next", "id": "1", "payload": {}}'),
    "deep lists": frame(TEXT, b"[" * 60_000),
    "deep objects": frame(TEXT, b'{"type":' * 8_000),
    "deep payload": frame(
        TEXT, b'{"type": "ping", "payload": ' + b"[" * 2_000 + b"]" * 2_000 + b"}"
    ),
    "a lone surrogate": frame(TEXT, b'{"type": "ping", "payload": "\\ud800"}'),
    "a list as id": frame(TEXT, b'{"type": "subscribe", "id": [], "payload": {"query": "{a}"}}'),
    "an object as id": frame(TEXT, b'{"type": "subscribe", "id": {}, "payload": {"query": "{a}"}}'),
    "a number as id": frame(TEXT, b'{"type": "subscribe", "id": 1, "payload": {"query": "{a}"}}'),
    "no id": frame(TEXT, b'{"type": "subscribe", "payload": {"query": "{a}"}}'),
    "no payload": frame(TEXT, b'{"type": "subscribe", "id": "1"}'),
    "a list as payload": frame(TEXT, b'{"type": "subscribe", "id": "1", "payload": []}'),
    "no query": frame(TEXT, b'{"type": "subscribe", "id": "1", "payload": {}}'),
    "a number as query": frame(TEXT, b'{"type": "subscribe", "id": "1", "payload": {"query": 1}}'),
    "a list as variables": frame(
        TEXT, b'{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "variables": []}}'
    ),
    "a number as operationName": frame(
        TEXT, b'{"type": "subscribe", "id": "1", "payload": {"query": "{a}", "operationName": 1}}'
    ),
    "no id to complete": frame(TEXT, b'{"type": "complete"}'),
    "an object as id to complete": frame(TEXT, b'{"type": "complete", "id": {}}'),
}
"""These are acceptable frames, so that what they hold is refused by 4400."""
HANDSHAKES = {
    "no key": HANDSHAKE.replace(b"Sec-WebSocket-Key", b"X-Key"),
    "a bad key": HANDSHAKE.replace(b"dGhl", b"!!!!"),
    "another version": HANDSHAKE.replace(b"Version: 13", b"Version: 8"),
    "no version": HANDSHAKE.replace(b"Sec-WebSocket-Version", b"X-Version"),
    "a POST": HANDSHAKE.replace(b"GET", b"POST"),
    "another place": HANDSHAKE.replace(b"/graphql ", b"/nowhere "),
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
}
DOCUMENTS = [
    "{",
    "}",
    "{ a(",
    "{ nothing }",
    "{ ...on }",
    "query ($a: Nothing) { __typename }",
    "\x00",
]


@pytest.fixture(scope="module")
def running(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """Run one process for all of these; in the end its log has no traceback."""
    name = f"malformed_{uuid4().hex}"
    asyncio.run(server.statement(f"CREATE DATABASE {name} TEMPLATE {server.inhabited}"))
    folder = tmp_path_factory.mktemp("malformed") / "data"
    with worker(environment(server.server.url("concordat_app", name), folder)) as process:
        asyncio.run(process.ready())
        yield process
    asyncio.run(server.statement(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def quiet(running: Worker) -> Iterator[Worker]:
    """Give the process, and hold it against what it logs of this test."""
    before = len(running.log)
    yield running
    said = running.log[before:]
    assert "Traceback" not in said, said
    assert '"level": "error"' not in said, said


@pytest.mark.parametrize("introduced", [True, False], ids=["introduced", "unknown"])
@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_frame_closes_with_the_code_of_the_protocol(
    quiet: Worker, name: str, *, introduced: bool
) -> None:
    data, code = BROKEN[name]
    assert (await ending(quiet, data, introduced=introduced)).code == code


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_message_closes_with_4400_and_a_reason(quiet: Worker, name: str) -> None:
    gone = await ending(quiet, MALFORMED[name])
    assert gone.code == 4400
    assert gone.reason


@pytest.mark.parametrize("name", HANDSHAKES)
async def test_a_broken_handshake_is_refused(quiet: Worker, name: str) -> None:
    socket = await wire.dial(quiet.port)
    with pytest.raises(wire.Gone):
        await socket.handshake(HANDSHAKES[name])
    socket.close()


async def ending(process: Worker, data: bytes, *, introduced: bool = True) -> wire.Gone:
    """Send bytes over a socket on which a stream runs, and return how it ends."""
    socket = await wire.dial(process.port)
    await socket.handshake()
    if introduced:
        await socket.init()
    with suppress(wire.Gone):  # where it is refused before its end
        await socket.write(data)
    gone = await socket.closing()
    socket.close()
    return gone


async def test_what_is_allowed_of_frames_is_understood(quiet: Worker) -> None:
    hello = '{"type": "ping", "payload": {"name": "é𝄞"}}'.encode()
    async with wire.connected(quiet.port) as socket:
        # In parts of a byte, with pings between them, which are answered first.
        parts = [hello[at : at + 1] for at in range(len(hello))]
        await socket.write(frame(TEXT, b"", first=NOT_FIN))
        for part in parts:
            await socket.write(frame(CONT, part, first=NOT_FIN) + frame(PING, part))
        await socket.write(frame(CONT, b""))
        for part in parts:
            assert await socket.frame() == (wire.PONG, part)
        assert await socket.message() == {"type": "pong"}
        await socket.write(frame(wire.PONG, b"nobody asked") + frame(TEXT, HELLO))
        assert await socket.message() == {"type": "pong"}
        await socket.write(frame(TEXT, HELLO.ljust(MESSAGE_BYTES)))
        assert await socket.message() == {"type": "pong"}
        await socket.write(frame(CLOSE, b""))
        assert (await socket.closing()).code == 1005


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_an_error_in_a_document_ends_its_own_operation_only(
    quiet: Worker, server: Server, document: str
) -> None:
    topic = server.world.id("Engagement", server.world.engagement)
    async with wire.connected(quiet.port) as socket:
        await socket.subscribe("live", LIGHT, topic=topic)
        assert (await socket.message())["type"] == "next"
        await socket.subscribe("wrong", document)
        answer = await socket.message()
        assert (answer["id"], answer["type"]) == ("wrong", "error")
        assert await socket.ask("{ __typename }") == "Query"
        # That its id is taken shows that the stream still runs.
        await socket.subscribe("live", LIGHT, topic=topic)
        assert (await socket.closing()).code == 4409


@pytest.mark.parametrize("head", [b"", b"GET /graphql HTTP/1.1\r\nHost: here\r\nX-Never"])
async def test_who_never_finishes_asking_is_not_waited_for(quiet: Worker, head: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", quiet.port)
    writer.write(head)
    async with asyncio.timeout(PATIENCE):
        assert await reader.read() == b""
    writer.close()

"""The messages of graphql-transport-ws as bytes: theirs checked, and ours written.

https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import orjson
from graphql import GraphQLError

ACK = b'{"type":"connection_ack"}'
PING = b'{"type":"ping"}'
PONG = b'{"type":"pong"}'
TAIL = b"}"
"""What comes after a result, see `next_prefix`."""

LONGEST_ID = 128
"""Characters of an operation's id; clients number them or use UUIDs."""


class Code(IntEnum):
    """Why a socket was closed."""

    GONE = 1001
    TOO_BIG = 1009
    FAILED = 1011
    RESTART = 1012
    MALFORMED = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL = 4406
    TOO_LATE = 4408
    DUPLICATE = 4409
    TOO_MANY = 4429


class Closing(Exception):
    """The socket is to be closed; the reason is cut to the 123 bytes that a close frame holds."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code
        self.reason = reason.encode()[:123].decode(errors="ignore")


def read(text: str | None, most_bytes: int) -> dict[str, Any]:
    """Decode one message: an object with a text as its type; raises Closing for anything else."""
    if text is None:
        raise Closing(Code.MALFORMED, "Messages are text frames, and this one is binary.")
    encoded = text.encode()
    if len(encoded) > most_bytes:
        raise Closing(Code.TOO_BIG, f"A message has at most {most_bytes} bytes.")
    try:
        message = orjson.loads(encoded)
    except orjson.JSONDecodeError as error:
        raise Closing(Code.MALFORMED, f"The message is not JSON: {error}") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Closing(Code.MALFORMED, 'A message is an object like {"type": "ping"}.')
    return message


def operation_id(message: dict[str, Any]) -> str:
    """Return the id of the operation that a message is about; raises Closing without a good one."""
    id = message.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID:
        sentence = f'"{message["type"]}" needs as "id" a text of 1 to {LONGEST_ID} characters.'
        raise Closing(Code.MALFORMED, sentence)
    return id


def next_prefix(id: str) -> bytes:
    """Write what comes before a result of an operation; TAIL comes after it."""
    return b'{"id":%b,"type":"next","payload":' % orjson.dumps(id)


def error(id: str, errors: list[GraphQLError]) -> bytes:
    """Write that an operation was refused, which is its end."""
    payload = [each.formatted for each in errors]
    return orjson.dumps({"id": id, "type": "error", "payload": payload})


def complete(id: str) -> bytes:
    """Write that an operation has ended."""
    return orjson.dumps({"id": id, "type": "complete"})


def head(length: int) -> bytes:
    """Write the beginning of the WebSocket frame of a whole text message (RFC 6455, 5.2)."""
    if length < 126:  # noqa: PLR2004 - as the standard has it
        return bytes((0x81, length))
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2)
    return b"\x81\x7f" + length.to_bytes(8)

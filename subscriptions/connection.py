"""A connection of uvicorn: it is known who reads slowly or is gone, and frames go at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MESSAGE_BYTES = 64 * 1024
EXTENSION = "concordat.connection"
"""Where in the extensions of its scope an application finds its connection."""

_WRITE_BUFFER = 64 * 1024
_UNACKNOWLEDGED = 20_000  # milliseconds until the kernel gives up a peer that takes no byte


class Connection(WebSocketsSansIOProtocol):
    """uvicorn's protocol within reach of the application, which writes ready frames past it.

    A frame is written whole and at once, as uvicorn writes its own, so none is cut by another.
    uvicorn 0.54 itself never drops a peer that stops reading: its ping and close time-outs wait
    until the write buffer is flushed, which is never.
    """

    on_shutdown: Callable[[], None] | None = None
    """Called instead of uvicorn's own close frame, which gives no reason."""
    on_pause: Callable[[], None] | None = None
    """Called when the peer has not read so much that no more should be written."""
    on_resume: Callable[[], None] | None = None
    """Called when the peer has read most of it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Bound what waits for the peer, in our buffer and in the kernel's."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        peer = transport.get_extra_info("socket")
        if hasattr(socket, "TCP_USER_TIMEOUT") and peer.family != socket.AF_UNIX:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNACKNOWLEDGED)

    async def run_asgi(self) -> None:
        """Run the application, with this connection among the extensions of its scope."""
        cast("dict[str, Any]", self.scope["extensions"])[EXTENSION] = self
        await super().run_asgi()

    async def send(self, message: ASGISendEvent) -> None:
        """Send, or say that the peer is gone; uvicorn would write on, or raise RuntimeError."""
        await self.writable.wait()
        if self.transport.is_closing():
            raise ClientDisconnected
        await super().send(message)

    def write(self, frame: bytes) -> None:
        """Write a whole frame, unless the connection is being closed; the peer may be slow."""
        if not self.close_sent and not self.transport.is_closing():
            self.transport.write(frame)

    def send_receive_event_to_app(self) -> None:
        """Refuse a text that is none; uvicorn would write a traceback."""
        if self.curr_msg_data_type == "text" and not _is_text(b"".join(self.frames)):
            self.frames = []
            self.conn.send_close(1007)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    def pause_writing(self) -> None:
        """Let the application keep what comes next."""
        super().pause_writing()
        if self.on_pause:
            self.on_pause()

    def resume_writing(self) -> None:
        """Let the application write again."""
        super().resume_writing()
        if self.on_resume:
            self.on_resume()

    def shutdown(self) -> None:
        """Close, because the server ends."""
        if self.on_shutdown is None:
            super().shutdown()
        else:
            self.on_shutdown()


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def uvicorn_settings() -> dict[str, Any]:
    """Return the arguments of `uvicorn.Config` that the promises of this module rest on."""
    return {
        "ws": Connection,
        "ws_max_size": MESSAGE_BYTES,
        "ws_per_message_deflate": False,  # it costs 37 KB a socket
        "ws_ping_interval": 20.0,  # for the sockets of documents, which have no ping of their own
        "ws_ping_timeout": 20.0,
    }

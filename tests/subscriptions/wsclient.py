"""A real server and a real client of graphql-transport-ws, for tests that speak it by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from subscriptions.connection import uvicorn_settings
from subscriptions.transport import SUBPROTOCOL, GraphQLWebSocket

DEADLINE = 10.0


class Server(uvicorn.Server):
    @property
    def address(self) -> str:
        host, port = self.servers[0].sockets[0].getsockname()
        return f"{host}:{port}"


@asynccontextmanager
async def serving(endpoint: GraphQLWebSocket, **settings: Any) -> AsyncIterator[Server]:
    app = Starlette(routes=[WebSocketRoute("/graphql", endpoint)])
    config = uvicorn.Config(
        app, port=0, log_config=None, **{**uvicorn_settings(), "lifespan": "off", **settings}
    )
    server = Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server
    finally:
        # As server.shutdown does, without its pauses.
        for each in server.servers:
            each.close()
        await endpoint.close_all()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


class Client:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, message: Any) -> None:
        await self.connection.send(orjson.dumps(message).decode())

    async def receive(self) -> Any:
        async with asyncio.timeout(DEADLINE):
            return orjson.loads(await self.connection.recv())

    async def init(self, **payload: Any) -> None:
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(self, id: str, query: str, **more: Any) -> None:
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, **more}})

    async def closed(self) -> tuple[int, str]:
        """Read until the socket is closed, and return its code and reason."""
        try:
            async with asyncio.timeout(DEADLINE):
                while True:
                    await self.connection.recv()
        except ConnectionClosed as error:
            return (error.rcvd.code, error.rcvd.reason) if error.rcvd else (1006, "")


@asynccontextmanager
async def connected(server: Server, *subprotocols: str, **options: Any) -> AsyncIterator[Client]:
    names = [Subprotocol(each) for each in subprotocols or (SUBPROTOCOL,)]
    address = f"ws://{server.address}/graphql"
    async with connect(address, subprotocols=names, compression=None, **options) as connection:
        yield Client(connection)

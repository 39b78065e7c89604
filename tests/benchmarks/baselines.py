"""What a user would take instead, and what cannot be beaten.

`… baselines strawberry|starlette` serves the subscription of `fanout` with messages of the
product's size, knows nothing of who may see what, and publishes what it reads from standard input.
`… baselines plain|bare DATABASE` answers the requests of `queries`.
"""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import Enum
from itertools import count
from typing import Annotated, Any, cast

import strawberry
import uvicorn
from broadcaster import Broadcast, Event
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry import relay
from strawberry.asgi import GraphQL

from domain.ids import new_id
from tests.benchmarks import bare, plain
from tests.benchmarks.publisher import lines

SHARED_ID = "00000000-0000-4000-8000-000000000000"
"""The id of everybody's operation where the bytes are ready."""
CHANNEL = "topic"
THRESHOLDS = (50_000, 20, 20)
"""Of the garbage collector, where it is tuned: the usual ones cost half of the throughput."""
Publish = Callable[[dict[str, Any]], Awaitable[None]]


def event(sequence: int, text: str) -> dict[str, Any]:
    """Return the fields of an event, as long as the product's."""
    return {
        "cursor": relay.to_base64("position", f"{new_id()}:MEMBERS:1:{sequence}"),
        "sequence": sequence,
        "kind": "COMMENT_ADDED",
        "at": datetime.now(UTC).isoformat(),
        "actor": {"name": "Nurse1"},
        "subject": {
            "id": relay.to_base64("Comment", new_id()),
            "body": text,
            "createdAt": datetime.now(UTC).isoformat(),
        },
    }


async def publish_lines(publish: Publish) -> None:
    """Publish an event for each line that comes."""
    numbers = count(1)
    async for line in lines():
        await publish(event(next(numbers), line))


@strawberry.type
class Person:
    name: str


@strawberry.type
class Comment:
    id: strawberry.ID
    body: str
    created_at: datetime


@strawberry.enum
class EventKind(Enum):
    COMMENT_ADDED = "COMMENT_ADDED"


@strawberry.type
class ActivitySnapshot:
    sequence: int


@strawberry.type
class ActivityEvent:
    cursor: str
    sequence: int
    kind: EventKind
    at: datetime
    actor: Person
    subject: Comment


Message = Annotated[ActivitySnapshot | ActivityEvent, strawberry.union("Message")]
broadcast = Broadcast("memory://")


@strawberry.type
class Query:
    alive: bool = True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def activity(self, topic_id: strawberry.ID) -> AsyncGenerator[Message, None]:
        async with broadcast.subscribe(channel=topic_id) as subscriber:
            yield ActivitySnapshot(sequence=0)
            async for published in cast("AsyncIterator[Event]", subscriber):
                found = json.loads(published.message)
                comment = found["subject"]
                yield ActivityEvent(
                    cursor=found["cursor"],
                    sequence=found["sequence"],
                    kind=EventKind(found["kind"]),
                    at=datetime.fromisoformat(found["at"]),
                    actor=Person(name=found["actor"]["name"]),
                    subject=Comment(
                        id=comment["id"],
                        body=comment["body"],
                        created_at=datetime.fromisoformat(comment["createdAt"]),
                    ),
                )


def strawberry_app() -> Starlette:
    """Plain Strawberry over broadcaster, as its documentation shows it."""

    async def publish(found: dict[str, Any]) -> None:
        await broadcast.publish(channel=CHANNEL, message=json.dumps(found))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # One subscriber from the start: of two first ones at once, broadcaster forgets one.
        async with broadcast, broadcast.subscribe(channel=CHANNEL):
            task = asyncio.create_task(publish_lines(publish))
            yield
            task.cancel()

    schema = strawberry.Schema(Query, subscription=Subscription)
    return Starlette(routes=[WebSocketRoute("/graphql", GraphQL(schema))], lifespan=lifespan)


def starlette_app() -> Starlette:
    """Send ready bytes to every socket, one after the other, and nothing else."""
    sockets: set[WebSocket] = set()

    def ready(value: dict[str, Any]) -> str:
        payload = {"data": {"activity": value}}
        message = {"id": SHARED_ID, "type": "next", "payload": payload}
        return json.dumps(message, separators=(",", ":"))

    async def publish(found: dict[str, Any]) -> None:
        text = ready({"__typename": "ActivityEvent", **found})
        for websocket in list(sockets):
            await websocket.send_text(text)

    async def serve(websocket: WebSocket) -> None:
        await websocket.accept("graphql-transport-ws")
        await websocket.receive_text()
        await websocket.send_text('{"type":"connection_ack"}')
        await websocket.receive_text()
        await websocket.send_text(ready({"__typename": "ActivitySnapshot", "sequence": 0}))
        sockets.add(websocket)
        try:
            await websocket.receive_text()
        except WebSocketDisconnect:
            sockets.discard(websocket)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(publish_lines(publish))
        yield
        task.cancel()

    return Starlette(routes=[WebSocketRoute("/graphql", serve)], lifespan=lifespan)


def plain_app(database_url: str) -> Starlette:
    """Plain Strawberry over the database, with the garbage collector tuned as the product's is."""
    app = plain.app(database_url)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    return app


APPS: dict[str, Callable[..., Starlette]] = {
    "strawberry": strawberry_app,
    "starlette": starlette_app,
    "plain": plain_app,
    "bare": bare.app,
}


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]} is served.", flush=True)  # noqa: T201
        app = APPS[sys.argv[1]](*sys.argv[2:])
        uvicorn.Server(
            uvicorn.Config(app, ws="websockets-sansio", log_level="warning", access_log=False)
        ).run([listener])

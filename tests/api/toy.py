"""A small schema that has what the transport must cope with, and how tests speak to it."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import strawberry
from graphql import GraphQLError
from starlette.requests import Request as HTTPRequest
from starlette.types import ASGIApp, Message
from strawberry.scalars import JSON
from strawberry.types import Info

from api.http import EVENTS, GRAPHQL_JSON, GraphQLHTTP
from api.http import JSON as PLAIN_JSON
from schema.errors import Unauthenticated
from schema.limits import Limits
from schema.operations import Operations
from subscriptions.hub import Hub
from subscriptions.wakeup import Wakeups

SECRET = "canary-4711"


@strawberry.type
class Node:
    id: int = 1
    name: str = "node"

    @strawberry.field
    def node(self) -> "Node":
        return Node()


def one() -> int:
    return 1


@strawberry.type
class Query:
    id: int = strawberry.field(resolver=one)
    node: Node = strawberry.field(resolver=Node)

    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"Hello, {name}!"

    @strawberry.field
    def viewer(self, info: Info[dict[str, Any], None]) -> str:
        return str(info.context["viewer"])

    @strawberry.field
    def echo(self, value: JSON) -> JSON:
        return value

    @strawberry.field
    async def broken(self, text: str) -> str | None:
        await asyncio.sleep(0)
        raise ValueError(f"{SECRET} {text}")

    @strawberry.field
    def refused(self) -> str | None:
        raise GraphQLError("You may not see this.", extensions={"code": "NOT_ALLOWED"})

    @strawberry.field
    def plain(self) -> str | None:
        raise GraphQLError(SECRET)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def shout(self, text: str) -> str:
        return text.upper()


@strawberry.type
class Tick:
    number: int
    cursor: str


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, to: int = 3, after: str | None = None) -> AsyncGenerator[Tick, None]:
        for number in range(int(after or 0) + 1, to + 1):
            yield Tick(number=number, cursor=str(number))

    @strawberry.subscription
    async def forever(self, info: Info[dict[str, Any], None]) -> AsyncGenerator[int, None]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            info.context["closed"].set()

    @strawberry.subscription
    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise ValueError(SECRET)

    @strawberry.subscription
    async def forbidden(self) -> AsyncGenerator[int, None]:
        raise GraphQLError("You may not listen.", extensions={"code": "NOT_ALLOWED"})
        yield 1


schema = strawberry.Schema(Query, Mutation, Subscription)

LIMITS = Limits()
URQL = f"{GRAPHQL_JSON}, application/graphql+json, {PLAIN_JSON}, {EVENTS}, multipart/mixed"


async def get_context(request: HTTPRequest) -> dict[str, Any]:
    token = request.headers.get("authorization", "Bearer nobody")
    if token == "Bearer expired":
        raise Unauthenticated("Your token has expired: sign in again.")
    return {"viewer": token.removeprefix("Bearer "), "closed": asyncio.Event()}


def without_topics(operations: Operations) -> Hub:
    """Return the hub of a schema whose subscriptions follow nothing that is stored."""
    nothing: Any = None
    return Hub(operations, nothing, Wakeups("memory://"), nothing)


ENDPOINT = GraphQLHTTP(
    without_topics(Operations(schema, LIMITS, suggestions=False)),
    get_context,
    LIMITS,
    graphiql=True,
)


def connect(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://concordat",
        headers={"accept": GRAPHQL_JSON},
    )


async def ask(
    client: httpx.AsyncClient, query: str, accept: str = GRAPHQL_JSON, **rest: Any
) -> httpx.Response:
    return await client.post("/graphql", json={"query": query, **rest}, headers={"accept": accept})


async def call(
    app: Any,
    messages: list[Message],
    headers: list[tuple[bytes, bytes]],
    method: str = "POST",
    query_string: bytes = b"",
) -> list[Message]:
    """Speak ASGI to an app, so that the test decides when the client is gone."""
    sent: list[Message] = []

    async def receive() -> Message:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)
        if message.get("body", b"").endswith(b'data: {"data":{"forever":1}}\n\n'):
            messages.append({"type": "http.disconnect"})

    scope = {
        "type": "http",
        "method": method,
        "path": "/graphql",
        "headers": headers,
        "query_string": query_string,
    }
    await app(scope, receive, send)
    return sent

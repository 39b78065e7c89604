"""A small schema that has what the transport must cope with."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types import Info

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

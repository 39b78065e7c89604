"""Subscriptions without a socket, through the same operations as every transport."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from api.graphql import schema
from api.operations import ObservedOperations
from domain.database import Database
from domain.permissions import Viewer
from schema.documents import RequestErrors
from schema.limits import Limits
from schema.operations import Request
from subscriptions.context import LiveContext
from subscriptions.hub import Deliveries, Hub
from subscriptions.presence import Presence
from subscriptions.quota import Quota
from subscriptions.wakeup import Wakeups

PATIENCE = 10  # seconds that a test waits for what must come

# The documents of the tests ask for everything there is of everything.
OPERATIONS = ObservedOperations(schema, Limits(aliases=200))


@dataclass(frozen=True)
class Live:
    """The live side of one process."""

    database: Database
    wakeups: Wakeups
    presence: Presence
    hub: Hub
    quota: Quota

    def context(self, viewer: Viewer) -> LiveContext:
        """Return a context as an operation gets it."""
        return LiveContext(self.database, viewer, self.presence)

    async def execute(self, viewer: Viewer, document: str, **variables: Any) -> Any:
        """Run a query or mutation; return its result, errors included."""
        request = Request(document, variables=variables)
        return await OPERATIONS.execute(request, self.context(viewer))

    @asynccontextmanager
    async def subscribe(
        self, viewer: Viewer, document: str, **variables: Any
    ) -> AsyncIterator[Messages]:
        """Run a subscription for the length of the block."""
        request = Request(document, variables=variables)
        results = await self.hub.stream(request, self.context(viewer))
        async with aclosing(results):
            yield Messages(results)

    async def refused(self, viewer: Viewer, document: str, **variables: Any) -> dict[str, Any]:
        """Return why a subscription is refused before it begins: the first error."""
        with pytest.raises(RequestErrors) as refusal:
            async with self.subscribe(viewer, document, **variables):
                raise AssertionError("It was not refused.")
        error: dict[str, Any] = refusal.value.result["errors"][0]
        return error


@dataclass(frozen=True)
class Messages:
    """The results of one subscription."""

    results: Deliveries

    async def result(self) -> dict[str, Any]:
        """Return the next result, errors included."""
        async with asyncio.timeout(PATIENCE):
            delivery = await anext(self.results)
        result: dict[str, Any] = orjson.loads(delivery.body)
        return result

    async def next(self) -> dict[str, Any]:
        """Return the next message: the value of the only field of the next result."""
        result = await self.result()
        assert "errors" not in result, result
        (message,) = result["data"].values()
        return dict(message)

    async def take(self, count: int) -> list[dict[str, Any]]:
        """Return the next messages."""
        return [await self.next() for _ in range(count)]


@asynccontextmanager
async def process(database: Database, url: str = "memory://") -> AsyncIterator[Live]:
    """Run the live side of one process over a database."""
    wakeups = Wakeups(url)
    database.notify = not url.startswith("memory")
    if not database.notify:
        database.wake = wakeups.publish
    presence = Presence(wakeups, settling=0.05)
    quota = Quota(wakeups)
    await wakeups.start()
    await presence.start()
    await quota.start()
    hub = Hub(OPERATIONS, database, wakeups, presence)
    await hub.start()
    try:
        yield Live(database, wakeups, presence, hub, quota)
    finally:
        await hub.stop()
        await quota.stop()
        await presence.stop()
        await wakeups.stop()

"""What a resolver is handed: who is asking, and how to load many things with one statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import strawberry

from domain.database import Database, Session, is_outage
from domain.permissions import Viewer

# A read of many keys at once: `async (session, viewer, keys, *arguments) -> one value for each`.
Batch: TypeAlias = Callable[..., Awaitable[Sequence[Any]]]


class Context:
    """One viewer's reads, batched by tick and never kept, so that nothing in it can be stale."""

    def __init__(self, database: Database, viewer: Viewer) -> None:
        self.database = database
        self.viewer = viewer
        self._together = database.together
        # Those who are the same person with the same rights may be answered together. A
        # Representative notes what it is asked, so that its reads are its own.
        alike = type(viewer) is Viewer
        self._asked: Hashable = (viewer.person_id, viewer.rights) if alike else self
        self._snapshot: Session | None = None
        self._turn = asyncio.Lock()

    async def load(self, batch: Batch, key: Any, *arguments: Hashable) -> Any:
        """Return the batch's value for one key, read together with the others of this tick."""
        [value] = await self.load_all(batch, [key], *arguments)
        return value

    async def load_all(self, batch: Batch, keys: Sequence[Any], *arguments: Hashable) -> list[Any]:
        """Return the batch's value for each key, in their order; of None, None."""

        async def read(unique: Sequence[Any]) -> Sequence[Any]:
            return await self._read(batch, unique, arguments)

        asked = self if self._snapshot is not None else self._asked
        return await self._together.load((asked, batch, arguments), keys, read)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """Give a session: the snapshot's, one at a time, while there is one, else a short one."""
        if self._snapshot is None:
            async with self.database.read() as session:
                yield session
        else:
            async with self._turn:
                yield self._snapshot

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Session]:
        """Let all reads inside see the database as of one moment."""
        async with self.database.snapshot() as session:
            self._snapshot = session
            try:
                yield session
            finally:
                self._snapshot = None

    async def _read(
        self, batch: Batch, keys: Sequence[Any], arguments: tuple[Hashable, ...]
    ) -> Sequence[Any]:
        try:
            values = await self._once(batch, keys, arguments)
        except Exception as error:
            # A restart of the database leaves dead connections behind; reading again is harmless.
            if not is_outage(error) or self._snapshot is not None:
                raise
            values = await self._once(batch, keys, arguments)
        if len(values) != len(keys):
            raise RuntimeError(
                f"{batch.__module__}.{batch.__qualname__} returned {len(values)} values "
                f"for {len(keys)} keys."
            )
        return values

    async def _once(
        self, batch: Batch, keys: Sequence[Any], arguments: tuple[Hashable, ...]
    ) -> Sequence[Any]:
        async with self.reading() as session:
            return await batch(session, self.viewer, keys, *arguments)


Info: TypeAlias = strawberry.Info[Context, Any]

"""What a resolver is handed: who is asking, and how to load many things with one statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from typing import Any, Self, TypeAlias

import strawberry

from domain.database import Database, Session, is_outage
from domain.permissions import Representative, Viewer
from domain.queries import people
from domain.queries.pages import Told, Wanted
from domain.together import Read
from domain.unit_of_work import require_person

# A read of many keys at once: `async (session, viewer, keys, *arguments) -> one value for each`.
Batch: TypeAlias = Callable[..., Awaitable[Sequence[Any]]]


PERSONAL_BATCHES: set[Batch] = set()
"""Batches that depend on who exactly asks: those of personal fields, and what was found to do."""


class Context:
    """One viewer's reads, batched by tick and never kept, so that nothing in it can be stale.

    Those of others with the same rights who ask in the same tick are read with them.
    """

    def __init__(self, database: Database, viewer: Viewer) -> None:
        self.database = database
        self.viewer = viewer
        self._together = database.together
        self._rights = viewer.rights if type(viewer) is Viewer else None
        self._snapshot: Session | None = None
        self._turn = asyncio.Lock()

    @property
    def rights(self) -> Hashable | None:
        """What those have in common who may be answered alike; None where nobody else may."""
        return self._rights

    def of(self, viewer: Representative) -> Self:
        """Return the same context for all whom a Representative stands for."""
        other = copy(self)
        other.viewer = viewer
        other._rights = None  # noqa: SLF001 - its own
        return other

    async def renew(self) -> None:
        """Find out anew what the viewer may do, after they changed that themselves.

        Whoever begins something takes part in it, and is answered as who takes part.
        """
        async with self.database.read() as session:
            found = await people.viewer(session, require_person(self.viewer))
        if found is not None:
            self.viewer = found
            self._rights = found.rights

    async def load(self, batch: Batch, key: Any, *arguments: Hashable) -> Any:
        """Return the batch's value for one key, read together with the others of this tick."""
        [value] = await self.load_all(batch, [key], *arguments)
        return value

    async def load_all(
        self, batch: Batch, keys: Sequence[Any], *arguments: Hashable, wanted: Wanted = None
    ) -> list[Any]:
        """Return the batch's value for each key, in their order; of None, None.

        Of records by their ids, only the attributes that are wanted need be read.
        """
        if isinstance(batch, Told) and self._snapshot is None:
            rows = await self._together.load((batch, wanted), keys, self._rows(batch, wanted))
            return batch.told(self.viewer, rows)
        # What a Representative notes is its own, and so is what a snapshot sees.
        if self._rights is None or self._snapshot is not None or batch in PERSONAL_BATCHES:
            return await self._load_own(batch, keys, arguments)

        async def read(unique: Sequence[Any]) -> Sequence[Any]:
            viewer = Representative(self.viewer)
            return [(viewer, value) for value in await self._read(batch, viewer, unique, arguments)]

        name = (self._rights, batch, arguments)
        found = [each for each in await self._together.load(name, keys, read) if each is not None]
        if not found:
            return [None] * len(keys)
        representative: Representative = found[0][0]
        if representative.personal:
            PERSONAL_BATCHES.add(batch)
        if not representative.speaks_for(self.viewer.person_id):
            return await self._load_own(batch, keys, arguments)
        values = iter(found)
        return [None if key is None else next(values)[1] for key in keys]

    async def _load_own(
        self, batch: Batch, keys: Sequence[Any], arguments: tuple[Hashable, ...]
    ) -> list[Any]:
        """Read for this viewer alone, together with the others of this context."""

        async def read(unique: Sequence[Any]) -> Sequence[Any]:
            return await self._read(batch, self.viewer, unique, arguments)

        return await self._together.load((self, batch, arguments), keys, read)

    def _rows(self, batch: Told[Any], wanted: Wanted) -> Read:
        async def read(unique: Sequence[Any]) -> Sequence[Any]:
            return await self._twice(lambda session: batch.rows(session, unique, wanted))

        return read

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
        self, batch: Batch, viewer: Viewer, keys: Sequence[Any], arguments: tuple[Hashable, ...]
    ) -> Sequence[Any]:
        values = await self._twice(lambda session: batch(session, viewer, keys, *arguments))
        if len(values) != len(keys):
            raise RuntimeError(
                f"{batch.__module__}.{batch.__qualname__} returned {len(values)} values "
                f"for {len(keys)} keys."
            )
        return values

    async def _twice(self, read: Callable[[Session], Awaitable[Sequence[Any]]]) -> Sequence[Any]:
        """Read, and once more where the database was away.

        A restart of it leaves dead connections behind, and reading again is harmless.
        """
        try:
            async with self.reading() as session:
                return await read(session)
        except Exception as error:
            if not is_outage(error) or self._snapshot is not None:
                raise
        async with self.reading() as session:
            return await read(session)


Info: TypeAlias = strawberry.Info[Context, Any]

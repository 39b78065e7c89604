"""Who is asking, with the rights that they have when they ask."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.database import Database
from domain.permissions import Viewer
from domain.queries import people, topics

MOST = 10_000
"""People who are kept, with a few KB each."""
LIFETIME = 1.0
"""Seconds after which somebody is read again, should their rights have changed by hand in SQL."""


@dataclass(frozen=True, slots=True)
class _Known:
    viewer: Viewer | None
    as_of: tuple[int, int]
    until: float


class Viewers:
    """Reads people, and reads them again when anybody's rights have changed.

    Every change of rights is an event of the body's stream, in the transaction that makes it, so
    the place of the last one says whether what was read still holds. That place is read for each
    request: by one statement for all that come in one tick.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[UUID, _Known] = OrderedDict()

    async def get(self, person_id: UUID) -> Viewer | None:
        """Return a person with their present rights, None where there is nobody."""
        # The place first: what is read after it contains at least that change.
        [as_of] = await self._database.together.load(topics.body, [()], self._place)
        known = self._known.get(person_id)
        if known is None or known.as_of != as_of or known.until < time.monotonic():
            [viewer] = await self._database.together.load(people.viewers, [person_id], self._read)
            known = _Known(viewer, as_of, time.monotonic() + LIFETIME)
            self._known[person_id] = known
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        self._known.move_to_end(person_id)
        return known.viewer

    async def _place(self, _: Sequence[Any]) -> Sequence[tuple[int, int]]:
        async with self._database.read() as session:
            body = await topics.body(session)
        return [(body.epoch, body.moderators_sequence)]

    async def _read(self, person_ids: Sequence[UUID]) -> Sequence[Viewer | None]:
        async with self._database.read() as session:
            return await people.viewers(session, person_ids)

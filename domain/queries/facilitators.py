"""Reads of who facilitates exercises and roundtables, for everybody who may read these."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from domain.database import Session
from domain.models.facilitators import Facilitator
from domain.models.people import Person
from domain.permissions import Viewer
from domain.queries.pages import grouped, ids

OF_TOPICS = (
    select(Facilitator)
    .where(Facilitator.topic_id == func.any(ids()))
    .order_by(Facilitator.topic_id, Facilitator.position)
)
PRESENT = (
    select(Person, Facilitator.topic_id)
    .join(Facilitator, Facilitator.person_id == Person.id)
    .where(Facilitator.topic_id == func.any(ids()), Facilitator.since.is_not(None))
)


async def of_topics(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Facilitator]]:
    """Return the rotation of each exercise or roundtable, in its order."""
    rows = await session.scalars(OF_TOPICS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.topic_id)


async def present(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Person | None]:
    """Return who facilitates each exercise or roundtable now, None where nobody does."""
    found = {row.topic_id: row[0] for row in await session.execute(PRESENT, {"ids": keys})}
    return [found.get(key) for key in keys]

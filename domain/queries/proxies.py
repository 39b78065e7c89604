"""Reads of who casts the viewer's vote, and whose votes the viewer may cast."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from domain.database import Session
from domain.models.people import Person
from domain.models.proxies import Proxy
from domain.permissions import Viewer
from domain.queries.pages import ids

OF_VIEWER = (
    select(Person, Proxy.ballot_id)
    .join(Proxy, Proxy.proxy_id == Person.id)
    .where(Proxy.ballot_id == func.any(ids()), Proxy.person_id == bindparam("own_id", type_=Uuid()))
)
VOTED_FOR = (
    select(Person, Proxy.ballot_id)
    .join(Proxy, Proxy.person_id == Person.id)
    .where(Proxy.ballot_id == func.any(ids()), Proxy.proxy_id == bindparam("own_id", type_=Uuid()))
    .order_by(Person.id)
)


async def of_viewer(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Person | None]:
    """Return whom the viewer named as their proxy in each ballot, None where nobody."""
    rows = await session.execute(OF_VIEWER, {"ids": keys, "own_id": viewer.person_id})
    found = {row.ballot_id: row[0] for row in rows}
    return [found.get(key) for key in keys]


async def voted_for(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[list[Person]]:
    """Return for whom the viewer may cast a vote in each ballot, as their proxy."""
    rows = await session.execute(VOTED_FOR, {"ids": keys, "own_id": viewer.person_id})
    found: dict[UUID, list[Person]] = {key: [] for key in keys}
    for person, ballot_id in rows:
        found[ballot_id].append(person)
    return [found[key] for key in keys]

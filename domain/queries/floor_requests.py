"""Reads of who asked for the floor of a roundtable, who waits for it and who has it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from domain.database import Session
from domain.models.floor_requests import FloorRequest, FloorRequestState
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, Page, Paged, Slice, grouped, ids, in_order, visible

_REQUESTS = (
    select(FloorRequest).join(Topic, Topic.id == FloorRequest.roundtable_id).where(visible())
)
QUEUES = (
    select(FloorRequest)
    .where(
        FloorRequest.roundtable_id == func.any(ids()),
        FloorRequest.state == FloorRequestState.WAITING,
    )
    .order_by(FloorRequest.id)
)

by_ids: ById[FloorRequest] = ById(FloorRequest, FloorRequest.roundtable_id)
OF_ROUNDTABLES = Paged(_REQUESTS, FloorRequest, FloorRequest.roundtable_id)
OWN = QUEUES.where(FloorRequest.person_id == bindparam("own_id", type_=Uuid()))
FLOORS = select(FloorRequest).where(
    FloorRequest.roundtable_id == func.any(ids()),
    FloorRequest.state == FloorRequestState.SPEAKING,
)


async def of_roundtables(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[FloorRequest]]:
    """Return the requests for the floor of each roundtable, whatever became of them."""
    return await OF_ROUNDTABLES.slices(session, viewer, keys, page)


async def count_of_roundtables(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many requests for the floor of each roundtable there were."""
    return await OF_ROUNDTABLES.counts(session, viewer, keys)


async def queues(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[FloorRequest]]:
    """Return those that wait for the floor of each roundtable, in the order of asking."""
    rows = await session.scalars(QUEUES, {"ids": keys})
    return grouped(keys, rows, lambda row: row.roundtable_id)


async def floors(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[FloorRequest | None]:
    """Return the request of whoever has the floor of each roundtable, None for nobody."""
    rows = await session.scalars(FLOORS, {"ids": keys})
    return in_order(keys, rows, lambda row: row.roundtable_id)


async def own(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[FloorRequest | None]:
    """Return the viewer's own waiting request in each roundtable, None where there is none."""
    rows = await session.scalars(OWN, {"ids": keys, "own_id": viewer.person_id})
    return in_order(keys, rows, lambda row: row.roundtable_id)

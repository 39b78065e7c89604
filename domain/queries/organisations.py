"""Reads of organisations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models.organisations import Organisation
from domain.permissions import Viewer
from domain.queries.pages import ids, in_order

BY_IDS = select(Organisation).where(Organisation.id == func.any(ids()))


async def by_ids(
    session: AsyncSession, _viewer: Viewer, keys: Sequence[UUID]
) -> list[Organisation | None]:
    """Return organisations, which everybody may know of."""
    return in_order(keys, await session.scalars(BY_IDS, {"ids": keys}), lambda row: row.id)

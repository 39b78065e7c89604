"""Reads of credentials, the titles that they had, and how they relate."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models.credentials import Credential
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ids, in_order, seen_by, visible

_CREDENTIALS = select(Credential).join(Topic, Topic.id == Credential.topic_id).where(visible())

BY_IDS = _CREDENTIALS.where(Credential.id == func.any(ids()))
BY_CODE = _CREDENTIALS.where(Credential.code == bindparam("code"))


async def by_ids(
    session: AsyncSession, viewer: Viewer, keys: Sequence[UUID]
) -> list[Credential | None]:
    """Return credentials, None for those that the viewer may not know of."""
    rows = await session.scalars(BY_IDS, {"ids": keys, **seen_by(viewer)})
    return in_order(keys, rows, lambda row: row.id)


async def by_code(session: AsyncSession, viewer: Viewer, code: str) -> Credential | None:
    """Return the credential with this code, None where the viewer may know of none."""
    return (await session.scalars(BY_CODE, {"code": code, **seen_by(viewer)})).one_or_none()

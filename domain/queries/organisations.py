"""Reads of organisations."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import String, bindparam, func, or_, select

from domain.database import Session
from domain.models.organisations import Organisation, OrganisationKind
from domain.permissions import Viewer
from domain.queries.pages import Listed, Page, Slice, ids, in_order

BY_IDS = select(Organisation).where(Organisation.id == func.any(ids()))
_KIND = bindparam("of_kind", type_=String())
LISTED: Listed[Organisation] = Listed(
    select(Organisation).where(or_(_KIND.is_(None), Organisation.kind == _KIND)), Organisation
)


async def by_ids(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[Organisation | None]:
    """Return organisations, which everybody may know of."""
    return in_order(keys, await session.scalars(BY_IDS, {"ids": keys}), lambda row: row.id)


async def listed(
    session: Session, viewer: Viewer, page: Page, kind: OrganisationKind | None
) -> Slice[Organisation]:
    """Return a page of the organisations, of one kind or of all."""
    return await LISTED.slice(session, viewer, page, of_kind=kind)


async def count(session: Session, viewer: Viewer, kind: OrganisationKind | None) -> int:
    """Return how many organisations there are, of one kind or of all."""
    return await LISTED.count(session, viewer, of_kind=kind)

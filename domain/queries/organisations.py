"""Reads of organisations."""

from __future__ import annotations

from sqlalchemy import String, bindparam, or_, select

from domain.database import Session
from domain.models.organisations import Organisation, OrganisationKind
from domain.permissions import Viewer
from domain.queries.pages import ById, Listed, Page, Slice

by_ids: ById[Organisation] = ById(Organisation)
_KIND = bindparam("of_kind", type_=String())
LISTED: Listed[Organisation] = Listed(
    select(Organisation).where(or_(_KIND.is_(None), Organisation.kind == _KIND)), Organisation
)


async def listed(
    session: Session, viewer: Viewer, page: Page, kind: OrganisationKind | None
) -> Slice[Organisation]:
    """Return a page of the organisations, of one kind or of all."""
    return await LISTED.slice(session, viewer, page, of_kind=kind)


async def count(session: Session, viewer: Viewer, kind: OrganisationKind | None) -> int:
    """Return how many organisations there are, of one kind or of all."""
    return await LISTED.count(session, viewer, of_kind=kind)

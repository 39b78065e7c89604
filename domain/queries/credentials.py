"""Reads of credentials, the titles that they had, and how they relate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, func, literal_column, select, union_all

from domain.database import Session
from domain.models.credentials import (
    Credential,
    CredentialLink,
    CredentialLinkKind,
    CredentialTitle,
)
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, Listed, Page, Slice, grouped, ids, seen_by, visible
from domain.texts import storable

_CREDENTIALS = select(Credential).join(Topic, Topic.id == Credential.topic_id).where(visible())

by_ids: ById[Credential] = ById(Credential, Credential.topic_id)
BY_CODE = _CREDENTIALS.where(Credential.code == bindparam("code"))
LISTED: Listed[Credential] = Listed(_CREDENTIALS, Credential)
TITLES = (
    select(CredentialTitle)
    .where(CredentialTitle.credential_id == func.any(ids()))
    .order_by(CredentialTitle.id)
)
LINKS = union_all(
    select(
        CredentialLink.first_id.label("credential_id"),
        CredentialLink.second_id.label("other_id"),
        CredentialLink.kind,
        CredentialLink.note,
    ).where(CredentialLink.first_id == func.any(ids())),
    select(
        CredentialLink.second_id, CredentialLink.first_id, CredentialLink.kind, CredentialLink.note
    ).where(CredentialLink.second_id == func.any(ids())),
).order_by(literal_column("other_id"))


@dataclass(frozen=True, slots=True)
class Link:
    """A relation as seen from one of its two credentials."""

    credential_id: UUID
    other_id: UUID
    kind: CredentialLinkKind
    note: str


async def by_code(session: Session, viewer: Viewer, code: str) -> Credential | None:
    """Return the credential with this code, None where the viewer may know of none."""
    if not storable(code):
        return None
    return (await session.scalars(BY_CODE, {"code": code, **seen_by(viewer)})).one_or_none()


async def listed(session: Session, viewer: Viewer, page: Page) -> Slice[Credential]:
    """Return a page of the credentials that the viewer may know of."""
    return await LISTED.slice(session, viewer, page)


async def count(session: Session, viewer: Viewer) -> int:
    """Return how many credentials the viewer may know of."""
    return await LISTED.count(session, viewer)


async def titles(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[CredentialTitle]]:
    """Return the titles that each credential had, the first one first, the present one last."""
    rows = await session.scalars(TITLES, {"ids": keys})
    return grouped(keys, rows, lambda row: row.credential_id)


async def links(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[Link]]:
    """Return the relations of each credential, from whichever side they were entered."""
    rows = (await session.execute(LINKS, {"ids": keys})).all()
    return grouped(keys, [Link(*row) for row in rows], lambda link: link.credential_id)

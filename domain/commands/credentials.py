"""Writes of credentials, their titles and their relations."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import bindparam, select

from domain.errors import Conflict, Invalid, NotFound
from domain.events import (
    CredentialCreated,
    CredentialLinked,
    CredentialRetitled,
    CredentialUnlinked,
)
from domain.ids import new_id
from domain.models.credentials import (
    Credential,
    CredentialLink,
    CredentialLinkKind,
    CredentialTitle,
)
from domain.models.topics import TopicKind
from domain.permissions import Permission
from domain.texts import NAME_LENGTH, REASON_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

CODE = re.compile(r"[A-Z][A-Z0-9-]{1,19}")
SAME_CODE = select(Credential).where(Credential.code == bindparam("code"))


async def create_credential(uow: UnitOfWork, *, code: str, title: str, area: str) -> UUID:
    """Create a credential under a code that it keeps; return its id."""
    uow.authorise(Permission.STEER, None, doing="creating a credential")
    if not CODE.fullmatch(code):
        raise Invalid(
            "A code has 2 to 20 characters: a capital letter, then capital letters, digits and "
            "hyphens, as in PELVIC-1.",
            ("code",),
        )
    same = (await uow.session.scalars(SAME_CODE, {"code": code})).one_or_none()
    if same is not None:
        raise Conflict(f"{code} is the code of {same.title} already.", ("code",), current=same)
    credential = Credential(
        id=new_id(),
        code=code,
        title=clean(title, "title", limit=TITLE_LENGTH),
        area=clean(area, "area", limit=NAME_LENGTH),
        created_at=uow.now,
    )
    await uow.add(uow.open_topic(credential.id, TopicKind.CREDENTIAL, public=True))
    await uow.add(credential)
    await _entitle(uow, credential, "")
    uow.emit(credential.id, CredentialCreated(credential_id=credential.id, title=credential.title))
    return credential.id


async def retitle_credential(
    uow: UnitOfWork,
    *,
    credential_id: UUID,
    title: str,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Give a credential another title, with a reason; the present one stays in its history."""
    credential = await uow.load(Credential, credential_id, Permission.STEER)
    uow.expect(credential, expected_revision)
    wanted = clean(title, "title", limit=TITLE_LENGTH)
    why = clean(reason, "reason", limit=REASON_LENGTH)
    if wanted == credential.title:
        raise Conflict("This is the title already.", ("title",), current=credential)
    credential.title = wanted
    credential.revision += 1
    await _entitle(uow, credential, why)
    uow.emit(
        credential.id,
        CredentialRetitled(credential_id=credential.id, title=wanted, reason=why),
    )
    return credential.id


async def link_credentials(
    uow: UnitOfWork,
    *,
    credential_id: UUID,
    other_id: UUID,
    kind: CredentialLinkKind,
    note: str = "",
) -> UUID:
    """Relate two credentials, readable from both; return the id of the first one."""
    first, second = await _load_pair(uow, credential_id, other_id)
    if await uow.session.get(CredentialLink, (first, second)) is not None:
        raise Conflict(
            "These credentials are related already. Please remove that relation first.",
            ("other_id",),
        )
    await uow.add(
        CredentialLink(
            first_id=first,
            second_id=second,
            kind=kind,
            note=clean(note, "note", limit=REASON_LENGTH, required=False),
        )
    )
    for one, other in ((first, second), (second, first)):
        uow.emit(one, CredentialLinked(credential_id=one, other_id=other, link=kind))
    return credential_id


async def unlink_credentials(uow: UnitOfWork, *, credential_id: UUID, other_id: UUID) -> UUID:
    """Remove the relation between two credentials; return the id of the first one."""
    first, second = await _load_pair(uow, credential_id, other_id)
    link = await uow.session.get(CredentialLink, (first, second))
    if link is None:
        raise NotFound("These credentials are not related.", ("other_id",))
    await uow.session.delete(link)
    for one, other in ((first, second), (second, first)):
        uow.emit(one, CredentialUnlinked(credential_id=one, other_id=other))
    return credential_id


async def _load_pair(uow: UnitOfWork, credential_id: UUID, other_id: UUID) -> tuple[UUID, UUID]:
    """Lock two credentials, the smaller id first, so that two such steps cannot wait in a ring."""
    if credential_id == other_id:
        raise Invalid("A credential cannot be related to itself.", ("other_id",))
    first, second = sorted((credential_id, other_id))
    await uow.load(Credential, first, Permission.STEER)
    await uow.load(Credential, second, Permission.STEER)
    return first, second


async def _entitle(uow: UnitOfWork, credential: Credential, reason: str) -> None:
    await uow.add(
        CredentialTitle(
            credential_id=credential.id, title=credential.title, reason=reason, since=uow.now
        )
    )

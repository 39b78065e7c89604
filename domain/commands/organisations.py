"""Writes of organisations."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, func, select

from domain.errors import Conflict, NotFound
from domain.events import OrganisationAdded, OrganisationEdited
from domain.models.organisations import Nation, Organisation, OrganisationKind
from domain.models.topics import BODY_ID
from domain.permissions import Permission
from domain.texts import NAME_LENGTH, clean
from domain.unit_of_work import UnitOfWork

SAME_NAME = select(Organisation).where(
    func.lower(Organisation.name) == func.lower(bindparam("name"))
)


async def add_organisation(
    uow: UnitOfWork, *, name: str, kind: OrganisationKind, nation: Nation | None = None
) -> UUID:
    """Enter an organisation in the register; return its id."""
    uow.authorise(Permission.ADMINISTER, None, doing="adding an organisation")
    organisation = Organisation(
        name=await _free_name(uow, name, None), kind=kind, nation=nation, created_at=uow.now
    )
    await uow.add(organisation)
    uow.emit(BODY_ID, OrganisationAdded(organisation_id=organisation.id))
    return organisation.id


async def edit_organisation(
    uow: UnitOfWork,
    *,
    organisation_id: UUID,
    name: str,
    kind: OrganisationKind,
    nation: Nation | None,
    expected_revision: int | None,
) -> UUID:
    """Replace an organisation's entry in the register."""
    uow.authorise(Permission.ADMINISTER, None, doing="editing an organisation")
    organisation = await uow.session.get(Organisation, organisation_id, with_for_update=True)
    if organisation is None:
        raise NotFound("There is no organisation with this id.", ("organisation_id",))
    uow.expect(organisation, expected_revision)
    organisation.name = await _free_name(uow, name, organisation.id)
    organisation.kind = kind
    organisation.nation = nation
    organisation.revision += 1
    uow.emit(
        BODY_ID,
        OrganisationEdited(organisation_id=organisation.id, revision=organisation.revision),
    )
    return organisation.id


async def _free_name(uow: UnitOfWork, name: str, own_id: UUID | None) -> str:
    wanted = clean(name, "name", limit=NAME_LENGTH)
    for other in await uow.session.scalars(SAME_NAME, {"name": wanted}):
        if other.id != own_id:
            raise Conflict(
                f"There is an organisation of this name already: {other.name}.",
                ("name",),
                current=other,
            )
    return wanted

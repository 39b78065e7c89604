"""Makes a new, empty installation usable: reference data, criteria and the first administrator."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from domain import reference
from domain.commands.criteria import put_in_force
from domain.commands.memberships import grant_role
from domain.commands.people import add_profession, enter_person
from domain.database import Database
from domain.ids import new_id
from domain.models.criteria import Criterion, CriterionKind
from domain.models.people import Grouping, Membership, Regulator, ScopeKind
from domain.models.topics import BODY_ID, Topic
from domain.permissions import Role, Viewer
from domain.unit_of_work import UnitOfWork

# Held until the transaction ends, so that of two processes that start together one founds.
BODY = select(Topic.id).where(Topic.id == BODY_ID).with_for_update()
FIRST_ADMIN = (
    select(Membership.person_id)
    .where(Membership.role == Role.ADMIN)
    .order_by(Membership.id)
    .limit(1)
)


async def found(database: Database, *, name: str, email: str) -> UUID:
    """Enter what every installation needs, and its first administrator; return that person's id.

    Where there is an administrator, the installation is founded and stays as it is. Raises Invalid
    for a name or an address that cannot be. The founder is the actor of it all, because nobody
    else is there to be.
    """
    founder = new_id()
    viewer = Viewer(founder, {None: frozenset({Role.ADMIN})})
    async with UnitOfWork(database, viewer) as uow:
        await uow.session.execute(BODY)
        first = await uow.session.scalar(FIRST_ADMIN)
        if first is not None:
            return first
        await enter_person(uow, founder, name=name, email=email)
        await grant_role(uow, person_id=founder, role=Role.ADMIN, scope_kind=ScopeKind.BODY)
        await _add_professions(uow)
        await _add_criteria(uow)
    return founder


async def _add_professions(uow: UnitOfWork) -> None:
    await uow.add(
        *(Regulator(code=code, name=name) for code, name in reference.REGULATORS.items()),
        *(Grouping(name=name) for name in reference.GROUPINGS),
    )
    for name, (regulators, groupings) in reference.PROFESSIONS.items():
        await add_profession(uow, name=name, regulators=regulators, groupings=groupings)


async def _add_criteria(uow: UnitOfWork) -> None:
    texts = [
        *((CriterionKind.GATEWAY, each) for each in reference.GATEWAY),
        *((CriterionKind.ENDORSEMENT, each) for each in reference.ENDORSEMENT),
    ]
    for number, (kind, text) in enumerate(texts, 1):
        criterion = Criterion(
            number=number,
            version=1,
            kind=kind,
            title=text.title,
            guidance=text.guidance,
            in_force_since=uow.now,
        )
        await put_in_force(uow, criterion, text.parts)

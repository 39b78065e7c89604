"""Reads of people, their professions and roles, and of who is asking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, Uuid, bindparam, func, literal_column, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models.engagements import Engagement
from domain.models.people import Membership, Person
from domain.models.roundtables import Invitation, InvitationState
from domain.models.stakeholders import Stakeholder
from domain.permissions import Role, Viewer
from domain.queries.pages import ids, in_order

# A stakeholder takes part in their exercise and may look at the specification that it is about;
# an invitation, unless declined or withdrawn, makes them part of that one roundtable.
_PERSON = bindparam("person_id", type_=Uuid())
GRANTS: CompoundSelect[Any] = union_all(
    select(literal_column("'PERSON'"), Person.id).where(Person.id == _PERSON),
    select(Membership.role, Membership.scope_id).where(Membership.person_id == _PERSON),
    select(literal_column("'STAKEHOLDER'"), Stakeholder.engagement_id).where(
        Stakeholder.person_id == _PERSON
    ),
    select(literal_column("'OBSERVER'"), Engagement.specification_id)
    .join(Stakeholder, Stakeholder.engagement_id == Engagement.id)
    .where(Stakeholder.person_id == _PERSON),
    select(literal_column("'STAKEHOLDER'"), Invitation.roundtable_id).where(
        Invitation.person_id == _PERSON,
        Invitation.state.in_((InvitationState.INVITED, InvitationState.ACCEPTED)),
    ),
)
BY_IDS = select(Person).where(Person.id == func.any(ids()))
BY_EMAIL = select(Person).where(func.lower(Person.email) == func.lower(bindparam("email")))


async def viewer(session: AsyncSession, person_id: UUID) -> Viewer | None:
    """Return who is asking, with every role that they hold now; None for nobody known."""
    rows = (await session.execute(GRANTS, {"person_id": person_id})).all()
    if not rows:
        return None
    grants: dict[UUID | None, set[Role]] = defaultdict(set)
    for role, scope in rows:
        if role != "PERSON":
            grants[scope].add(Role(role))
    return Viewer(person_id, {scope: frozenset(roles) for scope, roles in grants.items()})


async def by_ids(
    session: AsyncSession, _viewer: Viewer, keys: Sequence[UUID]
) -> list[Person | None]:
    """Return people; which of their data the viewer sees is decided field by field."""
    return in_order(keys, await session.scalars(BY_IDS, {"ids": keys}), lambda row: row.id)


async def by_email(session: AsyncSession, email: str) -> Person | None:
    """Return the person with this address, in whatever case it is written."""
    return (await session.scalars(BY_EMAIL, {"email": email})).one_or_none()

"""Writes of the roles that people hold, in the whole body or in one scope of it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import bindparam, select

from domain.errors import Conflict, Invalid, NotFound
from domain.events import MEMBERS, MODERATORS, Event, RoleGranted, RoleWithdrawn
from domain.models.organisations import Organisation
from domain.models.people import Membership, Person, ScopeKind
from domain.models.topics import BODY_ID
from domain.permissions import Permission, Role
from domain.unit_of_work import UnitOfWork

# In which scopes a role makes sense. Stakeholders are not here: they join an exercise,
# or write a proposal.
SCOPES: Mapping[Role, frozenset[ScopeKind]] = {
    Role.ADMIN: frozenset({ScopeKind.BODY}),
    Role.SECRETARIAT: frozenset({ScopeKind.BODY}),
    Role.BOARD: frozenset({ScopeKind.BODY}),
    Role.REVIEWER: frozenset({ScopeKind.BODY, ScopeKind.SPECIFICATION, ScopeKind.PROPOSAL}),
    Role.DEVELOPER_LEAD: frozenset({ScopeKind.SPECIFICATION}),
    Role.DEVELOPER: frozenset({ScopeKind.SPECIFICATION}),
    Role.MODERATOR: frozenset({ScopeKind.BODY, ScopeKind.ENGAGEMENT, ScopeKind.ROUNDTABLE}),
    Role.ORGANISATION_REPRESENTATIVE: frozenset({ScopeKind.ENGAGEMENT, ScopeKind.ORGANISATION}),
    Role.PROVIDER_LEAD: frozenset({ScopeKind.ORGANISATION}),
    Role.PROVIDER_EDITOR: frozenset({ScopeKind.ORGANISATION}),
    Role.PRACTITIONER: frozenset({ScopeKind.BODY}),
    Role.OBSERVER: frozenset(ScopeKind),
}

HELD = select(Membership).where(
    Membership.person_id == bindparam("person_id"),
    Membership.role == bindparam("role"),
    Membership.scope_id.is_not_distinct_from(bindparam("scope_id")),
)
# Locked in one order, so that two administrators cannot withdraw each other at one moment.
ADMINS = (
    select(Membership).where(Membership.role == Role.ADMIN).order_by(Membership.id)
).with_for_update()


async def grant_role(
    uow: UnitOfWork,
    *,
    person_id: UUID,
    role: Role,
    scope_kind: ScopeKind,
    scope_id: UUID | None = None,
) -> UUID:
    """Give a person a role, in the whole body or in one scope of it; return the person's id."""
    await _authorise(uow, scope_kind, scope_id, doing="granting this role")
    _require_sensible(role, scope_kind)
    if await uow.session.get(Person, person_id) is None:
        raise NotFound("There is no person with this id.", ("person_id",))
    if await _held(uow, person_id, role, scope_id) is not None:
        raise Conflict("This person holds this role here already.", ("role",))
    await enter_role(uow, person_id, role, scope_kind, scope_id)
    return person_id


async def enter_role(
    uow: UnitOfWork, person_id: UUID, role: Role, scope_kind: ScopeKind, scope_id: UUID | None
) -> None:
    """Give a person a role that follows from what they do, whoever may grant it."""
    await uow.add(
        Membership(
            person_id=person_id,
            role=role,
            scope_kind=scope_kind,
            scope_id=scope_id,
            created_at=uow.now,
        )
    )
    _tell(
        uow,
        person_id,
        RoleGranted(person_id=person_id, role=role, scope_kind=scope_kind, scope_id=scope_id),
    )


async def withdraw_role(
    uow: UnitOfWork,
    *,
    person_id: UUID,
    role: Role,
    scope_kind: ScopeKind,
    scope_id: UUID | None = None,
) -> UUID:
    """Withdraw a role of a person; return the person's id. The last administrator stays one."""
    await _authorise(uow, scope_kind, scope_id, doing="withdrawing this role")
    if role is Role.ADMIN:
        admins = (await uow.session.scalars(ADMINS)).all()
        if [admin.person_id for admin in admins] == [person_id]:
            raise Conflict(
                "This is the last administrator. Please make somebody else one first.", ("role",)
            )
    membership = await _held(uow, person_id, role, scope_id)
    if membership is None:
        raise NotFound("This person does not hold this role here.", ("role",))
    await uow.session.delete(membership)
    _tell(
        uow,
        person_id,
        RoleWithdrawn(person_id=person_id, role=role, scope_kind=scope_kind, scope_id=scope_id),
    )
    return person_id


def _tell(uow: UnitOfWork, person_id: UUID, event: Event) -> None:
    uow.emit(BODY_ID, event, MODERATORS)
    uow.emit(person_id, event, MEMBERS)
    uow.rights_changed(person_id)


async def _authorise(
    uow: UnitOfWork, scope_kind: ScopeKind, scope_id: UUID | None, *, doing: str
) -> None:
    """Refuse roles in scopes that do not exist, or that are not the viewer's to fill."""
    if scope_kind is ScopeKind.BODY:
        uow.authorise(Permission.ADMINISTER, None, doing=doing)
        if scope_id is not None:
            raise Invalid("A role in the whole BODY has no scopeId.", ("scope_id",))
        return
    if scope_id is None:
        raise Invalid(f"A role in one {scope_kind} needs its id as scopeId.", ("scope_id",))
    if scope_kind is ScopeKind.ORGANISATION:
        uow.authorise(Permission.ADMINISTER, None, doing=doing)
        if await uow.session.get(Organisation, scope_id) is None:
            raise NotFound("There is no organisation with this id.", ("scope_id",))
        return
    topic = await uow.topic_for(scope_id, Permission.STEER, doing=doing)
    if topic.kind.value != scope_kind.value:
        raise Invalid(f"This is the id of a {topic.kind}, not of a {scope_kind}.", ("scope_id",))


def _require_sensible(role: Role, scope_kind: ScopeKind) -> None:
    if role not in SCOPES:
        raise Invalid(
            f"{role} is not granted: people join an exercise and thereby become one.", ("role",)
        )
    if scope_kind not in SCOPES[role]:
        possible = [each for each in ScopeKind if each in SCOPES[role]]
        raise Invalid(
            f"{role} is not a role in one {scope_kind}. Possible: {', '.join(possible)}.",
            ("scope_kind",),
        )


async def _held(
    uow: UnitOfWork, person_id: UUID, role: Role, scope_id: UUID | None
) -> Membership | None:
    found = await uow.session.scalars(
        HELD, {"person_id": person_id, "role": role, "scope_id": scope_id}
    )
    return found.one_or_none()

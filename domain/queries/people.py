"""Reads of people, their professions and roles, and of who is asking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CompoundSelect,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute

from domain import permissions
from domain.database import Session
from domain.lifecycle import HELD
from domain.models.ballots import Ballot, BallotVisibility
from domain.models.engagements import Engagement
from domain.models.facilitators import Facilitator
from domain.models.people import (
    Grouping,
    Membership,
    Person,
    PersonProfession,
    Profession,
    ProfessionGrouping,
    ProfessionRegulator,
    Regulator,
)
from domain.models.roundtables import Invitation, InvitationState
from domain.models.stakeholders import Stakeholder
from domain.models.votes import Vote
from domain.permissions import Permission, Role, Viewer
from domain.queries.pages import ById, Listed, Page, Slice, grouped, ids

T = TypeVar("T")

# A stakeholder takes part in their exercise and may look at the specification that it is about;
# an invitation, unless declined or withdrawn, makes them part of that one roundtable. Who drafts a
# specification takes part in the exercises about it. Who facilitates is a moderator for as long,
# and who waits for their turn may look on. To have voted where that opens one's eyes is a right,
# too, though no role.
_PEOPLE = ids("person_ids")


_NEVER = cast(null(), Person.signed_out_at.type)


def _grants(
    person_id: InstrumentedAttribute[UUID], role: Any, scope_id: Any, signed_out_at: Any = _NEVER
) -> Select[Any]:
    return select(person_id, role, scope_id, signed_out_at).where(person_id == func.any(_PEOPLE))


GRANTS: CompoundSelect[Any] = union_all(
    _grants(Person.id, literal_column("'PERSON'"), Person.id, Person.signed_out_at),
    _grants(Membership.person_id, Membership.role, Membership.scope_id),
    _grants(Stakeholder.person_id, literal_column("'STAKEHOLDER'"), Stakeholder.engagement_id),
    _grants(Stakeholder.person_id, literal_column("'OBSERVER'"), Engagement.specification_id).join(
        Stakeholder, Stakeholder.engagement_id == Engagement.id
    ),
    _grants(Membership.person_id, Membership.role, Engagement.id)
    .join(Engagement, Engagement.specification_id == Membership.scope_id)
    .where(Membership.role.in_((Role.DEVELOPER_LEAD, Role.DEVELOPER))),
    _grants(Invitation.person_id, literal_column("'STAKEHOLDER'"), Invitation.roundtable_id).where(
        Invitation.state.in_((InvitationState.INVITED, InvitationState.ACCEPTED))
    ),
    _grants(
        Facilitator.person_id,
        case((Facilitator.since.is_(None), "OBSERVER"), else_="MODERATOR"),
        Facilitator.topic_id,
    ),
    _grants(Vote.person_id, literal_column("'VOTED'"), Vote.ballot_id)
    .join(Ballot, Ballot.id == Vote.ballot_id)
    .where(
        Ballot.visibility == BallotVisibility.AFTER_OWN_VOTE,
        Ballot.state.in_(HELD),
        Vote.round == Ballot.round,
        Vote.stale.is_(False),
    ),
)
by_ids: ById[Person] = ById(Person)
BY_EMAIL = select(Person).where(func.lower(Person.email) == func.lower(bindparam("email")))
LISTED: Listed[Person] = Listed(
    select(Person).where(bindparam("looks_up_people", type_=Boolean())), Person
)
LOOKING_UP = frozenset({Permission.ADMINISTER, Permission.MODERATE, Permission.STEER})
PROFESSIONS = select(Profession).order_by(Profession.name)
ROLES = select(Membership).where(Membership.person_id == func.any(ids())).order_by(Membership.id)
professions_by_ids: ById[Profession] = ById(Profession)
PROFESSIONS_OF = (
    select(Profession, PersonProfession.person_id)
    .join(PersonProfession, PersonProfession.profession_id == Profession.id)
    .where(PersonProfession.person_id == func.any(ids()))
    .order_by(Profession.name)
)
REGULATORS_OF = (
    select(Regulator, ProfessionRegulator.profession_id)
    .join(ProfessionRegulator, ProfessionRegulator.regulator_id == Regulator.id)
    .where(ProfessionRegulator.profession_id == func.any(ids()))
    .order_by(Regulator.code)
)
GROUPINGS_OF = (
    select(Grouping, ProfessionGrouping.profession_id)
    .join(ProfessionGrouping, ProfessionGrouping.grouping_id == Grouping.id)
    .where(ProfessionGrouping.profession_id == func.any(ids()))
    .order_by(Grouping.name)
)


async def viewer(session: Session, person_id: UUID) -> Viewer | None:
    """Return who is asking, with every role that they hold now; None for nobody known."""
    [found] = await viewers(session, [person_id])
    return found


async def viewers(session: Session, person_ids: Sequence[UUID]) -> list[Viewer | None]:
    """Return people with every role that they hold now, None for each who is not known."""
    grants: dict[UUID, dict[UUID | None, set[Role]]] = {}
    signed_out: dict[UUID, datetime | None] = {}
    voted_in: dict[UUID, set[UUID]] = defaultdict(set)
    rows = await session.execute(GRANTS, {"person_ids": person_ids})
    for person_id, role, scope, signed_out_at in rows:
        held = grants.setdefault(person_id, defaultdict(set))
        if role == "PERSON":
            signed_out[person_id] = signed_out_at
        elif role == "VOTED":
            voted_in[person_id].add(scope)
        else:
            held[scope].add(Role(role))
    return [
        Viewer(
            id,
            {scope: frozenset(roles) for scope, roles in grants[id].items()},
            signed_out[id],
            frozenset(voted_in[id]),
        )
        if id in signed_out
        else None
        for id in person_ids
    ]


async def by_email(session: Session, email: str) -> Person | None:
    """Return the person with this address, in whatever case it is written."""
    return (await session.scalars(BY_EMAIL, {"email": email})).one_or_none()


async def listed(session: Session, viewer: Viewer, page: Page) -> Slice[Person]:
    """Return a page of the people, empty for those who have nobody to look up."""
    return await LISTED.slice(session, viewer, page, looks_up_people=_looks_up(viewer))


async def count(session: Session, viewer: Viewer) -> int:
    """Return how many people there are, 0 for those who have nobody to look up."""
    return await LISTED.count(session, viewer, looks_up_people=_looks_up(viewer))


def _looks_up(viewer: Viewer) -> bool:
    """Say whether a role in any scope makes the viewer choose people, as moderators do."""
    roles = frozenset[Role]().union(*viewer.grants.values())
    return any(permissions.GRANTS[role] & LOOKING_UP for role in roles)


async def professions(session: Session) -> list[Profession]:
    """Return every profession, by name."""
    return list(await session.scalars(PROFESSIONS))


async def roles(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[Membership]]:
    """Return the roles that each person was granted, in the order of granting."""
    rows = await session.scalars(ROLES, {"ids": keys})
    return grouped(keys, rows, lambda row: row.person_id)


async def professions_of(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Profession]]:
    """Return the professions of each person."""
    return await _pairs(session, PROFESSIONS_OF, keys)


async def regulators_of(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Regulator]]:
    """Return the regulators of each profession."""
    return await _pairs(session, REGULATORS_OF, keys)


async def groupings_of(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Grouping]]:
    """Return the groupings that each profession belongs to."""
    return await _pairs(session, GROUPINGS_OF, keys)


async def _pairs(
    session: Session, statement: Select[T, UUID], keys: Sequence[UUID]
) -> list[list[T]]:
    """Return the first column of the rows of each key, which is in the second."""
    rows = (await session.execute(statement, {"ids": keys})).all()
    return [[row[0] for row in found] for found in grouped(keys, rows, lambda row: row[1])]

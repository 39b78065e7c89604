"""Writes of constituencies, and of who takes part in an exercise."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, func, select

from domain.commands.ballots import admit
from domain.commands.floor_requests import clear_floor
from domain.errors import Conflict, NotAllowed, NotFound
from domain.events import (
    MEMBERS,
    ConstituencyDeclared,
    InvitationAnswered,
    StakeholderAdded,
    StakeholderRemoved,
)
from domain.lifecycle import ENGAGEMENT, HELD, EngagementState, require
from domain.models.ballots import Ballot, Elector
from domain.models.engagements import Engagement
from domain.models.organisations import Organisation
from domain.models.people import Person
from domain.models.roundtables import Invitation, InvitationState, Roundtable
from domain.models.stakeholders import Constituency, ConstituencyKind, Stakeholder
from domain.models.topics import Topic
from domain.permissions import Permission, audience
from domain.queries import stakeholders as queries
from domain.queries.ballots import INVITED
from domain.texts import NAME_LENGTH, REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

# A shared lock: many may join at once, but no ballot opens and nothing closes meanwhile.
HOST = (
    select(Engagement, Topic)
    .join(Topic, Topic.id == Engagement.id)
    .where(Engagement.id == bindparam("engagement_id"))
    .with_for_update(of=Engagement, read=True)
    .execution_options(populate_existing=True)
)
NAMES = select(func.lower(Constituency.name)).where(
    Constituency.engagement_id == bindparam("engagement_id")
)
PART = select(Stakeholder.id).where(
    Stakeholder.engagement_id == bindparam("engagement_id"),
    Stakeholder.person_id == bindparam("person_id"),
)
OPEN_BALLOTS_OF_ELECTOR = (
    select(func.count())
    .select_from(Elector)
    .join(Ballot, Ballot.id == Elector.ballot_id)
    .join(Topic, Topic.id == Ballot.topic_id)
    .where(
        Elector.person_id == bindparam("person_id"),
        Ballot.state.in_(HELD),
        bindparam("place_id") == func.any(Topic.scopes),
    )
)
INVITATIONS = (
    select(Invitation)
    .join(Roundtable, Roundtable.id == Invitation.roundtable_id)
    .where(Invitation.stakeholder_id == bindparam("stakeholder_id"))
    .with_for_update(of=Roundtable, read=True)
)


async def declare_constituency(
    uow: UnitOfWork, *, engagement_id: UUID, name: str, kind: ConstituencyKind
) -> UUID:
    """Declare a group whose consensus is to be measured on its own; return its id."""
    engagement = await uow.load(Engagement, engagement_id, Permission.MODERATE)
    _require_not_closed(engagement, "Declaring a constituency")
    words = clean(name, "name", limit=NAME_LENGTH)
    names = (await uow.session.scalars(NAMES, {"engagement_id": engagement.id})).all()
    if words.lower() in names:
        raise Conflict(f"This exercise has a constituency {words} already.", ("name",))
    constituency = Constituency(
        engagement_id=engagement.id,
        name=words,
        kind=kind,
        position=len(names) + 1,
        created_at=uow.now,
    )
    await uow.add(constituency)
    uow.emit(
        engagement.id, ConstituencyDeclared(constituency_id=constituency.id, name=constituency.name)
    )
    return constituency.id


async def add_stakeholder(
    uow: UnitOfWork,
    *,
    person_id: UUID,
    constituency_id: UUID,
    organisation_id: UUID | None = None,
) -> UUID:
    """Make a person a stakeholder in the exercise of a constituency; return the part's id."""
    constituency, engagement, topic = await _constituency(uow, constituency_id)
    uow.authorise(Permission.MODERATE, topic, doing="adding a stakeholder")
    _require_not_closed(engagement, "Adding a stakeholder")
    if await uow.session.get(Person, person_id) is None:
        raise NotFound("There is no person with this id.", ("person_id",))
    return await _add(uow, constituency, person_id, organisation_id)


async def join_engagement(
    uow: UnitOfWork, *, constituency_id: UUID, organisation_id: UUID | None = None
) -> UUID:
    """Take part in a public, open exercise oneself, in the chosen constituency of it."""
    constituency, engagement, topic = await _constituency(uow, constituency_id)
    if not topic.public:
        raise NotAllowed("This exercise is for those whom its moderators add.")
    require(ENGAGEMENT, engagement.state, (EngagementState.OPEN,), "Joining")
    return await _add(uow, constituency, uow.actor_id, organisation_id)


async def remove_stakeholder(uow: UnitOfWork, *, stakeholder_id: UUID, reason: str) -> UUID:
    """End a person's part in an exercise; what they said and how they voted stays.

    Returns the id of the exercise.
    """
    # The exercise may be public; who takes part in it is not.
    if await queries.by_ids(uow.session, uow.viewer, [stakeholder_id]) == [None]:
        raise NotFound("There is no stakeholder with this id that you may see.")
    part = await uow.load(Stakeholder, stakeholder_id, Permission.MODERATE)
    await uow.session.execute(HOST, {"engagement_id": part.engagement_id})
    invitations = await uow.session.scalars(INVITATIONS, {"stakeholder_id": part.id})
    await require_no_open_ballot(uow, part.person_id, part.engagement_id)
    for invitation in invitations:
        invitation.stakeholder_id = None
        if invitation.state in INVITED:
            await withdraw(uow, invitation)
    await uow.session.flush()
    await uow.session.delete(part)
    removed = StakeholderRemoved(
        engagement_id=part.engagement_id,
        stakeholder_id=part.id,
        person_id=part.person_id,
        reason=clean(reason, "reason", limit=REASON_LENGTH),
    )
    uow.emit(part.engagement_id, removed, MEMBERS)
    uow.emit(part.person_id, removed, MEMBERS)
    uow.rights_changed(part.person_id)
    return part.engagement_id


async def require_no_open_ballot(uow: UnitOfWork, person_id: UUID, place_id: UUID) -> None:
    """Raise Conflict where a person is an elector of an open ballot in a place or inside it."""
    count = await uow.session.scalar(
        OPEN_BALLOTS_OF_ELECTOR, {"person_id": person_id, "place_id": place_id}
    )
    if count:
        raise Conflict(
            f"This person is entitled to vote in open ballots ({count}): an electorate does not "
            "shrink under a vote. Please close them first."
        )


async def withdraw(uow: UnitOfWork, invitation: Invitation) -> None:
    """Withdraw an invitation, tell the roundtable and the person, and end their turn to speak."""
    invitation.state = InvitationState.WITHDRAWN
    invitation.answered_at = uow.now
    withdrawn = InvitationAnswered(invitation_id=invitation.id, state=invitation.state)
    uow.emit(invitation.roundtable_id, withdrawn, MEMBERS)
    uow.emit(invitation.person_id, withdrawn, MEMBERS)
    uow.rights_changed(invitation.person_id)
    await uow.session.flush()  # whoever asks for the floor meanwhile waits, and is then refused
    await clear_floor(uow, invitation.roundtable_id, person_id=invitation.person_id)


async def _constituency(
    uow: UnitOfWork, constituency_id: UUID
) -> tuple[Constituency, Engagement, Topic]:
    """Return a constituency with its exercise, locked for taking somebody in."""
    constituency = await uow.session.get(Constituency, constituency_id)
    if constituency is not None:
        engagement, topic = (
            await uow.session.execute(HOST, {"engagement_id": constituency.engagement_id})
        ).one()
        if audience(uow.viewer, topic) is not None:
            return constituency, engagement, topic
    raise NotFound("There is no constituency with this id that you may see.", ("constituency_id",))


async def _add(
    uow: UnitOfWork, constituency: Constituency, person_id: UUID, organisation_id: UUID | None
) -> UUID:
    engagement_id = constituency.engagement_id
    who = {"engagement_id": engagement_id, "person_id": person_id}
    if (await uow.session.scalars(PART, who)).one_or_none() is not None:
        raise Conflict(
            "You take part in this exercise already."
            if person_id == uow.actor_id
            else "This person takes part in this exercise already."
        )
    if organisation_id is not None and await uow.session.get(Organisation, organisation_id) is None:
        raise NotFound("There is no organisation with this id.", ("organisation_id",))
    part = Stakeholder(
        engagement_id=engagement_id,
        person_id=person_id,
        constituency_id=constituency.id,
        organisation_id=organisation_id,
        created_at=uow.now,
    )
    await uow.add(part)
    added = StakeholderAdded(
        stakeholder_id=part.id, person_id=person_id, constituency_id=constituency.id
    )
    uow.emit(engagement_id, added, MEMBERS)
    uow.emit(person_id, added, MEMBERS)
    uow.rights_changed(person_id)
    await admit(uow, topic_id=engagement_id, person_id=person_id, constituency_id=constituency.id)
    return part.id


def _require_not_closed(engagement: Engagement, doing: str) -> None:
    open_or_planned = (EngagementState.PLANNED, EngagementState.OPEN)
    require(ENGAGEMENT, engagement.state, open_or_planned, doing)

"""Writes of roundtables and of the invitations to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select

from domain.commands.ballots import admit
from domain.commands.clocks import end_clock
from domain.commands.engagements import moment, require_seconds
from domain.commands.facilitators import end_facilitation
from domain.commands.floor_requests import clear_floor
from domain.commands.stakeholders import require_no_open_ballot, withdraw
from domain.commands.steps import next_state
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.events import (
    MEMBERS,
    MODERATORS,
    InvitationAnswered,
    InvitationSent,
    RoundtableAdvanced,
    RoundtableCreated,
    RoundtableEdited,
    SlowModeSet,
)
from domain.ids import new_id
from domain.lifecycle import (
    ENGAGEMENT,
    NOT_CLOSED,
    ROUNDTABLE,
    EngagementTransition,
    require,
)
from domain.models.engagements import Engagement
from domain.models.roundtables import Invitation, InvitationState, Roundtable
from domain.models.stakeholders import Stakeholder
from domain.models.topics import TopicKind
from domain.permissions import Permission
from domain.queries import roundtables as queries
from domain.queries.ballots import INVITED
from domain.queries.pages import ids
from domain.texts import DOCUMENT_LENGTH, REASON_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_INVITED = 100

# A shared lock, so that the exercise is not closed while one of its roundtables opens.
HOST = select(Engagement.id).where(Engagement.id == bindparam("id")).with_for_update(read=True)
STAKEHOLDERS = (
    select(Stakeholder)
    .where(
        Stakeholder.id == func.any(ids()),
        Stakeholder.engagement_id == bindparam("engagement_id"),
    )
    .order_by(Stakeholder.id)
)
INVITATIONS = select(Invitation).where(Invitation.roundtable_id == bindparam("roundtable_id"))


async def create_roundtable(
    uow: UnitOfWork, *, engagement_id: UUID, title: str, agenda: str, starts_at: datetime
) -> UUID:
    """Plan a roundtable of an exercise, to which nobody is invited yet; return its id."""
    engagement = await uow.load(Engagement, engagement_id, Permission.MODERATE)
    require(ENGAGEMENT, engagement.state, NOT_CLOSED, "Planning a roundtable")
    place = await uow.topic(engagement.id)
    roundtable = Roundtable(
        id=new_id(),
        engagement_id=engagement.id,
        title=clean(title, "title", limit=TITLE_LENGTH),
        agenda=clean(agenda, "agenda", limit=DOCUMENT_LENGTH, required=False),
        starts_at=moment(starts_at, "starts_at"),
        created_at=uow.now,
    )
    await uow.add(uow.open_topic(roundtable.id, TopicKind.ROUNDTABLE, inside=tuple(place.scopes)))
    await uow.add(roundtable)
    created = RoundtableCreated(roundtable_id=roundtable.id)
    uow.emit(roundtable.id, created, MEMBERS)
    uow.emit(engagement.id, created, MODERATORS)
    return roundtable.id


async def edit_roundtable(
    uow: UnitOfWork,
    *,
    roundtable_id: UUID,
    title: str,
    agenda: str,
    starts_at: datetime,
    expected_revision: int | None,
) -> UUID:
    """Replace the texts and the time of a roundtable."""
    roundtable = await uow.load(Roundtable, roundtable_id, Permission.MODERATE)
    uow.expect(roundtable, expected_revision)
    roundtable.title = clean(title, "title", limit=TITLE_LENGTH)
    roundtable.agenda = clean(agenda, "agenda", limit=DOCUMENT_LENGTH, required=False)
    roundtable.starts_at = moment(starts_at, "starts_at")
    roundtable.revision += 1
    uow.emit(
        roundtable.id,
        RoundtableEdited(roundtable_id=roundtable.id, revision=roundtable.revision),
        MEMBERS,
    )
    return roundtable.id


async def advance_roundtable(
    uow: UnitOfWork,
    *,
    roundtable_id: UUID,
    transition: EngagementTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Open a roundtable or close it, when nothing is missing for that; see domain.lifecycle.

    Closing it ends its clock and its facilitation, and empties its speaking queue.
    """
    roundtable = await uow.load(Roundtable, roundtable_id, Permission.VIEW)
    uow.expect(roundtable, expected_revision)
    await uow.session.execute(HOST, {"id": roundtable.engagement_id})
    roundtable.state = await next_state(uow, ROUNDTABLE, roundtable, transition, queries.facts)
    roundtable.revision += 1
    uow.emit(
        roundtable.id,
        RoundtableAdvanced(
            roundtable_id=roundtable.id,
            transition=transition,
            state=roundtable.state,
            reason=clean(reason, "reason", limit=REASON_LENGTH),
        ),
        MEMBERS,
    )
    if transition is EngagementTransition.CLOSE:
        await end_clock(uow, roundtable)
        await end_facilitation(uow, roundtable)
        await clear_floor(uow, roundtable.id)
    return roundtable.id


async def set_slow_mode(uow: UnitOfWork, *, roundtable_id: UUID, seconds: int) -> UUID:
    """Let participants comment at most once in so many seconds, moderators as often as they like.

    0 switches it off; repeating it changes nothing.
    """
    roundtable = await uow.load(Roundtable, roundtable_id, Permission.MODERATE)
    require(ROUNDTABLE, roundtable.state, NOT_CLOSED, "Setting slow mode")
    require_seconds(seconds)
    if roundtable.slow_mode_seconds != seconds:
        roundtable.slow_mode_seconds = seconds
        roundtable.revision += 1
        uow.emit(
            roundtable.id,
            SlowModeSet(roundtable_id=roundtable.id, seconds=seconds, revision=roundtable.revision),
            MEMBERS,
        )
    return roundtable.id


async def invite(uow: UnitOfWork, *, roundtable_id: UUID, stakeholder_ids: Sequence[UUID]) -> UUID:
    """Invite stakeholders of the exercise to a roundtable; return the id of the roundtable.

    Whose invitation stands already is not invited again; whose was declined or withdrawn, is.
    """
    roundtable = await uow.load(Roundtable, roundtable_id, Permission.MODERATE)
    require(ROUNDTABLE, roundtable.state, NOT_CLOSED, "Inviting people")
    wanted = set(stakeholder_ids)
    if not 1 <= len(wanted) <= MOST_INVITED:
        raise Invalid(
            f"From 1 to {MOST_INVITED} stakeholders can be invited at once; these are "
            f"{len(wanted)}.",
            ("stakeholder_ids",),
        )
    found = await uow.session.scalars(
        STAKEHOLDERS, {"ids": list(wanted), "engagement_id": roundtable.engagement_id}
    )
    stakeholders = found.all()
    if len(stakeholders) != len(wanted):
        raise NotFound(
            "One of these is not a stakeholder of the exercise that the roundtable is part of.",
            ("stakeholder_ids",),
        )
    invitations = await uow.session.scalars(INVITATIONS, {"roundtable_id": roundtable.id})
    earlier = {invitation.person_id: invitation for invitation in invitations}
    for stakeholder in stakeholders:
        await _invite(uow, roundtable, stakeholder, earlier.get(stakeholder.person_id))
    return roundtable.id


async def answer_invitation(uow: UnitOfWork, *, invitation_id: UUID, accept: bool) -> UUID:
    """Accept an invitation, or decline it; repeating the same answer changes nothing."""
    invitation = await uow.load(Invitation, invitation_id, Permission.VIEW)
    if invitation.person_id != uow.actor_id:
        raise NotAllowed("Only the person who is invited can answer an invitation.")
    if invitation.state not in INVITED:
        raise Conflict(f"This invitation is {invitation.state}.", current=invitation)
    roundtable = await uow.session.get_one(Roundtable, invitation.roundtable_id)
    require(ROUNDTABLE, roundtable.state, NOT_CLOSED, "Answering an invitation")
    answer = InvitationState.ACCEPTED if accept else InvitationState.DECLINED
    if invitation.state is not answer:
        invitation.state = answer
        invitation.answered_at = uow.now
        answered = InvitationAnswered(invitation_id=invitation.id, state=answer)
        uow.emit(roundtable.id, answered, MEMBERS)
        uow.emit(uow.actor_id, answered, MEMBERS)
        uow.rights_changed(uow.actor_id)
        if not accept:
            await clear_floor(uow, roundtable.id, person_id=uow.actor_id)
    return invitation.id


async def withdraw_invitation(uow: UnitOfWork, *, invitation_id: UUID) -> UUID:
    """Withdraw an invitation: the person does not know of the roundtable any more."""
    invitation = await uow.load(Invitation, invitation_id, Permission.MODERATE)
    if invitation.state not in INVITED:
        raise Conflict(f"This invitation is {invitation.state} already.", current=invitation)
    await require_no_open_ballot(uow, invitation.person_id, invitation.roundtable_id)
    await withdraw(uow, invitation)
    return invitation.id


async def _invite(
    uow: UnitOfWork,
    roundtable: Roundtable,
    stakeholder: Stakeholder,
    invitation: Invitation | None,
) -> None:
    if invitation is None:
        invitation = Invitation(
            roundtable_id=roundtable.id,
            stakeholder_id=stakeholder.id,
            person_id=stakeholder.person_id,
            created_at=uow.now,
        )
        await uow.add(invitation)
    elif invitation.state in INVITED:
        return
    else:
        invitation.stakeholder_id = stakeholder.id
        invitation.state = InvitationState.INVITED
        invitation.answered_at = None
    sent = InvitationSent(
        invitation_id=invitation.id,
        roundtable_id=roundtable.id,
        person_id=stakeholder.person_id,
    )
    uow.emit(roundtable.id, sent, MEMBERS)
    uow.emit(stakeholder.person_id, sent, MEMBERS)
    uow.rights_changed(stakeholder.person_id)
    await admit(
        uow,
        topic_id=roundtable.id,
        person_id=stakeholder.person_id,
        constituency_id=stakeholder.constituency_id,
    )

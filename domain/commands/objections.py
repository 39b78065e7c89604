"""Writes of objections: raised by electors, judged and settled by moderators, or withdrawn.

Every command locks the ballot first, so that its counts of open objections are exact, and that its
votes and its close are either before this or after it.
"""

from __future__ import annotations

from uuid import UUID

from domain.commands.deadlines import require_open
from domain.commands.electors import require_elector
from domain.commands.secrecy import require_named
from domain.commands.steps import next_state
from domain.errors import Conflict, NotFound
from domain.events import (
    MEMBERS,
    MODERATORS,
    ObjectionAdvanced,
    ObjectionRaised,
    ObjectionReceived,
)
from domain.lifecycle import (
    OBJECTION,
    BallotState,
    ObjectionState,
    ObjectionTransition,
)
from domain.models.ballots import Ballot
from domain.models.objections import Objection
from domain.permissions import Permission
from domain.queries import objections as queries
from domain.queries.consensus import votes_shown
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork


async def raise_objection(uow: UnitOfWork, *, ballot_id: UUID, body: str, safety: bool) -> UUID:
    """Object to what an open ballot asks, as one of its electors; return the id."""
    ballot = await uow.load(Ballot, ballot_id, Permission.VOTE)
    if ballot.state is BallotState.DRAFT:
        raise NotFound("There is no ballot with this id that you may see.")
    constituency_id = await require_elector(uow, ballot)
    await require_open(uow, ballot, "Objecting")
    require_named(ballot, "Objecting")
    objection = Objection(
        topic_id=ballot.topic_id,
        ballot_id=ballot.id,
        person_id=uow.actor_id,
        constituency_id=constituency_id,
        body=clean(body, "body", limit=REASON_LENGTH),
        safety=safety,
        created_at=uow.now,
    )
    await uow.add(objection)
    _count(ballot, objection, 1)
    if _shown(ballot):
        uow.emit(
            ballot.topic_id,
            ObjectionRaised(
                objection_id=objection.id,
                ballot_id=ballot.id,
                constituency_id=constituency_id,
                safety=safety,
                body=objection.body,
            ),
            MEMBERS,
        )
    else:
        uow.emit(ballot.topic_id, ObjectionReceived(ballot_id=ballot.id), MODERATORS)
    return objection.id


async def advance_objection(
    uow: UnitOfWork,
    *,
    objection_id: UUID,
    transition: ObjectionTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Judge or settle an objection as a moderator, with a reason, or withdraw one's own."""
    (seen,) = await queries.by_ids(uow.session, uow.viewer, [objection_id])
    if seen is None:
        raise NotFound("There is no objection with this id that you may see.")
    ballot = await uow.load(Ballot, seen.ballot_id, Permission.VIEW)
    objection = await uow.session.get_one(Objection, objection_id, populate_existing=True)
    uow.expect(objection, expected_revision)
    withdrawn = transition is ObjectionTransition.WITHDRAW
    if objection.vote_id is not None and not _shown(ballot):
        raise Conflict(
            "This ballot is blind, and your objection is known from your vote alone. Please change "
            "the vote: that withdraws the objection."
        )
    state = await next_state(uow, OBJECTION, objection, transition, queries.facts)
    words = clean(reason, "reason", limit=REASON_LENGTH, required=not withdrawn)
    _count(ballot, objection, -1)
    objection.state, objection.reason = state, words
    objection.revision += 1
    _count(ballot, objection, 1)
    if _shown(ballot):
        uow.emit(
            ballot.topic_id,
            ObjectionAdvanced(
                objection_id=objection.id,
                ballot_id=ballot.id,
                transition=transition,
                state=state,
                reason=words,
            ),
            MEMBERS,
        )
    else:
        uow.emit(ballot.topic_id, ObjectionReceived(ballot_id=ballot.id), MODERATORS)
    return objection.id


def _shown(ballot: Ballot) -> bool:
    return votes_shown(ballot.secrecy, ballot.visibility, ballot.state)


def _count(ballot: Ballot, objection: Objection, by: int) -> None:
    """Add an objection to the counts of its ballot, or take it from them, while it is open."""
    match objection.state:
        case ObjectionState.RAISED:
            ballot.objections_raised += by
        case ObjectionState.QUALIFIED:
            ballot.objections_qualified += by
        case _:
            return
    ballot.objections_safety += by * objection.safety

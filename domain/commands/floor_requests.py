"""Writes of the speaking queue of a roundtable: who asks for the floor, gets it and gives it back.

Every command locks the roundtable first, so that one person speaks at a time.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select

from domain.errors import Conflict, NotAllowed, NotFound
from domain.events import (
    MEMBERS,
    FloorEnded,
    FloorGiven,
    FloorRequested,
    FloorRequestWithdrawn,
)
from domain.lifecycle import ROUNDTABLE, EngagementState, require
from domain.models.floor_requests import FloorRequest, FloorRequestState
from domain.models.roundtables import Invitation, Roundtable
from domain.models.stakeholders import Stakeholder
from domain.permissions import Permission, allowed
from domain.queries import floor_requests as queries
from domain.queries.ballots import INVITED
from domain.texts import TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

# A shared lock, so that an invitation is not withdrawn while whom it invites joins the queue.
INVITATION = (
    select(Invitation.id, Stakeholder.constituency_id)
    .outerjoin(Stakeholder, Stakeholder.id == Invitation.stakeholder_id)
    .where(
        Invitation.roundtable_id == bindparam("roundtable_id"),
        Invitation.person_id == bindparam("person_id"),
        Invitation.state.in_(INVITED),
    )
    .with_for_update(of=Invitation, read=True)
)
# Always locked in the order of their ids, so that two transactions cannot wait for each other.
UNFINISHED = (
    select(FloorRequest)
    .where(
        FloorRequest.roundtable_id == bindparam("roundtable_id"),
        FloorRequest.state.in_((FloorRequestState.WAITING, FloorRequestState.SPEAKING)),
    )
    .order_by(FloorRequest.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
UNFINISHED_OF_PERSON = UNFINISHED.where(FloorRequest.person_id == bindparam("person_id"))


async def request_floor(uow: UnitOfWork, *, roundtable_id: UUID, about: str) -> UUID:
    """Ask for the floor, at the end of the speaking queue; return the id of the request."""
    roundtable = await uow.load(Roundtable, roundtable_id, Permission.COMMENT)
    place = {"roundtable_id": roundtable.id, "person_id": uow.actor_id}
    invitation = (await uow.session.execute(INVITATION, place)).one_or_none()
    if invitation is None and not allowed(
        uow.viewer, Permission.MODERATE, await uow.topic(roundtable.id)
    ):
        raise NotAllowed("The floor is for those who are invited to this roundtable.")
    _require_open(roundtable)
    (waiting,) = await queries.own(uow.session, uow.viewer, [roundtable.id])
    if waiting is not None:
        raise Conflict("You are waiting for the floor already.", current=waiting)
    request = FloorRequest(
        roundtable_id=roundtable.id,
        person_id=uow.actor_id,
        constituency_id=invitation.constituency_id if invitation else None,
        about=clean(about, "about", limit=TITLE_LENGTH, required=False),
        created_at=uow.now,
    )
    await uow.add(request)
    uow.emit(
        roundtable.id,
        FloorRequested(
            floor_request_id=request.id, person_id=request.person_id, about=request.about
        ),
        MEMBERS,
    )
    return request.id


async def withdraw_floor_request(uow: UnitOfWork, *, floor_request_id: UUID) -> UUID:
    """Leave the speaking queue oneself, without having had the floor."""
    request = await _load(uow, floor_request_id, Permission.VIEW)
    if request.person_id != uow.actor_id:
        raise NotAllowed("Only the person who asked for the floor can withdraw the request.")
    _require(request, FloorRequestState.WAITING)
    _leave(uow, request)
    return request.id


async def give_floor(uow: UnitOfWork, *, floor_request_id: UUID) -> UUID:
    """Give the floor to anybody who waits; whoever had it before has finished."""
    request = await _load(uow, floor_request_id, Permission.MODERATE)
    _require(request, FloorRequestState.WAITING)
    (speaking,) = await queries.floors(uow.session, uow.viewer, [request.roundtable_id])
    if speaking is not None:
        _leave(uow, speaking)
        await uow.session.flush()  # the floor is free before it is given
    request.state = FloorRequestState.SPEAKING
    request.given_at = uow.now
    uow.emit(
        request.roundtable_id,
        FloorGiven(floor_request_id=request.id, person_id=request.person_id),
        MEMBERS,
    )
    return request.id


async def end_floor(uow: UnitOfWork, *, floor_request_id: UUID) -> UUID:
    """Give the floor back oneself, or take it from whoever has it, as a moderator."""
    request = await _load(uow, floor_request_id, Permission.VIEW)
    if request.person_id != uow.actor_id:
        uow.authorise(
            Permission.MODERATE,
            await uow.topic(request.roundtable_id),
            doing="ending somebody else's turn",
        )
    _require(request, FloorRequestState.SPEAKING)
    _leave(uow, request)
    return request.id


async def clear_floor(
    uow: UnitOfWork, roundtable_id: UUID, *, person_id: UUID | None = None
) -> None:
    """Let everybody, or one person, leave the queue and the floor of a roundtable.

    The caller holds a lock on the roundtable, or on the person's invitation to it.
    """
    unfinished = await uow.session.scalars(
        UNFINISHED if person_id is None else UNFINISHED_OF_PERSON,
        {"roundtable_id": roundtable_id, "person_id": person_id},
    )
    for request in unfinished:
        _leave(uow, request)


def _leave(uow: UnitOfWork, request: FloorRequest) -> None:
    """Let somebody leave the queue, or the floor, whichever they are in."""
    spoke = request.state is FloorRequestState.SPEAKING
    request.state = FloorRequestState.FINISHED if spoke else FloorRequestState.WITHDRAWN
    request.ended_at = uow.now
    left = FloorEnded if spoke else FloorRequestWithdrawn
    uow.emit(
        request.roundtable_id,
        left(floor_request_id=request.id, person_id=request.person_id),
        MEMBERS,
    )


async def _load(uow: UnitOfWork, id: UUID, permission: Permission) -> FloorRequest:
    """Lock the roundtable and every request that is not finished; return one request."""
    (seen,) = await queries.by_ids(uow.session, uow.viewer, [id])
    if seen is None:
        raise NotFound("There is no request for the floor with this id that you may see.")
    roundtable = await uow.load(Roundtable, seen.roundtable_id, permission)
    _require_open(roundtable)
    await uow.session.scalars(UNFINISHED, {"roundtable_id": roundtable.id})
    return await uow.session.get_one(FloorRequest, id, populate_existing=True)


def _require_open(roundtable: Roundtable) -> None:
    require(ROUNDTABLE, roundtable.state, (EngagementState.OPEN,), "Speaking")


def _require(request: FloorRequest, state: FloorRequestState) -> None:
    if request.state is not state:
        raise Conflict(
            f"This request for the floor is {request.state}; it would have to be {state}.",
            current=request,
        )

"""Writes of proxies: an elector lets another one cast their vote in one ballot.

Every command locks the ballot first, so that of two that name each other one comes too late.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, or_, select

from domain.commands.electors import is_elector, require_elector
from domain.commands.secrecy import require_named
from domain.errors import Conflict, Invalid, NotFound
from domain.events import MEMBERS, ProxyNamed, ProxyWithdrawn
from domain.lifecycle import BALLOT, BallotState, require
from domain.models.ballots import Ballot
from domain.models.proxies import Proxy
from domain.permissions import Permission
from domain.unit_of_work import UnitOfWork

OF_THESE = select(Proxy).where(
    Proxy.ballot_id == bindparam("ballot_id"),
    or_(
        Proxy.person_id.in_(bindparam("people", expanding=True)),
        Proxy.proxy_id.in_(bindparam("people", expanding=True)),
    ),
)


async def name_proxy(uow: UnitOfWork, *, ballot_id: UUID, proxy_id: UUID) -> UUID:
    """Let another elector cast one's vote in an open ballot, in place of anybody named before.

    It goes one level: a proxy names none. Return the id of the ballot.
    """
    ballot = await _load(uow, ballot_id)
    if proxy_id == uow.actor_id:
        raise Invalid("Nobody is their own proxy. Please cast your vote.", ("proxy_id",))
    if not await is_elector(uow, ballot, proxy_id):
        raise Invalid(
            "A proxy is an elector of the same ballot; this person is none.", ("proxy_id",)
        )
    own = None
    people = [uow.actor_id, proxy_id]
    for each in await uow.session.scalars(OF_THESE, {"ballot_id": ballot.id, "people": people}):
        if each.person_id == proxy_id:
            raise Conflict("This person has named a proxy, and so cannot be one.", ("proxy_id",))
        if each.proxy_id == uow.actor_id:
            raise Conflict("You are somebody's proxy in this ballot, and so cannot name one.")
        if each.person_id == uow.actor_id:
            own = each
    if own is None:
        await uow.add(Proxy(ballot_id=ballot.id, person_id=uow.actor_id, proxy_id=proxy_id))
    elif own.proxy_id == proxy_id:
        return ballot.id
    else:
        own.proxy_id = proxy_id
    uow.emit(
        ballot.topic_id,
        ProxyNamed(ballot_id=ballot.id, person_id=uow.actor_id, proxy_id=proxy_id),
        MEMBERS,
    )
    return ballot.id


async def withdraw_proxy(uow: UnitOfWork, *, ballot_id: UUID) -> UUID:
    """Let nobody else cast one's vote any more; what was cast stays. Return the ballot's id."""
    ballot = await _load(uow, ballot_id)
    own = await uow.session.get(Proxy, (ballot.id, uow.actor_id))
    if own is None:
        raise Conflict("You have named no proxy in this ballot.")
    await uow.session.delete(own)
    uow.emit(
        ballot.topic_id,
        ProxyWithdrawn(ballot_id=ballot.id, person_id=uow.actor_id, proxy_id=own.proxy_id),
        MEMBERS,
    )
    return ballot.id


async def _load(uow: UnitOfWork, ballot_id: UUID) -> Ballot:
    """Lock an open ballot of which one is an elector."""
    ballot = await uow.load(Ballot, ballot_id, Permission.VOTE)
    if ballot.state is BallotState.DRAFT:
        raise NotFound("There is no ballot with this id that you may see.")
    await require_elector(uow, ballot)
    require(BALLOT, ballot.state, (BallotState.OPEN,), "Voting by proxy")
    require_named(ballot, "Voting by proxy")
    return ballot

"""When a ballot opens and closes: times that are set beforehand, and extended with a reason."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Uuid, bindparam, select

from domain.commands.engagements import moment
from domain.errors import Conflict, Invalid
from domain.events import BallotExtended
from domain.lifecycle import BALLOT, BallotState, EngagementState, require
from domain.models.ballots import Ballot
from domain.queries.ballots import HOST_STATE, OVERDUE, with_host
from domain.unit_of_work import UnitOfWork

HOST = with_host(
    select(HOST_STATE.label("host_state"), OVERDUE.label("overdue")).select_from(Ballot)
).where(Ballot.id == bindparam("ballot_id", type_=Uuid()))


def set_times(ballot: Ballot, opens_at: datetime | None, closes_at: datetime | None) -> None:
    """Set when a draft is to open and to close; None leaves it. Invalid where they do not fit."""
    if opens_at is not None:
        ballot.opens_at = moment(opens_at, "opens_at")
    if closes_at is not None:
        ballot.closes_at = moment(closes_at, "closes_at")
    opens, closes = ballot.opens_at, ballot.closes_at
    if opens is not None and closes is not None and opens >= closes:
        raise Invalid(
            f"The ballot would close on {_said(closes)} and open only on {_said(opens)}. "
            "Please send a later closesAt.",
            ("closes_at",),
        )


def later(uow: UnitOfWork, closes_at: datetime | None) -> datetime | None:
    """Return a new deadline, None for none; Invalid unless it is yet to come."""
    if closes_at is None:
        return None
    deadline = moment(closes_at, "closes_at")
    if deadline <= uow.now:
        raise Invalid(
            f"A deadline is yet to come, and {_said(deadline)} has passed. Please send a later "
            "closesAt.",
            ("closes_at",),
        )
    return deadline


def extend(uow: UnitOfWork, ballot: Ballot, closes_at: datetime | None, reason: str) -> None:
    """Give a ballot a later deadline; Invalid unless it is later than the present one."""
    deadline = later(uow, closes_at)
    if deadline is None:
        raise Invalid("Please send the new deadline as closesAt.", ("closes_at",))
    if ballot.closes_at is not None and deadline <= ballot.closes_at:
        raise Invalid(
            f"The ballot closes on {_said(ballot.closes_at)}; it can be extended, not shortened. "
            "Please send a later closesAt.",
            ("closes_at",),
        )
    ballot.closes_at = deadline
    uow.emit(
        ballot.topic_id,
        BallotExtended(
            ballot_id=ballot.id, closes_at=deadline.astimezone(UTC).isoformat(), reason=reason
        ),
    )


def _said(time: datetime) -> str:
    return f"{time.astimezone(UTC):%d %B %Y at %H:%M} UTC"


async def require_open(uow: UnitOfWork, ballot: Ballot, doing: str) -> None:
    """Raise Conflict unless electors may act in a ballot now; `doing` begins the sentence."""
    require(BALLOT, ballot.state, (BallotState.OPEN,), doing)
    now = (await uow.session.execute(HOST, {"ballot_id": ballot.id})).one()
    if now.overdue:
        raise Conflict(f"{doing} was possible until the deadline of this ballot, which has passed.")
    if now.host_state != EngagementState.OPEN:
        raise Conflict(
            f"{doing} is possible while the exercise or roundtable of the ballot is OPEN; "
            f"it is {now.host_state}."
        )

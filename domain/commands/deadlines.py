"""When a ballot opens and closes: times that are set beforehand, and extended with a reason."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.commands.engagements import moment
from domain.errors import Invalid
from domain.events import BallotExtended
from domain.models.ballots import Ballot
from domain.unit_of_work import UnitOfWork


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

"""Reminders to the electors of a ballot who have not voted."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.commands.ballots import load_ballot
from domain.errors import Conflict
from domain.events import ElectorsReminded
from domain.lifecycle import BALLOT, BallotState, require
from domain.unit_of_work import UnitOfWork

PAUSE = timedelta(hours=24)


async def remind_electors(uow: UnitOfWork, *, ballot_id: UUID) -> UUID:
    """Remind those who have not voted in the present round, at most once in 24 hours.

    Nothing says who they are: the ballot keeps when it was, and each elector finds out for
    themselves (domain.queries.reminders). Raises Conflict too soon, and unless the ballot is open.
    """
    ballot = await load_ballot(uow, ballot_id)
    require(BALLOT, ballot.state, (BallotState.OPEN,), "Reminding its electors")
    last = ballot.reminded_at
    if last is not None and uow.now < last + PAUSE:
        raise Conflict(
            "The electors of this ballot can be reminded once in 24 hours; the next time is on "
            f"{last + PAUSE:%d %B %Y at %H:%M} UTC."
        )
    ballot.reminded_at = uow.now
    uow.emit(ballot.topic_id, ElectorsReminded(ballot_id=ballot.id))
    return ballot.id

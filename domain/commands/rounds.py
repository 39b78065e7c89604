"""Writes of rounds: how one begins and ends, and what becomes of the item between two."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text

from domain.consensus.choices import LISTED, choices
from domain.consensus.rounds import RoundDisposition
from domain.events import EVERYONE, MODERATORS, RoundClosed, RoundOpened
from domain.models.ballots import Ballot
from domain.models.rounds import Round
from domain.queries.pages import ids
from domain.unit_of_work import UnitOfWork

# Everybody counts anew: who is eligible stays, what was chosen goes.
EMPTY_TALLIES = text(
    "UPDATE tallies "
    "SET voted = 0, counts = array_fill(0::bigint, ARRAY[array_length(counts, 1)]) "
    "WHERE ballot_id = ANY (:ids)"
).bindparams(ids())
ROUND = select(Round).where(
    Round.ballot_id == bindparam("ballot_id"), Round.number == bindparam("number")
)


async def begin_round(uow: UnitOfWork, ballot: Ballot) -> None:
    """Begin the present round of a ballot that is opened."""
    width = 0 if ballot.kind in LISTED else len(choices(ballot.kind))
    await uow.add(
        Round(
            ballot_id=ballot.id,
            number=ballot.round,
            question=ballot.question,
            shifts=[0] * width**2 if ballot.round > 1 else [],
            opened_at=uow.now,
        )
    )


async def end_round(uow: UnitOfWork, ballot: Ballot, outcome: dict[str, Any]) -> Round:
    """Keep what the present round of a ballot came to, unless it ended before; return it."""
    found = (await uow.session.scalars(ROUND, _present(ballot))).one()
    if found.closed_at is None:
        found.closed_at = uow.now
        found.outcome = outcome
    return found


async def close_round(
    uow: UnitOfWork, ballot: Ballot, outcome: dict[str, Any], reason: str
) -> None:
    """End the present round; what follows is the moderators' to say, who see what it came to."""
    await end_round(uow, ballot, outcome)
    for readers, told in ((EVERYONE - MODERATORS, None), (MODERATORS, outcome)):
        uow.emit(
            ballot.topic_id,
            RoundClosed(ballot_id=ballot.id, number=ballot.round, outcome=told, reason=reason),
            readers,
        )


async def next_round(uow: UnitOfWork, ballot: Ballot, question: str | None, reason: str) -> None:
    """Begin the next round on the same question, or on another one where it is reworded."""
    disposition = RoundDisposition.KEPT if question is None else RoundDisposition.REWORDED
    await dispose(uow, ballot, disposition, reason)
    ballot.round += 1
    ballot.question = question or ballot.question
    ballot.reminded_at = None
    await uow.session.execute(EMPTY_TALLIES, {"ids": [ballot.id]})
    await begin_round(uow, ballot)
    uow.emit(
        ballot.topic_id,
        RoundOpened(
            ballot_id=ballot.id,
            number=ballot.round,
            question=ballot.question,
            disposition=disposition,
            reason=reason,
        ),
    )


async def dispose(
    uow: UnitOfWork, ballot: Ballot, disposition: RoundDisposition, reason: str
) -> None:
    """Keep what became of the item after the present round."""
    found = (await uow.session.scalars(ROUND, _present(ballot))).one()
    found.disposition = disposition
    found.reason = reason


def _present(ballot: Ballot) -> dict[str, UUID | int]:
    return {"ballot_id": ballot.id, "number": ballot.round}

"""Writes of releases: what is told of secret ballots, from time to time and at the close."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from uuid import UUID

from sqlalchemy import bindparam, select

from domain.consensus.results import Consensus
from domain.consensus.rules import parse_rule
from domain.consensus.status import evaluate
from domain.consensus.suppression import Release, Suppression, redact, release
from domain.consensus.tallies import Tally
from domain.database import Database, Session
from domain.events import MEMBERS, ConsensusReleased
from domain.lifecycle import BallotState
from domain.models.ballots import Ballot, BallotVisibility, ReleaseRow, TallyRow
from domain.models.stakeholders import Constituency
from domain.permissions import Viewer
from domain.queries.consensus import restore, tally
from domain.unit_of_work import UnitOfWork

TALLIES = (
    select(
        TallyRow.constituency_id,
        TallyRow.eligible,
        TallyRow.voted,
        TallyRow.counts,
        Constituency.name,
    )
    .join(Constituency, Constituency.id == TallyRow.constituency_id)
    .where(TallyRow.ballot_id == bindparam("ballot_id"))
    .order_by(Constituency.position, Constituency.id)
)
RELEASES = (
    select(ReleaseRow)
    .where(ReleaseRow.ballot_id == bindparam("ballot_id"))
    .order_by(ReleaseRow.number)
)
LOCK = (
    select(Ballot)
    .where(
        Ballot.id == bindparam("ballot_id"),
        Ballot.state == BallotState.OPEN,
        Ballot.visibility == BallotVisibility.LIVE,
    )
    .with_for_update(key_share=True)
)


async def tallies_of(session: Session, ballot_id: UUID) -> list[Tally]:
    """Return how each constituency stands in a ballot."""
    return [tally(row) for row in await session.execute(TALLIES, {"ballot_id": ballot_id})]


async def release_consensus(database: Database, viewer: Viewer, ballot_id: UUID) -> None:
    """Tell members of an open secret ballot what may be told by now, if that is anything new.

    After each vote of it, in a transaction of its own: should that be lost, the next vote makes up
    for it. Its event does not say whose vote it was.
    """
    async with UnitOfWork(database, viewer, signed=False) as uow:
        # Votes are waited for, so that releases are in their order.
        ballot = (await uow.session.scalars(LOCK, {"ballot_id": ballot_id})).one_or_none()
        if ballot is None:
            return
        tallies = await tallies_of(uow.session, ballot_id)
        earlier = await _earlier(uow.session, ballot_id)
        shown = release(_suppression(ballot), tallies, [_shown(row) for row in earlier])
        if shown is None:
            return
        result = evaluate(parse_rule(ballot.kind, ballot.rule), tallies)
        number = len(earlier) + 1
        await uow.add(
            ReleaseRow(
                ballot_id=ballot_id,
                number=number,
                shown=asdict(shown),
                consensus=asdict(redact(result, shown, ballot.smallest_count)),
            )
        )
        uow.emit(ballot.topic_id, ConsensusReleased(ballot_id=ballot_id, number=number), MEMBERS)


async def final(
    session: Session, ballot: Ballot, result: Consensus, tallies: Sequence[Tally]
) -> Consensus:
    """Return of what a secret ballot came to what may be told beside all that was told before.

    Where too little has changed since the last release, the figures remain those of that release;
    status and turnout are those of the end.
    """
    earlier = await _earlier(session, ballot.id)
    shown = release(_suppression(ballot), tallies, [_shown(row) for row in earlier])
    told = redact(result, shown, ballot.smallest_count)
    if shown is not None or not earlier:
        return told
    last = restore(earlier[-1].consensus)
    return replace(
        told, overall=last.overall, by_constituency=last.by_constituency, suppressed=True
    )


async def _earlier(session: Session, ballot_id: UUID) -> Sequence[ReleaseRow]:
    return (await session.scalars(RELEASES, {"ballot_id": ballot_id})).all()


def _suppression(ballot: Ballot) -> Suppression:
    return Suppression(ballot.smallest_count, hides_unanimity=True)


def _shown(row: ReleaseRow) -> Release:
    return Release(
        rows=tuple(map(tuple, row.shown["rows"])),
        columns=tuple(map(tuple, row.shown["columns"])),
        figures=tuple(map(tuple, row.shown["figures"])),
    )

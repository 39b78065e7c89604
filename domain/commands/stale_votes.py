"""Votes that no longer count, because what they are about was changed in a way that matters."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select, text, update

from domain.commands.rounds import EMPTY_TALLIES
from domain.commands.views import make_views_stale
from domain.errors import Conflict
from domain.events import VotesMadeStale
from domain.lifecycle import BallotState
from domain.models.ballots import Ballot, BallotSecrecy
from domain.models.votes import Vote
from domain.queries.pages import ids
from domain.unit_of_work import UnitOfWork

# Locked in the order of their ids: each vote is cast on the text before, or on the one after.
CONCERNED = (
    select(Ballot)
    .where(
        Ballot.subject_id == func.any(ids()),
        Ballot.state.in_((BallotState.OPEN, BallotState.DEFERRED)),
    )
    .order_by(Ballot.id)
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
MARK = (
    update(Vote)
    .where(
        Vote.ballot_id == func.any(ids()),
        Vote.ballot_id == Ballot.id,
        Vote.round == Ballot.round,
        ~Vote.stale,
    )
    .values(stale=True)
    .execution_options(synchronize_session=False)
)
EMPTY_SHIFTS = text(
    "UPDATE rounds SET shifts = array_fill(0::bigint, ARRAY[array_length(shifts, 1)]) "
    "FROM ballots WHERE ballots.id = ANY (:ids) AND rounds.ballot_id = ballots.id "
    "AND rounds.number = ballots.round AND rounds.number > 1"
).bindparams(ids())


async def make_votes_stale(uow: UnitOfWork, edited: Mapping[UUID, tuple[UUID, int]]) -> None:
    """Let the votes of the ballots in which people vote about these subjects count no longer.

    `edited` gives, for the id of each subject, the id and the revision that it has now; the ballots
    are about those from here on. Votes count again when they are cast again. Everybody is told,
    whether or not anybody has voted. Raises Conflict where one of the ballots is secret.
    """
    ballots = (await uow.session.scalars(CONCERNED, {"ids": list(edited)})).all()
    if not ballots:
        return
    if any(ballot.secrecy is not BallotSecrecy.NAMED for ballot in ballots):
        raise Conflict(
            "A secret ballot about this is being held, and nobody can be asked for their vote "
            "again: counts before and after would tell who changed it. Please edit without "
            "`material`, or once that ballot is closed or cancelled.",
            ("material",),
        )
    concerned = {"ids": [ballot.id for ballot in ballots]}
    for statement in (MARK, EMPTY_TALLIES, EMPTY_SHIFTS):
        await uow.session.execute(statement, concerned)
    await make_views_stale(uow, concerned["ids"])
    for ballot in ballots:
        if ballot.subject_id is not None:
            ballot.subject_id, ballot.subject_revision = edited[ballot.subject_id]
        ballot.revision += 1
        uow.emit(
            ballot.topic_id,
            VotesMadeStale(ballot_id=ballot.id, subject_revision=ballot.subject_revision),
        )

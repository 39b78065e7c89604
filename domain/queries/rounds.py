"""Reads of the rounds of ballots, and of what those that are over came to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, func, select

from domain.consensus.results import Consensus, Status, Turnout
from domain.consensus.rounds import Feedback
from domain.consensus.stability import square, stability
from domain.database import Session
from domain.models.ballots import Ballot, Elector
from domain.models.rounds import Round
from domain.models.topics import Topic
from domain.permissions import Audience, Viewer, audience
from domain.queries.consensus import Standing, restore, round_disclosed
from domain.queries.pages import ById, grouped, ids, seen_by, visible

_ROUNDS = (
    select(Round)
    .join(Ballot, Ballot.id == Round.ballot_id)
    .join(Topic, Topic.id == Ballot.topic_id)
    .where(visible())
)
by_ids: ById[Round] = ById(Round, Ballot.topic_id, part_of=Ballot.id == Round.ballot_id)
OF_BALLOTS = _ROUNDS.where(Round.ballot_id == func.any(ids())).order_by(Round.number)
RESULTS = (
    select(
        Round.id,
        Round.outcome,
        Round.shifts,
        Ballot.kind,
        Ballot.visibility,
        Ballot.state,
        Ballot.feedback,
        Topic.scopes,
        Topic.public,
        Elector.constituency_id,
    )
    .join(Ballot, Ballot.id == Round.ballot_id)
    .join(Topic, Topic.id == Ballot.topic_id)
    .outerjoin(
        Elector,
        and_(
            Elector.ballot_id == Ballot.id,
            Elector.person_id == bindparam("person_id", type_=Uuid()),
        ),
    )
    .where(Round.id == func.any(ids()), Round.outcome.is_not(None), visible())
)


async def of_ballots(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[list[Round]]:
    """Return the rounds of each ballot, the first one first."""
    rows = await session.scalars(OF_BALLOTS, {"ids": keys, **seen_by(viewer)})
    return grouped(keys, rows, lambda row: row.ballot_id)


async def results(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Standing | None]:
    """Return what each round came to; None while it lasts, and where nothing of it is disclosed.

    Where electors are fed back the result of their own group alone, there is nothing else in it.
    """
    parameters = {"ids": keys, "person_id": viewer.person_id, **seen_by(viewer)}
    found = {
        row.id: _standing(audience(viewer, row), row)
        for row in await session.execute(RESULTS, parameters)
    }
    return [found.get(key) for key in keys]


def _standing(reader: Audience | None, row: Any) -> Standing | None:
    shown = round_disclosed(reader, row.visibility, row.state, row.feedback)
    if reader is None or shown is Feedback.NONE:
        return None
    consensus, as_of = restore(row.outcome), row.outcome["as_of"][reader]
    if shown is Feedback.OWN_GROUP:
        own = _of_group(consensus, row.constituency_id)
        return None if own is None else Standing(row.kind, own, as_of, None)
    still = stability(square(row.shifts)) if row.shifts else None
    return Standing(row.kind, consensus, as_of, still)


def _of_group(consensus: Consensus, constituency_id: UUID | None) -> Consensus | None:
    """Return a result with one group alone; None for who is in no group that is told."""
    own = [
        group for group in consensus.by_constituency if group.constituency == str(constituency_id)
    ]
    if not own or own[0].voted is None:
        return None
    return replace(
        consensus,
        status=Status.WITHHELD,
        reasons=("The result of your own group is shown.",),
        overall=None,
        by_constituency=tuple(own),
        turnout=Turnout(own[0].voted, own[0].eligible),
    )

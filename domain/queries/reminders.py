"""Ballots that wait for the viewer's vote and say so: told to nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, exists, or_, select

from domain.database import Session
from domain.models.ballots import Ballot, Elector
from domain.models.topics import Topic
from domain.models.votes import Vote
from domain.permissions import Viewer
from domain.queries.ballots import OPEN_NOW, with_host
from domain.queries.pages import seen_by, visible

_OWN = bindparam("person_id", type_=Uuid())
_VOTE = and_(
    Vote.ballot_id == Ballot.id, Vote.person_id == Elector.person_id, Vote.round == Ballot.round
)
# Who voted is asked again when their vote has gone stale; the others when somebody reminded them.
# Whoever took their paper may have cast it: nobody knows.
_WAITING = or_(
    exists().where(_VOTE, Vote.stale),
    and_(Ballot.reminded_at.is_not(None), ~exists().where(_VOTE), ~Elector.took_paper),
)
OF_VIEWER = (
    with_host(
        select(Ballot)
        .join(Elector, Elector.ballot_id == Ballot.id)
        .join(Topic, Topic.id == Ballot.topic_id)
    )
    .where(Elector.person_id == _OWN, OPEN_NOW, _WAITING, visible())
    .order_by(Ballot.id)
)


async def of_people(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Ballot] | None]:
    """Return the ballots that wait for each person's vote, None for everybody but the viewer."""
    own = viewer.person_id
    if own not in keys:
        return [None] * len(keys)
    rows = list(await session.scalars(OF_VIEWER, {"person_id": own, **seen_by(viewer)}))
    return [rows if key == own else None for key in keys]

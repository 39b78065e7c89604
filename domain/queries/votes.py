"""Reads of votes and of how they were cast before, for those to whom they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, func, or_, select, tuple_

from domain.consensus.choices import BallotKind
from domain.database import Session
from domain.lifecycle import BallotState
from domain.models.ballots import Ballot, BallotSecrecy, BallotVisibility, Elector
from domain.models.comments import HidingGround
from domain.models.topics import Topic
from domain.models.votes import CastVote, Vote
from domain.permissions import Permission, Viewer, allowed
from domain.queries.consensus import votes_shown
from domain.queries.pages import (
    Page,
    Paged,
    Slice,
    Told,
    Wanted,
    entitled,
    grouped,
    ids,
    in_order,
)


def _shown(*, voted: bool) -> ColumnElement[bool]:
    """Return the guard of `domain.queries.consensus`, asked for every case, as a condition."""
    return tuple_(Ballot.secrecy, Ballot.visibility, Ballot.state).in_(
        [
            case
            for case in product(BallotSecrecy, BallotVisibility, BallotState)
            if votes_shown(*case, voted=voted)
        ]
    )


SHOWN = and_(
    entitled(),
    or_(_shown(voted=False), and_(Ballot.id == func.any(ids("voted_in")), _shown(voted=True))),
)
_VOTES = (
    select(Vote).join(Ballot, Ballot.id == Vote.ballot_id).join(Topic, Topic.id == Vote.topic_id)
)

BY_IDS = _VOTES.add_columns(
    Ballot.secrecy, Ballot.visibility, Ballot.state, Topic.scopes, Topic.public
).where(Vote.id == func.any(ids()))
_OF_VIEWER = (
    select(Vote)
    .join(Ballot, Ballot.id == Vote.ballot_id)
    .where(
        Vote.ballot_id == func.any(ids()), Vote.person_id == bindparam("person_id", type_=Uuid())
    )
)
OF_VIEWER = _OF_VIEWER.where(Vote.round == Ballot.round)
OF_VIEWER_BEFORE = _OF_VIEWER.where(Vote.round == Ballot.round - 1)
OF_BALLOTS = Paged(_VOTES.where(SHOWN, Vote.round == Ballot.round), Vote, Vote.ballot_id)
ASKED = select(Ballot.id, Ballot.kind, Ballot.options).where(Ballot.id == func.any(ids()))
RECUSED = (
    select(Vote.id)
    .join(Elector, and_(Elector.ballot_id == Vote.ballot_id, Elector.person_id == Vote.person_id))
    .where(Vote.id == func.any(ids()), Elector.recused)
)
HIDDEN = select(Vote.id, Vote.hidden_ground).where(
    Vote.id == func.any(ids()), Vote.hidden_ground.is_not(None)
)
HISTORY = (
    select(CastVote)
    .join(Vote, Vote.id == CastVote.vote_id)
    .where(CastVote.vote_id == func.any(ids()), CastVote.revision < Vote.revision)
    .order_by(CastVote.revision)
)


class _ByIds(Told[Vote]):
    """Votes by their ids.

    One's own is always shown, and so is what one cast for somebody else.
    """

    async def rows(
        self, session: Session, keys: Sequence[UUID], _wanted: Wanted = None
    ) -> Sequence[Any]:
        """See Told."""
        rows = await session.execute(BY_IDS, {"ids": keys})
        return in_order(keys, rows, lambda row: row[0].id)

    def told(self, viewer: Viewer, rows: Sequence[Any]) -> list[Vote | None]:
        """See Told."""
        return [
            row[0] if row is not None and (_shown_to(viewer, row) or _own(viewer, row[0])) else None
            for row in rows
        ]


by_ids = _ByIds()


def _shown_to(viewer: Viewer, row: Any) -> bool:
    """Say of a row of BY_IDS what SHOWN says."""
    voted = row[0].ballot_id in viewer.voted_in
    return votes_shown(row.secrecy, row.visibility, row.state, voted=voted) and allowed(
        viewer, Permission.VIEW, row
    )


def _own(viewer: Viewer, vote: Vote) -> bool:
    # Asked for one by one, so that a Representative notes only whom it is about.
    return viewer.is_person(vote.person_id) or (
        vote.cast_by_id is not None and viewer.is_person(vote.cast_by_id)
    )


async def of_viewer(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Vote | None]:
    """Return the viewer's own vote in each ballot's present round, None where there is none."""
    rows = await session.scalars(OF_VIEWER, {"ids": keys, "person_id": viewer.person_id})
    return in_order(keys, rows, lambda row: row.ballot_id)


async def of_viewer_before(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Vote | None]:
    """Return the viewer's own vote in each ballot's round before, None where there is none."""
    rows = await session.scalars(OF_VIEWER_BEFORE, {"ids": keys, "person_id": viewer.person_id})
    return in_order(keys, rows, lambda row: row.ballot_id)


async def of_ballots(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Vote]]:
    """Return the votes in each ballot's present round, none where the viewer is not shown them."""
    return await OF_BALLOTS.slices(session, viewer, keys, page, **voted_in(viewer))


async def count_of_ballots(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many votes in each ballot's present round are shown to the viewer."""
    return await OF_BALLOTS.counts(session, viewer, keys, **voted_in(viewer))


class Asked(Protocol):
    """What the ordinals of the votes of a ballot mean."""

    id: UUID
    kind: BallotKind
    options: list[str]


async def asked(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Asked | None]:
    """Return what each ballot asks for, which says what the ordinals of its votes mean."""
    rows = await session.execute(ASKED, {"ids": keys})
    return in_order(keys, rows, lambda row: row.id)


async def recused(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[bool]:
    """Say of each vote whether it does not count, because its voter is recused."""
    found = set(await session.scalars(RECUSED, {"ids": keys}))
    return [key in found for key in keys]


async def hidden_grounds(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[HidingGround | None]:
    """Return why the reason of each vote is hidden, None where it is not."""
    rows = await session.execute(HIDDEN, {"ids": keys})
    found = {row.id: row.hidden_ground for row in rows}
    return [found.get(key) for key in keys]


async def history(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[CastVote]]:
    """Return how each vote was cast before it became what it is, oldest first."""
    rows = await session.scalars(HISTORY, {"ids": keys})
    return grouped(keys, rows, lambda row: row.vote_id)


def voted_in(viewer: Viewer) -> dict[str, Any]:
    """Return the parameter of SHOWN that is not among those of `seen_by`."""
    return {"voted_in": list(viewer.voted_in)}

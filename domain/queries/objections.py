"""Reads of objections, for those to whom the votes of the ballot are shown."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from domain.database import Session
from domain.lifecycle import BallotState, Facts
from domain.models.ballots import Ballot
from domain.models.objections import Objection
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import Page, Paged, Slice, ids, shown_or_own
from domain.queries.votes import SHOWN, voted_in

_OBJECTIONS = (
    select(Objection)
    .join(Ballot, Ballot.id == Objection.ballot_id)
    .join(Topic, Topic.id == Objection.topic_id)
)

BY_IDS = _OBJECTIONS.add_columns(SHOWN).where(Objection.id == func.any(ids()))
OF_BALLOTS = Paged(_OBJECTIONS.where(SHOWN), Objection, Objection.ballot_id)
FACTS = (
    select(Objection.id, Objection.person_id, Ballot.state)
    .join(Ballot, Ballot.id == Objection.ballot_id)
    .where(Objection.id == func.any(ids()))
)


async def by_ids(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Objection | None]:
    """Return objections, None for those that the viewer may not see; one's own is always shown."""
    return await shown_or_own(session, viewer, keys, BY_IDS, **voted_in(viewer))


async def of_ballots(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Objection]]:
    """Return the objections in each ballot; none where they are not shown to the viewer."""
    return await OF_BALLOTS.slices(session, viewer, keys, page, **voted_in(viewer))


async def count_of_ballots(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many objections in each ballot are shown to the viewer."""
    return await OF_BALLOTS.counts(session, viewer, keys, **voted_in(viewer))


async def facts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return the counts that the life of an objection asks for: `ballot_closed`, `not_own`."""
    found = {row.id: row for row in await session.execute(FACTS, {"ids": keys})}
    return [
        {
            "ballot_closed": int(found[key].state != BallotState.OPEN),
            "not_own": int(not viewer.is_person(found[key].person_id)),
        }
        for key in keys
    ]

"""Reads of roundtables and of the invitations to them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, cast, func, select

from domain.database import Session
from domain.lifecycle import HELD, EngagementState, Facts
from domain.models.ballots import Ballot
from domain.models.engagements import Engagement
from domain.models.roundtables import Invitation, Roundtable
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.ballots import INVITED
from domain.queries.pages import (
    ById,
    Listed,
    Page,
    Paged,
    Slice,
    ids,
    in_order,
    shown_or_own,
    visible,
)

_OWN = bindparam("own_id", type_=Uuid())
_ROUNDTABLES = select(Roundtable).join(Topic, Topic.id == Roundtable.id).where(visible())
_INVITATIONS = select(Invitation).join(Topic, Topic.id == Invitation.roundtable_id).where(visible())

by_ids: ById[Roundtable] = ById(Roundtable, Roundtable.id)
OF_ENGAGEMENTS = Paged(_ROUNDTABLES, Roundtable, Roundtable.engagement_id)
INVITATIONS_BY_IDS = (
    select(Invitation, visible())
    .join(Topic, Topic.id == Invitation.roundtable_id)
    .where(Invitation.id == func.any(ids()))
)
INVITATIONS_OF_ROUNDTABLES = Paged(_INVITATIONS, Invitation, Invitation.roundtable_id)
INVITATIONS_OF_VIEWER = Listed[Invitation](
    select(Invitation).where(Invitation.person_id == _OWN, Invitation.state.in_(INVITED)),
    Invitation,
)
OWN_INVITATIONS = select(Invitation).where(
    Invitation.roundtable_id == func.any(ids()), Invitation.person_id == _OWN
)
MISSING = ("engagement_closed", "ballots_open")
FACTS = (
    select(
        Roundtable.id,
        cast(Engagement.state != EngagementState.OPEN, Integer).label("engagement_closed"),
        select(func.count())
        .where(Ballot.topic_id == Roundtable.id, Ballot.state.in_(HELD))
        .scalar_subquery()
        .label("ballots_open"),
    )
    .join(Engagement, Engagement.id == Roundtable.engagement_id)
    .where(Roundtable.id == func.any(ids()))
)


async def of_engagements(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Roundtable]]:
    """Return the roundtables of each exercise that the viewer may know of."""
    return await OF_ENGAGEMENTS.slices(session, viewer, keys, page)


async def count_of_engagements(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many roundtables of each exercise the viewer may know of."""
    return await OF_ENGAGEMENTS.counts(session, viewer, keys)


async def facts(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what each roundtable still misses for its next step, as its lifecycle names it."""
    found = {row.id: row for row in await session.execute(FACTS, {"ids": keys})}
    return [{name: getattr(found[key], name) for name in MISSING} for key in keys]


async def invitations_by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Invitation | None]:
    """Return invitations, None for those that the viewer may not know of.

    What became of one's own stays one's own to see, though the roundtable does not.
    """
    return await shown_or_own(session, viewer, keys, INVITATIONS_BY_IDS)


async def invitations_of_roundtables(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Invitation]]:
    """Return the invitations to each roundtable, whatever became of them."""
    return await INVITATIONS_OF_ROUNDTABLES.slices(session, viewer, keys, page)


async def count_invitations_of_roundtables(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many invitations to each roundtable there are."""
    return await INVITATIONS_OF_ROUNDTABLES.counts(session, viewer, keys)


async def own_invitations(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Invitation | None]:
    """Return the viewer's own invitation to each roundtable, None where there is none."""
    rows = await session.scalars(OWN_INVITATIONS, {"ids": keys, "own_id": viewer.person_id})
    return in_order(keys, rows, lambda row: row.roundtable_id)


async def invitations_of_viewer(session: Session, viewer: Viewer, page: Page) -> Slice[Invitation]:
    """Return a page of the viewer's own invitations that were neither declined nor withdrawn."""
    return await INVITATIONS_OF_VIEWER.slice(session, viewer, page, own_id=viewer.person_id)


async def count_invitations_of_viewer(session: Session, viewer: Viewer) -> int:
    """Return how many such invitations the viewer has."""
    return await INVITATIONS_OF_VIEWER.count(session, viewer, own_id=viewer.person_id)

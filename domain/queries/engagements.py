"""Reads of engagement exercises and their webinars."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Integer, bindparam, cast, exists, func, select

from domain.database import Session
from domain.lifecycle import HELD, EngagementState, Facts
from domain.models.ballots import Ballot
from domain.models.engagements import Engagement, Webinar
from domain.models.roundtables import Roundtable
from domain.models.stakeholders import Constituency
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, Listed, Page, Paged, Slice, grouped, ids, seen_by, visible

_ENGAGEMENTS = select(Engagement).join(Topic, Topic.id == Engagement.id).where(visible())
_WEBINARS = select(Webinar).join(Topic, Topic.id == Webinar.engagement_id).where(visible())
_STATE = bindparam("state", type_=Engagement.state.type)

by_ids: ById[Engagement] = ById(Engagement, Engagement.id)
OF_SPECIFICATIONS = Paged(_ENGAGEMENTS, Engagement, Engagement.specification_id)
LISTED = Listed[Engagement](
    _ENGAGEMENTS.where(Engagement.state == func.coalesce(_STATE, Engagement.state)), Engagement
)
webinars_by_ids: ById[Webinar] = ById(Webinar, Webinar.engagement_id)
WEBINARS_OF_ENGAGEMENTS = _WEBINARS.where(Webinar.engagement_id == func.any(ids())).order_by(
    Webinar.starts_at, Webinar.id
)
MISSING = ("constituencies_missing", "briefing_missing", "ballots_open", "roundtables_open")
# Roundtables count only for those who may know of them: who may close the exercise, knows of all.
FACTS = select(
    Engagement.id,
    cast(~exists().where(Constituency.engagement_id == Engagement.id), Integer).label(
        "constituencies_missing"
    ),
    cast(Engagement.briefing == "", Integer).label("briefing_missing"),
    select(func.count())
    .where(Ballot.topic_id == Engagement.id, Ballot.state.in_(HELD))
    .scalar_subquery()
    .label("ballots_open"),
    select(func.count())
    .select_from(Roundtable)
    .join(Topic, Topic.id == Roundtable.id)
    .where(
        Roundtable.engagement_id == Engagement.id,
        Roundtable.state == EngagementState.OPEN,
        visible(),
    )
    .scalar_subquery()
    .label("roundtables_open"),
).where(Engagement.id == func.any(ids()))


async def of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Engagement]]:
    """Return the exercises about each specification."""
    return await OF_SPECIFICATIONS.slices(session, viewer, keys, page)


async def count_of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many exercises there are about each specification."""
    return await OF_SPECIFICATIONS.counts(session, viewer, keys)


async def listed(
    session: Session, viewer: Viewer, page: Page, *, state: EngagementState | None
) -> Slice[Engagement]:
    """Return a page of all exercises, or of those in one state."""
    return await LISTED.slice(session, viewer, page, state=state)


async def count_listed(session: Session, viewer: Viewer, *, state: EngagementState | None) -> int:
    """Return how many exercises there are, or how many in one state."""
    return await LISTED.count(session, viewer, state=state)


async def facts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what each exercise still misses for its next step, as its lifecycle names it."""
    rows = await session.execute(FACTS, {"ids": keys, **seen_by(viewer)})
    found = {row.id: row for row in rows}
    return [{name: getattr(found[key], name) for name in MISSING} for key in keys]


async def webinars_of_engagements(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Webinar]]:
    """Return the webinars of each exercise, the earliest first."""
    rows = await session.scalars(WEBINARS_OF_ENGAGEMENTS, {"ids": keys, **seen_by(viewer)})
    return grouped(keys, rows, lambda row: row.engagement_id)

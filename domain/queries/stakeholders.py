"""Reads of the stakeholders of exercises and of their constituencies."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select

from domain.database import Session
from domain.models.stakeholders import Constituency, Stakeholder
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import (
    ById,
    Page,
    Paged,
    Slice,
    entitled,
    grouped,
    ids,
    in_order,
    seen_by,
    shown_or_own,
    visible,
)

# Who takes part is for those who take part. One's own part makes one too, as soon as one's roles
# are read again; `by_ids` shows it at once.
_STAKEHOLDERS = (
    select(Stakeholder).join(Topic, Topic.id == Stakeholder.engagement_id).where(entitled())
)
_CONSTITUENCIES = (
    select(Constituency).join(Topic, Topic.id == Constituency.engagement_id).where(visible())
)

BY_IDS = (
    select(Stakeholder, entitled())
    .join(Topic, Topic.id == Stakeholder.engagement_id)
    .where(Stakeholder.id == func.any(ids()))
)
OF_ENGAGEMENTS = Paged(_STAKEHOLDERS, Stakeholder, Stakeholder.engagement_id)
OF_CONSTITUENCIES = Paged(_STAKEHOLDERS, Stakeholder, Stakeholder.constituency_id)
OF_VIEWER = select(Stakeholder).where(
    Stakeholder.engagement_id == func.any(ids()),
    Stakeholder.person_id == bindparam("own_id", type_=Uuid()),
)
constituencies_by_ids: ById[Constituency] = ById(Constituency, Constituency.engagement_id)
CONSTITUENCIES_OF_ENGAGEMENTS = _CONSTITUENCIES.where(
    Constituency.engagement_id == func.any(ids())
).order_by(Constituency.position)
SIZES = (
    select(Stakeholder.constituency_id, func.count())
    .where(Stakeholder.constituency_id == func.any(ids()))
    .group_by(Stakeholder.constituency_id)
)

CONSTITUENCY_NAME = (
    select(Constituency.name)
    .join(Stakeholder, Stakeholder.constituency_id == Constituency.id)
    .join(Topic, Stakeholder.engagement_id == func.any(Topic.scopes))
    .where(Topic.id == bindparam("topic_id"), Stakeholder.person_id == bindparam("person_id"))
    .limit(1)
)


async def by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Stakeholder | None]:
    """Return stakeholders, None for those that the viewer may not know of."""
    return await shown_or_own(session, viewer, keys, BY_IDS)


async def of_engagements(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Stakeholder]]:
    """Return the stakeholders of each exercise; none for those who do not take part."""
    return await OF_ENGAGEMENTS.slices(session, viewer, keys, page)


async def count_of_engagements(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many stakeholders of each exercise the viewer may see."""
    return await OF_ENGAGEMENTS.counts(session, viewer, keys)


async def of_constituencies(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Stakeholder]]:
    """Return the stakeholders in each constituency, as visible as those of the exercise."""
    return await OF_CONSTITUENCIES.slices(session, viewer, keys, page)


async def count_of_constituencies(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many stakeholders of each constituency the viewer may see."""
    return await OF_CONSTITUENCIES.counts(session, viewer, keys)


async def of_viewer(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Stakeholder | None]:
    """Return the viewer's own part in each exercise, None where they have none."""
    rows = await session.scalars(OF_VIEWER, {"ids": keys, "own_id": viewer.person_id})
    return in_order(keys, rows, lambda row: row.engagement_id)


async def constituencies_of_engagements(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Constituency]]:
    """Return the constituencies of each exercise, in the order in which they were declared."""
    rows = await session.scalars(CONSTITUENCIES_OF_ENGAGEMENTS, {"ids": keys, **seen_by(viewer)})
    return grouped(keys, rows, lambda row: row.engagement_id)


async def sizes(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many stakeholders each constituency has, which is no secret."""
    found = {row[0]: row[1] for row in await session.execute(SIZES, {"ids": keys})}
    return [found.get(key, 0) for key in keys]


async def constituency_name(session: Session, person_id: UUID, topic_id: UUID) -> str | None:
    """Return for which constituency a person takes part in a topic or in what contains it."""
    return await session.scalar(CONSTITUENCY_NAME, {"topic_id": topic_id, "person_id": person_id})

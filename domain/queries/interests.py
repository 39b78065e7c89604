"""Reads of the interests that people declared, for the members of the topic."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from domain.database import Session
from domain.models.interests import Interest, Mitigation
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import Page, Paged, Slice, entitled, ids, shown_or_own

# Whether a person declared an interest that recuses from a ballot: in its topic or in what contains
# that, in its subject, or in the ballot itself.
COVERED = (
    "EXISTS (SELECT FROM interests JOIN topics ON topics.id = ballots.topic_id "
    "WHERE interests.person_id = {person} AND interests.withdrawn_at IS NULL "
    f"AND interests.mitigation = '{Mitigation.RECUSE}' "
    "AND interests.topic_id = ANY (topics.scopes) "
    "AND (interests.subject_id IS NULL OR interests.subject_id = ANY (topics.scopes) "
    "OR interests.subject_id IN (ballots.subject_id, ballots.id)))"
)

_INTERESTS = select(Interest).join(Topic, Topic.id == Interest.topic_id)

BY_IDS = _INTERESTS.add_columns(entitled()).where(Interest.id == func.any(ids()))
OF_TOPICS = Paged(_INTERESTS.where(entitled()), Interest, Interest.topic_id)

_RECUSING = and_(
    Interest.withdrawn_at.is_(None),
    Interest.mitigation == Mitigation.RECUSE,
    Interest.topic_id == func.any(Topic.scopes),
    or_(Interest.subject_id.is_(None), Interest.subject_id == func.any(Topic.scopes)),
)
# Those whose interest excludes them from judging and deciding on the whole of the joined topic.
RECUSED = func.array(
    select(Interest.person_id).where(_RECUSING).correlate(Topic).scalar_subquery(),
    type_=ARRAY(Uuid()),
)


def recused(person_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Return the condition that somebody's interest excludes them, as `RECUSED` says."""
    return (
        exists()
        .where(Interest.person_id == person_id, _RECUSING)
        .correlate(Topic, person_id.class_)
    )


async def by_ids(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Interest | None]:
    """Return interests, None for those that the viewer may not see; one's own is always shown."""
    return await shown_or_own(session, viewer, keys, BY_IDS)


async def of_topics(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Interest]]:
    """Return the interests in each topic, the withdrawn ones too."""
    return await OF_TOPICS.slices(session, viewer, keys, page)


async def count_of_topics(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many interests in each topic the viewer may see."""
    return await OF_TOPICS.counts(session, viewer, keys)

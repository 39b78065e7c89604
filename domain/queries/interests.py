"""Reads of the interests that people declared, for the members of the topic."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

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

"""Reads of moderators' decisions, of flags and appeals, and of what is asked of moderators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    String,
    Uuid,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from domain.database import Session
from domain.errors import NotFound
from domain.models.comments import Thread
from domain.models.dispositions import Disposition
from domain.models.engagements import Engagement
from domain.models.moderation import Appeal, Flag, ModerationDecision
from domain.models.topics import Topic
from domain.permissions import Audience, Permission, Viewer, audience
from domain.queries import topics
from domain.queries.pages import Listed, Page, Slice, grouped, ids, in_order, seen_by, visible
from domain.unit_of_work import require_allowed

_DECISIONS = select(ModerationDecision, Topic, ModerationDecision.author_id).join(
    Topic, Topic.id == ModerationDecision.topic_id
)
_APPEALS = select(Appeal, Topic, Appeal.appellant_id).join(Topic, Topic.id == Appeal.topic_id)

BY_IDS = _DECISIONS.where(ModerationDecision.id == func.any(ids()))
OF_WORDS = _DECISIONS.where(ModerationDecision.words_id == func.any(ids())).order_by(
    ModerationDecision.decided_at, ModerationDecision.id
)
OF_THREADS = (
    select(ModerationDecision)
    .join(Topic, Topic.id == ModerationDecision.topic_id)
    .where(
        visible(),
        ModerationDecision.words_id.is_(None),
        ModerationDecision.thread_id == func.any(ids()),
    )
    .order_by(ModerationDecision.id)
)
APPEALS_BY_IDS = _APPEALS.where(Appeal.id == func.any(ids()))
APPEALS_OF_DECISIONS = _APPEALS.where(Appeal.moderation_decision_id == func.any(ids()))
FLAGS = (
    select(Flag, Topic)
    .join(Topic, Topic.id == Flag.topic_id)
    .where(Flag.words_id == func.any(ids()))
    .order_by(Flag.id)
)


class Asked(StrEnum):
    """What moderators are asked for."""

    FLAGGED = "FLAGGED"
    APPEALED = "APPEALED"
    UNDISPOSED = "UNDISPOSED"


def _topic() -> BindParameter[UUID]:
    return bindparam("topic_id", type_=Uuid())


def _literal(name: str) -> ColumnElement[str]:
    return literal_column(f"'{name}'", String)


def _asked(asked: Asked, id: Any, kind: Any, subject_id: Any, since: Any) -> Select[Any]:
    return select(
        id.label("id"),
        _literal(asked).label("asked"),
        kind.label("subject_kind"),
        subject_id.label("subject_id"),
        since.label("since"),
    )


_EARLIER = aliased(Flag)
# Whatever the number of their flags, words are asked about once, since the first of them.
_ASKED = union_all(
    _asked(
        Asked.FLAGGED, Flag.id, cast(Flag.words_kind, String), Flag.words_id, Flag.created_at
    ).where(
        Flag.topic_id == _topic(),
        Flag.settled_at.is_(None),
        ~exists().where(
            _EARLIER.words_id == Flag.words_id,
            _EARLIER.settled_at.is_(None),
            _EARLIER.id < Flag.id,
        ),
    ),
    _asked(Asked.APPEALED, Appeal.id, _literal("APPEAL"), Appeal.id, Appeal.created_at).where(
        Appeal.topic_id == _topic(), Appeal.answered_at.is_(None)
    ),
    _asked(Asked.UNDISPOSED, Thread.id, _literal("THREAD"), Thread.id, Thread.created_at)
    .join(Engagement, Engagement.id == Thread.topic_id)
    .where(Thread.topic_id == _topic(), ~exists().where(Disposition.thread_id == Thread.id)),
).subquery("queue")
QUEUE = Listed[Any](select(_ASKED), _ASKED.c)


async def by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[ModerationDecision | None]:
    """Return decisions, None for those that the viewer may not know of.

    Those on words are for their author and the moderators, those on a thread for its readers.
    """
    rows = await session.execute(BY_IDS, {"ids": keys})
    of_threads = [
        decision
        for decision, topic, _ in rows
        if decision.words_id is None and audience(viewer, topic) is not None
    ]
    found = [*of_threads, *_concerning(viewer, rows)]
    return in_order(keys, found, lambda row: row.id)


async def of_words(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ModerationDecision]]:
    """Return the decisions on any words, oldest first; none but for author and moderators."""
    rows = await session.execute(OF_WORDS, {"ids": keys})
    return grouped(keys, _concerning(viewer, rows), lambda row: row.words_id)


async def of_threads(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ModerationDecision]]:
    """Return the decisions on each thread as a whole, oldest first."""
    rows = await session.scalars(OF_THREADS, {"ids": keys, **seen_by(viewer)})
    return grouped(keys, rows, lambda row: row.thread_id)


async def appeals_by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Appeal | None]:
    """Return appeals, None for those that are neither one's own nor one's to answer."""
    rows = await session.execute(APPEALS_BY_IDS, {"ids": keys})
    return in_order(keys, _concerning(viewer, rows), lambda row: row.id)


async def appeals_of_decisions(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Appeal | None]:
    """Return the appeal against each decision, None where the viewer may know of none."""
    rows = await session.execute(APPEALS_OF_DECISIONS, {"ids": keys})
    return in_order(keys, _concerning(viewer, rows), lambda row: row.moderation_decision_id)


async def flags(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[list[Flag]]:
    """Return who flagged any words and why, oldest first; none but for moderators."""
    rows = await session.execute(FLAGS, {"ids": keys})
    shown = (flag for flag, topic in rows if audience(viewer, topic) is Audience.MODERATORS)
    return grouped(keys, shown, lambda row: row.words_id)


async def queue(session: Session, viewer: Viewer, page: Page, *, topic_id: UUID) -> Slice[Any]:
    """Return a page of what is asked of the moderators of a topic, what has waited longest first.

    Rows have the `id` of what asks, `asked`, `subject_kind`, `subject_id` and `since`. Raises
    NotFound where there is no topic that the viewer may know of, NotAllowed where they do not
    moderate it.
    """
    await _require_moderator(session, viewer, topic_id)
    return await QUEUE.slice_of_rows(session, viewer, page, topic_id=topic_id)


async def count_queue(session: Session, viewer: Viewer, *, topic_id: UUID) -> int:
    """Return how much is asked of the moderators of a topic; errors as for `queue`."""
    await _require_moderator(session, viewer, topic_id)
    return await QUEUE.count(session, viewer, topic_id=topic_id)


async def _require_moderator(session: Session, viewer: Viewer, topic_id: UUID) -> None:
    [topic] = await topics.by_ids(session, viewer, [topic_id])
    if topic is None or audience(viewer, topic) is None:
        raise NotFound("There is no topic with this id that you may see.", ("topic_id",))
    require_allowed(viewer, Permission.MODERATE, topic, doing="reading its moderation queue")


def _concerning(viewer: Viewer, rows: Iterable[Any]) -> Iterator[Any]:
    """Yield what concerns the viewer: as moderator of the topic, or as author.

    A row is a record, its topic, and the author of what it is about.
    """
    for record, topic, author_id in rows:
        reads = audience(viewer, topic)
        if reads is Audience.MODERATORS or viewer.is_person(author_id):
            yield record

"""Publishing what an exercise was told and what was done with it, and correcting that."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, func, insert, select
from sqlalchemy.orm import aliased

from domain.commands.dispositions import Answer, append
from domain.errors import Conflict
from domain.events import ResponseCorrected, ResponsePublished
from domain.ids import new_id
from domain.lifecycle import ENGAGEMENT, EngagementState, require
from domain.models.comments import Comment, CommentStanding, Thread
from domain.models.dispositions import Disposition
from domain.models.engagements import Engagement
from domain.models.responses import Response, ResponseEntry
from domain.models.stakeholders import Stakeholder
from domain.permissions import Permission
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

_LATER = aliased(Disposition)
UNDISPOSED = select(func.count()).where(
    Thread.topic_id == bindparam("topic_id"),
    ~exists().where(Disposition.thread_id == Thread.id),
)
ANSWERED = (
    select(
        Comment.id.label("comment_id"),
        Comment.thread_id,
        Disposition.id.label("disposition_id"),
        Stakeholder.constituency_id,
    )
    .join(Disposition, Disposition.thread_id == Comment.thread_id)
    .outerjoin(
        Stakeholder,
        and_(
            Stakeholder.engagement_id == Comment.topic_id,
            Stakeholder.person_id == Comment.author_id,
        ),
    )
    .where(
        Comment.topic_id == bindparam("topic_id"),
        Comment.standing == CommentStanding.STANDING,
        ~exists().where(
            _LATER.thread_id == Disposition.thread_id, _LATER.number > Disposition.number
        ),
    )
    .order_by(Comment.id)
)
LAST = (
    select(Response)
    .where(Response.engagement_id == bindparam("engagement_id"))
    .order_by(Response.version.desc())
    .limit(1)
)
ENTRIES = (
    select(
        ResponseEntry.comment_id,
        ResponseEntry.thread_id,
        ResponseEntry.disposition_id,
        ResponseEntry.constituency_id,
    )
    .where(ResponseEntry.response_id == bindparam("response_id"))
    .order_by(ResponseEntry.id)
)


async def publish_response(
    uow: UnitOfWork, *, engagement_id: UUID, reason: str, expected_revision: int | None
) -> UUID:
    """Publish, once, what a closed exercise answers to each comment; return the response's id.

    Every thread needs a disposition. From then on comments, themes and dispositions stay as they
    are.
    """
    engagement = await uow.load(Engagement, engagement_id, Permission.MODERATE)
    uow.expect(engagement, expected_revision)
    require(ENGAGEMENT, engagement.state, (EngagementState.CLOSED,), "Publishing its response")
    if engagement.responded_at is not None:
        raise Conflict("The response of this exercise is published already; it can be corrected.")
    missing = await uow.session.scalar(UNDISPOSED, {"topic_id": engagement.id})
    if missing:
        raise Conflict(f"Threads that still lack a disposition: {missing}.")
    engagement.responded_at = uow.now
    engagement.revision += 1
    answered = await uow.session.execute(ANSWERED, {"topic_id": engagement.id})
    entries = [dict(row) for row in answered.mappings()]
    response = await _publish(uow, engagement.id, 1, reason, entries)
    uow.emit(
        engagement.id,
        ResponsePublished(
            engagement_id=engagement.id,
            response_id=response.id,
            version=response.version,
            reason=response.reason,
        ),
    )
    return response.id


async def correct_response(
    uow: UnitOfWork, *, thread_id: UUID, answer: Answer, expected_revision: int | None
) -> UUID:
    """Correct what a published response says of one thread, by a new version of it.

    The reason of the disposition is that of the correction; earlier versions stay readable.
    """
    thread = await uow.load(Thread, thread_id, Permission.MODERATE)
    uow.expect(thread, expected_revision)
    # Versions follow each other one by one, so this takes the row that publishing takes, too.
    exercise = await uow.session.get(
        Engagement, thread.topic_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if exercise is None or exercise.responded_at is None:
        raise Conflict("Nothing is published yet that rests on this. Please set its disposition.")
    disposition = await append(uow, thread, exercise, answer)
    last = (await uow.session.scalars(LAST, {"engagement_id": exercise.id})).one()
    entries = [
        dict(row)
        for row in (await uow.session.execute(ENTRIES, {"response_id": last.id})).mappings()
    ]
    for entry in entries:
        if entry["thread_id"] == thread.id:
            entry["disposition_id"] = disposition.id
    response = await _publish(uow, exercise.id, last.version + 1, answer["reason"], entries)
    uow.emit(
        exercise.id,
        ResponseCorrected(
            engagement_id=exercise.id,
            response_id=response.id,
            version=response.version,
            thread_id=thread.id,
            reason=response.reason,
        ),
    )
    return response.id


async def _publish(
    uow: UnitOfWork,
    engagement_id: UUID,
    version: int,
    reason: str,
    entries: list[dict[str, Any]],
) -> Response:
    response = Response(
        engagement_id=engagement_id,
        version=version,
        reason=clean(reason, "reason", limit=REASON_LENGTH),
        publisher_id=uow.actor_id,
        published_at=uow.now,
    )
    await uow.add(response)
    if entries:
        own = {"response_id": response.id, "topic_id": engagement_id}
        await uow.session.execute(
            insert(ResponseEntry), [{"id": new_id(), **own, **entry} for entry in entries]
        )
    return response

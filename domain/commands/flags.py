"""Asking moderators to look at a comment."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, select

from domain.errors import Conflict
from domain.events import MODERATORS, CommentFlagged
from domain.models.comments import Comment, CommentStanding
from domain.models.moderation import Flag
from domain.permissions import Permission
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MINE = select(Flag.id).where(
    Flag.comment_id == bindparam("comment_id"), Flag.person_id == bindparam("own_id")
)


async def flag_comment(uow: UnitOfWork, *, comment_id: UUID, reason: str) -> UUID:
    """Ask the moderators to look at a comment that is shown, once; return the comment's id."""
    comment = await uow.load(Comment, comment_id, Permission.COMMENT)
    if comment.hidden_at is not None or comment.standing is not CommentStanding.STANDING:
        raise Conflict("A moderator has decided on this comment already: it is not shown any more.")
    own = {"comment_id": comment.id, "own_id": uow.actor_id}
    if await uow.session.scalar(MINE, own) is not None:
        raise Conflict("You have flagged this comment already; once is enough.")
    flag = Flag(
        topic_id=comment.topic_id,
        comment_id=comment.id,
        person_id=uow.actor_id,
        reason=clean(reason, "reason", limit=REASON_LENGTH),
        created_at=uow.now,
    )
    await uow.add(flag)
    uow.emit(
        comment.topic_id,
        CommentFlagged(
            comment_id=comment.id,
            thread_id=comment.thread_id,
            flag_id=flag.id,
            reason=flag.reason,
        ),
        MODERATORS,
    )
    return comment.id

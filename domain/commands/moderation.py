"""Decisions of moderators on comments and threads alone: each with a reason, told to the author."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import aliased

from domain.commands.decisions import changed, decide, decide_on_thread, settle
from domain.commands.dispositions import require_changeable
from domain.commands.words import RECORDS, show
from domain.errors import Conflict, Invalid, NotFound
from domain.events import (
    CommentAdded,
    CommentMerged,
    CommentMoved,
    CommentSplit,
    CommentUnmerged,
    CommentUnsplit,
    CommentWithdrawn,
    ThreadLocked,
    ThreadPinned,
)
from domain.models.comments import Comment, CommentStanding, Thread
from domain.models.moderation import ModerationAction, ModerationDecision
from domain.permissions import Permission
from domain.queries.pages import ids
from domain.texts import COMMENT_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_PARTS = 20

_REVERSAL = aliased(ModerationDecision)
STANDING_LOCK = select(ModerationDecision.id).where(
    ModerationDecision.thread_id == bindparam("thread_id"),
    ModerationDecision.action == ModerationAction.LOCK,
    ~exists().where(_REVERSAL.reverses_id == ModerationDecision.id),
)
PARTS = (
    select(Comment)
    .where(
        Comment.split_from_id == bindparam("comment_id"),
        Comment.standing != CommentStanding.WITHDRAWN,
    )
    .order_by(Comment.id)
    .with_for_update(key_share=True)
)
SOURCES = select(func.count()).where(Comment.merged_into_id == func.any(ids()))


async def merge_comment(
    uow: UnitOfWork,
    *,
    comment_id: UUID,
    into_id: UUID,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Show a comment as a source of another one of the same topic, and no more on its own."""
    if comment_id == into_id:
        raise Invalid("A comment cannot be merged into itself.", ("into_id",))
    # In the order of their ids, so that two who merge two comments into each other both get on.
    found = {
        id: await uow.load(Comment, id, Permission.MODERATE) for id in sorted((comment_id, into_id))
    }
    comment, into = found[comment_id], found[into_id]
    uow.expect(comment, expected_revision)
    if into.topic_id != comment.topic_id:
        raise NotFound("There is no such comment in the place of this one.", ("into_id",))
    for each in (comment, into):
        _require_shown(each)
    await require_changeable(uow, comment.topic_id)
    decision = await decide(uow, ModerationAction.MERGE, reason, comment, into_id=into.id)
    comment.standing = CommentStanding.MERGED
    comment.merged_into_id = into.id
    uow.emit(comment.topic_id, CommentMerged(into_id=into.id, **changed(comment, decision)))
    return comment.id


async def split_comment(
    uow: UnitOfWork,
    *,
    comment_id: UUID,
    parts: Sequence[str],
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Show parts of a comment as comments of their own, in its place and by its author.

    Each part is an excerpt of it, so that nobody is given words that they did not write.
    """
    comment = await _load(uow, comment_id, expected_revision)
    _require_shown(comment)
    await require_changeable(uow, comment.topic_id)
    if not 2 <= len(parts) <= MOST_PARTS:  # noqa: PLR2004 - one part is no split
        raise Invalid(
            f"A comment is split into 2 to {MOST_PARTS} parts; {len(parts)} were sent.", ("parts",)
        )
    excerpts = [clean(part, "parts", limit=COMMENT_LENGTH) for part in parts]
    for excerpt in excerpts:
        if excerpt not in comment.body:
            raise Invalid(
                "Every part is an excerpt of the comment, word for word; "
                f"this is not in it: {excerpt[:100]}",
                ("parts",),
            )
    decision = await decide(uow, ModerationAction.SPLIT, reason, comment)
    comment.standing = CommentStanding.SPLIT
    made = [
        Comment(
            topic_id=comment.topic_id,
            thread_id=comment.thread_id,
            reply_to_id=comment.reply_to_id,
            author_id=comment.author_id,
            body=excerpt,
            split_from_id=comment.id,
            created_at=comment.created_at,
        )
        for excerpt in excerpts
    ]
    await uow.add(*made)
    uow.emit(comment.topic_id, CommentSplit(**changed(comment, decision)))
    for part in made:
        uow.emit(
            comment.topic_id,
            CommentAdded(
                comment_id=part.id,
                thread_id=part.thread_id,
                reply_to_id=part.reply_to_id,
                split_from_id=comment.id,
                body=part.body,
            ),
        )
    return comment.id


async def move_comment(
    uow: UnitOfWork,
    *,
    comment_id: UUID,
    thread_id: UUID,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Move a misposted comment to another thread of the same topic; answers to it stay behind."""
    comment = await _load(uow, comment_id, expected_revision)
    _require_standing(comment)
    thread = await uow.session.get(Thread, thread_id)
    if thread is None or thread.topic_id != comment.topic_id:
        raise NotFound("There is no such thread in the place of this comment.", ("thread_id",))
    if thread.id == comment.thread_id:
        raise Conflict("This comment is in that thread already.", current=comment)
    await _move(uow, comment, thread.id, reason)
    return comment.id


async def lock_thread(
    uow: UnitOfWork, *, thread_id: UUID, locked: bool, reason: str, expected_revision: int | None
) -> UUID:
    """Let a thread take no more comments, or take them again; repeating it changes nothing."""
    thread = await uow.load(Thread, thread_id, Permission.MODERATE)
    uow.expect(thread, expected_revision)
    if thread.locked == locked:
        return thread.id
    reverses = None
    if not locked:
        reverses = (await uow.session.execute(STANDING_LOCK, {"thread_id": thread.id})).scalar_one()
    await _lock(uow, thread, reason, reverses)
    return thread.id


async def pin_thread(uow: UnitOfWork, *, thread_id: UUID, pinned: bool, reason: str) -> UUID:
    """Pin a thread to the top, or take it from there; repeating it changes nothing."""
    thread = await uow.load(Thread, thread_id, Permission.MODERATE)
    if thread.pinned != pinned:
        action = ModerationAction.PIN if pinned else ModerationAction.UNPIN
        decision = await decide_on_thread(uow, action, reason, thread)
        thread.pinned = pinned
        thread.revision += 1
        uow.emit(
            thread.topic_id,
            ThreadPinned(
                thread_id=thread.id,
                pinned=pinned,
                moderation_decision_id=decision.id,
                revision=thread.revision,
            ),
        )
    return thread.id


async def undo(uow: UnitOfWork, decision: ModerationDecision, reason: str) -> None:
    """Take a decision back by another one, which names it.

    Raises Conflict where something happened since that stands in the way.
    """
    if decision.words_kind is None:
        thread = await uow.load(Thread, cast("UUID", decision.thread_id), Permission.MODERATE)
        await _lock(uow, thread, reason, decision.id)
        return
    words_id = cast("UUID", decision.words_id)
    words = await uow.load(RECORDS[decision.words_kind], words_id, Permission.MODERATE)
    if decision.action is ModerationAction.HIDE:
        await show(uow, words, reason, decision.id)
    else:
        await _undo_on_comment(uow, words, decision, reason)


async def _undo_on_comment(
    uow: UnitOfWork, comment: Comment, decision: ModerationDecision, reason: str
) -> None:
    match decision.action:
        case ModerationAction.MERGE:
            await _unmerge(uow, comment, reason, decision.id)
        case ModerationAction.SPLIT:
            await _unsplit(uow, comment, reason, decision.id)
        case _:
            if comment.thread_id != decision.to_thread_id:
                raise Conflict("This comment was moved once more since; please move it instead.")
            _require_standing(comment)
            await _move(uow, comment, cast("UUID", decision.thread_id), reason, decision.id)


async def _unmerge(uow: UnitOfWork, comment: Comment, reason: str, reverses_id: UUID) -> None:
    await require_changeable(uow, comment.topic_id)
    decision = await decide(uow, ModerationAction.UNMERGE, reason, comment, reverses_id=reverses_id)
    comment.standing = CommentStanding.STANDING
    comment.merged_into_id = None
    uow.emit(comment.topic_id, CommentUnmerged(**changed(comment, decision)))


async def _unsplit(uow: UnitOfWork, comment: Comment, reason: str, reverses_id: UUID) -> None:
    await require_changeable(uow, comment.topic_id)
    parts = (await uow.session.scalars(PARTS, {"comment_id": comment.id})).all()
    merged = await uow.session.scalar(SOURCES, {"ids": [part.id for part in parts]})
    if merged or any(part.standing is not CommentStanding.STANDING for part in parts):
        raise Conflict("A part of this comment was merged or split since; please see to that one.")
    if any(part.hidden_at is not None for part in parts):
        raise Conflict("A part of this comment is hidden, and would be read in it again.")
    decision = await decide(uow, ModerationAction.UNSPLIT, reason, comment, reverses_id=reverses_id)
    await settle(uow, [part.id for part in parts])
    comment.standing = CommentStanding.STANDING
    uow.emit(comment.topic_id, CommentUnsplit(**changed(comment, decision)))
    for part in parts:
        part.standing = CommentStanding.WITHDRAWN
        part.revision += 1
        uow.emit(
            part.topic_id,
            CommentWithdrawn(comment_id=part.id, thread_id=part.thread_id, revision=part.revision),
        )


async def _move(
    uow: UnitOfWork, comment: Comment, to: UUID, reason: str, reverses_id: UUID | None = None
) -> None:
    await require_changeable(uow, comment.topic_id)
    decision = await decide(
        uow, ModerationAction.MOVE, reason, comment, to_thread_id=to, reverses_id=reverses_id
    )
    left, comment.thread_id = comment.thread_id, to
    uow.emit(comment.topic_id, CommentMoved(from_thread_id=left, **changed(comment, decision)))


async def _lock(uow: UnitOfWork, thread: Thread, reason: str, reverses_id: UUID | None) -> None:
    action = ModerationAction.LOCK if reverses_id is None else ModerationAction.UNLOCK
    decision = await decide_on_thread(uow, action, reason, thread, reverses_id)
    thread.locked = reverses_id is None
    thread.revision += 1
    uow.emit(
        thread.topic_id,
        ThreadLocked(
            thread_id=thread.id,
            locked=thread.locked,
            moderation_decision_id=decision.id,
            revision=thread.revision,
        ),
    )


async def _load(uow: UnitOfWork, comment_id: UUID, expected_revision: int | None) -> Comment:
    comment = await uow.load(Comment, comment_id, Permission.MODERATE)
    uow.expect(comment, expected_revision)
    return comment


def _require_standing(comment: Comment) -> None:
    if comment.standing is not CommentStanding.STANDING:
        raise Conflict(f"This comment is {comment.standing} and not shown on its own.")


def _require_shown(comment: Comment) -> None:
    _require_standing(comment)
    if comment.hidden_at is not None:
        raise Conflict("A hidden comment is neither merged nor split. Please show it first.")

"""Writes of comment threads, comments and reactions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from domain.commands.dispositions import require_changeable
from domain.commands.subjects import require_subject
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.events import (
    MEMBERS,
    CommentAdded,
    CommentEdited,
    Mentioned,
    ReactionAdded,
    ReactionRemoved,
    ThreadOpened,
    ThreadReopened,
    ThreadResolved,
)
from domain.lifecycle import EngagementState
from domain.models.comments import (
    Comment,
    CommentEdit,
    CommentStanding,
    Mention,
    Reaction,
    ReactionKind,
    SubjectKind,
    Thread,
)
from domain.models.engagements import Engagement
from domain.models.people import Person
from domain.models.roundtables import Roundtable
from domain.models.topics import Topic, TopicKind
from domain.permissions import Permission, allowed
from domain.texts import COMMENT_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_MENTIONS = 20

HOSTS: dict[TopicKind, type[Engagement | Roundtable]] = {
    TopicKind.ENGAGEMENT: Engagement,
    TopicKind.ROUNDTABLE: Roundtable,
}
KNOWN_PEOPLE = select(Person.id).where(Person.id == func.any(bindparam("ids")))
# Locked, so that somebody who sends two comments at once has said the first one when the second
# one is decided.
AUTHOR = select(Person.id).where(Person.id == bindparam("id")).with_for_update(key_share=True)
LAST_WORDS = select(func.max(Comment.created_at)).where(
    Comment.topic_id == bindparam("topic_id"), Comment.author_id == bindparam("author_id")
)


async def open_thread(
    uow: UnitOfWork,
    *,
    topic_id: UUID,
    subject_kind: SubjectKind,
    subject_id: UUID,
    body: str,
    mentions: Sequence[UUID] = (),
) -> UUID:
    """Open a thread about a subject with its first comment; return the thread's id."""
    topic = await uow.topic_for(topic_id, Permission.COMMENT, doing="opening a thread")
    await _require_open(uow, topic)
    await require_subject(uow, topic, subject_kind, subject_id)
    thread = Thread(
        topic_id=topic.id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        author_id=uow.actor_id,
        created_at=uow.now,
    )
    await uow.add(thread)
    uow.emit(
        topic.id,
        ThreadOpened(thread_id=thread.id, subject_kind=subject_kind, subject_id=subject_id),
    )
    await _add(uow, thread, None, body, mentions)
    return thread.id


async def add_comment(
    uow: UnitOfWork,
    *,
    thread_id: UUID,
    body: str,
    reply_to_id: UUID | None = None,
    mentions: Sequence[UUID] = (),
) -> UUID:
    """Add a comment to a thread, perhaps in reply to another one of it; return its id."""
    thread = await uow.load(Thread, thread_id, Permission.COMMENT)
    await _require_open(uow, await uow.topic(thread.topic_id))
    if thread.locked:
        raise Conflict("A moderator has locked this thread; it takes no more comments.")
    if thread.resolved_at is not None:
        raise Conflict("This thread is resolved. Please reopen it first, or open another one.")
    if reply_to_id is not None:
        parent = await uow.session.get(Comment, reply_to_id)
        if parent is None or parent.thread_id != thread.id:
            raise NotFound("There is no such comment in this thread to reply to.", ("reply_to_id",))
    return (await _add(uow, thread, reply_to_id, body, mentions)).id


async def edit_comment(
    uow: UnitOfWork, *, comment_id: UUID, body: str, expected_revision: int | None
) -> UUID:
    """Change the words of one's own comment; the earlier ones are kept."""
    comment = await uow.load(Comment, comment_id, Permission.COMMENT)
    if comment.author_id != uow.actor_id:
        raise NotAllowed("Only its author can change the words of a comment.")
    if comment.hidden_at is not None:
        raise Conflict("This comment is hidden and cannot be edited.")
    if comment.standing is not CommentStanding.STANDING:
        raise Conflict(f"This comment is {comment.standing} and cannot be edited.")
    uow.expect(comment, expected_revision)
    await require_changeable(uow, comment.topic_id)
    words = clean(body, "body", limit=COMMENT_LENGTH)
    await uow.add(
        CommentEdit(
            comment_id=comment.id,
            number=comment.revision,
            body=comment.body,
            replaced_at=uow.now,
        )
    )
    comment.body = words
    comment.edited_at = uow.now
    comment.revision += 1
    uow.emit(
        comment.topic_id,
        CommentEdited(
            comment_id=comment.id,
            thread_id=comment.thread_id,
            body=words,
            revision=comment.revision,
        ),
    )
    return comment.id


async def resolve_thread(
    uow: UnitOfWork, *, thread_id: UUID, expected_revision: int | None
) -> UUID:
    """Mark a thread as resolved: by its author, or by a moderator."""
    thread = await _load_own_or_moderated(uow, thread_id)
    uow.expect(thread, expected_revision)
    if thread.resolved_at is not None:
        raise Conflict("This thread is resolved already.", current=thread)
    thread.resolved_at = uow.now
    thread.resolved_by_id = uow.actor_id
    thread.revision += 1
    uow.emit(thread.topic_id, ThreadResolved(thread_id=thread.id, revision=thread.revision))
    return thread.id


async def reopen_thread(uow: UnitOfWork, *, thread_id: UUID, expected_revision: int | None) -> UUID:
    """Open a resolved thread again: by its author, or by a moderator."""
    thread = await _load_own_or_moderated(uow, thread_id)
    uow.expect(thread, expected_revision)
    if thread.resolved_at is None:
        raise Conflict("This thread is not resolved.", current=thread)
    thread.resolved_at = thread.resolved_by_id = None
    thread.revision += 1
    uow.emit(thread.topic_id, ThreadReopened(thread_id=thread.id, revision=thread.revision))
    return thread.id


async def react(uow: UnitOfWork, *, comment_id: UUID, kind: ReactionKind, present: bool) -> UUID:
    """Add one's reaction to a comment, or take it back; repeating it changes nothing."""
    comment = await uow.load(Comment, comment_id, Permission.COMMENT)
    mine = await uow.session.get(Reaction, (comment.id, uow.actor_id, kind))
    if present and mine is None:
        await uow.add(
            Reaction(comment_id=comment.id, person_id=uow.actor_id, kind=kind, created_at=uow.now)
        )
        uow.emit(
            comment.topic_id,
            ReactionAdded(comment_id=comment.id, thread_id=comment.thread_id, reaction=kind),
        )
    elif not present and mine is not None:
        await uow.session.delete(mine)
        uow.emit(
            comment.topic_id,
            ReactionRemoved(comment_id=comment.id, thread_id=comment.thread_id, reaction=kind),
        )
    return comment.id


async def _load_own_or_moderated(uow: UnitOfWork, thread_id: UUID) -> Thread:
    thread = await uow.load(Thread, thread_id, Permission.COMMENT)
    if thread.author_id != uow.actor_id:
        uow.authorise(
            Permission.MODERATE,
            await uow.topic(thread.topic_id),
            doing="resolving or reopening somebody else's thread",
        )
    return thread


async def _require_open(uow: UnitOfWork, topic: Topic) -> None:
    """Refuse comments in an exercise or a roundtable before it opens and after it closes.

    With slow mode, those who do not moderate it are asked to wait between two.
    """
    if topic.kind not in HOSTS:
        return
    # A shared lock, so that what is added before the host closes is there when it is closed.
    host: Any = await uow.session.get_one(
        HOSTS[topic.kind], topic.id, with_for_update={"read": True}
    )
    if host.state is not EngagementState.OPEN:
        raise Conflict(
            f"Comments are possible while this {topic.kind.lower()} is OPEN; it is {host.state}."
        )
    if host.slow_mode_seconds:
        await _require_patience(uow, topic, host.slow_mode_seconds)


async def _require_patience(uow: UnitOfWork, topic: Topic, seconds: int) -> None:
    if allowed(uow.viewer, Permission.MODERATE, topic):
        return
    await uow.session.execute(AUTHOR, {"id": uow.actor_id})
    last = await uow.session.scalar(LAST_WORDS, {"topic_id": topic.id, "author_id": uow.actor_id})
    if last is None:
        return
    wait = math.ceil((last + timedelta(seconds=seconds) - uow.now).total_seconds())
    if wait > 0:
        raise Conflict(
            f"Slow mode is on in this {topic.kind.lower()}. Please write again in "
            f"{wait} second{'' if wait == 1 else 's'}."
        )


async def _add(
    uow: UnitOfWork,
    thread: Thread,
    reply_to_id: UUID | None,
    body: str,
    mentions: Sequence[UUID],
) -> Comment:
    comment = Comment(
        topic_id=thread.topic_id,
        thread_id=thread.id,
        reply_to_id=reply_to_id,
        author_id=uow.actor_id,
        body=clean(body, "body", limit=COMMENT_LENGTH),
        created_at=uow.now,
    )
    await uow.add(comment)
    uow.emit(
        thread.topic_id,
        CommentAdded(
            comment_id=comment.id,
            thread_id=thread.id,
            reply_to_id=reply_to_id,
            body=comment.body,
        ),
    )
    await _mention(uow, comment, set(mentions) - {uow.actor_id})
    return comment


async def _mention(uow: UnitOfWork, comment: Comment, people: set[UUID]) -> None:
    if not people:
        return
    if len(people) > MOST_MENTIONS:
        raise Invalid(f"A comment can mention at most {MOST_MENTIONS} people.", ("mentions",))
    known = set(await uow.session.scalars(KNOWN_PEOPLE, {"ids": list(people)}))
    if known != people:
        raise NotFound("One of the people mentioned does not exist.", ("mentions",))
    await uow.session.execute(
        insert(Mention), [{"comment_id": comment.id, "person_id": id} for id in sorted(people)]
    )
    for person in sorted(people):
        uow.emit(person, Mentioned(comment_id=comment.id, thread_id=comment.thread_id), MEMBERS)

"""Reads of comment threads, comments, their edits, reactions and mentions."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from domain.database import Session
from domain.models.comments import (
    Comment,
    CommentEdit,
    CommentStanding,
    Mention,
    Reaction,
    Thread,
)
from domain.models.people import Person
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, Page, Paged, Slice, grouped, ids, seen_by, visible

_THREADS = select(Thread).join(Topic, Topic.id == Thread.topic_id).where(visible())
_COMMENTS = select(Comment).join(Topic, Topic.id == Comment.topic_id).where(visible())

threads_by_ids: ById[Thread] = ById(Thread, Thread.topic_id)
THREADS_OF_SUBJECTS = Paged(_THREADS, Thread, Thread.subject_id)
THREADS_OF_TOPICS = Paged(_THREADS, Thread, Thread.topic_id)
_SHOWN = _COMMENTS.where(Comment.standing == CommentStanding.STANDING)
by_ids: ById[Comment] = ById(Comment, Comment.topic_id)
OF_THREADS = Paged(_SHOWN, Comment, Comment.thread_id)
OF_TOPICS = Paged(_SHOWN, Comment, Comment.topic_id)
SOURCES = _COMMENTS.where(Comment.merged_into_id == func.any(ids())).order_by(Comment.id)
PARTS = _COMMENTS.where(
    Comment.split_from_id == func.any(ids()), Comment.standing != CommentStanding.WITHDRAWN
).order_by(Comment.id)
EDITS = (
    select(CommentEdit)
    .where(CommentEdit.comment_id == func.any(ids()))
    .order_by(CommentEdit.number)
)
REACTIONS = (
    select(Reaction)
    .where(Reaction.comment_id == func.any(ids()))
    .order_by(Reaction.kind, Reaction.created_at, Reaction.person_id)
)
MENTIONED = (
    select(Person, Mention.comment_id)
    .join(Mention, Mention.person_id == Person.id)
    .where(Mention.comment_id == func.any(ids()))
    .order_by(Person.id)
)


async def threads_of_subjects(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Thread]]:
    """Return the threads about each subject."""
    return await THREADS_OF_SUBJECTS.slices(session, viewer, keys, page)


async def count_threads_of_subjects(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many threads there are about each subject."""
    return await THREADS_OF_SUBJECTS.counts(session, viewer, keys)


async def threads_of_topics(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Thread]]:
    """Return the threads that are held in each topic."""
    return await THREADS_OF_TOPICS.slices(session, viewer, keys, page)


async def count_threads_of_topics(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many threads are held in each topic."""
    return await THREADS_OF_TOPICS.counts(session, viewer, keys)


async def of_threads(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Comment]]:
    """Return the comments of each thread that stand on their own."""
    return await OF_THREADS.slices(session, viewer, keys, page)


async def count_of_threads(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many comments each thread has."""
    return await OF_THREADS.counts(session, viewer, keys)


async def of_topics(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Comment]]:
    """Return the comments of each topic, whatever thread they are in."""
    return await OF_TOPICS.slices(session, viewer, keys, page)


async def count_of_topics(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many comments each topic has."""
    return await OF_TOPICS.counts(session, viewer, keys)


async def sources(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[list[Comment]]:
    """Return the comments that were merged into each comment, oldest first."""
    rows = await session.scalars(SOURCES, {"ids": keys, **seen_by(viewer)})
    return grouped(keys, rows, lambda row: row.merged_into_id)


async def parts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[list[Comment]]:
    """Return the comments that each comment was split into, in its order."""
    rows = await session.scalars(PARTS, {"ids": keys, **seen_by(viewer)})
    return grouped(keys, rows, lambda row: row.split_from_id)


async def edits(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[CommentEdit]]:
    """Return what each comment said before, oldest first."""
    rows = await session.scalars(EDITS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.comment_id)


async def reactions(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Reaction]]:
    """Return the reactions to each comment."""
    rows = await session.scalars(REACTIONS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.comment_id)


async def mentioned(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[Person]]:
    """Return the people whom each comment names."""
    rows = (await session.execute(MENTIONED, {"ids": keys})).all()
    return [[row[0] for row in found] for found in grouped(keys, rows, lambda row: row[1])]

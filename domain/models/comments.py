"""Comment threads on a specification, section, block, criterion, ballot or roundtable."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Record, new_id


class SubjectKind(StrEnum):
    """What a thread or a ballot can be about."""

    SPECIFICATION = "SPECIFICATION"
    SECTION = "SECTION"
    BLOCK = "BLOCK"
    CRITERION = "CRITERION"
    BALLOT = "BALLOT"
    ENGAGEMENT = "ENGAGEMENT"
    ROUNDTABLE = "ROUNDTABLE"


class Thread(Record):
    """A conversation about one subject, held in one topic; one that is locked takes no comments."""

    __tablename__ = "threads"
    __table_args__ = (Index("threads_subject_idx", "topic_id", "subject_id"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    subject_kind: Mapped[SubjectKind]
    subject_id: Mapped[UUID] = mapped_column(index=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    pinned: Mapped[bool] = mapped_column(default=False)
    locked: Mapped[bool] = mapped_column(default=False)
    resolved_at: Mapped[datetime | None] = mapped_column(default=None)
    resolved_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class HidingGround(StrEnum):
    """Why words are hidden, in a word that everybody may read."""

    PERSONAL_DATA = "PERSONAL_DATA"
    OFFENSIVE = "OFFENSIVE"
    OFF_TOPIC = "OFF_TOPIC"
    PROMOTION = "PROMOTION"
    OTHER = "OTHER"


class CommentStanding(StrEnum):
    """Whether a comment is shown on its own, or what it went into."""

    STANDING = "STANDING"
    MERGED = "MERGED"
    SPLIT = "SPLIT"
    WITHDRAWN = "WITHDRAWN"


class Comment(Record):
    """A comment in a thread, perhaps in reply to another; hidden ones keep text and reason.

    `merged_into_id` and `split_from_id` are its lineage. A part is withdrawn where the split that
    made it was undone.
    """

    __tablename__ = "comments"
    __table_args__ = (
        Index("comments_thread_id_id_idx", "thread_id", "id"),
        Index("comments_topic_id_author_id_idx", "topic_id", "author_id"),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    thread_id: Mapped[UUID] = mapped_column(ForeignKey("threads.id"))
    reply_to_id: Mapped[UUID | None] = mapped_column(ForeignKey("comments.id"), default=None)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    body: Mapped[str]
    edited_at: Mapped[datetime | None] = mapped_column(default=None)
    hidden_at: Mapped[datetime | None] = mapped_column(default=None)
    hidden_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    hidden_reason: Mapped[str | None] = mapped_column(default=None)
    hidden_ground: Mapped[HidingGround | None] = mapped_column(default=None)
    standing: Mapped[CommentStanding] = mapped_column(default=CommentStanding.STANDING)
    merged_into_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("comments.id"), default=None, index=True
    )
    split_from_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("comments.id"), default=None, index=True
    )
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class CommentEdit(Record):
    """The words of a comment before an edit; `number` is the revision that had them."""

    __tablename__ = "comment_edits"
    __table_args__ = (UniqueConstraint("comment_id", "number"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id"))
    number: Mapped[int]
    body: Mapped[str]
    replaced_at: Mapped[datetime]


class ReactionKind(StrEnum):
    """What a reaction says without words."""

    AGREE = "AGREE"
    DISAGREE = "DISAGREE"
    THANKS = "THANKS"
    QUESTION = "QUESTION"
    IDEA = "IDEA"


class Reaction(Record):
    """One person's reaction of one kind to a comment."""

    __tablename__ = "reactions"

    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[ReactionKind] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]


class Mention(Record):
    """That a comment names a person."""

    __tablename__ = "mentions"

    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)

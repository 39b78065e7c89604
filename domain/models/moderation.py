"""Decisions of moderators on words and threads, what is asked of them, and appeals."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Record, new_id
from domain.models.comments import HidingGround


class WordsKind(StrEnum):
    """What somebody wrote for others to read, who may flag it."""

    COMMENT = "COMMENT"
    VOTE = "VOTE"
    OBJECTION = "OBJECTION"
    FLOOR_REQUEST = "FLOOR_REQUEST"
    INTEREST = "INTEREST"
    BALLOT = "BALLOT"


class ModerationAction(StrEnum):
    """What a moderator decided on words, or on a thread."""

    HIDE = "HIDE"
    SHOW = "SHOW"
    KEEP = "KEEP"
    MERGE = "MERGE"
    UNMERGE = "UNMERGE"
    SPLIT = "SPLIT"
    UNSPLIT = "UNSPLIT"
    MOVE = "MOVE"
    LOCK = "LOCK"
    UNLOCK = "UNLOCK"
    PIN = "PIN"
    UNPIN = "UNPIN"


class ModerationDecision(Record):
    """A decision with its reason, on words, or on a whole thread where those are None; appended.

    `author_id` is who wrote the words or opened the thread. `thread_id` is the thread, or the one
    that a comment was in; None for other words. `into_id` is what a comment was merged into,
    `to_thread_id` where it was moved to, `reverses_id` the decision that this undoes.
    """

    __tablename__ = "moderation_decisions"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    thread_id: Mapped[UUID | None] = mapped_column(ForeignKey("threads.id"), index=True)
    words_kind: Mapped[WordsKind | None] = mapped_column(default=None)
    words_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    action: Mapped[ModerationAction]
    ground: Mapped[HidingGround | None] = mapped_column(default=None)
    into_id: Mapped[UUID | None] = mapped_column(ForeignKey("comments.id"), default=None)
    to_thread_id: Mapped[UUID | None] = mapped_column(ForeignKey("threads.id"), default=None)
    reverses_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("moderation_decisions.id"), default=None, unique=True
    )
    reason: Mapped[str]
    decider_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime]


class AppealOutcome(StrEnum):
    """What became of an appeal."""

    UPHELD = "UPHELD"
    REVERSED = "REVERSED"


class Appeal(Record):
    """What somebody says against a decision on their words; another moderator answers it."""

    __tablename__ = "appeals"
    __table_args__ = (
        UniqueConstraint("moderation_decision_id"),
        Index("appeals_open_idx", "topic_id", "id", postgresql_where=text("answered_at IS NULL")),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    moderation_decision_id: Mapped[UUID] = mapped_column(ForeignKey("moderation_decisions.id"))
    appellant_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    words: Mapped[str]
    outcome: Mapped[AppealOutcome | None] = mapped_column(default=None)
    answer: Mapped[str | None] = mapped_column(default=None)
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Flag(Record):
    """That one person asks moderators to look at words; the next decision on those settles it."""

    __tablename__ = "flags"
    __table_args__ = (
        UniqueConstraint("words_id", "person_id"),
        Index("flags_open_idx", "topic_id", "id", postgresql_where=text("settled_at IS NULL")),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    words_kind: Mapped[WordsKind]
    words_id: Mapped[UUID]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str]
    settled_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]

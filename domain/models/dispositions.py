"""Dispositions: what was decided on each thread of an exercise, and what came of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Record, new_id


class DispositionKind(StrEnum):
    """What was done with what a thread asks for."""

    ACCEPTED = "ACCEPTED"
    PARTLY_ACCEPTED = "PARTLY_ACCEPTED"
    REJECTED = "REJECTED"
    NOTED = "NOTED"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"


class Disposition(Record):
    """What was decided on a thread, and what came of it; appended, the highest `number` counts.

    What was accepted names its change: a section, with the revisions of the specification before
    and after, or words, or both. The section may be removed later.
    """

    __tablename__ = "dispositions"
    __table_args__ = (UniqueConstraint("thread_id", "number"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"), index=True)
    thread_id: Mapped[UUID] = mapped_column(ForeignKey("threads.id"))
    number: Mapped[int]
    kind: Mapped[DispositionKind]
    reason: Mapped[str]
    section_id: Mapped[UUID | None] = mapped_column(default=None)
    revision_before: Mapped[int | None] = mapped_column(default=None)
    revision_after: Mapped[int | None] = mapped_column(default=None)
    change: Mapped[str | None] = mapped_column(default=None)
    decider_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime]

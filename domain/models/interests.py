"""Interests that people declare in what is decided, and what follows from them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Record, new_id
from domain.models.comments import HidingGround, SubjectKind


class Mitigation(StrEnum):
    """What follows from a declared interest: the person does not vote on its object, or nothing."""

    RECUSE = "RECUSE"
    NONE = "NONE"


class Interest(Record):
    """A person's interest in a topic and all that is in it or, there, in one subject alone."""

    __tablename__ = "interests"
    __table_args__ = (Index("interests_topic_id_id_idx", "topic_id", "id"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    subject_kind: Mapped[SubjectKind | None]
    subject_id: Mapped[UUID | None]
    body: Mapped[str]
    hidden_ground: Mapped[HidingGround | None] = mapped_column(default=None)
    mitigation: Mapped[Mitigation]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    revision: ClassVar[int] = 1  # what it says never changes

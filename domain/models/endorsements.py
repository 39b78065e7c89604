"""Endorsements of candidates by the board, and the conditions that it made."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle.endorsements import EndorsementState
from domain.models.base import Key, Record, new_id


class Endorsement(Record):
    """The question to the board whether it endorses a candidate.

    The board meets in an exercise of its own, where it votes by positions; `content_hash` is that
    of the text that it is asked about now. `reason` is that of the conclusion.
    """

    __tablename__ = "endorsements"
    __table_args__ = (
        Index(
            "endorsements_open_key",
            "specification_id",
            unique=True,
            postgresql_where=text("state = 'OPEN'"),
        ),
        Index("endorsements_specification_id_id_idx", "specification_id", "id"),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"))
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"), unique=True)
    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"), unique=True)
    content_hash: Mapped[str]
    state: Mapped[EndorsementState] = mapped_column(default=EndorsementState.OPEN)
    reason: Mapped[str] = mapped_column(default="")
    concluded_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    concluded_at: Mapped[datetime | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("specification_id", init=False)


class EndorsementCondition(Record):
    """Something that has to be done before an endorsed text is launched; `position` from 1."""

    __tablename__ = "endorsement_conditions"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    endorsement_id: Mapped[UUID] = mapped_column(ForeignKey("endorsements.id"), index=True)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), index=True)
    position: Mapped[int]
    body: Mapped[str]
    due_on: Mapped[date]
    evidence: Mapped[str] = mapped_column(default="")
    answered_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    met_at: Mapped[datetime | None] = mapped_column(default=None)
    met_reason: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("specification_id", init=False)

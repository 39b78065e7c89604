"""What moderators state in the report of an exercise, in every version of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.models.base import Key, Record, new_id


class ReportStatement(Record):
    """The texts of a report that no figure can say; appended, the highest `revision` counts."""

    __tablename__ = "report_statements"
    __table_args__ = (UniqueConstraint("engagement_id", "revision"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    revision: Mapped[int]
    panel_selection: Mapped[str]
    consensus_definition: Mapped[str]
    anonymity: Mapped[str]
    feedback: Mapped[str]
    changes: Mapped[str]
    deviations: Mapped[str]
    conflicts_of_interest: Mapped[str]
    funding: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("engagement_id", init=False)

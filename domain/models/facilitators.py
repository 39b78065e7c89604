"""Facilitators of an exercise or a roundtable, in the order in which they take turns."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Record


class Facilitator(Record):
    """A person's place, from 1, in the rotation of an exercise or a roundtable.

    `since` is since when they facilitate, None for those who wait. One does at a time, and
    moderates the topic for as long; the others may look at it (domain.queries.people).
    """

    __tablename__ = "facilitators"
    __table_args__ = (
        Index(
            "facilitators_present_idx",
            "topic_id",
            unique=True,
            postgresql_where=text("since IS NOT NULL"),
        ),
    )

    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    position: Mapped[int]
    since: Mapped[datetime | None] = mapped_column(default=None)

"""Responses: the published ledger of what an exercise was told and what was done with it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.models.base import Key, Record, new_id


class Response(Record):
    """What an exercise answered, as it was published; `version` 2 and more are corrections."""

    __tablename__ = "responses"
    __table_args__ = (UniqueConstraint("engagement_id", "version"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    version: Mapped[int]
    reason: Mapped[str]
    publisher_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    published_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("engagement_id", init=False)


class ResponseEntry(Record):
    """One comment of a published response, with the disposition that its thread had then.

    `constituency_id` is that of its author at that time, None where they were in none.
    """

    __tablename__ = "response_entries"
    __table_args__ = (Index("response_entries_response_id_id_idx", "response_id", "id"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    response_id: Mapped[UUID] = mapped_column(ForeignKey("responses.id"))
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    thread_id: Mapped[UUID] = mapped_column(ForeignKey("threads.id"))
    comment_id: Mapped[UUID] = mapped_column(ForeignKey("comments.id"))
    disposition_id: Mapped[UUID] = mapped_column(ForeignKey("dispositions.id"), index=True)
    constituency_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("constituencies.id"), default=None
    )

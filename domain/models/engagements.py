"""Engagement exercises: a time-boxed consultation on one specification, with its webinars."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle import EngagementState
from domain.models.base import Key, Record, new_id


class Engagement(Record):
    """An engagement exercise; its online platform is open while its state is OPEN.

    `slow_mode_seconds` is how long a participant waits between two comments, 0 not at all.
    `responded_at` is when its response was first published: what that rests on is frozen then.
    """

    __tablename__ = "engagements"

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), index=True)
    title: Mapped[str]
    purpose: Mapped[str]
    briefing: Mapped[str]
    state: Mapped[EngagementState] = mapped_column(default=EngagementState.PLANNED)
    opens_at: Mapped[datetime | None] = mapped_column(default=None)
    closes_at: Mapped[datetime | None] = mapped_column(default=None)
    opened_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    responded_at: Mapped[datetime | None] = mapped_column(default=None)
    slow_mode_seconds: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("id", init=False)


class Webinar(Record):
    """A webinar of an exercise, with its slides and its recording once there are any."""

    __tablename__ = "webinars"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"), index=True)
    title: Mapped[str]
    starts_at: Mapped[datetime]
    slides_url: Mapped[str | None] = mapped_column(default=None)
    recording_url: Mapped[str | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("engagement_id", init=False)

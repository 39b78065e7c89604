"""Themes: what the threads of an exercise are about, as its moderators name it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.models.base import Key, Record, new_id


class Theme(Record):
    """A matter that several threads of an exercise are about, as its moderators name it."""

    __tablename__ = "themes"
    __table_args__ = (UniqueConstraint("engagement_id", "name"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    name: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("engagement_id", init=False)


class ThreadTheme(Record):
    """That a thread is about a theme."""

    __tablename__ = "thread_themes"

    thread_id: Mapped[UUID] = mapped_column(ForeignKey("threads.id"), primary_key=True)
    theme_id: Mapped[UUID] = mapped_column(ForeignKey("themes.id"), primary_key=True, index=True)

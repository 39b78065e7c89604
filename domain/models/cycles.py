"""Priority cycles: the exercises, once or twice a year, in which needs for credentials compete."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle.cycles import CycleState
from domain.models.base import Key, Record, new_id


class Cycle(Record):
    """A priority cycle; proposals are meant to come from `opens_on` to `closes_on`."""

    __tablename__ = "cycles"

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    title: Mapped[str]
    purpose: Mapped[str]
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    state: Mapped[CycleState] = mapped_column(default=CycleState.PLANNED)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("id", init=False)

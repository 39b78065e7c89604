"""What a roundtable is to discuss, one item after the other."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.models.base import Key, Record, new_id


class AgendaItem(Record):
    """An item of a roundtable's agenda; `position` counts from 1.

    `facilitator_id` is to whom the roundtable is handed over when its clock comes to it, None for
    nobody else. `seconds_spent` is how long the clock ran on it until it last stopped or went on to
    another.
    """

    __tablename__ = "agenda_items"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    roundtable_id: Mapped[UUID] = mapped_column(ForeignKey("roundtables.id"), index=True)
    position: Mapped[int]
    title: Mapped[str]
    planned_minutes: Mapped[int]
    facilitator_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    seconds_spent: Mapped[float] = mapped_column(default=0.0)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("roundtable_id", init=False)

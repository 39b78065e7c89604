"""Who asked for the floor of a roundtable, who has it, and who had it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.models.base import Key, Record, new_id
from domain.models.comments import HidingGround


class FloorRequestState(StrEnum):
    """What became of a request for the floor."""

    WAITING = "WAITING"
    SPEAKING = "SPEAKING"
    FINISHED = "FINISHED"
    WITHDRAWN = "WITHDRAWN"


class FloorRequest(Record):
    """One person's request to speak; those that wait are the speaking queue, in order of id.

    `constituency_id` is whom the person spoke for when they asked, None for a moderator who was not
    invited.
    """

    __tablename__ = "floor_requests"
    __table_args__ = (
        Index("floor_requests_roundtable_id_id_idx", "roundtable_id", "id"),
        Index(
            "floor_requests_waiting_key",
            "roundtable_id",
            "person_id",
            unique=True,
            postgresql_where=text("state = 'WAITING'"),
        ),
        Index(
            "floor_requests_speaking_key",
            "roundtable_id",
            unique=True,
            postgresql_where=text("state = 'SPEAKING'"),
        ),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    roundtable_id: Mapped[UUID] = mapped_column(ForeignKey("roundtables.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    constituency_id: Mapped[UUID | None] = mapped_column(ForeignKey("constituencies.id"))
    about: Mapped[str]
    hidden_ground: Mapped[HidingGround | None] = mapped_column(default=None)
    state: Mapped[FloorRequestState] = mapped_column(default=FloorRequestState.WAITING)
    given_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("roundtable_id", init=False)
    revision: ClassVar[int] = 1  # what it says never changes

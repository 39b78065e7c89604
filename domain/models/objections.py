"""Objections: why somebody holds that what a ballot asks would do harm, and what became of that."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.lifecycle import ObjectionState
from domain.models.base import Key, Record, new_id
from domain.models.comments import HidingGround


class Objection(Record):
    """An elector's objection in a ballot; `vote_id` is the vote that raised it, if one did.

    What it says never changes, and is hidden with the reason of the vote that raised it.
    `reason` is why its last step was taken.
    """

    __tablename__ = "objections"
    __table_args__ = (Index("objections_ballot_id_id_idx", "ballot_id", "id"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    constituency_id: Mapped[UUID] = mapped_column(ForeignKey("constituencies.id"))
    vote_id: Mapped[UUID | None] = mapped_column(ForeignKey("votes.id"), default=None, index=True)
    body: Mapped[str]
    hidden_ground: Mapped[HidingGround | None] = mapped_column(default=None)
    safety: Mapped[bool]
    state: Mapped[ObjectionState] = mapped_column(default=ObjectionState.RAISED)
    reason: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

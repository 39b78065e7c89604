"""Rounds of ballots: what was asked in each, and what it came to."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.consensus.rounds import RoundDisposition
from domain.models.base import Counts, Key, Record, new_id


class Round(Record):
    """One round of a ballot, whose tallies and votes begin at nought.

    `shifts` counts the people who answered in the round before too: one number for each pair of
    choices, the earlier one first, row after row; empty in the first round. `outcome` is kept when
    the round ends, `disposition` and `reason` when it is decided what becomes of the item.
    """

    __tablename__ = "rounds"
    __table_args__ = (UniqueConstraint("ballot_id", "number"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"))
    number: Mapped[int]
    question: Mapped[str]
    shifts: Mapped[Counts] = mapped_column(default_factory=list)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    disposition: Mapped[RoundDisposition | None] = mapped_column(default=None)
    reason: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)

"""Votes as they stand, and every vote that was ever cast."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Ordinals, Record, Small, new_id
from domain.models.comments import HidingGround


class Vote(Record):
    """An elector's vote as it stands; `choice` is the ordinal in the choices of the ballot's kind.

    Where the ballot lists options, `choice` is None and `options` are the ordinals of those that
    are approved, ascending, or ranked, the most preferred first. `cast_by_id` is who cast
    it on behalf of the voter, None where that was the voter. `revision` counts how often it was
    cast. In each round everybody votes anew. A `stale` vote does not count: what it is about was
    changed, and it waits for its voter to say it again. While its reasons are hidden, those of
    every casting are, and it counts on.
    """

    __tablename__ = "votes"
    __table_args__ = (UniqueConstraint("ballot_id", "person_id", "round"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    constituency_id: Mapped[UUID] = mapped_column(ForeignKey("constituencies.id"))
    round: Mapped[int] = mapped_column(default=1)
    choice: Mapped[Small | None]
    options: Mapped[Ordinals | None] = mapped_column(default=None)
    cast_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    rationale: Mapped[str]
    stale: Mapped[bool] = mapped_column(default=False)
    hidden_ground: Mapped[HidingGround | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    cast_at: Mapped[datetime]


class CastVote(Record):
    """One casting of a vote, kept for ever; the latest one counts."""

    __tablename__ = "cast_votes"

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("votes.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    choice: Mapped[Small | None]
    options: Mapped[Ordinals | None] = mapped_column(default=None)
    cast_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    rationale: Mapped[str]
    cast_at: Mapped[datetime]


class VoteReceipt(Record):
    """The commitment of the latest casting of a vote; see `domain.consensus.receipts`."""

    __tablename__ = "vote_receipts"

    vote_id: Mapped[UUID] = mapped_column(ForeignKey("votes.id"), primary_key=True)
    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"), index=True)
    commitment: Mapped[str]

"""Papers of unlinkable ballots: taken by an elector once, and cast by whoever holds the secret.

No row has a person or a time. `electors.took_paper` notes who took one.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Record, Small


class Paper(Record):
    """A paper while its ballot is open; `hash` is the SHA-256 of its secret, in hex.

    `choice` and `commitment` are None until it is cast.
    """

    __tablename__ = "papers"

    hash: Mapped[str] = mapped_column(primary_key=True)
    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"), index=True)
    constituency_id: Mapped[UUID] = mapped_column(ForeignKey("constituencies.id"))
    choice: Mapped[Small | None] = mapped_column(default=None)
    rationale: Mapped[str] = mapped_column(default="")
    commitment: Mapped[str | None] = mapped_column(default=None)


class PaperVote(Record):
    """What was on a paper when its ballot was closed, under an id that is chance alone."""

    __tablename__ = "paper_votes"

    id: Mapped[Key]
    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"), index=True)
    constituency_id: Mapped[UUID] = mapped_column(ForeignKey("constituencies.id"))
    choice: Mapped[Small]
    rationale: Mapped[str]


class PaperReceipt(Record):
    """The commitment of a paper when its ballot was closed."""

    __tablename__ = "paper_receipts"

    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"), primary_key=True)
    commitment: Mapped[str] = mapped_column(primary_key=True)

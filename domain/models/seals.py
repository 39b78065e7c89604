"""Evidence of streams: a commitment to each event, and the signed heads of their chains.

Neither refers to its topic: to check that would lock the topic's row, which each vote changes.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Big, Record
from domain.permissions import Audience


class Commitment(Record):
    """A commitment to one event of a stream, see domain.evidence; it outlives that event.

    `salt` is erased with the event, `head` is the chain up to and with this commitment.
    """

    __tablename__ = "commitments"

    topic_id: Mapped[UUID] = mapped_column(primary_key=True)
    audience: Mapped[Audience] = mapped_column(primary_key=True)
    sequence: Mapped[Big] = mapped_column(primary_key=True)
    salt: Mapped[bytes | None]
    digest: Mapped[bytes]
    head: Mapped[bytes]


class Seal(Record):
    """That the installation vouches for a stream up to a sequence: its signature of the head."""

    __tablename__ = "seals"

    topic_id: Mapped[UUID] = mapped_column(primary_key=True)
    audience: Mapped[Audience] = mapped_column(primary_key=True)
    sequence: Mapped[Big] = mapped_column(primary_key=True)
    signature: Mapped[str]
    at: Mapped[datetime]

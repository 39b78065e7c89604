"""Topics and their events: the timeline, the audit log, the outbox and the replay source in one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Big, Key, Record
from domain.permissions import Audience


class TopicKind(StrEnum):
    """What kind of aggregate a topic is the timeline of."""

    BODY = "BODY"
    CREDENTIAL = "CREDENTIAL"
    SPECIFICATION = "SPECIFICATION"
    ENGAGEMENT = "ENGAGEMENT"
    ROUNDTABLE = "ROUNDTABLE"
    DELIVERY_PLAN = "DELIVERY_PLAN"
    EVALUATION = "EVALUATION"
    APPROVAL = "APPROVAL"
    PERSON = "PERSON"
    CYCLE = "CYCLE"
    PROPOSAL = "PROPOSAL"


# The body's own topic, on which its registers change: criteria, organisations, people, roles.
BODY_ID = UUID("00000000-0000-7000-8000-000000000001")


class Topic(Record):
    """An aggregate's place and counters; its id is the id of the aggregate.

    `scopes` holds that id, then the ids of what contains it. Each audience numbers its own events;
    `epoch` changes when history is truncated or restored, so that a cursor knows that it is void.
    """

    __tablename__ = "topics"
    __table_args__ = (Index("topics_scopes_idx", "scopes", postgresql_using="gin"),)

    id: Mapped[Key]
    kind: Mapped[TopicKind]
    scopes: Mapped[list[UUID]]
    public: Mapped[bool] = mapped_column(default=False)
    epoch: Mapped[int] = mapped_column(default=1)
    public_sequence: Mapped[Big] = mapped_column(default=0)
    members_sequence: Mapped[Big] = mapped_column(default=0)
    moderators_sequence: Mapped[Big] = mapped_column(default=0)


class StoredEvent(Record):
    """One fact in the stream of one audience of one topic; never changed, never removed by us."""

    __tablename__ = "events"

    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    audience: Mapped[Audience] = mapped_column(primary_key=True)
    sequence: Mapped[Big] = mapped_column(primary_key=True)
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    actor_id: Mapped[UUID | None]
    at: Mapped[datetime]


class IdempotencyKey(Record):
    """The first result of a mutation, kept so that a repeated request repeats nothing."""

    __tablename__ = "idempotency_keys"

    person_id: Mapped[Key]
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    result: Mapped[UUID | None] = mapped_column(default=None)
    at: Mapped[datetime]

"""Roundtables of an exercise, and who is invited to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle import EngagementState
from domain.models.base import Key, Record, new_id


class Roundtable(Record):
    """A virtual discussion by invitation.

    Only those invited and its moderators know of it, and those whose role spans the whole body.
    """

    __tablename__ = "roundtables"

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"), index=True)
    title: Mapped[str]
    agenda: Mapped[str]
    state: Mapped[EngagementState] = mapped_column(default=EngagementState.PLANNED)
    starts_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("id", init=False)


class InvitationState(StrEnum):
    """What became of an invitation."""

    INVITED = "INVITED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"


class Invitation(Record):
    """An invitation of one stakeholder of the exercise to one of its roundtables.

    It outlives their part in the exercise; `stakeholder_id` is then None.
    """

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("roundtable_id", "person_id"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    roundtable_id: Mapped[UUID] = mapped_column(ForeignKey("roundtables.id"))
    stakeholder_id: Mapped[UUID | None] = mapped_column(ForeignKey("stakeholders.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    state: Mapped[InvitationState] = mapped_column(default=InvitationState.INVITED)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("roundtable_id", init=False)

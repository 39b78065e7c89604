"""Roundtables of an exercise, and who is invited to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle import ClockState, EngagementState
from domain.models.base import Key, Record, new_id


class Roundtable(Record):
    """A virtual discussion by invitation.

    Only those invited and its moderators know of it, and those whose role spans the whole body.

    Its clock runs on one agenda item, `clock_item_id`, and has stood where it stands since
    `clock_since`. `slow_mode_seconds` is how long a participant waits between two comments, 0 not
    at all.
    """

    __tablename__ = "roundtables"

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"), index=True)
    title: Mapped[str]
    agenda: Mapped[str]
    state: Mapped[EngagementState] = mapped_column(default=EngagementState.PLANNED)
    starts_at: Mapped[datetime]
    slow_mode_seconds: Mapped[int] = mapped_column(default=0)
    clock_state: Mapped[ClockState] = mapped_column(default=ClockState.NOT_STARTED)
    clock_since: Mapped[datetime | None] = mapped_column(default=None)
    # Agenda items refer to their roundtable, so this reference is added once both tables are there.
    clock_item_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("agenda_items.id", use_alter=True), default=None
    )
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

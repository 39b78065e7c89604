"""Stakeholders of an exercise and the constituencies whose consensus is measured."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.models.base import Key, Record, new_id


class ConstituencyKind(StrEnum):
    """By what a constituency is declared."""

    PROFESSION = "PROFESSION"
    ORGANISATION_KIND = "ORGANISATION_KIND"
    PATIENTS_AND_PUBLIC = "PATIENTS_AND_PUBLIC"
    NATION = "NATION"
    OTHER = "OTHER"


class Constituency(Record):
    """A declared group of stakeholders whose consensus is measured on its own."""

    __tablename__ = "constituencies"
    __table_args__ = (UniqueConstraint("engagement_id", "name"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    name: Mapped[str]
    kind: Mapped[ConstituencyKind]
    position: Mapped[int]
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("engagement_id", init=False)


class Stakeholder(Record):
    """A person's part in one exercise, in one constituency, perhaps for an organisation."""

    __tablename__ = "stakeholders"
    __table_args__ = (UniqueConstraint("engagement_id", "person_id"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    constituency_id: Mapped[UUID] = mapped_column(ForeignKey("constituencies.id"), index=True)
    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisations.id"), default=None
    )
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("engagement_id", init=False)

"""The numbered criteria of the gateway and of endorsement, as versioned data of the body."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Record, new_id


class CriterionKind(StrEnum):
    """What a criterion judges: a potential credential, or a fully drafted candidate."""

    GATEWAY = "GATEWAY"
    ENDORSEMENT = "ENDORSEMENT"


class Finding(StrEnum):
    """How far a judge finds a criterion met."""

    MET = "MET"
    PARTLY_MET = "PARTLY_MET"
    NOT_MET = "NOT_MET"


class Criterion(Record):
    """One version of one numbered criterion; exactly one version of a number is in force."""

    __tablename__ = "criteria"
    __table_args__ = (
        UniqueConstraint("number", "version"),
        Index(
            "criteria_in_force_key",
            "number",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    number: Mapped[int]
    version: Mapped[int]
    kind: Mapped[CriterionKind]
    title: Mapped[str]
    guidance: Mapped[str]
    in_force_since: Mapped[datetime]
    retired_at: Mapped[datetime | None] = mapped_column(default=None)


class SubCriterion(Record):
    """One lettered part of a criterion."""

    __tablename__ = "sub_criteria"
    __table_args__ = (UniqueConstraint("criterion_id", "letter"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("criteria.id"))
    letter: Mapped[str]
    text: Mapped[str]

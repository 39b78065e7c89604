"""Evaluations of what credentials are worth: their measures and data points."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.consensus.suppression import USUAL
from domain.lifecycle.evaluations import EvaluationState
from domain.models.base import Key, Record, new_id


class Evaluation(Record):
    """An evaluation of one credential, or of all of them where it names none.

    Figures about fewer than `smallest_count` people are told to nobody but its moderators.
    `next_cycle` says what changes in the next cycle of priorities.
    """

    __tablename__ = "evaluations"

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    credential_id: Mapped[UUID | None] = mapped_column(ForeignKey("credentials.id"), index=True)
    title: Mapped[str]
    purpose: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    smallest_count: Mapped[int] = mapped_column(default=USUAL)
    state: Mapped[EvaluationState] = mapped_column(default=EvaluationState.DESIGN)
    report: Mapped[str] = mapped_column(default="")
    next_cycle: Mapped[str] = mapped_column(default="")
    published_at: Mapped[datetime | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("id", init=False)


class MeasureKind(StrEnum):
    """Whose value is measured: that for each practitioner, or that for all together."""

    INDIVIDUAL = "INDIVIDUAL"
    COLLECTIVE = "COLLECTIVE"


class Measure(Record):
    """Something that an evaluation measures, and in what unit; `position` from 1."""

    __tablename__ = "measures"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluations.id"), index=True)
    position: Mapped[int]
    kind: Mapped[MeasureKind]
    name: Mapped[str]
    unit: Mapped[str]
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("evaluation_id", init=False)


class DataPoint(Record):
    """The value of a measure for one group of people in one period, and how many they are."""

    __tablename__ = "data_points"
    __table_args__ = (UniqueConstraint("measure_id", "period", "people_group"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    measure_id: Mapped[UUID] = mapped_column(ForeignKey("measures.id"))
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluations.id"), index=True)
    period: Mapped[str]
    people_group: Mapped[str]
    people: Mapped[int]
    value: Mapped[Decimal] = mapped_column(Numeric(18, 4))
    source: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("evaluation_id", init=False)

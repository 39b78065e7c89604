"""How an endorsed specification comes into use: dates, resources, a pilot, enablers, barriers."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.models.base import Key, Record, new_id


class ImplementationPlan(Record):
    """The one plan for bringing a version of a specification into use.

    `launch_on` is the day from which providers may plan its delivery, `teach_out_on` the last day
    of teaching by the version before. `pilot` says what was tried out, if anything was, and
    `pilot_evaluation` what came of it.
    """

    __tablename__ = "implementation_plans"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), unique=True)
    launch_on: Mapped[date]
    teach_out_on: Mapped[date | None] = mapped_column(default=None)
    resources: Mapped[str] = mapped_column(default="")
    pilot: Mapped[str] = mapped_column(default="")
    pilot_evaluation: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("specification_id", init=False)


class ImplementationPointKind(StrEnum):
    """Whether something helps the implementation, or stands in its way."""

    ENABLER = "ENABLER"
    BARRIER = "BARRIER"


class ImplementationPoint(Record):
    """An enabler or a barrier, and how it is answered; `position` from 1."""

    __tablename__ = "implementation_points"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    implementation_plan_id: Mapped[UUID] = mapped_column(
        ForeignKey("implementation_plans.id"), index=True
    )
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), index=True)
    position: Mapped[int]
    kind: Mapped[ImplementationPointKind]
    body: Mapped[str]
    answer: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("specification_id", init=False)

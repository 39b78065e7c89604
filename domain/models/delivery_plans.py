"""Education providers' plans for delivering one version of a specification."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle import DeliveryPlanState
from domain.models.base import Key, Record, new_id


class DeliveryPlan(Record):
    """One provider's plan for one version of a specification."""

    __tablename__ = "delivery_plans"
    __table_args__ = (UniqueConstraint("organisation_id", "specification_id"),)

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), index=True)
    title: Mapped[str]
    summary: Mapped[str]
    state: Mapped[DeliveryPlanState] = mapped_column(default=DeliveryPlanState.DRAFT)
    submitted_at: Mapped[datetime | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("id", init=False)


class Module(Record):
    """A unit of teaching in a plan; `hours` of learning; `position` counts from 1."""

    __tablename__ = "modules"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    delivery_plan_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_plans.id"), index=True)
    position: Mapped[int]
    title: Mapped[str]
    description: Mapped[str]
    hours: Mapped[int]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("delivery_plan_id", init=False)


class ModuleOutcome(Record):
    """That a module covers a learning outcome of the specification."""

    __tablename__ = "module_outcomes"

    module_id: Mapped[UUID] = mapped_column(ForeignKey("modules.id"), primary_key=True)
    block_id: Mapped[UUID] = mapped_column(ForeignKey("blocks.id"), primary_key=True, index=True)

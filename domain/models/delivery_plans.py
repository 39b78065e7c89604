"""Education providers' plans for delivering one version of a specification."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle.delivery_plans import DeliveryPlanState
from domain.models.base import Key, Record, new_id


class DeliveryPlan(Record):
    """One provider's plan for one version of a specification.

    `submission` counts how often it was submitted, `panel` the panels that it went to; `edition` is
    that of the standards under which it was submitted last.
    """

    __tablename__ = "delivery_plans"
    # Once a plan has come to an end, the provider may begin another one.
    __table_args__ = (
        Index(
            "delivery_plans_in_hand_key",
            "organisation_id",
            "specification_id",
            unique=True,
            postgresql_where=text(
                "state NOT IN ('APPROVED', 'APPROVED_WITH_CONDITIONS', 'WITHDRAWN')"
            ),
        ),
    )

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), index=True)
    title: Mapped[str]
    summary: Mapped[str]
    supervision: Mapped[str] = mapped_column(default="")
    placements: Mapped[str] = mapped_column(default="")
    quality_assurance: Mapped[str] = mapped_column(default="")
    state: Mapped[DeliveryPlanState] = mapped_column(default=DeliveryPlanState.DRAFT)
    submission: Mapped[int] = mapped_column(default=0)
    panel: Mapped[int] = mapped_column(default=0)
    edition: Mapped[int | None] = mapped_column(default=None)
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


class ModuleAssessment(Record):
    """How learning is assessed in a module.

    `block_id` is the assessment of the specification that it carries out, None where it is the
    provider's own.
    """

    __tablename__ = "module_assessments"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    delivery_plan_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_plans.id"), index=True)
    module_id: Mapped[UUID] = mapped_column(ForeignKey("modules.id"), index=True)
    block_id: Mapped[UUID | None] = mapped_column(ForeignKey("blocks.id"), index=True)
    title: Mapped[str]
    description: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("delivery_plan_id", init=False)


class AssessedOutcome(Record):
    """That an assessment of a module assesses a learning outcome which the module covers."""

    __tablename__ = "assessed_outcomes"

    module_assessment_id: Mapped[UUID] = mapped_column(
        ForeignKey("module_assessments.id"), primary_key=True
    )
    block_id: Mapped[UUID] = mapped_column(ForeignKey("blocks.id"), primary_key=True, index=True)

"""How a delivery plan is judged: the threshold check, standards reviews, the panel, decisions.

What is judged is numbered as in the edition of the standards under which the plan was submitted;
see `domain.reference`. `submission` is the number of the plan's submission that was judged.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle.delivery_plans import (
    DeliveryPlanState,
    DeliveryPlanTransition,
    PlanConditionState,
)
from domain.models.base import Key, Record, new_id
from domain.models.criteria import Finding


class ThresholdAnswer(Record):
    """Whether a submission passes one item of the threshold check, and what there is to note."""

    __tablename__ = "threshold_answers"

    delivery_plan_id: Mapped[UUID] = mapped_column(
        ForeignKey("delivery_plans.id"), primary_key=True
    )
    submission: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    passed: Mapped[bool]
    note: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class StandardsReview(Record):
    """A reviewer's part in judging a submission, blind until the other one handed in, too."""

    __tablename__ = "standards_reviews"
    __table_args__ = (UniqueConstraint("delivery_plan_id", "submission", "person_id"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    delivery_plan_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_plans.id"))
    submission: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    handed_in_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("delivery_plan_id", init=False)


class StandardJudgement(Record):
    """What a reviewer finds of one standard, and why."""

    __tablename__ = "standard_judgements"

    standards_review_id: Mapped[UUID] = mapped_column(
        ForeignKey("standards_reviews.id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    finding: Mapped[Finding]
    reason: Mapped[str]
    created_at: Mapped[datetime]


class PanelSeat(Record):
    """That a person sits on a panel of a plan; `panel` counts the panels that it had, from 1."""

    __tablename__ = "panel_seats"

    delivery_plan_id: Mapped[UUID] = mapped_column(
        ForeignKey("delivery_plans.id"), primary_key=True
    )
    panel: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    created_at: Mapped[datetime]


class PlanCondition(Record):
    """What a provider has to show until a day, that included, to keep its approval.

    It was named by the panel with that number. `evidence` is the provider's, `answer` is why that
    was accepted or returned.
    """

    __tablename__ = "plan_conditions"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    delivery_plan_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_plans.id"), index=True)
    panel: Mapped[int]
    body: Mapped[str]
    due_on: Mapped[date]
    state: Mapped[PlanConditionState] = mapped_column(default=PlanConditionState.OPEN)
    evidence: Mapped[str] = mapped_column(default="")
    answer: Mapped[str] = mapped_column(default="")
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("delivery_plan_id", init=False)


class PlanDecision(Record):
    """A step that the body took with a plan, with its reason and what it rests on; never changed.

    `met`, `partly_met` and `not_met` count the findings of the reviewers or, of a threshold check,
    the items that passed and those that did not.
    """

    __tablename__ = "plan_decisions"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    delivery_plan_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_plans.id"), index=True)
    submission: Mapped[int]
    panel: Mapped[int]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    transition: Mapped[DeliveryPlanTransition]
    state: Mapped[DeliveryPlanState]
    reason: Mapped[str]
    met: Mapped[int]
    partly_met: Mapped[int]
    not_met: Mapped[int]
    created_at: Mapped[datetime]

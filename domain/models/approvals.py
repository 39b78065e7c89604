"""Approvals of education providers, each for one version of a specification."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle.approvals import ApprovalState, ApprovalTransition
from domain.models.base import Key, Record, new_id


class Approval(Record):
    """That a provider may deliver a version from one day to another, both included.

    It is made by the decision on the provider's plan. Its topic is public: whom learners can rely
    on is no secret, though the plan is.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        Index(
            "approvals_in_force_key",
            "organisation_id",
            "specification_id",
            unique=True,
            postgresql_where=text("state IN ('ACTIVE', 'SUSPENDED')"),
        ),
    )

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), index=True)
    delivery_plan_id: Mapped[UUID] = mapped_column(ForeignKey("delivery_plans.id"), unique=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    state: Mapped[ApprovalState] = mapped_column(default=ApprovalState.ACTIVE)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("id", init=False)


class ApprovalDecision(Record):
    """A step in the life of an approval, with its reason; never changed.

    Nobody decided what lapsed by its time: then `person_id` is None.
    """

    __tablename__ = "approval_decisions"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    approval_id: Mapped[UUID] = mapped_column(ForeignKey("approvals.id"), index=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    transition: Mapped[ApprovalTransition]
    state: Mapped[ApprovalState]
    reason: Mapped[str]
    created_at: Mapped[datetime]

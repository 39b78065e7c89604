"""Periodic reviews of launched specifications, with the evidence that they rest on."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle.periodic_reviews import PeriodicReviewState
from domain.models.base import Key, Record, new_id


class PeriodicReviewTrigger(StrEnum):
    """Why a specification is reviewed."""

    SCHEDULE = "SCHEDULE"
    FRAMEWORK = "FRAMEWORK"
    REGULATION = "REGULATION"
    SAFETY = "SAFETY"
    NEED = "NEED"


class PeriodicReview(Record):
    """The question whether a launched specification is current and still needed.

    `engagement_id` is the exercise in which stakeholders are asked. Of the outcome, `successor_id`
    is the version that a revision began, and `merged_into_id` the credential that takes it up.
    `next_review_on` is the day of the next one, where it is reconfirmed.
    """

    __tablename__ = "periodic_reviews"
    __table_args__ = (
        Index(
            "periodic_reviews_open_key",
            "specification_id",
            unique=True,
            postgresql_where=text("state IN ('TRIGGERED', 'EVIDENCE', 'CONSULTING')"),
        ),
        Index("periodic_reviews_specification_id_id_idx", "specification_id", "id"),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"))
    trigger: Mapped[PeriodicReviewTrigger]
    cause: Mapped[str]
    state: Mapped[PeriodicReviewState] = mapped_column(default=PeriodicReviewState.TRIGGERED)
    engagement_id: Mapped[UUID | None] = mapped_column(ForeignKey("engagements.id"), default=None)
    reason: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("specifications.id"), default=None)
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("credentials.id"), default=None)
    next_review_on: Mapped[date | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("specification_id", init=False)


class ReviewEvidence(Record):
    """Something that bears on a periodic review: where it is from, and what it says."""

    __tablename__ = "review_evidence"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    periodic_review_id: Mapped[UUID] = mapped_column(ForeignKey("periodic_reviews.id"), index=True)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), index=True)
    source: Mapped[str]
    body: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("specification_id", init=False)

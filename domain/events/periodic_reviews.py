"""What happens to the periodic review of a specification."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.events.event import Event, about


@about("periodic_review_id")
@dataclass(frozen=True, kw_only=True)
class PeriodicReviewTriggered(Event):
    """A periodic review of a launched specification was begun."""

    periodic_review_id: UUID
    trigger: str
    cause: str


@about("review_evidence_id")
@dataclass(frozen=True, kw_only=True)
class ReviewEvidenceAdded(Event):
    """Evidence was added to a periodic review."""

    review_evidence_id: UUID
    periodic_review_id: UUID


@about("periodic_review_id")
@dataclass(frozen=True, kw_only=True)
class PeriodicReviewAdvanced(Event):
    """A periodic review took a step, or came to its outcome."""

    periodic_review_id: UUID
    transition: str
    state: str
    reason: str

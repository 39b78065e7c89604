"""Writes of periodic reviews: begun, given evidence, consulted on, brought to an outcome."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, select

from domain.commands.specifications import advance_specification, create_specification
from domain.commands.steps import next_state
from domain.errors import Conflict, Invalid, NotFound
from domain.events.periodic_reviews import (
    PeriodicReviewAdvanced,
    PeriodicReviewTriggered,
    ReviewEvidenceAdded,
)
from domain.lifecycle import SPECIFICATION, SpecificationState, SpecificationTransition, require
from domain.lifecycle.periodic_reviews import (
    PERIODIC_REVIEW,
    PeriodicReviewState,
    PeriodicReviewTransition,
)
from domain.models.engagements import Engagement
from domain.models.periodic_reviews import PeriodicReview, PeriodicReviewTrigger, ReviewEvidence
from domain.models.specifications import Specification
from domain.permissions import Permission
from domain.queries import credentials
from domain.queries import periodic_reviews as queries
from domain.texts import DOCUMENT_LENGTH, REASON_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

UNDER_WAY = (
    PeriodicReviewState.TRIGGERED,
    PeriodicReviewState.EVIDENCE,
    PeriodicReviewState.CONSULTING,
)
OPEN = select(PeriodicReview).where(
    PeriodicReview.specification_id == bindparam("specification_id"),
    PeriodicReview.state.in_(UNDER_WAY),
)
EXERCISE = select(Engagement.id).where(
    Engagement.id == bindparam("engagement_id"),
    Engagement.specification_id == bindparam("specification_id"),
)

# The steps that each particular goes with, and is needed by.
TAKES = {
    "engagement_id": (PeriodicReviewTransition.CONSULT,),
    "next_review_on": (PeriodicReviewTransition.RECONFIRM,),
    "merged_into_id": (PeriodicReviewTransition.MERGE,),
    "teach_out_on": (PeriodicReviewTransition.MERGE, PeriodicReviewTransition.RETIRE),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What some steps need: the exercise, the day of the next review, or of the last teaching."""

    engagement_id: UUID | None = None
    next_review_on: date | None = None
    merged_into_id: UUID | None = None
    teach_out_on: date | None = None

    def require_fit(self, transition: PeriodicReviewTransition, today: date) -> None:
        """Raise Invalid for what this step does not take, or lacks, and for days that are past."""
        for name, value in asdict(self).items():
            words = name.removesuffix("_id").replace("_", " ")
            if value is not None and transition not in TAKES[name]:
                raise Invalid(
                    f"{transition} takes no {words}; that goes with {' or '.join(TAKES[name])}.",
                    (name,),
                )
            if value is None and transition in TAKES[name]:
                raise Invalid(f"{transition} needs: {words}.", (name,))
            if isinstance(value, date) and value <= today:
                raise Invalid(
                    f"The {words} would be {value:%d %B %Y}. Please send a day to come.", (name,)
                )


async def trigger_periodic_review(
    uow: UnitOfWork, *, specification_id: UUID, trigger: PeriodicReviewTrigger, cause: str
) -> UUID:
    """Begin the review of a launched specification, for a cause; return its id."""
    specification = await uow.load(Specification, specification_id, Permission.STEER)
    require(SPECIFICATION, specification.state, (SpecificationState.LAUNCHED,), "Reviewing it")
    about = {"specification_id": specification.id}
    if found := (await uow.session.scalars(OPEN, about)).one_or_none():
        raise Conflict(
            "A periodic review of this specification is under way already. Please add to that one.",
            current=found,
        )
    review = PeriodicReview(
        specification_id=specification.id,
        trigger=trigger,
        cause=clean(cause, "cause", limit=REASON_LENGTH),
        created_at=uow.now,
    )
    await uow.add(review)
    uow.emit(
        specification.id,
        PeriodicReviewTriggered(
            periodic_review_id=review.id, trigger=review.trigger, cause=review.cause
        ),
    )
    return review.id


async def add_review_evidence(
    uow: UnitOfWork, *, periodic_review_id: UUID, source: str, body: str
) -> UUID:
    """Add something that bears on a review, with its source; return its id."""
    review = await uow.load(PeriodicReview, periodic_review_id, Permission.COMMENT)
    require(PERIODIC_REVIEW, review.state, UNDER_WAY, "Adding evidence")
    evidence = ReviewEvidence(
        periodic_review_id=review.id,
        specification_id=review.specification_id,
        source=clean(source, "source", limit=TITLE_LENGTH),
        body=clean(body, "body", limit=DOCUMENT_LENGTH),
        author_id=uow.actor_id,
        created_at=uow.now,
    )
    await uow.add(evidence)
    uow.emit(
        review.specification_id,
        ReviewEvidenceAdded(review_evidence_id=evidence.id, periodic_review_id=review.id),
    )
    return evidence.id


async def advance_periodic_review(
    uow: UnitOfWork,
    *,
    periodic_review_id: UUID,
    transition: PeriodicReviewTransition,
    reason: str,
    outcome: Outcome,
    expected_revision: int | None,
) -> UUID:
    """Take a step of a periodic review, with a reason.

    A revision begins the next version, with the text of this one; what is merged or retired is
    taught out. All of it happens in the same transaction.
    """
    review = await uow.load(PeriodicReview, periodic_review_id, Permission.VIEW)
    uow.expect(review, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    review.state = await next_state(uow, PERIODIC_REVIEW, review, transition, queries.facts)
    outcome.require_fit(transition, uow.now.date())
    review.revision += 1
    if review.state not in UNDER_WAY:
        review.reason = words
        review.decided_by_id, review.decided_at = uow.actor_id, uow.now
    await uow.session.flush()
    await _take(uow, review, transition, outcome, words)
    uow.emit(
        review.specification_id,
        PeriodicReviewAdvanced(
            periodic_review_id=review.id,
            transition=transition,
            state=review.state,
            reason=words,
        ),
    )
    return review.id


async def _take(
    uow: UnitOfWork,
    review: PeriodicReview,
    transition: PeriodicReviewTransition,
    outcome: Outcome,
    reason: str,
) -> None:
    specification = await uow.session.get_one(Specification, review.specification_id)
    match transition:
        case PeriodicReviewTransition.CONSULT:
            about = {
                "engagement_id": outcome.engagement_id,
                "specification_id": specification.id,
            }
            if await uow.session.scalar(EXERCISE, about) is None:
                raise NotFound(
                    "There is no exercise about this specification with this id.",
                    ("engagement_id",),
                )
            review.engagement_id = outcome.engagement_id
        case PeriodicReviewTransition.RECONFIRM:
            review.next_review_on = specification.review_on = outcome.next_review_on
        case PeriodicReviewTransition.REVISE_MINOR | PeriodicReviewTransition.REVISE_MAJOR:
            review.successor_id = await create_specification(
                uow,
                credential_id=specification.credential_id,
                title=specification.title,
                summary=specification.summary,
                public=(await uow.topic(specification.id)).public,
                continues_id=specification.id,
            )
        case PeriodicReviewTransition.MERGE | PeriodicReviewTransition.RETIRE:
            if outcome.merged_into_id is not None:
                review.merged_into_id = await _other(uow, specification, outcome.merged_into_id)
            specification.teach_out_on = outcome.teach_out_on
            await uow.session.flush()
            await advance_specification(
                uow,
                specification_id=specification.id,
                transition=SpecificationTransition.RETIRE,
                reason=reason,
                expected_revision=None,
            )


async def _other(uow: UnitOfWork, specification: Specification, credential_id: UUID) -> UUID:
    (credential,) = await credentials.by_ids(uow.session, uow.viewer, [credential_id])
    if credential is None or credential.id == specification.credential_id:
        raise NotFound(
            "There is no other credential with this id that you may see.", ("merged_into_id",)
        )
    return credential.id

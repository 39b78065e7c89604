"""Periodic reviews of launched specifications in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import periodic_reviews as commands
from domain.lifecycle.periodic_reviews import (
    PERIODIC_REVIEW,
    PeriodicReviewState,
    PeriodicReviewTransition,
)
from domain.models import periodic_reviews as models
from domain.models.periodic_reviews import PeriodicReviewTrigger
from domain.queries import credentials, engagements, people, specifications
from domain.queries import periodic_reviews as queries
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    perform,
    relation,
    text,
)
from schema.nodes import Node, key, node
from schema.people import Person
from schema.transitions import TransitionOption, transitions

if TYPE_CHECKING:
    from schema.credentials import Credential
    from schema.engagements import Engagement
    from schema.specifications import Specification

enum(
    PeriodicReviewTrigger,
    "Why a specification is reviewed.",
    SCHEDULE="Its time has come.",
    FRAMEWORK="A framework that it aligns to has changed.",
    REGULATION="Regulation has changed.",
    SAFETY="There is a concern about safety.",
    NEED="The need that it answers has changed.",
)
enum(
    PeriodicReviewState,
    "Where a periodic review stands, or what it came to.",
    TRIGGERED="It was begun.",
    EVIDENCE="Evidence is being collected.",
    CONSULTING="Stakeholders are being asked.",
    RECONFIRMED="The specification is current and needed.",
    MINOR_REVISION="A next version was begun, for small changes.",
    MAJOR_REVISION="A next version was begun, for large changes.",
    MERGED="Another credential takes it up, and it is taught out.",
    RETIRED="It is needed no more, and is taught out.",
)
enum(
    PeriodicReviewTransition,
    "A step of a periodic review.",
    COLLECT="Begin to collect evidence.",
    CONSULT="Ask stakeholders, in an exercise about the specification.",
    RECONFIRM="Find that it is current and needed.",
    REVISE_MINOR="Begin a next version, for small changes.",
    REVISE_MAJOR="Begin a next version, for large changes.",
    MERGE="Have another credential take it up.",
    RETIRE="Retire it.",
)


@node(
    models.PeriodicReview,
    queries.by_ids,
    "The question whether a launched specification is current and still needed.",
)
class PeriodicReview(Node):
    """A periodic review."""

    specification: Annotated[Specification, strawberry.lazy("schema.specifications")] = relation(
        specifications.by_ids, "The specification.", by="specification_id"
    )
    trigger: PeriodicReviewTrigger = text(description="Why it was begun.")
    cause: str = text(description="What exactly was the cause.")
    state: PeriodicReviewState = text(description="Where it stands, or what it came to.")
    evidence: list[Annotated[ReviewEvidence, strawberry.lazy("schema.periodic_reviews")]] = (
        relation(queries.evidence, "What bears on it, in the order in which it was added.")
    )
    engagement: Annotated[Engagement, strawberry.lazy("schema.engagements")] | None = relation(
        engagements.by_ids,
        "The exercise in which stakeholders are asked; null before, and where the viewer may not "
        "know of it.",
        by="engagement_id",
    )
    reason: str = text(description="Why it came to its outcome; empty before.")
    decided_by: Person | None = relation(
        people.by_ids, "Who decided on the outcome, if anybody has.", by="decided_by_id"
    )
    decided_at: datetime | None = text(description="When that was.")
    successor: Annotated[Specification, strawberry.lazy("schema.specifications")] | None = relation(
        specifications.by_ids,
        "The version that a revision began; null where the viewer may not see it.",
        by="successor_id",
    )
    merged_into: Annotated[Credential, strawberry.lazy("schema.credentials")] | None = relation(
        credentials.by_ids, "The credential that takes it up.", by="merged_into_id"
    )
    next_review_on: date | None = text(
        description="The day of the next review, where it was reconfirmed."
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was begun.")
    available_transitions: list[TransitionOption[PeriodicReviewTransition]] = transitions(
        PERIODIC_REVIEW,
        queries.facts,
        "What can happen to it next, and what stands in the way.",
        personal=True,
    )


@node(models.ReviewEvidence, queries.evidence_by_ids, "Something that bears on a periodic review.")
class ReviewEvidence(Node):
    """Evidence."""

    periodic_review: PeriodicReview = relation(
        queries.by_ids, "The review.", by="periodic_review_id"
    )
    source: str = text(description="Where it is from.")
    body: str = text(description="What it says.")
    author: Person = relation(people.by_ids, "Who added it.", by="author_id")
    created_at: datetime = text(description="When it was added.")


@strawberry.input(description="A review of a launched specification, for a cause.")
class TriggerPeriodicReviewInput(Idempotent):
    """See domain.commands.periodic_reviews.trigger_periodic_review."""

    specification_id: strawberry.ID = text(description="The specification.")
    trigger: PeriodicReviewTrigger = text(description="Why it is reviewed.")
    cause: str = text(description="What exactly is the cause, at most 4,000 characters.")


@strawberry.input(description="Something that bears on a periodic review.")
class AddReviewEvidenceInput(Idempotent):
    """See domain.commands.periodic_reviews.add_review_evidence."""

    periodic_review_id: strawberry.ID = text(description="The review.")
    source: str = text(description="Where it is from, at most 300 characters.")
    body: str = text(description="What it says.")


@strawberry.input(description="A step of a periodic review, with a reason.")
class AdvancePeriodicReviewInput(Expecting):
    """See domain.commands.periodic_reviews.advance_periodic_review."""

    periodic_review_id: strawberry.ID = text(description="The review.")
    transition: PeriodicReviewTransition = text(description="The step.")
    reason: str = text(description="Why; it stays in the history.")
    engagement_id: strawberry.ID | None = text(
        description="With CONSULT: the exercise about the specification.", default=None
    )
    next_review_on: date | None = text(
        description="With RECONFIRM: the day of the next review.", default=None
    )
    merged_into_id: strawberry.ID | None = text(
        description="With MERGE: the credential that takes it up.", default=None
    )
    teach_out_on: date | None = text(
        description="With MERGE and RETIRE: the last day on which it is taught.", default=None
    )


@strawberry.type
class PeriodicReviewMutation:
    """What can be done with periodic reviews."""

    @mutation(PeriodicReview, "Begin the review of a launched specification.")
    async def trigger_periodic_review(self, info: Info, input: TriggerPeriodicReviewInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.trigger_periodic_review,
            specification_id=key(input.specification_id, "specificationId", "Specification"),
            trigger=input.trigger,
            cause=input.cause,
        )

    @mutation(ReviewEvidence, "Add something that bears on a periodic review.")
    async def add_review_evidence(self, info: Info, input: AddReviewEvidenceInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_review_evidence,
            periodic_review_id=key(input.periodic_review_id, "periodicReviewId", "PeriodicReview"),
            source=input.source,
            body=input.body,
        )

    @mutation(PeriodicReview, "Take a step of a periodic review.")
    async def advance_periodic_review(self, info: Info, input: AdvancePeriodicReviewInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_periodic_review,
            periodic_review_id=key(input.periodic_review_id, "periodicReviewId", "PeriodicReview"),
            transition=input.transition,
            reason=input.reason,
            outcome=commands.Outcome(
                engagement_id=None
                if input.engagement_id is None
                else key(input.engagement_id, "engagementId", "Engagement"),
                next_review_on=input.next_review_on,
                merged_into_id=None
                if input.merged_into_id is None
                else key(input.merged_into_id, "mergedIntoId", "Credential"),
                teach_out_on=input.teach_out_on,
            ),
            expected_revision=expected(input),
        )

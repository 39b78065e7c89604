"""How delivery plans are judged, in GraphQL: threshold check, standards reviews, panels."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.commands import delivery_reviews as commands
from domain.lifecycle.delivery_plans import DeliveryPlanState, DeliveryPlanTransition
from domain.models import delivery_reviews as models
from domain.models.criteria import Finding
from domain.queries import delivery_plans, people
from domain.queries import delivery_reviews as queries
from schema.batches import derived, for_viewer
from schema.context import Info
from schema.delivery_plans import DeliveryPlan
from schema.fields import Idempotent, mutation, perform, relation, text
from schema.nodes import Node, key, node
from schema.people import Person


@strawberry.type(description="What is asked of the delivery of a credential.")
class Standard:
    """A standard, from its number and its words."""

    number: int = derived(lambda pair: pair[0], "Its number in its edition, from 1.")
    title: str = derived(lambda pair: pair[1].title, "What is asked, in one line.")
    guidance: str = derived(lambda pair: pair[1].guidance, "How to judge it.")


@strawberry.type(description="An item of the threshold check of a plan.")
class ThresholdItem:
    """An item, with its answer as far as the viewer is told."""

    standard: Standard = derived(
        lambda item: (item.number, item.standard), "What is asked of the plan."
    )
    passed: bool | None = text(
        description="Whether the plan passes; null while nobody said so, or the viewer is not told."
    )
    note: str = text(description="What there is to note; why, where the plan does not pass.")
    answered_by: Person | None = relation(
        people.by_ids, "Who said so; null where nobody did.", by="person_id"
    )


@strawberry.type(description="What a reviewer finds of one standard.")
class StandardJudgement:
    """A judgement."""

    standard: Standard = derived(lambda judged: (judged.number, judged.standard), "What is judged.")
    finding: Finding = text(description="How far it is met.")
    reason: str = text(description="Why.")


@node(
    models.StandardsReview,
    queries.reviews_by_ids,
    "A reviewer's part in judging a submission against the standards.",
)
class StandardsReview(Node):
    """A review."""

    delivery_plan: Annotated[DeliveryPlan, strawberry.lazy("schema.delivery_plans")] | None = (
        relation(
            delivery_plans.by_ids,
            "The plan; null where the viewer may not see it any more.",
            by="delivery_plan_id",
        )
    )
    submission: int = text(description="Which submission of the plan is judged, from 1.")
    reviewer: Person = relation(people.by_ids, "Who judges.", by="person_id")
    handed_in_at: datetime | None = text(description="When it was handed in, if it was.")
    created_at: datetime = text(description="When the reviewer was asked.")
    judgements: list[StandardJudgement] | None = relation(
        queries.judgements,
        "What it finds. Null for everybody but its reviewer until as many reviews are in as are "
        "needed, and for the provider until a panel has decided.",
    )
    viewer_can_judge: bool = for_viewer(
        lambda review, viewer: review.handed_in_at is None and viewer.is_person(review.person_id),
        "Whether it is the viewer's own, and not handed in.",
        reads=("handed_in_at", "person_id"),
    )


@strawberry.type(description="A step that the body took with a plan, and what it rests on.")
class PlanDecision:
    """A decision."""

    submission: int = text(description="Which submission of the plan it is about, from 1.")
    panel: int = text(description="How many panels the plan had gone to.")
    person: Person = relation(people.by_ids, "Who decided.", by="person_id")
    transition: DeliveryPlanTransition = text(description="The step.")
    state: DeliveryPlanState = text(description="Where the plan stood from then on.")
    reason: str = text(description="Why.")
    met: int = text(
        description="How many findings were MET or, of a threshold check, how many items passed."
    )
    partly_met: int = text(description="How many findings were PARTLY_MET.")
    not_met: int = text(
        description="How many findings were NOT_MET or, of a threshold check, how many items did "
        "not pass."
    )
    created_at: datetime = text(description="When it was decided.")


@strawberry.input(description="Whether a plan passes an item of the threshold check.")
class AnswerThresholdItemInput(Idempotent):
    """See domain.commands.delivery_reviews.answer_threshold_item."""

    delivery_plan_id: strawberry.ID = text(description="The plan.")
    number: int = text(description="The number of the item.")
    passed: bool = text(description="Whether the plan passes.")
    note: str = text(
        description="What there is to note; required where the plan does not pass.", default=""
    )


@strawberry.input(description="Somebody who is to judge a plan against the standards.")
class AssignReviewerInput(Idempotent):
    """See domain.commands.delivery_reviews.assign_reviewer."""

    delivery_plan_id: strawberry.ID = text(description="The plan.")
    person_id: strawberry.ID = text(description="The reviewer.")


@strawberry.input(description="What one finds of a standard.")
class JudgeStandardInput(Idempotent):
    """See domain.commands.delivery_reviews.judge_standard."""

    standards_review_id: strawberry.ID = text(description="One's own review.")
    number: int = text(description="The number of the standard.")
    finding: Finding = text(description="How far it is met.")
    reason: str = text(description="Why, at most 4,000 characters.")


@strawberry.input(description="A review that judges every standard.")
class HandInReviewInput(Idempotent):
    """See domain.commands.delivery_reviews.hand_in_review."""

    standards_review_id: strawberry.ID = text(description="One's own review.")


@strawberry.input(description="Somebody of the board who is to sit on the panel of a plan.")
class SeatPanellistInput(Idempotent):
    """See domain.commands.delivery_reviews.seat_panellist."""

    delivery_plan_id: strawberry.ID = text(description="The plan.")
    person_id: strawberry.ID = text(description="The panellist.")


@strawberry.type
class DeliveryReviewMutation:
    """What can be done to judge a delivery plan."""

    @mutation(DeliveryPlan, "Say whether a plan passes an item of the threshold check.")
    async def answer_threshold_item(self, info: Info, input: AnswerThresholdItemInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.answer_threshold_item,
            delivery_plan_id=key(input.delivery_plan_id, "deliveryPlanId", "DeliveryPlan"),
            number=input.number,
            passed=input.passed,
            note=input.note,
        )

    @mutation(StandardsReview, "Ask somebody to judge a plan against the standards.")
    async def assign_reviewer(self, info: Info, input: AssignReviewerInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.assign_reviewer,
            delivery_plan_id=key(input.delivery_plan_id, "deliveryPlanId", "DeliveryPlan"),
            person_id=key(input.person_id, "personId", "Person"),
        )

    @mutation(StandardsReview, "Judge one standard in one's own review, or judge it anew.")
    async def judge_standard(self, info: Info, input: JudgeStandardInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.judge_standard,
            standards_review_id=key(
                input.standards_review_id, "standardsReviewId", "StandardsReview"
            ),
            number=input.number,
            finding=input.finding,
            reason=input.reason,
        )

    @mutation(StandardsReview, "Hand in one's own review; it changes no more.")
    async def hand_in_review(self, info: Info, input: HandInReviewInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.hand_in_review,
            standards_review_id=key(
                input.standards_review_id, "standardsReviewId", "StandardsReview"
            ),
        )

    @mutation(DeliveryPlan, "Give somebody of the board a seat on the panel of a plan.")
    async def seat_panellist(self, info: Info, input: SeatPanellistInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.seat_panellist,
            delivery_plan_id=key(input.delivery_plan_id, "deliveryPlanId", "DeliveryPlan"),
            person_id=key(input.person_id, "personId", "Person"),
        )

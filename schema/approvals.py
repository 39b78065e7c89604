"""Approvals of education providers in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.commands import approvals as commands
from domain.lifecycle.approvals import APPROVAL, ApprovalState, ApprovalTransition
from domain.models import approvals as models
from domain.queries import approvals as queries
from domain.queries import delivery_plans, organisations, people, specifications
from schema.context import Info
from schema.delivery_plans import DeliveryPlan
from schema.fields import Expecting, enum, expected, mutation, perform, relation, text
from schema.nodes import Node, key, node
from schema.organisations import Organisation
from schema.pagination import After, Before, Connection, First, Last, enlist, page
from schema.people import Person
from schema.specifications import Specification
from schema.transitions import TransitionOption, transitions

enum(
    ApprovalState,
    "Where an approval stands.",
    ACTIVE="The provider may deliver.",
    SUSPENDED="The provider takes no new learners until the board restores it.",
    WITHDRAWN="The board ended it.",
    LAPSED="Its time ended it, or a condition that was not met.",
)
enum(
    ApprovalTransition,
    "A step in the life of an approval.",
    SUSPEND="Suspend it.",
    RESTORE="Let it be in force again.",
    WITHDRAW="End it.",
    LAPSE="Let it end by its time; the process itself does so when that has come.",
)


@strawberry.type(description="A step that was taken with an approval.")
class ApprovalDecision:
    """A decision."""

    person: Person | None = relation(
        people.by_ids, "Who decided; null where its time did.", by="person_id"
    )
    transition: ApprovalTransition = text(description="The step.")
    state: ApprovalState = text(description="Where the approval stood from then on.")
    reason: str = text(description="Why.")
    created_at: datetime = text(description="When.")


@node(
    models.Approval,
    queries.by_ids,
    "That a provider may deliver one version of a specification from one day to another.",
)
class Approval(Node):
    """An approval."""

    organisation: Organisation = relation(
        organisations.by_ids, "The education provider.", by="organisation_id"
    )
    specification: Specification | None = relation(
        specifications.by_ids,
        "The version that it is for; null where the viewer may not see it.",
        by="specification_id",
    )
    delivery_plan: DeliveryPlan | None = relation(
        delivery_plans.by_ids,
        "The plan that was approved; null where the viewer may not see it.",
        by="delivery_plan_id",
    )
    starts_on: date = text(description="The first day.")
    ends_on: date = text(description="The last day, unless it ends earlier.")
    state: ApprovalState = text(description="Where it stands.")
    revision: int = text(description="Counts its steps, from 1.")
    created_at: datetime = text(description="When it was granted.")
    decisions: list[ApprovalDecision] = relation(
        queries.decisions, "The steps that were taken with it, the first one first."
    )
    available_transitions: list[TransitionOption[ApprovalTransition]] = transitions(
        APPROVAL, queries.facts, "What can happen to it next, and what stands in the way."
    )


@strawberry.input(description="A step in the life of an approval, with a reason.")
class AdvanceApprovalInput(Expecting):
    """See domain.commands.approvals.advance_approval."""

    approval_id: strawberry.ID = text(description="The approval.")
    transition: ApprovalTransition = text(description="The step.")
    reason: str = text(description="Why; everybody may read it.")


@strawberry.type
class ApprovalQuery:
    """What can be asked about approvals."""

    @strawberry.field(description="The approvals of education providers.")
    async def approvals(
        self,
        info: Info,
        state: Annotated[
            ApprovalState | None, strawberry.argument(description="Only those in this state.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Approval]:
        """Page through the approvals."""
        found: Connection[Approval] = await enlist(
            info,
            queries.listed,
            queries.count_listed,
            page(first, after, last, before),
            state=state,
        )
        return found


@strawberry.type
class ApprovalMutation:
    """What can be done with approvals."""

    @mutation(Approval, "Take a step in the life of an approval.")
    async def advance_approval(self, info: Info, input: AdvanceApprovalInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_approval,
            approval_id=key(input.approval_id, "approvalId", "Approval"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )

"""What is due: what happens by itself when its time has come, by the same steps as by hand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, and_, bindparam, exists, func, or_, select

from domain.commands.approvals import advance_approval
from domain.commands.ballots import advance_ballot
from domain.commands.periodic_reviews import UNDER_WAY, trigger_periodic_review
from domain.commands.specifications import advance_specification
from domain.database import Database
from domain.errors import Conflict
from domain.lifecycle import (
    BallotState,
    BallotTransition,
    EngagementState,
    SpecificationState,
    SpecificationTransition,
)
from domain.lifecycle.approvals import IN_FORCE, ApprovalTransition
from domain.models.approvals import Approval
from domain.models.ballots import Ballot
from domain.models.delivery_plans import DeliveryPlan
from domain.models.implementation_plans import ImplementationPlan
from domain.models.periodic_reviews import PeriodicReview, PeriodicReviewTrigger
from domain.models.specifications import Specification
from domain.permissions import SYSTEM
from domain.queries import approvals
from domain.queries.ballots import HOST_STATE, with_host
from domain.queries.specifications import TODAY
from domain.unit_of_work import UnitOfWork

# A ballot that somebody else holds is theirs to step, or is looked at again the next time.
DUE = (
    with_host(select(Ballot.id, Ballot.state, Ballot.round, Ballot.most_rounds))
    .where(
        or_(
            and_(
                Ballot.state == BallotState.SCHEDULED,
                Ballot.opens_at <= func.now(),
                HOST_STATE == EngagementState.OPEN,
            ),
            and_(Ballot.state == BallotState.OPEN, Ballot.closes_at <= func.now()),
        ),
        Ballot.id != func.all(bindparam("refused", type_=ARRAY(Uuid()))),
    )
    .order_by(Ballot.id)
    .limit(1)
    .with_for_update(of=Ballot, key_share=True, skip_locked=True)
)

LAUNCHES = (
    select(Specification.id)
    .join(ImplementationPlan, ImplementationPlan.specification_id == Specification.id)
    .where(
        Specification.state == SpecificationState.SCHEDULED,
        ImplementationPlan.launch_on <= TODAY,
        Specification.id != func.all(bindparam("refused", type_=ARRAY(Uuid()))),
    )
    .order_by(Specification.id)
    .limit(1)
    .with_for_update(of=Specification, key_share=True, skip_locked=True)
)

REVIEWS = (
    select(Specification.id)
    .where(
        Specification.state == SpecificationState.LAUNCHED,
        Specification.review_on <= TODAY,
        ~exists().where(
            PeriodicReview.specification_id == Specification.id,
            PeriodicReview.state.in_(UNDER_WAY),
        ),
        Specification.id != func.all(bindparam("refused", type_=ARRAY(Uuid()))),
    )
    .order_by(Specification.id)
    .limit(1)
    .with_for_update(of=Specification, key_share=True, skip_locked=True)
)

LAPSES = (
    select(Approval.id)
    .join(DeliveryPlan, DeliveryPlan.id == Approval.delivery_plan_id)
    .where(
        Approval.state.in_(IN_FORCE),
        approvals.DUE,
        Approval.id != func.all(bindparam("refused", type_=ARRAY(Uuid()))),
    )
    .order_by(Approval.id)
    .limit(1)
    .with_for_update(of=Approval, key_share=True, skip_locked=True)
)


async def step_what_is_due(database: Database) -> int:
    """Open what is scheduled for now and close what has reached its deadline; return how many.

    A round that is not the last one ends as a round. What cannot be opened yet, because the
    exercise is not open, nobody could vote or its deadline has passed, stays scheduled.
    """

    async def step(uow: UnitOfWork, row: Any) -> None:
        await advance_ballot(
            uow,
            ballot_id=row.id,
            transition=_transition(row.state, last=row.round >= row.most_rounds),
            reason=REASONS[row.state],
            expected_revision=None,
        )

    return await step_each(database, DUE, step)


async def launch_what_is_due(database: Database) -> int:
    """Launch the specifications whose day has come; return how many."""

    async def step(uow: UnitOfWork, row: Any) -> None:
        await advance_specification(
            uow,
            specification_id=row.id,
            transition=SpecificationTransition.LAUNCH,
            reason="The day of its launch has come.",
            expected_revision=None,
        )

    return await step_each(database, LAUNCHES, step)


async def review_what_is_due(database: Database) -> int:
    """Begin the periodic reviews whose day has come; return how many."""

    async def step(uow: UnitOfWork, row: Any) -> None:
        await trigger_periodic_review(
            uow,
            specification_id=row.id,
            trigger=PeriodicReviewTrigger.SCHEDULE,
            cause="The day of its review has come.",
        )

    return await step_each(database, REVIEWS, step)


async def lapse_what_is_due(database: Database) -> int:
    """Let approvals lapse that have ended, or have an overdue condition; return how many."""

    async def step(uow: UnitOfWork, row: Any) -> None:
        await advance_approval(
            uow,
            approval_id=row.id,
            transition=ApprovalTransition.LAPSE,
            reason="Its end has passed, or a condition is overdue.",
            expected_revision=None,
        )

    return await step_each(database, LAPSES, step)


async def step_each(
    database: Database,
    due: Select[*tuple[Any, ...]],
    step: Callable[[UnitOfWork, Any], Awaitable[None]],
) -> int:
    """Take a step of each thing that is due; return of how many.

    Each is a transaction of its own, and is done once however many processes look at the same
    time: `due` locks one row by its `id`, skipping those that others hold, and those that were
    `refused`, which stay as they are.
    """
    stepped = 0
    refused: list[UUID] = []
    while True:
        async with UnitOfWork(database, SYSTEM) as uow:
            row = (await uow.session.execute(due, {"refused": refused})).one_or_none()
            if row is None:
                return stepped
            try:
                await step(uow, row)
            except Conflict:  # refused before anything was written
                refused.append(row.id)
            else:
                stepped += 1


REASONS = {
    BallotState.SCHEDULED: "The time of opening has come.",
    BallotState.OPEN: "The deadline has passed.",
}


def _transition(state: BallotState, *, last: bool) -> BallotTransition:
    if state is BallotState.SCHEDULED:
        return BallotTransition.OPEN
    return BallotTransition.CLOSE if last else BallotTransition.CLOSE_ROUND

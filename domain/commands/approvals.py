"""Writes of approvals: granted with the plan, ended by the board, or by their time."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from domain.commands.steps import next_state
from domain.events.approvals import ApprovalAdvanced, ApprovalGranted
from domain.ids import new_id
from domain.lifecycle.approvals import APPROVAL, ApprovalTransition
from domain.models.approvals import Approval, ApprovalDecision
from domain.models.delivery_plans import DeliveryPlan
from domain.models.topics import TopicKind
from domain.permissions import Permission
from domain.queries import approvals as queries
from domain.reference import APPROVAL_YEARS
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork


async def grant_approval(uow: UnitOfWork, plan: DeliveryPlan) -> UUID:
    """Approve the provider of a plan for its version, from today; return the approval's id."""
    topic = uow.open_topic(
        new_id(), TopicKind.APPROVAL, inside=(plan.organisation_id,), public=True
    )
    starts_on = uow.now.date()
    await uow.add(topic)
    await uow.add(
        Approval(
            id=topic.id,
            organisation_id=plan.organisation_id,
            specification_id=plan.specification_id,
            delivery_plan_id=plan.id,
            starts_on=starts_on,
            ends_on=anniversary(starts_on, APPROVAL_YEARS) - timedelta(days=1),
            created_at=uow.now,
        )
    )
    uow.emit(
        topic.id,
        ApprovalGranted(
            approval_id=topic.id,
            organisation_id=plan.organisation_id,
            specification_id=plan.specification_id,
        ),
    )
    return topic.id


async def advance_approval(
    uow: UnitOfWork,
    *,
    approval_id: UUID,
    transition: ApprovalTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Take a step of an approval's life, with a reason that everybody may read."""
    approval = await uow.load(Approval, approval_id, Permission.VIEW)
    uow.expect(approval, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    approval.state = await next_state(uow, APPROVAL, approval, transition, queries.facts)
    approval.revision += 1
    await uow.add(
        ApprovalDecision(
            approval_id=approval.id,
            person_id=uow.viewer.person_id,
            transition=transition,
            state=approval.state,
            reason=words,
            created_at=uow.now,
        )
    )
    uow.emit(
        approval.id,
        ApprovalAdvanced(
            approval_id=approval.id, transition=transition, state=approval.state, reason=words
        ),
    )
    return approval.id


def anniversary(day: date, years: int) -> date:
    """Return the same day so many years later; 28 February where there is no 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)

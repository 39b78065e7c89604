"""Reads of approvals, which everybody may see, and of what became due of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import String, and_, bindparam, case, cast, exists, func, or_, select

from domain.database import Session
from domain.lifecycle.approvals import ApprovalState
from domain.lifecycle.delivery_plans import PlanConditionState
from domain.lifecycle.machine import Facts
from domain.models.approvals import Approval, ApprovalDecision
from domain.models.delivery_plans import DeliveryPlan
from domain.models.delivery_reviews import PlanCondition
from domain.models.specifications import Specification
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.independence import PARTIES, independence
from domain.queries.pages import ById, Listed, Page, Paged, Slice, grouped, ids, in_order, visible
from domain.queries.specifications import TODAY

_APPROVALS = select(Approval).join(Topic, Topic.id == Approval.id).where(visible())

by_ids: ById[Approval] = ById(Approval, Approval.id)
_STATE = cast(bindparam("state"), String)
LISTED: Listed[Approval] = Listed(
    _APPROVALS.where(or_(_STATE.is_(None), Approval.state == _STATE)), Approval
)
OF_SPECIFICATIONS = Paged(_APPROVALS, Approval, Approval.specification_id)
OF_ORGANISATIONS = Paged(_APPROVALS, Approval, Approval.organisation_id)
OF_CREDENTIALS = Paged(
    _APPROVALS.join(Specification, Specification.id == Approval.specification_id),
    Approval,
    Specification.credential_id,
)
OF_PLANS = select(Approval).where(Approval.delivery_plan_id == func.any(ids()))
DECISIONS = (
    select(ApprovalDecision)
    .where(ApprovalDecision.approval_id == func.any(ids()))
    .order_by(ApprovalDecision.id)
)
# Evidence that waits for an answer is not the provider's delay.
OVERDUE = and_(PlanCondition.state == PlanConditionState.OPEN, PlanCondition.due_on < TODAY)
DUE = or_(
    Approval.ends_on < TODAY,
    exists()
    .where(
        PlanCondition.delivery_plan_id == Approval.delivery_plan_id,
        PlanCondition.panel == DeliveryPlan.panel,
        OVERDUE,
    )
    .correlate(Approval, DeliveryPlan),
)
"""Whether an approval has to lapse, in a statement that joins its plan."""
FACTS = (
    select(Approval.id, case((DUE, 1), else_=0).label("due"), *PARTIES)
    .join(DeliveryPlan, DeliveryPlan.id == Approval.delivery_plan_id)
    .join(Specification, Specification.id == DeliveryPlan.specification_id)
    .where(Approval.id == func.any(ids()))
)


async def listed(
    session: Session, viewer: Viewer, page: Page, *, state: ApprovalState | None
) -> Slice[Approval]:
    """Return a page of the approvals, in one state or in any."""
    return await LISTED.slice(session, viewer, page, state=state)


async def count_listed(session: Session, viewer: Viewer, *, state: ApprovalState | None) -> int:
    """Return how many approvals there are, in one state or in any."""
    return await LISTED.count(session, viewer, state=state)


async def of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Approval]]:
    """Return the approvals for each version of a specification."""
    return await OF_SPECIFICATIONS.slices(session, viewer, keys, page)


async def count_of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many approvals there are for each version of a specification."""
    return await OF_SPECIFICATIONS.counts(session, viewer, keys)


async def of_organisations(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Approval]]:
    """Return the approvals of each provider."""
    return await OF_ORGANISATIONS.slices(session, viewer, keys, page)


async def count_of_organisations(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many approvals each provider has and had."""
    return await OF_ORGANISATIONS.counts(session, viewer, keys)


async def of_credentials(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Approval]]:
    """Return the approvals for any version of each credential's specification."""
    return await OF_CREDENTIALS.slices(session, viewer, keys, page)


async def count_of_credentials(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many approvals there are for any version of each credential's specification."""
    return await OF_CREDENTIALS.counts(session, viewer, keys)


async def of_plans(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[Approval | None]:
    """Return the approval that came of each delivery plan, None where none did."""
    rows: Any = await session.scalars(OF_PLANS, {"ids": keys})
    return in_order(keys, rows, lambda row: row.delivery_plan_id)


async def decisions(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ApprovalDecision]]:
    """Return the steps that were taken with each approval, the first one first."""
    rows = await session.scalars(DECISIONS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.approval_id)


async def facts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the lifecycle asks about each approval, all of which exist."""
    found = {row.id: row for row in await session.execute(FACTS, {"ids": keys})}
    return [
        {**independence(viewer, row), "due": row.due, "not_due": 1 - row.due}
        for row in map(found.__getitem__, keys)
    ]

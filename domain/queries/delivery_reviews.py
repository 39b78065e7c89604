"""Reads of how delivery plans are judged, and the guard of what a provider is not told yet.

While a plan is checked, reviewed or before its panel, that is among those who judge. Reviews are
blind besides: what another reviewer found is told when as many are in as are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import aliased

from domain.database import Session
from domain.lifecycle.approvals import IN_FORCE
from domain.lifecycle.delivery_plans import REVIEWERS, DeliveryPlanState
from domain.lifecycle.machine import Facts
from domain.models.approvals import Approval
from domain.models.criteria import Finding
from domain.models.delivery_plans import DeliveryPlan
from domain.models.delivery_reviews import (
    PanelSeat,
    PlanCondition,
    PlanDecision,
    StandardJudgement,
    StandardsReview,
    ThresholdAnswer,
)
from domain.models.people import Person
from domain.models.specifications import Specification
from domain.models.topics import Topic
from domain.permissions import Permission, Viewer, allowed, audience
from domain.queries.approvals import OVERDUE
from domain.queries.delivery_plans import STANDING
from domain.queries.independence import PARTIES, independence
from domain.queries.pages import grouped, ids
from domain.reference import DELIVERY_STANDARDS, EDITION, Standard

_JUDGING = (Permission.STEER, Permission.JUDGE, Permission.DECIDE)
_IN_REVIEW = (DeliveryPlanState.STANDARDS_REVIEW, DeliveryPlanState.PANEL)

_OTHER = aliased(StandardsReview)
_REVIEWS = (
    select(
        StandardsReview,
        DeliveryPlan.state.label("plan_state"),
        DeliveryPlan.submission.label("last_submission"),
        DeliveryPlan.edition,
        Topic.scopes,
        Topic.public,
    )
    .join(DeliveryPlan, DeliveryPlan.id == StandardsReview.delivery_plan_id)
    .join(Topic, Topic.id == DeliveryPlan.id)
)
REVIEWS = _REVIEWS.where(StandardsReview.id == func.any(ids()))
REVIEWS_OF_PLANS = _REVIEWS.where(StandardsReview.delivery_plan_id == func.any(ids())).order_by(
    StandardsReview.id
)
# How many reviews of the same submission count, for each review.
REVIEWS_IN = (
    select(_OTHER.id, func.count(StandardsReview.id).label("number"))
    .join(
        StandardsReview,
        (StandardsReview.delivery_plan_id == _OTHER.delivery_plan_id)
        & (StandardsReview.submission == _OTHER.submission),
    )
    .join(DeliveryPlan, DeliveryPlan.id == StandardsReview.delivery_plan_id)
    .join(Specification, Specification.id == DeliveryPlan.specification_id)
    .where(_OTHER.id == func.any(ids()), STANDING)
    .group_by(_OTHER.id)
)
JUDGEMENTS = (
    select(StandardJudgement)
    .where(StandardJudgement.standards_review_id == func.any(ids()))
    .order_by(StandardJudgement.number)
)
PLANS = (
    select(DeliveryPlan, Topic.scopes, Topic.public)
    .join(Topic, Topic.id == DeliveryPlan.id)
    .where(DeliveryPlan.id == func.any(ids()))
)
ANSWERS = (
    select(ThresholdAnswer)
    .join(DeliveryPlan, DeliveryPlan.id == ThresholdAnswer.delivery_plan_id)
    .where(
        ThresholdAnswer.delivery_plan_id == func.any(ids()),
        ThresholdAnswer.submission == DeliveryPlan.submission,
    )
)
PANELLISTS = (
    select(Person, PanelSeat.delivery_plan_id)
    .join(PanelSeat, PanelSeat.person_id == Person.id)
    .join(DeliveryPlan, DeliveryPlan.id == PanelSeat.delivery_plan_id)
    .where(PanelSeat.delivery_plan_id == func.any(ids()), PanelSeat.panel == DeliveryPlan.panel)
    .order_by(Person.id)
)
DECISIONS = (
    select(PlanDecision)
    .where(PlanDecision.delivery_plan_id == func.any(ids()))
    .order_by(PlanDecision.id)
)
_CONDITIONS = (
    select(PlanCondition, DeliveryPlan.state.label("plan_state"), Topic.scopes, Topic.public)
    .join(DeliveryPlan, DeliveryPlan.id == PlanCondition.delivery_plan_id)
    .join(Topic, Topic.id == DeliveryPlan.id)
)
CONDITIONS = _CONDITIONS.where(PlanCondition.id == func.any(ids()))
CONDITIONS_OF_PLANS = _CONDITIONS.where(
    PlanCondition.delivery_plan_id == func.any(ids()), PlanCondition.panel == DeliveryPlan.panel
).order_by(PlanCondition.id)
CONDITION_FACTS = (
    select(
        PlanCondition.id,
        case(
            (
                exists()
                .where(
                    Approval.delivery_plan_id == DeliveryPlan.id,
                    Approval.state.in_(IN_FORCE),
                    PlanCondition.panel == DeliveryPlan.panel,
                )
                .correlate(DeliveryPlan, PlanCondition),
                0,
            ),
            else_=1,
        ).label("not_binding"),
        *PARTIES,
    )
    .join(DeliveryPlan, DeliveryPlan.id == PlanCondition.delivery_plan_id)
    .join(Specification, Specification.id == DeliveryPlan.specification_id)
    .where(PlanCondition.id == func.any(ids()))
)
OVERDUE_AMONG = select(PlanCondition.id).where(PlanCondition.id == func.any(ids()), OVERDUE)


@dataclass(frozen=True, slots=True)
class ThresholdItem:
    """An item of the threshold check; `passed` is None while it is not answered, or not told."""

    number: int
    standard: Standard
    passed: bool | None
    note: str
    person_id: UUID | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a reviewer found of a standard."""

    number: int
    standard: Standard
    finding: Finding
    reason: str


def _judges(viewer: Viewer, row: Any) -> bool:
    return any(allowed(viewer, permission, row) for permission in _JUDGING)


def _told_review(viewer: Viewer, row: Any) -> bool:
    """Say whether the viewer may know of a review; its own reviewer always does."""
    review = row[0]
    if _judges(viewer, row):
        return True
    over = review.submission < row.last_submission or row.plan_state not in _IN_REVIEW
    if over and audience(viewer, row) is not None:
        return True
    return viewer.is_person(review.person_id)


def _told_condition(viewer: Viewer, row: Any) -> bool:
    """Say whether the viewer may know of a condition: its provider does once it is decided."""
    if _judges(viewer, row):
        return True
    return row.plan_state is not DeliveryPlanState.PANEL and audience(viewer, row) is not None


async def reviews_by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[StandardsReview | None]:
    """Return reviews, None for those that the viewer may not know of."""
    rows = {row[0].id: row for row in await session.execute(REVIEWS, {"ids": keys})}
    return [
        rows[key][0] if key in rows and _told_review(viewer, rows[key]) else None for key in keys
    ]


async def reviews_of_plans(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[StandardsReview]]:
    """Return the reviews of each plan that the viewer may know of, of all its submissions."""
    rows = [
        row
        for row in await session.execute(REVIEWS_OF_PLANS, {"ids": keys})
        if _told_review(viewer, row)
    ]
    found = grouped(keys, rows, lambda row: row[0].delivery_plan_id)
    return [[row[0] for row in group] for group in found]


async def judgements(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Judged] | None]:
    """Return what each review finds, None where it is blind for the viewer."""
    rows = {row[0].id: row for row in await session.execute(REVIEWS, {"ids": keys})}
    counted = {row.id: row.number for row in await session.execute(REVIEWS_IN, {"ids": keys})}
    found = grouped(
        keys,
        await session.scalars(JUDGEMENTS, {"ids": keys}),
        lambda row: row.standards_review_id,
    )

    def told(key: UUID) -> bool:
        complete = counted.get(key, 0) >= REVIEWERS
        if complete and _told_review(viewer, rows[key]):
            return True
        return viewer.is_person(rows[key][0].person_id)

    return [
        [
            Judged(
                each.number,
                DELIVERY_STANDARDS[rows[key].edition].standards[each.number - 1],
                each.finding,
                each.reason,
            )
            for each in group
        ]
        if told(key)
        else None
        for key, group in zip(keys, found, strict=True)
    ]


async def threshold_items(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ThresholdItem]]:
    """Return the threshold check of each plan's last submission, unanswered where not told yet."""
    rows = {row[0].id: row for row in await session.execute(PLANS, {"ids": keys})}
    answers = {
        (each.delivery_plan_id, each.number): each
        for each in await session.scalars(ANSWERS, {"ids": keys})
        if rows[each.delivery_plan_id][0].state is not DeliveryPlanState.THRESHOLD_CHECK
        or _judges(viewer, rows[each.delivery_plan_id])
    }
    return [
        [
            ThresholdItem(number, item, answer.passed, answer.note, answer.person_id)
            if (answer := answers.get((key, number)))
            else ThresholdItem(number, item, None, "", None)
            for number, item in enumerate(
                DELIVERY_STANDARDS[rows[key][0].edition or EDITION].threshold, 1
            )
        ]
        for key in keys
    ]


async def panellists(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[Person]]:
    """Return who sits on the last panel of each plan."""
    rows = (await session.execute(PANELLISTS, {"ids": keys})).all()
    return [[row[0] for row in found] for found in grouped(keys, rows, lambda row: row[1])]


async def decisions(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[PlanDecision]]:
    """Return what the body decided on each plan, the first decision first."""
    rows = await session.scalars(DECISIONS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.delivery_plan_id)


async def conditions_by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[PlanCondition | None]:
    """Return conditions, None for those that the viewer may not know of."""
    rows = {row[0].id: row for row in await session.execute(CONDITIONS, {"ids": keys})}
    return [
        rows[key][0] if key in rows and _told_condition(viewer, rows[key]) else None for key in keys
    ]


async def conditions_of_plans(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[PlanCondition]]:
    """Return the conditions that the last panel of each plan named, where the viewer is told."""
    rows = [
        row
        for row in await session.execute(CONDITIONS_OF_PLANS, {"ids": keys})
        if _told_condition(viewer, row)
    ]
    found = grouped(keys, rows, lambda row: row[0].delivery_plan_id)
    return [[row[0] for row in group] for group in found]


async def condition_facts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the lifecycle asks about each condition, all of which exist."""
    found = {row.id: row for row in await session.execute(CONDITION_FACTS, {"ids": keys})}
    return [
        {**independence(viewer, row), "not_binding": row.not_binding}
        for row in map(found.__getitem__, keys)
    ]


async def overdue(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[bool]:
    """Say of each condition whether it is unmet past its day, with no evidence to be answered."""
    found = set(await session.scalars(OVERDUE_AMONG, {"ids": keys}))
    return [key in found for key in keys]

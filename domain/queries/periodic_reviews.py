"""Reads of periodic reviews, their evidence, and what their steps ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, case, exists, func, or_, select

from domain.database import Session
from domain.lifecycle import EngagementState, Facts, SpecificationState
from domain.models.engagements import Engagement
from domain.models.periodic_reviews import PeriodicReview, ReviewEvidence
from domain.models.specifications import Specification
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.authors import wrote
from domain.queries.pages import ById, Page, Paged, Slice, grouped, ids, visible

by_ids: ById[PeriodicReview] = ById(PeriodicReview, PeriodicReview.specification_id)
evidence_by_ids: ById[ReviewEvidence] = ById(ReviewEvidence, ReviewEvidence.specification_id)
OF_SPECIFICATIONS = Paged(
    select(PeriodicReview)
    .join(Topic, Topic.id == PeriodicReview.specification_id)
    .where(visible()),
    PeriodicReview,
    PeriodicReview.specification_id,
)
EVIDENCE = (
    select(ReviewEvidence)
    .where(ReviewEvidence.periodic_review_id == func.any(ids()))
    .order_by(ReviewEvidence.id)
)
FACTS = (
    select(
        PeriodicReview.id,
        (Specification.state != SpecificationState.LAUNCHED)
        .cast(Integer)
        .label("launched_missing"),
        case(
            (exists().where(ReviewEvidence.periodic_review_id == PeriodicReview.id), 0), else_=1
        ).label("evidence_missing"),
        or_(Engagement.state.is_(None), Engagement.state != EngagementState.CLOSED)
        .cast(Integer)
        .label("consultation_held"),
        wrote(bindparam("person_id", type_=Uuid())).cast(Integer).label("own_text"),
    )
    .join(Specification, Specification.id == PeriodicReview.specification_id)
    .outerjoin(Engagement, Engagement.id == PeriodicReview.engagement_id)
    .where(PeriodicReview.id == func.any(ids()))
)


async def of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[PeriodicReview]]:
    """Return the periodic reviews of each specification."""
    return await OF_SPECIFICATIONS.slices(session, viewer, keys, page)


async def count_of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how many periodic reviews each specification has had."""
    return await OF_SPECIFICATIONS.counts(session, viewer, keys)


async def evidence(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ReviewEvidence]]:
    """Return the evidence of each periodic review, in the order in which it was added."""
    rows = await session.scalars(EVIDENCE, {"ids": keys})
    return grouped(keys, rows, lambda row: row.periodic_review_id)


async def facts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the steps of each periodic review ask; `own_text` is about the viewer."""
    rows = await session.execute(FACTS, {"ids": keys, "person_id": viewer.person_id})
    found: dict[UUID, Any] = {row.id: row._asdict() for row in rows}
    return [found[key] for key in keys]

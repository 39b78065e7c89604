"""Reads of specifications, their sections and blocks, their revisions and target professions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from domain.database import Session
from domain.lifecycle import EngagementState, Facts, SpecificationState
from domain.lifecycle.endorsements import EndorsementState
from domain.lifecycle.periodic_reviews import PeriodicReviewState
from domain.models.comments import SubjectKind, Thread
from domain.models.dispositions import Disposition
from domain.models.endorsements import Endorsement, EndorsementCondition
from domain.models.engagements import Engagement
from domain.models.implementation_plans import (
    ImplementationPlan,
    ImplementationPoint,
    ImplementationPointKind,
)
from domain.models.periodic_reviews import PeriodicReview
from domain.models.specifications import (
    Block,
    BlockKind,
    Section,
    Specification,
    SpecificationRevision,
    TargetProfession,
)
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, Listed, Page, Paged, Slice, grouped, ids, visible

_SPECIFICATIONS = select(Specification).join(Topic, Topic.id == Specification.id).where(visible())
_REVISIONS = (
    select(SpecificationRevision)
    .join(Topic, Topic.id == SpecificationRevision.specification_id)
    .where(visible())
)

by_ids: ById[Specification] = ById(Specification, Specification.id)
# PostgreSQL asks for the type of a parameter that may be null.
_STATE = cast(bindparam("state"), String)
LISTED: Listed[Specification] = Listed(
    _SPECIFICATIONS.where(or_(_STATE.is_(None), Specification.state == _STATE)), Specification
)
OF_CREDENTIALS = Paged(_SPECIFICATIONS, Specification, Specification.credential_id)
sections_by_ids: ById[Section] = ById(Section, Section.specification_id)
blocks_by_ids: ById[Block] = ById(Block, Block.specification_id)
SECTIONS = (
    select(Section)
    .where(Section.specification_id == func.any(ids()))
    .order_by(Section.position, Section.id)
)
BLOCKS = select(Block).where(Block.section_id == func.any(ids())).order_by(Block.position, Block.id)
LEARNING_OUTCOMES = (
    select(Block)
    .join(Section, Section.id == Block.section_id)
    .where(Block.specification_id == func.any(ids()), Block.kind == BlockKind.LEARNING_OUTCOME)
    .order_by(Section.position, Block.position, Block.id)
)
TARGET_PROFESSIONS = (
    select(TargetProfession)
    .where(TargetProfession.specification_id == func.any(ids()))
    .order_by(TargetProfession.profession_id)
)
revisions_by_ids: ById[SpecificationRevision] = ById(
    SpecificationRevision, SpecificationRevision.specification_id
)
REVISIONS = Paged(_REVISIONS, SpecificationRevision, SpecificationRevision.specification_id)

LAST_VERSION = select(func.max(Specification.version)).where(
    Specification.credential_id == bindparam("credential_id")
)


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).where(*conditions).correlate(Specification).scalar_subquery()


def _missing(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return case((exists().where(*conditions).correlate(Specification), 0), else_=1)


_later = aliased(Specification)
_other = aliased(Specification)
_PASSED = (
    Endorsement.specification_id == Specification.id,
    Endorsement.state == EndorsementState.PASSED,
    Endorsement.content_hash == Specification.content_hash,
)
_PLAN = ImplementationPlan.specification_id == Specification.id
TODAY = cast(func.timezone("UTC", func.now()), Date)
# The exercises in which stakeholders are asked, not those in which the board is.
_EXERCISES = and_(
    Engagement.specification_id == Specification.id,
    ~exists().where(Endorsement.engagement_id == Engagement.id),
)
# Every comment gets an answer, whatever became of the block that it was about.
_ABOUT_IT = Thread.subject_kind.in_(
    (SubjectKind.SPECIFICATION, SubjectKind.SECTION, SubjectKind.BLOCK)
)
FACTS = select(
    Specification.id,
    _missing(
        _EXERCISES, Engagement.state.in_((EngagementState.PLANNED, EngagementState.OPEN))
    ).label("engagements_missing"),
    _count(_EXERCISES, Engagement.state == EngagementState.OPEN).label("engagements_open"),
    _missing(_EXERCISES, Engagement.state == EngagementState.CLOSED).label("exercises_missing"),
    _count(
        Section.specification_id == Specification.id,
        ~exists().where(Block.section_id == Section.id).correlate(Section),
    ).label("sections_empty"),
    _missing(
        Block.specification_id == Specification.id, Block.kind == BlockKind.LEARNING_OUTCOME
    ).label("outcomes_missing"),
    _count(
        Thread.resolved_at.is_(None),
        ~exists().where(Disposition.thread_id == Thread.id),
        _ABOUT_IT,
        or_(
            Thread.topic_id == Specification.id,
            Thread.topic_id.in_(select(Engagement.id).where(_EXERCISES).correlate(Specification)),
        ),
    ).label("threads_unresolved"),
    _missing(
        _later.credential_id == Specification.credential_id,
        _later.version > Specification.version,
        _later.state == SpecificationState.LAUNCHED,
    ).label("successors_missing"),
    _missing(
        PeriodicReview.specification_id == Specification.id,
        PeriodicReview.state.in_((PeriodicReviewState.MERGED, PeriodicReviewState.RETIRED)),
    ).label("retirements_missing"),
    _missing(*_PASSED).label("endorsement_missing"),
    _missing(*_PASSED, EndorsementCondition.endorsement_id == Endorsement.id).label(
        "conditions_missing"
    ),
    _missing(
        Endorsement.specification_id == Specification.id,
        Endorsement.state == EndorsementState.FAILED,
        Endorsement.content_hash == Specification.content_hash,
    ).label("refusal_missing"),
    _count(
        EndorsementCondition.specification_id == Specification.id,
        EndorsementCondition.met_at.is_(None),
    ).label("conditions_open"),
    _missing(_PLAN).label("plans_missing"),
    _missing(_PLAN, ImplementationPlan.resources != "").label("resources_missing"),
    _count(_PLAN, ImplementationPlan.pilot != "", ImplementationPlan.pilot_evaluation == "").label(
        "pilots_unevaluated"
    ),
    _count(
        ImplementationPoint.specification_id == Specification.id,
        ImplementationPoint.kind == ImplementationPointKind.BARRIER,
        ImplementationPoint.answer == "",
    ).label("barriers_unanswered"),
    _count(_PLAN, ImplementationPlan.launch_on < TODAY).label("launch_days_past"),
    _count(_PLAN, ImplementationPlan.launch_on > TODAY).label("launch_days_ahead"),
    _count(
        _PLAN,
        ImplementationPlan.teach_out_on.is_(None),
        _other.credential_id == Specification.credential_id,
        _other.state == SpecificationState.LAUNCHED,
    ).label("teach_outs_missing"),
).where(Specification.id == func.any(ids()))


async def listed(
    session: Session, viewer: Viewer, page: Page, *, state: SpecificationState | None
) -> Slice[Specification]:
    """Return a page of the specifications, in one state or in any."""
    return await LISTED.slice(session, viewer, page, state=state)


async def count_listed(
    session: Session, viewer: Viewer, *, state: SpecificationState | None
) -> int:
    """Return how many specifications there are, in one state or in any."""
    return await LISTED.count(session, viewer, state=state)


async def of_credentials(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Specification]]:
    """Return the versions of the specification of each credential."""
    return await OF_CREDENTIALS.slices(session, viewer, keys, page)


async def count_of_credentials(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many versions of its specification each credential has."""
    return await OF_CREDENTIALS.counts(session, viewer, keys)


async def sections(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[Section]]:
    """Return the sections of each specification, in their order."""
    rows = await session.scalars(SECTIONS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.specification_id)


async def blocks(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[Block]]:
    """Return the blocks of each section, in their order."""
    rows = await session.scalars(BLOCKS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.section_id)


async def learning_outcomes(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Block]]:
    """Return the learning outcomes of each specification, in the order of the text."""
    rows = await session.scalars(LEARNING_OUTCOMES, {"ids": keys})
    return grouped(keys, rows, lambda row: row.specification_id)


async def target_professions(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[TargetProfession]]:
    """Return the professions that each specification is designed for."""
    rows = await session.scalars(TARGET_PROFESSIONS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.specification_id)


async def revisions(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[SpecificationRevision]]:
    """Return the named revisions of each specification."""
    return await REVISIONS.slices(session, viewer, keys, page)


async def count_revisions(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many named revisions each specification has."""
    return await REVISIONS.counts(session, viewer, keys)


async def facts(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the lifecycle asks about each specification, all of which exist."""
    rows = await session.execute(FACTS, {"ids": keys})
    found: dict[UUID, Any] = {row.id: row._asdict() for row in rows}
    return [found[key] for key in keys]

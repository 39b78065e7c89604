"""Reads of priority cycles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, select

from domain.database import Session
from domain.lifecycle.machine import Facts
from domain.lifecycle.proposals import UNDECIDED
from domain.models.criteria import Criterion, CriterionKind
from domain.models.cycles import Cycle
from domain.models.proposals import Proposal
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.pages import ById, Listed, Page, Slice, ids, visible

by_ids: ById[Cycle] = ById(Cycle, Cycle.id)
LISTED: Listed[Cycle] = Listed(
    select(Cycle).join(Topic, Topic.id == Cycle.id).where(visible()), Cycle
)


def _missing(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return case((exists().where(*conditions).correlate(Cycle), 0), else_=1)


FACTS = select(
    Cycle.id,
    _missing(Criterion.kind == CriterionKind.GATEWAY, Criterion.retired_at.is_(None)).label(
        "criteria_missing"
    ),
    _missing(Proposal.cycle_id == Cycle.id, Proposal.submission > 0).label("proposals_missing"),
    select(func.count())
    .where(Proposal.cycle_id == Cycle.id, Proposal.state.in_(UNDECIDED))
    .correlate(Cycle)
    .scalar_subquery()
    .label("proposals_undecided"),
).where(Cycle.id == func.any(ids()))


async def listed(session: Session, viewer: Viewer, page: Page) -> Slice[Cycle]:
    """Return a page of the cycles."""
    return await LISTED.slice(session, viewer, page)


async def count(session: Session, viewer: Viewer) -> int:
    """Return how many cycles there are."""
    return await LISTED.count(session, viewer)


async def facts(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the lifecycle asks about each cycle, all of which exist."""
    rows = await session.execute(FACTS, {"ids": keys})
    found: dict[UUID, Any] = {row.id: row._asdict() for row in rows}
    return [found[key] for key in keys]

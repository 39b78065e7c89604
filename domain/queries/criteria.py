"""Reads of criteria: those in force, their parts and their earlier versions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Integer, bindparam, func, select

from domain.database import Session
from domain.models.criteria import Criterion, CriterionKind, SubCriterion
from domain.permissions import Viewer
from domain.queries.pages import ById, grouped, ids

by_ids: ById[Criterion] = ById(Criterion)
IN_FORCE = select(Criterion).where(Criterion.retired_at.is_(None)).order_by(Criterion.number)
VERSIONS = (
    select(Criterion)
    .where(Criterion.number == func.any(bindparam("numbers", type_=ARRAY(Integer()))))
    .order_by(Criterion.number, Criterion.version)
)
SUB_CRITERIA = (
    select(SubCriterion)
    .where(SubCriterion.criterion_id == func.any(ids()))
    .order_by(SubCriterion.letter)
)


async def in_force(session: Session, kind: CriterionKind | None) -> list[Criterion]:
    """Return the criteria that are in force now, of one kind or of both, by number."""
    rows = await session.scalars(IN_FORCE)
    return [row for row in rows if kind is None or row.kind is kind]


async def versions(session: Session, _viewer: Viewer, keys: Sequence[int]) -> list[list[Criterion]]:
    """Return every version of each number, the first one first."""
    found: dict[int, list[Criterion]] = defaultdict(list)
    for row in await session.scalars(VERSIONS, {"numbers": keys}):
        found[row.number].append(row)
    return [found[number] for number in keys]


async def sub_criteria(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[SubCriterion]]:
    """Return the parts of each version, in the order of their letters."""
    rows = await session.scalars(SUB_CRITERIA, {"ids": keys})
    return grouped(keys, rows, lambda row: row.criterion_id)

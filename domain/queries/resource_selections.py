"""Reads of how prioritised needs are to be met: options, their scores, decisions, agreements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Select, Uuid, and_, distinct, func, not_, select

from domain.database import Session
from domain.lifecycle.machine import Facts
from domain.lifecycle.resource_selections import ResourceSelectionTransition
from domain.models.proposals import Proposal
from domain.models.resource_selections import (
    OptionScore,
    ResourceDecision,
    ResourceOption,
    ResourceSelection,
)
from domain.models.specifications import Specification
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.interests import RECUSED, recused
from domain.queries.pages import ById, grouped, ids, in_order, seen_by, visible

ASSESSORS = 2
"""How many assessors have to score each option."""

by_ids: ById[ResourceSelection] = ById(ResourceSelection, ResourceSelection.proposal_id)
options_by_ids: ById[ResourceOption] = ById(ResourceOption, ResourceOption.topic_id)

OF_PROPOSALS = select(ResourceSelection).where(ResourceSelection.proposal_id == func.any(ids()))
_AGREED = (
    select(ResourceSelection)
    .join(Topic, Topic.id == ResourceSelection.proposal_id)
    .join(Specification, Specification.id == ResourceSelection.specification_id)
    .where(visible())
)
OF_SPECIFICATIONS = _AGREED.where(Specification.id == func.any(ids()))
OF_CREDENTIALS = (
    _AGREED.add_columns(Specification.credential_id)
    .where(Specification.credential_id == func.any(ids()))
    .order_by(ResourceSelection.id)
)
OPTIONS = (
    select(ResourceOption)
    .where(ResourceOption.resource_selection_id == func.any(ids()))
    .order_by(ResourceOption.id)
)
SELECTED = (
    select(ResourceOption, ResourceDecision.resource_selection_id)
    .join(ResourceDecision, ResourceDecision.resource_option_id == ResourceOption.id)
    .where(
        ResourceDecision.resource_selection_id == func.any(ids()),
        ResourceDecision.transition == ResourceSelectionTransition.SELECT,
    )
)
DECISIONS = (
    select(ResourceDecision)
    .where(ResourceDecision.resource_selection_id == func.any(ids()))
    .order_by(ResourceDecision.id)
)
SCORES = (
    select(OptionScore)
    .where(OptionScore.resource_option_id == func.any(ids()))
    .order_by(OptionScore.assessor_id, OptionScore.question)
)
_COUNTED = not_(recused(OptionScore.assessor_id))


def _totals(of: Any) -> Select[*tuple[Any, ...]]:
    """Select of each option the sum of its scores and its assessors, without the recused."""
    return (
        select(
            ResourceOption.id,
            func.coalesce(func.sum(OptionScore.score), 0).cast(Integer).label("total"),
            func.count(distinct(OptionScore.assessor_id)).label("assessors"),
        )
        .join(Topic, Topic.id == ResourceOption.topic_id)
        .outerjoin(OptionScore, and_(OptionScore.resource_option_id == ResourceOption.id, _COUNTED))
        .where(of == func.any(ids()))
        .group_by(ResourceOption.id)
    )


TOTALS = _totals(ResourceOption.id)
TOTALS_OF_SELECTIONS = _totals(ResourceOption.resource_selection_id)


def _people(statement: Any) -> Any:
    """Return the people that a statement selects for a resource selection, as one array."""
    return func.array(statement.correlate(ResourceSelection).scalar_subquery(), type_=ARRAY(Uuid()))


_OPTIONS = ResourceOption.resource_selection_id == ResourceSelection.id
_SCORED = (
    select(func.count(distinct(OptionScore.assessor_id)))
    .where(OptionScore.resource_option_id == ResourceOption.id, _COUNTED)
    .correlate(ResourceOption, Topic)
    .scalar_subquery()
)
FACTS = (
    select(
        ResourceSelection.id,
        ResourceSelection.sole_option_reason,
        Proposal.author_id,
        select(func.count())
        .where(_OPTIONS)
        .correlate(ResourceSelection)
        .scalar_subquery()
        .label("options"),
        select(func.count())
        .where(_OPTIONS, _SCORED < ASSESSORS)
        .correlate(ResourceSelection, Topic)
        .scalar_subquery()
        .label("options_unscored"),
        _people(select(ResourceOption.author_id).where(_OPTIONS)).label("authors"),
        _people(
            select(OptionScore.assessor_id)
            .join(ResourceOption, ResourceOption.id == OptionScore.resource_option_id)
            .where(_OPTIONS)
        ).label("assessors"),
        RECUSED.label("recused"),
    )
    .join(Proposal, Proposal.id == ResourceSelection.proposal_id)
    .join(Topic, Topic.id == ResourceSelection.proposal_id)
    .where(ResourceSelection.id == func.any(ids()))
)


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of an option's scores on all questions, and by how many assessors."""

    total: int
    assessors: int

    def below(self, other: Total) -> bool:
        """Say whether the other one has a higher mean; nobody's scores are below all others."""
        if not self.assessors or not other.assessors:
            return self.assessors < other.assessors
        return self.total * other.assessors < other.total * self.assessors


async def of_proposals(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[ResourceSelection | None]:
    """Return the resource selection of each proposal, None where that is not prioritised."""
    rows = await session.scalars(OF_PROPOSALS, {"ids": keys})
    return in_order(keys, rows, lambda row: row.proposal_id)


async def of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[ResourceSelection | None]:
    """Return the resource selection that each specification was agreed in, None where in none."""
    rows = await session.scalars(OF_SPECIFICATIONS, {"ids": keys, **seen_by(viewer)})
    found: dict[UUID | None, ResourceSelection] = {row.specification_id: row for row in rows}
    return [found.get(key) for key in keys]


async def of_credentials(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ResourceSelection]]:
    """Return the resource selections that versions of each credential were agreed in."""
    rows = (await session.execute(OF_CREDENTIALS, {"ids": keys, **seen_by(viewer)})).all()
    return [[row[0] for row in found] for found in grouped(keys, rows, lambda row: row[1])]


async def options(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ResourceOption]]:
    """Return the options of each resource selection, in the order in which they were entered."""
    rows = await session.scalars(OPTIONS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.resource_selection_id)


async def selected(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[ResourceOption | None]:
    """Return the option that was selected in each resource selection, None where none is."""
    found = {row[1]: row[0] for row in await session.execute(SELECTED, {"ids": keys})}
    return [found.get(key) for key in keys]


async def decisions(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[ResourceDecision]]:
    """Return what was decided in each resource selection, the first decision first."""
    rows = await session.scalars(DECISIONS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.resource_selection_id)


async def scores(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[OptionScore]]:
    """Return the scores of each option, each assessor's together."""
    rows = await session.scalars(SCORES, {"ids": keys})
    return grouped(keys, rows, lambda row: row.resource_option_id)


async def totals(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Total]:
    """Return what the scores of each option add up to, without those of recused assessors."""
    rows = await session.execute(TOTALS, {"ids": keys})
    found = {row.id: Total(row.total, row.assessors) for row in rows}
    return [found.get(key, Total(0, 0)) for key in keys]


async def totals_of_selection(session: Session, key: UUID) -> dict[UUID, Total]:
    """Return what the scores of every option of one resource selection add up to."""
    rows = await session.execute(TOTALS_OF_SELECTIONS, {"ids": [key]})
    return {row.id: Total(row.total, row.assessors) for row in rows}


async def facts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the lifecycle asks about each resource selection, and about the viewer."""
    found = {row.id: row for row in await session.execute(FACTS, {"ids": keys})}
    return [_facts(found[key], viewer) for key in keys]


def _facts(row: Any, viewer: Viewer) -> Facts:
    return {
        "options_missing": int(row.options == 0),
        "sole_option": int(row.options == 1 and not row.sole_option_reason),
        "options_unscored": row.options_unscored,
        "is_author": int(viewer.is_person(row.author_id)),
        "entered_option": int(any(map(viewer.is_person, row.authors))),
        "has_assessed": int(any(map(viewer.is_person, row.assessors))),
        "is_recused": int(any(map(viewer.is_person, row.recused))),
    }

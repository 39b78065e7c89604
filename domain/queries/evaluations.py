"""Reads of evaluations, their measures, and the data points without what is small."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, exists, func, select

from domain.consensus.small_cells import suppressed
from domain.database import Session
from domain.lifecycle import Facts
from domain.models.evaluations import DataPoint, Evaluation, Measure
from domain.models.topics import Topic
from domain.permissions import Audience, Viewer, audience
from domain.queries.pages import ById, Listed, Page, Paged, Slice, grouped, ids, visible

# What is not published is for its members; a topic becomes public when it is.
_EVALUATIONS = select(Evaluation).join(Topic, Topic.id == Evaluation.id).where(visible())

by_ids: ById[Evaluation] = ById(Evaluation, Evaluation.id)
measures_by_ids: ById[Measure] = ById(Measure, Measure.evaluation_id)
LISTED: Listed[Evaluation] = Listed(_EVALUATIONS, Evaluation)
OF_CREDENTIALS = Paged(_EVALUATIONS, Evaluation, Evaluation.credential_id)
MEASURES = (
    select(Measure).where(Measure.evaluation_id == func.any(ids())).order_by(Measure.position)
)
POINTS = (
    select(DataPoint, Evaluation.smallest_count, Topic.scopes, Topic.public)
    .join(Evaluation, Evaluation.id == DataPoint.evaluation_id)
    .join(Topic, Topic.id == DataPoint.evaluation_id)
    .order_by(DataPoint.period, DataPoint.people_group, DataPoint.id)
)
POINTS_OF_MEASURES = POINTS.where(DataPoint.measure_id == func.any(ids()))
# With those beside which a small one could be computed.
POINTS_BY_IDS = POINTS.where(
    DataPoint.measure_id.in_(select(DataPoint.measure_id).where(DataPoint.id == func.any(ids())))
)
FACTS = select(
    Evaluation.id,
    (~exists().where(Measure.evaluation_id == Evaluation.id))
    .cast(Integer)
    .label("measures_missing"),
    select(func.count())
    .where(
        Measure.evaluation_id == Evaluation.id,
        ~exists().where(DataPoint.measure_id == Measure.id).correlate(Measure),
    )
    .correlate(Evaluation)
    .scalar_subquery()
    .label("measures_empty"),
    (Evaluation.report == "").cast(Integer).label("reports_missing"),
    (Evaluation.next_cycle == "").cast(Integer).label("next_cycles_missing"),
).where(Evaluation.id == func.any(ids()))


async def listed(session: Session, viewer: Viewer, page: Page) -> Slice[Evaluation]:
    """Return a page of the evaluations that the viewer may see."""
    return await LISTED.slice(session, viewer, page)


async def count_listed(session: Session, viewer: Viewer) -> int:
    """Return how many evaluations the viewer may see."""
    return await LISTED.count(session, viewer)


async def of_credentials(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Evaluation]]:
    """Return the evaluations of each credential alone."""
    return await OF_CREDENTIALS.slices(session, viewer, keys, page)


async def count_of_credentials(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many evaluations of each credential alone there are."""
    return await OF_CREDENTIALS.counts(session, viewer, keys)


async def measures(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[list[Measure]]:
    """Return the measures of each evaluation, in their order."""
    rows = await session.scalars(MEASURES, {"ids": keys})
    return grouped(keys, rows, lambda row: row.evaluation_id)


async def points(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[list[DataPoint]]:
    """Return the data points of each measure, by period and group, without what is small."""
    rows = (await session.execute(POINTS_OF_MEASURES, {"ids": keys})).all()
    return grouped(keys, _told(viewer, rows), lambda point: point.measure_id)


async def points_by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[DataPoint | None]:
    """Return data points, None for those that the viewer may not know of."""
    rows = (await session.execute(POINTS_BY_IDS, {"ids": keys})).all()
    found = {point.id: point for point in _told(viewer, rows)}
    return [found.get(key) for key in keys]


async def facts(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the steps of each evaluation ask."""
    rows = await session.execute(FACTS, {"ids": keys})
    found: dict[UUID, Any] = {row.id: row._asdict() for row in rows}
    return [found[key] for key in keys]


def _told(viewer: Viewer, rows: Sequence[Any]) -> list[DataPoint]:
    """Return data points without the figures that are not for the viewer.

    They come with all others of their period, which are one row of a table whose total anybody may
    know from elsewhere; so beside a small group at least one more is hidden, as in
    `domain.consensus.small_cells`.
    """
    lines: dict[tuple[UUID, str], list[Any]] = defaultdict(list)
    for row in rows:
        lines[row[0].measure_id, row[0].period].append(row)
    told: list[DataPoint] = []
    for line in lines.values():
        reader = audience(viewer, line[0])
        if reader is None:
            continue
        [people] = suppressed([[row[0].people for row in line]], line[0].smallest_count)
        told += [
            row[0]
            if reader is Audience.MODERATORS or count is not None
            else row[0]._replace(people=None, value=None)
            for row, count in zip(line, people, strict=True)
        ]
    return told

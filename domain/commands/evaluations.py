"""Writes of evaluations, their measures and data points."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import bindparam, func, select

from domain.commands.steps import next_state
from domain.consensus.suppression import BOUNDS, USUAL
from domain.errors import Conflict, Invalid
from domain.events import MEMBERS
from domain.events.evaluations import (
    DataPointRecorded,
    EvaluationAdvanced,
    EvaluationDesigned,
    EvaluationEdited,
    MeasureAdded,
)
from domain.ids import new_id
from domain.lifecycle import require
from domain.lifecycle.evaluations import EVALUATION, EvaluationState, EvaluationTransition
from domain.models.credentials import Credential
from domain.models.evaluations import DataPoint, Evaluation, Measure, MeasureKind
from domain.models.topics import TopicKind
from domain.permissions import Permission
from domain.queries import evaluations as queries
from domain.texts import (
    COMMENT_LENGTH,
    DOCUMENT_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    TITLE_LENGTH,
    clean,
)
from domain.unit_of_work import UnitOfWork

MOST_MEASURES = 100
MOST_PEOPLE = 1_000_000_000
LARGEST = Decimal(10) ** 14

COUNT = select(func.count()).where(Measure.evaluation_id == bindparam("evaluation_id"))
SAME = select(DataPoint).where(
    DataPoint.measure_id == bindparam("measure_id"),
    DataPoint.period == bindparam("period"),
    DataPoint.people_group == bindparam("people_group"),
)


async def design_evaluation(
    uow: UnitOfWork,
    *,
    title: str,
    purpose: str,
    starts_on: date,
    ends_on: date,
    credential_id: UUID | None = None,
    smallest_count: int = USUAL,
) -> UUID:
    """Begin an evaluation of one credential or, where none is named, of all; return its id.

    It is for its members until it is published.
    """
    if credential_id is None:
        uow.authorise(Permission.STEER, None, doing="evaluating all credentials")
        inside: tuple[UUID, ...] = ()
    else:
        await uow.load(Credential, credential_id, Permission.STEER)
        inside = (credential_id,)
    if ends_on <= starts_on:
        raise Invalid(
            f"The evaluation would end on {ends_on:%d %B %Y} and begin on {starts_on:%d %B %Y}. "
            "Please send a later last day.",
            ("ends_on",),
        )
    if smallest_count not in BOUNDS:
        raise Invalid(
            f"The smallest count that is told is from {BOUNDS[0]} to {BOUNDS[-1]}; "
            f"{smallest_count} is not.",
            ("smallest_count",),
        )
    evaluation = Evaluation(
        id=new_id(),
        credential_id=credential_id,
        title=clean(title, "title", limit=TITLE_LENGTH),
        purpose=clean(purpose, "purpose", limit=COMMENT_LENGTH),
        starts_on=starts_on,
        ends_on=ends_on,
        smallest_count=smallest_count,
        created_at=uow.now,
    )
    await uow.add(uow.open_topic(evaluation.id, TopicKind.EVALUATION, inside=inside))
    await uow.add(evaluation)
    uow.emit(evaluation.id, EvaluationDesigned(evaluation_id=evaluation.id))
    return evaluation.id


async def edit_evaluation(
    uow: UnitOfWork,
    *,
    evaluation_id: UUID,
    title: str | None = None,
    purpose: str | None = None,
    report: str | None = None,
    next_cycle: str | None = None,
    expected_revision: int | None,
) -> UUID:
    """Change the texts of an evaluation; None leaves one as it is."""
    evaluation = await _load(uow, evaluation_id)
    uow.expect(evaluation, expected_revision)
    unpublished = [each for each in EvaluationState if each is not EvaluationState.PUBLISHED]
    require(EVALUATION, evaluation.state, unpublished, "Editing it")
    if title is not None:
        evaluation.title = clean(title, "title", limit=TITLE_LENGTH)
    if purpose is not None:
        evaluation.purpose = clean(purpose, "purpose", limit=COMMENT_LENGTH)
    if report is not None:
        evaluation.report = clean(report, "report", limit=DOCUMENT_LENGTH, required=False)
    if next_cycle is not None:
        evaluation.next_cycle = clean(
            next_cycle, "next_cycle", limit=DOCUMENT_LENGTH, required=False
        )
    evaluation.revision += 1
    uow.emit(
        evaluation.id,
        EvaluationEdited(evaluation_id=evaluation.id, revision=evaluation.revision),
    )
    return evaluation.id


async def add_measure(
    uow: UnitOfWork, *, evaluation_id: UUID, kind: MeasureKind, name: str, unit: str
) -> UUID:
    """Name something that an evaluation measures, while it is designed; return its id."""
    evaluation = await _load(uow, evaluation_id)
    require(EVALUATION, evaluation.state, (EvaluationState.DESIGN,), "Adding a measure")
    count = await uow.session.scalar(COUNT, {"evaluation_id": evaluation.id}) or 0
    if count >= MOST_MEASURES:
        raise Conflict(f"An evaluation has at most {MOST_MEASURES} measures.")
    measure = Measure(
        evaluation_id=evaluation.id,
        position=count + 1,
        kind=kind,
        name=clean(name, "name", limit=TITLE_LENGTH),
        unit=clean(unit, "unit", limit=NAME_LENGTH),
        created_at=uow.now,
    )
    await uow.add(measure)
    uow.emit(evaluation.id, MeasureAdded(measure_id=measure.id, position=measure.position))
    return measure.id


async def record_data_point(
    uow: UnitOfWork,
    *,
    measure_id: UUID,
    period: str,
    people_group: str,
    people: int,
    value: Decimal,
    source: str,
) -> UUID:
    """Record the value of a measure for a group of people in a period; return its id.

    Recorded again for the same group and period, it takes the place of what was there.
    """
    measure = await uow.load(Measure, measure_id, Permission.STEER)
    evaluation = await _load(uow, measure.evaluation_id)
    require(EVALUATION, evaluation.state, (EvaluationState.COLLECTING,), "Recording data")
    if not 0 <= people <= MOST_PEOPLE:
        raise Invalid(f"A group has 0 to {MOST_PEOPLE:,} people; {people} is not.", ("people",))
    if not value.is_finite() or abs(value) >= LARGEST:
        raise Invalid("The value is no number of at most 14 digits before the point.", ("value",))
    when = clean(period, "period", limit=NAME_LENGTH)
    whose = clean(people_group, "people_group", limit=NAME_LENGTH)
    words = clean(source, "source", limit=REASON_LENGTH)
    identity = {"measure_id": measure.id, "period": when, "people_group": whose}
    point = (await uow.session.scalars(SAME, identity)).one_or_none()
    if point is None:
        point = DataPoint(
            measure_id=measure.id,
            evaluation_id=evaluation.id,
            period=when,
            people_group=whose,
            people=people,
            value=value,
            source=words,
            author_id=uow.actor_id,
            created_at=uow.now,
        )
        await uow.add(point)
    else:
        point.people, point.value, point.source = people, value, words
        point.author_id = uow.actor_id
    # When a small group was counted is no matter of those who may not know how small it is.
    uow.emit(
        evaluation.id, DataPointRecorded(data_point_id=point.id, measure_id=measure.id), MEMBERS
    )
    return point.id


async def advance_evaluation(
    uow: UnitOfWork,
    *,
    evaluation_id: UUID,
    transition: EvaluationTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Take a step of an evaluation, with a reason; once published, everybody may read it."""
    evaluation = await uow.load(Evaluation, evaluation_id, Permission.VIEW)
    uow.expect(evaluation, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    evaluation.state = await next_state(uow, EVALUATION, evaluation, transition, queries.facts)
    if transition is EvaluationTransition.PUBLISH:
        evaluation.published_at = uow.now
        (await uow.topic(evaluation.id)).public = True
    evaluation.revision += 1
    uow.emit(
        evaluation.id,
        EvaluationAdvanced(
            evaluation_id=evaluation.id,
            transition=transition,
            state=evaluation.state,
            reason=words,
        ),
    )
    return evaluation.id


async def _load(uow: UnitOfWork, evaluation_id: UUID) -> Evaluation:
    return await uow.load(Evaluation, evaluation_id, Permission.STEER)

"""Evaluations in GraphQL, with their measures and data points."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain.commands import evaluations as commands
from domain.consensus.suppression import USUAL
from domain.lifecycle.evaluations import EVALUATION, EvaluationState, EvaluationTransition
from domain.models import evaluations as models
from domain.models.evaluations import MeasureKind
from domain.queries import credentials
from domain.queries import evaluations as queries
from schema.batches import derived
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    perform,
    relation,
    text,
)
from schema.nodes import Node, key, node
from schema.pagination import (
    After,
    Before,
    Connection,
    First,
    Last,
    enlist,
    page,
)
from schema.transitions import TransitionOption, transitions

if TYPE_CHECKING:
    from schema.credentials import Credential

enum(
    EvaluationState,
    "Where an evaluation stands.",
    DESIGN="What is measured is being decided.",
    COLLECTING="Data points are recorded.",
    ANALYSIS="They are being made sense of.",
    DRAFT_REPORT="Its report is being written.",
    PUBLISHED="Everybody may read it.",
)
enum(
    EvaluationTransition,
    "A step of an evaluation.",
    COLLECT="Begin to record data points.",
    ANALYSE="End that, and make sense of them.",
    DRAFT="Begin to write the report.",
    RESUME="Record more data points first.",
    PUBLISH="Publish it, with its report.",
)
enum(
    MeasureKind,
    "Whose value is measured.",
    INDIVIDUAL="That for each practitioner.",
    COLLECTIVE="That for all together.",
)


@node(models.Evaluation, queries.by_ids, "An evaluation of what credentials are worth.")
class Evaluation(Node):
    """An evaluation."""

    credential: Annotated[Credential, strawberry.lazy("schema.credentials")] | None = relation(
        credentials.by_ids,
        "The one credential that is evaluated; null where all are.",
        by="credential_id",
    )
    title: str = text(description="The title.")
    purpose: str = text(description="What it is to find out.")
    starts_on: date = text(description="The first day that it looks at.")
    ends_on: date = text(description="The last day that it looks at.")
    smallest_count: int = text(
        description="Figures about fewer people than this are told to its moderators alone."
    )
    state: EvaluationState = text(description="Where it stands.")
    measures: list[Annotated[Measure, strawberry.lazy("schema.evaluations")]] = relation(
        queries.measures, "What it measures, in that order."
    )
    report: str = text(description="What it found; may be empty until it is published.")
    next_cycle: str = text(
        description="What changes in the next cycle of priorities; may be empty until it is "
        "published."
    )
    published_at: datetime | None = text(description="When it was published, if it was.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was begun.")
    available_transitions: list[TransitionOption[EvaluationTransition]] = transitions(
        EVALUATION, queries.facts, "What can happen to it next, and what stands in the way."
    )


@node(models.Measure, queries.measures_by_ids, "Something that an evaluation measures.")
class Measure(Node):
    """A measure."""

    evaluation: Evaluation = relation(queries.by_ids, "The evaluation.", by="evaluation_id")
    position: int = text(description="Its place in the evaluation, from 1.")
    kind: MeasureKind = text(description="Whose value is measured.")
    name: str = text(description="What is measured.")
    unit: str = text(description="In what unit.")
    data_points: list[Annotated[DataPoint, strawberry.lazy("schema.evaluations")]] = relation(
        queries.points, "Its values, by period and group."
    )
    created_at: datetime = text(description="When it was named.")


@node(
    models.DataPoint,
    queries.points_by_ids,
    "The value of a measure for one group of people in one period.",
)
class DataPoint(Node):
    """A data point."""

    measure: Measure = relation(queries.measures_by_ids, "The measure.", by="measure_id")
    period: str = text(description="The period, such as 2026.")
    people_group: str = text(description="The group, such as the nurses.")
    people: int | None = text(
        description="How many people it is about; null where they are few, or would tell how few "
        "others are."
    )
    value: Decimal | None = text(description="The value; null where the people are not told.")
    source: str = text(description="Where it is from.")

    suppressed: bool = derived(
        lambda point: point.people is None, "Whether its figures are not told.", reads=("people",)
    )


@strawberry.input(description="An evaluation to be designed.")
class DesignEvaluationInput(Idempotent):
    """See domain.commands.evaluations.design_evaluation."""

    credential_id: strawberry.ID | None = text(
        description="The credential; without it, all are evaluated.", default=None
    )
    title: str = text(description="The title, at most 300 characters.")
    purpose: str = text(description="What it is to find out.")
    starts_on: date = text(description="The first day that it looks at.")
    ends_on: date = text(description="The last day that it looks at.")
    smallest_count: int = text(
        description="Figures about fewer people than this, 2 to 100, are told to its moderators "
        "alone.",
        default=USUAL,
    )


@strawberry.input(description="Other words about an evaluation; what is null stays as it is.")
class EditEvaluationInput(Expecting):
    """See domain.commands.evaluations.edit_evaluation."""

    evaluation_id: strawberry.ID = text(description="The evaluation.")
    title: str | None = text(description="The title.", default=None)
    purpose: str | None = text(description="What it is to find out.", default=None)
    report: str | None = text(description="What it found.", default=None)
    next_cycle: str | None = text(description="What changes in the next cycle.", default=None)


@strawberry.input(description="Something that an evaluation is to measure.")
class AddMeasureInput(Idempotent):
    """See domain.commands.evaluations.add_measure."""

    evaluation_id: strawberry.ID = text(description="The evaluation.")
    kind: MeasureKind = text(description="Whose value is measured.")
    name: str = text(description="What is measured, at most 300 characters.")
    unit: str = text(description="In what unit.")


@strawberry.input(description="The value of a measure for one group of people in one period.")
class RecordDataPointInput(Idempotent):
    """See domain.commands.evaluations.record_data_point."""

    measure_id: strawberry.ID = text(description="The measure.")
    period: str = text(description="The period.")
    people_group: str = text(description="The group.")
    people: int = text(description="How many people it is about.")
    value: Decimal = text(description="The value.")
    source: str = text(description="Where it is from.")


@strawberry.input(description="A step of an evaluation, with a reason.")
class AdvanceEvaluationInput(Expecting):
    """See domain.commands.evaluations.advance_evaluation."""

    evaluation_id: strawberry.ID = text(description="The evaluation.")
    transition: EvaluationTransition = text(description="The step.")
    reason: str = text(description="Why; it stays in the history.")


@strawberry.type
class EvaluationQuery:
    """What can be asked about evaluations."""

    @strawberry.field(
        description="The evaluations that the viewer may see.",
        graphql_type=Connection[Evaluation],
    )
    async def evaluations(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        """List evaluations."""
        return await enlist(
            info, queries.listed, queries.count_listed, page(first, after, last, before)
        )


@strawberry.type
class EvaluationMutation:
    """What can be done with evaluations."""

    @mutation(Evaluation, "Begin an evaluation of one credential or of all.")
    async def design_evaluation(self, info: Info, input: DesignEvaluationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.design_evaluation,
            credential_id=None
            if input.credential_id is None
            else key(input.credential_id, "credentialId", "Credential"),
            title=input.title,
            purpose=input.purpose,
            starts_on=input.starts_on,
            ends_on=input.ends_on,
            smallest_count=input.smallest_count,
        )

    @mutation(Evaluation, "Change the texts of an evaluation.")
    async def edit_evaluation(self, info: Info, input: EditEvaluationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_evaluation,
            evaluation_id=key(input.evaluation_id, "evaluationId", "Evaluation"),
            title=input.title,
            purpose=input.purpose,
            report=input.report,
            next_cycle=input.next_cycle,
            expected_revision=expected(input),
        )

    @mutation(Measure, "Name something that an evaluation measures.")
    async def add_measure(self, info: Info, input: AddMeasureInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_measure,
            evaluation_id=key(input.evaluation_id, "evaluationId", "Evaluation"),
            kind=input.kind,
            name=input.name,
            unit=input.unit,
        )

    @mutation(DataPoint, "Record the value of a measure for a group in a period.")
    async def record_data_point(self, info: Info, input: RecordDataPointInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.record_data_point,
            measure_id=key(input.measure_id, "measureId", "Measure"),
            period=input.period,
            people_group=input.people_group,
            people=input.people,
            value=input.value,
            source=input.source,
        )

    @mutation(Evaluation, "Take a step of an evaluation.")
    async def advance_evaluation(self, info: Info, input: AdvanceEvaluationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_evaluation,
            evaluation_id=key(input.evaluation_id, "evaluationId", "Evaluation"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )

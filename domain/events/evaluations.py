"""What happens to an evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.events.event import Event, about


@about("evaluation_id")
@dataclass(frozen=True, kw_only=True)
class EvaluationDesigned(Event):
    """An evaluation was begun."""

    evaluation_id: UUID


@about("evaluation_id")
@dataclass(frozen=True, kw_only=True)
class EvaluationEdited(Event):
    """The texts of an evaluation were changed."""

    evaluation_id: UUID
    revision: int


@about("measure_id")
@dataclass(frozen=True, kw_only=True)
class MeasureAdded(Event):
    """A measure was added to an evaluation."""

    measure_id: UUID
    position: int


@about("data_point_id")
@dataclass(frozen=True, kw_only=True)
class DataPointRecorded(Event):
    """A data point of a measure was recorded."""

    data_point_id: UUID
    measure_id: UUID


@about("evaluation_id")
@dataclass(frozen=True, kw_only=True)
class EvaluationAdvanced(Event):
    """An evaluation took a step, or was published."""

    evaluation_id: UUID
    transition: str
    state: str
    reason: str

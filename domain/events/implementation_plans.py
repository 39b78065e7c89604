"""What happens to the plan for bringing a specification into use."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.events.event import Event, about


@about("implementation_plan_id")
@dataclass(frozen=True, kw_only=True)
class ImplementationPlanned(Event):
    """An implementation plan was begun."""

    implementation_plan_id: UUID
    specification_id: UUID


@about("implementation_plan_id")
@dataclass(frozen=True, kw_only=True)
class ImplementationPlanEdited(Event):
    """The dates or texts of an implementation plan were changed."""

    implementation_plan_id: UUID
    revision: int


@about("implementation_point_id")
@dataclass(frozen=True, kw_only=True)
class ImplementationPointAdded(Event):
    """An enabler or a barrier was recorded."""

    implementation_point_id: UUID
    point_kind: str
    position: int


@about("implementation_point_id")
@dataclass(frozen=True, kw_only=True)
class ImplementationPointEdited(Event):
    """The words or the answer of an enabler or a barrier were changed."""

    implementation_point_id: UUID
    revision: int

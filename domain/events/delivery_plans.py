"""What happened to delivery plans: what they hold, how they were judged, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.events.event import Event, about


@about("module_assessment_id")
@dataclass(frozen=True, kw_only=True)
class ModuleAssessmentAdded(Event):
    """An assessment was added to a module."""

    module_assessment_id: UUID
    module_id: UUID


@about("module_assessment_id")
@dataclass(frozen=True, kw_only=True)
class ModuleAssessmentEdited(Event):
    """An assessment of a module, or the learning outcomes that it assesses, were changed."""

    module_assessment_id: UUID
    revision: int


@about("module_id")
@dataclass(frozen=True, kw_only=True)
class ModuleAssessmentRemoved(Event):
    """An assessment was removed from a module."""

    module_id: UUID
    title: str


@about("delivery_plan_id")
@dataclass(frozen=True, kw_only=True)
class ThresholdItemAnswered(Event):
    """The body said whether a submission passes an item of the threshold check."""

    delivery_plan_id: UUID
    number: int
    passed: bool


@about("standards_review_id")
@dataclass(frozen=True, kw_only=True)
class ReviewerAssigned(Event):
    """Somebody was asked to judge a submission against the standards."""

    standards_review_id: UUID
    person_id: UUID


@about("standards_review_id")
@dataclass(frozen=True, kw_only=True)
class StandardJudged(Event):
    """A reviewer judged a standard; how is told when all reviews are in."""

    standards_review_id: UUID
    number: int


@about("standards_review_id")
@dataclass(frozen=True, kw_only=True)
class StandardsReviewHandedIn(Event):
    """A reviewer handed in their review, which changes no more."""

    standards_review_id: UUID


@about("delivery_plan_id")
@dataclass(frozen=True, kw_only=True)
class PanellistSeated(Event):
    """Somebody of the board got a seat on the panel of a plan."""

    delivery_plan_id: UUID
    person_id: UUID
    panel: int


@about("plan_condition_id")
@dataclass(frozen=True, kw_only=True)
class PlanConditionNamed(Event):
    """The panel named a condition of its approval."""

    plan_condition_id: UUID


@about("delivery_plan_id")
@dataclass(frozen=True, kw_only=True)
class PlanConditionRemoved(Event):
    """The panel took a condition back, before it decided."""

    delivery_plan_id: UUID
    body: str


@about("plan_condition_id")
@dataclass(frozen=True, kw_only=True)
class PlanConditionAdvanced(Event):
    """A condition was answered with evidence, or that was accepted or returned."""

    plan_condition_id: UUID
    transition: str
    state: str
    reason: str

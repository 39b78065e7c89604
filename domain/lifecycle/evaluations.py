"""The evaluation of what credentials are worth, to each and to all, until it is published."""

from __future__ import annotations

from enum import StrEnum

from domain.lifecycle.machine import Machine, Move, Requirement
from domain.permissions import Permission


class EvaluationState(StrEnum):
    """Where an evaluation stands."""

    DESIGN = "DESIGN"
    COLLECTING = "COLLECTING"
    ANALYSIS = "ANALYSIS"
    DRAFT_REPORT = "DRAFT_REPORT"
    PUBLISHED = "PUBLISHED"


class EvaluationTransition(StrEnum):
    """A step of an evaluation."""

    COLLECT = "COLLECT"
    ANALYSE = "ANALYSE"
    DRAFT = "DRAFT"
    RESUME = "RESUME"
    PUBLISH = "PUBLISH"


EVALUATION = Machine(
    noun="evaluation",
    initial=EvaluationState.DESIGN,
    moves=(
        Move(
            EvaluationTransition.COLLECT,
            (EvaluationState.DESIGN,),
            EvaluationState.COLLECTING,
            Permission.STEER,
            (Requirement("measures_missing", "No measure is named."),),
        ),
        Move(
            EvaluationTransition.ANALYSE,
            (EvaluationState.COLLECTING,),
            EvaluationState.ANALYSIS,
            Permission.STEER,
            (Requirement("measures_empty", "Measures without a data point: {n}."),),
        ),
        Move(
            EvaluationTransition.DRAFT,
            (EvaluationState.ANALYSIS,),
            EvaluationState.DRAFT_REPORT,
            Permission.STEER,
        ),
        # What is missing is collected, whatever was written of it already.
        Move(
            EvaluationTransition.RESUME,
            (EvaluationState.ANALYSIS, EvaluationState.DRAFT_REPORT),
            EvaluationState.COLLECTING,
            Permission.STEER,
        ),
        Move(
            EvaluationTransition.PUBLISH,
            (EvaluationState.DRAFT_REPORT,),
            EvaluationState.PUBLISHED,
            Permission.STEER,
            (
                Requirement("reports_missing", "Its report is empty."),
                Requirement(
                    "next_cycles_missing", "It does not say what changes in the next cycle."
                ),
            ),
        ),
    ),
)

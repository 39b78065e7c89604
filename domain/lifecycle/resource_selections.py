"""The life of a resource selection: how a prioritised need is to be met, and who develops it."""

from __future__ import annotations

from enum import StrEnum

from domain.lifecycle.machine import Machine, Move, Requirement
from domain.permissions import Permission


class ResourceSelectionState(StrEnum):
    """Where the selection of a resource for a prioritised proposal stands."""

    OPTIONS = "OPTIONS"
    ASSESSED = "ASSESSED"
    SELECTED = "SELECTED"
    AGREED = "AGREED"
    NONE_SUITABLE = "NONE_SUITABLE"


class ResourceSelectionTransition(StrEnum):
    """A step in the life of a resource selection."""

    ASSESS = "ASSESS"
    SELECT = "SELECT"
    AGREE = "AGREE"
    FIND_NONE_SUITABLE = "FIND_NONE_SUITABLE"


_AUTHOR = Requirement("is_author", "The author of the proposal does not decide how it is met.")
_RECUSED = Requirement("is_recused", "Your declared interest keeps you from deciding on this.")
_INDEPENDENT = (
    _AUTHOR,
    Requirement("entered_option", "Who entered an option does not decide between the options."),
    Requirement("has_assessed", "Who assessed an option does not decide between the options."),
    _RECUSED,
)

RESOURCE_SELECTION = Machine(
    noun="resource selection",
    initial=ResourceSelectionState.OPTIONS,
    moves=(
        Move(
            ResourceSelectionTransition.ASSESS,
            (ResourceSelectionState.OPTIONS,),
            ResourceSelectionState.ASSESSED,
            Permission.STEER,
            (
                Requirement("options_missing", "No option is entered."),
                Requirement("sole_option", "There is only one option, and no reason why."),
                Requirement("options_unscored", "Options not yet scored by two assessors: {n}."),
            ),
        ),
        Move(
            ResourceSelectionTransition.SELECT,
            (ResourceSelectionState.ASSESSED,),
            ResourceSelectionState.SELECTED,
            Permission.DECIDE,
            (),
            _INDEPENDENT,
        ),
        Move(
            ResourceSelectionTransition.AGREE,
            (ResourceSelectionState.SELECTED,),
            ResourceSelectionState.AGREED,
            Permission.STEER,
            (),
            (_AUTHOR, _RECUSED),
        ),
        Move(
            ResourceSelectionTransition.FIND_NONE_SUITABLE,
            (
                ResourceSelectionState.OPTIONS,
                ResourceSelectionState.ASSESSED,
                ResourceSelectionState.SELECTED,
            ),
            ResourceSelectionState.NONE_SUITABLE,
            Permission.DECIDE,
            (),
            _INDEPENDENT,
        ),
    ),
)

"""The kinds of ballot, the choices of each, and which of them need a reason."""

from __future__ import annotations

from enum import StrEnum

from domain.errors import Invalid


class BallotKind(StrEnum):
    """What a ballot asks for."""

    POSITIONS = "POSITIONS"
    RATING = "RATING"
    SENSE_CHECK = "SENSE_CHECK"


class ReasonPolicy(StrEnum):
    """When a vote must give its reason; a blocking choice must under every policy."""

    OPTIONAL = "OPTIONAL"
    REQUIRED_FOR_DISSENT = "REQUIRED_FOR_DISSENT"
    REQUIRED = "REQUIRED"


# Ordinals are stored in votes and index the counts of tallies: append, never reorder.
_CHOICES = {
    BallotKind.POSITIONS: ("YES", "NO_OBJECTION", "DISCUSS", "ABSTAIN", "RECUSE"),
    BallotKind.RATING: ("1", "2", "3", "4", "5", "6", "7", "8", "9", "UNABLE_TO_SCORE"),
    BallotKind.SENSE_CHECK: ("AGREE", "DISAGREE", "PASS"),
}
_BLOCKING = frozenset({"DISCUSS"})
_DISSENTING = frozenset({"DISCUSS", "DISAGREE"})


def choices(kind: BallotKind) -> tuple[str, ...]:
    """Give the choices of a kind in the order of their ordinals."""
    return _CHOICES[kind]


def ordinal(kind: BallotKind, choice: str) -> int:
    """Give the place of a choice in `choices(kind)`, from 0.

    Raises Invalid with the path ("choice",) where the kind has no such choice.
    """
    try:
        return _CHOICES[kind].index(choice)
    except ValueError:
        raise Invalid(_refusal(kind, choice), ("choice",)) from None


def needs_reason(kind: BallotKind, choice: str, policy: ReasonPolicy) -> bool:
    """Tell whether a vote for this choice must say why.

    Raises Invalid where the kind has no such choice.
    """
    ordinal(kind, choice)
    match policy:
        case ReasonPolicy.REQUIRED:
            return True
        case ReasonPolicy.REQUIRED_FOR_DISSENT:
            return choice in _DISSENTING
        case _:
            return choice in _BLOCKING


def _refusal(kind: BallotKind, choice: str) -> str:
    shown = f"{choice:.40}"  # enough to recognise it, never a page of somebody's input
    if kind is BallotKind.RATING:
        if shown.lstrip("+-").replace(".", "", 1).isdecimal():
            return f"A rating is a whole number from 1 to 9; {shown} is not."
        return f"A rating is a whole number from 1 to 9, or UNABLE_TO_SCORE; {shown!r} is neither."
    *others, last = _CHOICES[kind]
    subject = "A position" if kind is BallotKind.POSITIONS else "An answer to a sense check"
    return f"{subject} is one of {', '.join(others)} or {last}; {shown!r} is not."

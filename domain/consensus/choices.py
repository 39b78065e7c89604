"""The kinds of ballot, the choices of each, and which of them need a reason."""

from __future__ import annotations

from enum import StrEnum

from domain.errors import Invalid


class BallotKind(StrEnum):
    """What a ballot asks for."""

    POSITIONS = "POSITIONS"
    RATING = "RATING"
    SENSE_CHECK = "SENSE_CHECK"
    CONSENT = "CONSENT"
    MULTIPLE_CHOICE = "MULTIPLE_CHOICE"
    RANKING = "RANKING"


# What is chosen from in these, each ballot lists itself: see `options`.
LISTED = frozenset({BallotKind.MULTIPLE_CHOICE, BallotKind.RANKING})


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
    BallotKind.CONSENT: ("CONSENT", "CONCERN", "OBJECT", "ABSTAIN"),
    BallotKind.MULTIPLE_CHOICE: (),
    BallotKind.RANKING: (),
}
_BLOCKING = frozenset({"DISCUSS", "OBJECT"})
_DISSENTING = frozenset({"DISCUSS", "DISAGREE", "CONCERN", "OBJECT"})
_SUBJECTS = {
    BallotKind.POSITIONS: "A position",
    BallotKind.SENSE_CHECK: "An answer to a sense check",
    BallotKind.CONSENT: "An answer to a call for consent",
}


def choices(kind: BallotKind) -> tuple[str, ...]:
    """Give the choices of a kind in the order of their ordinals; none where ballots list them."""
    return _CHOICES[kind]


def ordinal(kind: BallotKind, choice: str) -> int:
    """Give the place of a choice in `choices(kind)`, from 0.

    Raises Invalid with the path ("choice",) where the kind has no such choice.
    """
    try:
        return _CHOICES[kind].index(choice)
    except ValueError:
        raise Invalid(_refusal(kind, choice), ("choice",)) from None


def needs_reason(kind: BallotKind, choice: str | None, policy: ReasonPolicy) -> bool:
    """Tell whether a vote for this choice must say why; None is a vote for options.

    Raises Invalid where the kind has no such choice.
    """
    if choice is not None:
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
    if kind in LISTED:
        return f"This ballot lists options to choose from. Please send options, not {shown!r}."
    *others, last = _CHOICES[kind]
    return f"{_SUBJECTS[kind]} is one of {', '.join(others)} or {last}; {shown!r} is not."

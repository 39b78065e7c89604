"""Options that a ballot lists itself, and what a vote for some of them adds to the counts."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from domain.consensus.choices import LISTED, BallotKind, choices
from domain.errors import Invalid
from domain.texts import clean

FEWEST = 2
MOST = 10
LENGTH = 500


def listed(kind: BallotKind, texts: Sequence[str]) -> list[str]:
    """Return the texts of a ballot's options, cleaned; their places, from 1, are their ordinals.

    Raises Invalid with the path ("options",) for fewer than 2, more than 10, one that is empty,
    longer than 500 characters or said twice, and for any in a kind of ballot without options.
    """
    if kind not in LISTED:
        if texts:
            raise Invalid(
                "Only ballots of MULTIPLE_CHOICE and RANKING list options. Please leave them out.",
                ("options",),
            )
        return []
    if not FEWEST <= len(texts) <= MOST:
        raise Invalid(
            f"A ballot of {kind} lists {FEWEST} to {MOST} options; these are {len(texts)}.",
            ("options",),
        )
    found = [clean(text, "options", limit=LENGTH) for text in texts]
    if len(set(found)) < len(found):
        raise Invalid("Two options say the same. Please word them apart.", ("options",))
    return found


def width(kind: BallotKind, options: int) -> int:
    """Give how many counts the tally of a ballot has: one for each choice, or as `marks` says."""
    match kind:
        case BallotKind.MULTIPLE_CHOICE:
            return options
        case BallotKind.RANKING:
            return options * options
        case _:
            return len(choices(kind))


def size(kind: BallotKind, counts: Sequence[object]) -> int:
    """Give how many options a ballot lists whose tally has these counts."""
    return isqrt(len(counts)) if kind is BallotKind.RANKING else len(counts)


def marks(kind: BallotKind, options: int, vote: Sequence[int]) -> tuple[int, ...]:
    """Give what a vote adds to the counts of a ballot with so many options; each 0 or 1.

    `vote` has ordinals from 1: those that are approved, or ranked from the most preferred on. Of
    MULTIPLE_CHOICE there is one count for each option: who approves it. Of RANKING there are
    `options` rows of as many, row by row: the count in row i and column j is who prefers option i
    to option j, and on the diagonal who ranked option i at all. Who ranks only some prefers these
    to all others, and none of the others to another.
    """
    everything = range(1, options + 1)
    if kind is BallotKind.MULTIPLE_CHOICE:
        return tuple(int(option in vote) for option in everything)
    place = {option: vote.index(option) if option in vote else options for option in everything}
    return tuple(
        int(one in vote and (one == other or place[one] < place[other]))
        for one in everything
        for other in everything
    )


def require_distinct(chosen: Sequence[int]) -> None:
    """Raise Invalid with the path ("options",) for an ordinal that none has, or that is twice."""
    for option in chosen:
        if not 1 <= option <= MOST:
            raise Invalid(f"Options are numbered from 1; there is no {option}.", ("options",))
    if len(set(chosen)) < len(chosen):
        raise Invalid("An option is named twice. Please name each once.", ("options",))


def require_among(kind: BallotKind, options: int, chosen: Sequence[int]) -> None:
    """Raise Invalid with the path ("options",) where a ballot cannot take a vote for these.

    `options` is how many the ballot lists. A set of MULTIPLE_CHOICE may be empty, since nobody has
    to approve anything; an order of RANKING begins somewhere.
    """
    if kind not in LISTED:
        raise Invalid(
            "This ballot lists no options. Please send a choice or a rating.", ("options",)
        )
    if kind is BallotKind.RANKING and not chosen:
        raise Invalid("Please rank one option at least.", ("options",))
    for option in chosen:
        if option > options:
            raise Invalid(
                f"This ballot lists the options 1 to {options}; {option} is not among them.",
                ("options",),
            )


def named(options: Sequence[int]) -> str:
    """Return options as a sentence has them: "option 1", "options 1 and 3"."""
    *others, last = map(str, options)
    return f"options {', '.join(others)} and {last}" if others else f"option {last}"

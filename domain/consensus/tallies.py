"""How many people chose what, per constituency, and the fold that keeps it current."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from domain.consensus.choices import LISTED, BallotKind, choices


@dataclass(frozen=True, slots=True)
class Tally:
    """The latest votes of one constituency, counted.

    `eligible` is the number of people who may vote. `counts` has one number of people for each
    choice of the ballot's kind, by ordinal, or for each cell that `options.marks` describes.
    `people` is how many voted; None where every vote is in exactly one of the counts. Everybody
    belongs to exactly one constituency, so tallies add up. Raises ValueError for a count below 0
    or more votes than people.
    """

    constituency: str
    label: str
    eligible: int
    counts: tuple[int, ...]
    people: int | None = None

    def __post_init__(self) -> None:
        if min(self.counts, default=0) < 0:
            raise ValueError(f"{self.label}: a choice is counted less than zero times.")
        if self.voted > self.eligible:
            raise ValueError(f"{self.label}: {self.voted} votes of {self.eligible} people.")

    @property
    def voted(self) -> int:
        """The number of people who made any choice, abstentions and passes included."""
        return sum(self.counts) if self.people is None else self.people


def total(kind: BallotKind, tallies: Sequence[Tally]) -> Tally:
    """Add up the tallies of all constituencies; without any, everything is 0.

    Raises ValueError where a tally has not one count for each choice of the kind, or, where ballots
    list what is chosen from, not as many as the others.
    """
    listed = kind in LISTED
    nobody = (0,) * (len(tallies[0].counts) if listed and tallies else len(choices(kind)))
    columns = zip(nobody, *(tally.counts for tally in tallies), strict=True)
    return Tally(
        constituency="",
        label="Everyone",
        eligible=sum(tally.eligible for tally in tallies),
        counts=tuple(map(sum, columns)),
        people=sum(tally.voted for tally in tallies) if listed else None,
    )


def apply(
    tallies: Sequence[Tally], constituency: str, previous: int | None, choice: int
) -> tuple[Tally, ...]:
    """Count one vote: somebody of a constituency goes from their `previous` choice to a new one.

    Choices are ordinals; `previous` is None for a first vote. The cost does not grow with the
    number of votes. Raises ValueError for an unknown constituency, or a previous choice that
    was never counted.
    """

    def moved(tally: Tally) -> Tally:
        counts = list(tally.counts)
        counts[choice] += 1
        if previous is not None:
            counts[previous] -= 1
        return replace(tally, counts=tuple(counts))

    return _changed(tallies, constituency, moved)


def apply_marks(
    tallies: Sequence[Tally],
    constituency: str,
    previous: Sequence[int] | None,
    marks: Sequence[int],
) -> tuple[Tally, ...]:
    """Count one vote for options as `apply` counts a choice; what it adds are `options.marks`."""
    gone = previous or (0,) * len(marks)

    def moved(tally: Tally) -> Tally:
        cells = zip(tally.counts, marks, gone, strict=True)
        counts = tuple(before + added - taken for before, added, taken in cells)
        return replace(tally, counts=counts, people=tally.voted + (previous is None))

    return _changed(tallies, constituency, moved)


def _changed(
    tallies: Sequence[Tally], constituency: str, change: Callable[[Tally], Tally]
) -> tuple[Tally, ...]:
    if constituency not in {tally.constituency for tally in tallies}:
        raise ValueError(f"No constituency {constituency!r} in this ballot.")
    return tuple(
        change(tally) if tally.constituency == constituency else tally for tally in tallies
    )

"""Small numbers: which sums of a table of votes may be told, now and beside what was told before.

A table has a row for each constituency and a column for each choice. What is told of it is a
`Release`: the exact sums of blocks, which are rows by columns that were put together until no sum
is small.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from domain.consensus.choices import LISTED, BallotKind
from domain.consensus.objections import NO_OBJECTIONS
from domain.consensus.results import Consensus, Group, Status
from domain.consensus.tallies import Tally

USUAL = 5
"""How many people are not a small number any more, unless a ballot says otherwise."""
BOUNDS = range(2, 1_001)
"""What a ballot may say instead."""
_SHARE_OF_NEW_VOTERS = 10
"""A release waits for one new voter for so many earlier ones, so that there are never many."""

T = TypeVar("T", bound=Hashable)
Parts = tuple[tuple[T, ...], ...]


@dataclass(frozen=True, slots=True)
class Suppression:
    """What counts as small: fewer than `smallest` people.

    Nobody is small, too, where unanimity is to be hidden: that nobody chose the rest says what
    everybody chose.
    """

    smallest: int
    hides_unanimity: bool

    def allows(self, number: int) -> bool:
        """Say whether a sum may become known, or how much it grew between two releases."""
        return number >= self.smallest or (number == 0 and not self.hides_unanimity)


@dataclass(frozen=True, slots=True)
class Release:
    """What is told of a table at one moment: a sum for each of `rows` in each of `columns`.

    `rows` are constituencies and `columns` ordinals of choices, each in exactly one part. A part
    of one is told by itself; of a part of several, only the sum.
    """

    rows: Parts[str]
    columns: Parts[int]
    figures: tuple[tuple[int, ...], ...]

    @property
    def voted(self) -> int:
        """How many people had voted."""
        return sum(map(sum, self.figures))

    def overall(self, ordinal: int) -> int | None:
        """Return how many made a choice, None where that is told with other choices only."""
        column = _alone(self.columns, ordinal)
        return None if column is None else sum(figures[column] for figures in self.figures)

    def shows(self, constituency: str) -> bool:
        """Say whether a constituency is told by itself."""
        return _alone(self.rows, constituency) is not None

    @property
    def complete(self) -> bool:
        """Whether every cell of the table is told."""
        return all(len(part) == 1 for part in (*self.rows, *self.columns))


def release(
    suppression: Suppression, tallies: Sequence[Tally], earlier: Sequence[Release] = ()
) -> Release | None:
    """Return what may be told of a table beside all that was told of it; None where nothing may.

    That is the case until `smallest` people have voted since the last release, and a tenth of
    those who had voted then; and while no choice can be told apart, as after a change of votes
    that made something less.

    What is guaranteed of any series of tables, each told as this function answered, with those
    before it as `earlier`, however votes change and constituencies or electors are added:

    1. Whatever number of people can be computed from one release, by adding and subtracting its
       figures, is `smallest` at least, or it is 0 and that is not hidden. A number of people means
       those in any set of cells of the table.
    2. By how much such a number differs between any two releases is `smallest` at least, or 0 where
       that is not hidden.
    3. Both hold also for a reader who knows of each constituency how many had voted at each
       release; but for those numbers themselves, which are of all choices and tell none.

    It is a guarantee about numbers that are computed exactly. It is none about what a reader
    concludes from bounds (a number that is not told is most often small), from the fact that
    nothing new is told, from the status, which is judged by the exact table, or from votes that
    they know otherwise: `smallest` - 1 people who tell each other their votes can subtract them.

    Reason: the figures of a release are those of disjoint blocks, rows by columns, that cover the
    table. A set of cells whose sum is a combination of them, and of the totals of rows, is a union
    of blocks and of whole rows. A set that two releases tell is a union of blocks of both, so of
    blocks of the join of their partitions, and of whole rows, which never shrink. No block of a
    release, nor the growth of one of a join, is small or negative, so neither is any sum of them.
    """
    voted = sum(tally.voted for tally in tallies)
    before = earlier[-1].voted if earlier else 0
    if voted - before < max(suppression.smallest, before // _SHARE_OF_NEW_VOTERS):
        return None
    names = [tally.constituency for tally in tallies]
    ordinals = range(len(tallies[0].counts))
    totals = {ordinal: sum(tally.counts[ordinal] for tally in tallies) for ordinal in ordinals}

    def told(rows: Parts[str], columns: Parts[int]) -> Release | None:
        found = _summed(tallies, rows, columns)
        return found if _allowed(suppression, found, earlier) else None

    columns = _fewest_together(
        totals,
        [ordinal for ordinal in ordinals if not suppression.allows(totals[ordinal])],
        lambda parts: told((tuple(names),), parts) is not None,
    )
    if columns is None or len(columns) == 1:
        return None
    by_row = _summed(tallies, _apart(names, ()), columns)
    rows = _fewest_together(
        {tally.constituency: tally.voted for tally in tallies},
        [
            name
            for name, figures in zip(names, by_row.figures, strict=True)
            if not all(map(suppression.allows, figures))
        ],
        lambda parts: told(parts, columns) is not None,
    )
    return None if rows is None else told(rows, columns)


def redact(consensus: Consensus, shown: Release | None, smallest: int) -> Consensus:
    """Return of a result only what a release of the same table shows.

    The status remains, as a decision has to be told, unless fewer than `smallest` people voted:
    then it would tell their votes. Figures of a part that was put together with others are None.
    """
    if shown is not None and shown.complete:
        return consensus
    few = consensus.turnout.voted < smallest
    reason = f"Fewer than {smallest} people have voted." if few else _withholding(smallest)
    return replace(
        consensus,
        status=Status.WITHHELD if few else consensus.status,
        reasons=(reason,),
        overall=(
            None
            if shown is None or consensus.overall is None
            else _redacted(consensus.overall, shown, whole=True)
        ),
        by_constituency=(
            ()
            if shown is None
            else tuple(
                _redacted(group, shown, whole=False)
                if shown.shows(group.constituency)
                else _withheld(group)
                for group in consensus.by_constituency
            )
        ),
        open_objections=NO_OBJECTIONS,
        suppressed=True,
    )


def for_public(
    kind: BallotKind, consensus: Consensus, tallies: Sequence[Tally], smallest: int
) -> Consensus:
    """Return of the only result that the public is told of a ballot what is not small.

    Unanimity is told: members know how everybody voted. Where options are listed, somebody may be
    in several counts or in none, for which nothing above is guaranteed: those that won are told,
    and no count. How many objections are open is a number of people, so with one no reason is.
    """
    if kind in LISTED:
        told = redact(consensus, None, smallest)
        few = told.status is Status.WITHHELD
        return told if few or consensus.overall is None else _winners_alone(told, consensus.overall)
    shown = release(Suppression(smallest, hides_unanimity=False), tallies)
    told = redact(consensus, shown, smallest)
    if not told.open_objections.number:
        return told
    reasons = (_withholding(smallest),)
    return replace(told, reasons=reasons, open_objections=NO_OBJECTIONS, suppressed=True)


def _withholding(smallest: int) -> str:
    return f"Counts of fewer than {smallest} people are withheld, and what would tell them."


def _winners_alone(told: Consensus, everyone: Group) -> Consensus:
    """Return a result whose only group has a status and winners, and no count."""
    alone = replace(_withheld(everyone), status=everyone.status, winners=everyone.winners)
    return replace(told, overall=alone)


def _redacted(group: Group, shown: Release, *, whole: bool) -> Group:
    if all(len(part) == 1 for part in shown.columns):
        return group
    counts = tuple(
        None if shown.overall(ordinal) is None else count
        for ordinal, count in enumerate(group.counts)
    )
    return replace(
        group,
        status=group.status if whole else Status.WITHHELD,
        counts=counts,
        in_favour=None,
        of=None,
        interval=None,
        median=None,
        suppressed=True,
    )


def _withheld(group: Group) -> Group:
    return replace(
        group,
        status=Status.WITHHELD,
        counts=(None,) * len(group.counts),
        voted=None,
        in_favour=None,
        of=None,
        interval=None,
        median=None,
        winners=(),
        suppressed=True,
    )


def _fewest_together(
    sizes: dict[T, int], small: Iterable[T], allowed: Callable[[Parts[T]], bool]
) -> Parts[T] | None:
    """Put what is small together, and then the next larger ones until the whole is allowed."""
    together = set(small)
    others = sorted((each for each in sizes if each not in together), key=sizes.__getitem__)
    while not allowed(parts := _apart(sizes, together)):
        if not others:
            return None
        together.add(others.pop(0))
    return parts


def _apart(everything: Iterable[T], together: Collection[T]) -> Parts[T]:
    everything = tuple(everything)
    alone = tuple((each,) for each in everything if each not in together)
    rest = tuple(each for each in everything if each in together)
    return (*alone, rest) if rest else alone


def _summed(tallies: Sequence[Tally], rows: Parts[str], columns: Parts[int]) -> Release:
    counts = {tally.constituency: tally.counts for tally in tallies}
    return Release(
        rows,
        columns,
        tuple(
            tuple(
                sum(counts[name][ordinal] for name in row for ordinal in column)
                for column in columns
            )
            for row in rows
        ),
    )


def _allowed(suppression: Suppression, new: Release, earlier: Sequence[Release]) -> bool:
    """Say whether every figure may be told, alone and beside what was told before."""
    return all(suppression.allows(figure) for row in new.figures for figure in row) and all(
        suppression.allows(difference) for old in earlier for difference in _differences(old, new)
    )


def _differences(old: Release, new: Release) -> Iterable[int]:
    """Return how much each block changed that both releases tell: those of the joined partitions.

    A constituency that was not there yet had no votes.
    """
    known = {name for row in old.rows for name in row}
    added = tuple((name,) for row in new.rows for name in row if name not in known)
    rows, columns = _join(old.rows + added, new.rows), _join(old.columns, new.columns)
    before, now = _within(old, rows, columns), _within(new, rows, columns)
    return (now[block] - before.get(block, 0) for block in now)


def _join(some: Parts[T], others: Parts[T]) -> dict[T, int]:
    """Return the finest partition that both partitions refine, as a number for each element."""
    number = {each: index for index, part in enumerate(some) for each in part}
    for part in others:
        merged = {number[each] for each in part}
        first = min(merged)
        number = {each: first if own in merged else own for each, own in number.items()}
    return number


def _within(
    told: Release, rows: dict[str, int], columns: dict[int, int]
) -> dict[tuple[int, int], int]:
    sums: dict[tuple[int, int], int] = {}
    for row, figures in zip(told.rows, told.figures, strict=True):
        for column, figure in zip(told.columns, figures, strict=True):
            block = rows[row[0]], columns[column[0]]
            sums[block] = sums.get(block, 0) + figure
    return sums


def _alone(parts: Parts[T], each: T) -> int | None:
    return next((index for index, part in enumerate(parts) if part == (each,)), None)

"""Stability between two rounds: whether people still answer as they did, agreed or not.

Everything is read from the table of those who answered in both rounds: `table[i][j]` people chose
i in the earlier round and j in the later one. Three readings are given, because they differ: the
answers of a group can stand still while half of its people change theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, exp, gamma, sqrt

from domain.consensus.thresholds import reaches

LARGEST_CHANGE_PERCENT = 15
"""Scheibe, Skutsch and Schofer, in Linstone and Turoff, The Delphi Method, 1975."""

Table = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Stability:
    """How far answers stood still.

    `kept` of `of` people gave the same answer twice. `changed` of `of` is the net change between
    the two distributions, which is `stable` where it is below 15 %. `chi_square` with
    `degrees_of_freedom` tests, after Chaffin and Talley, whether later answers are independent of
    earlier ones, which has the probability `p_value`; all three are None where either round has
    one answer alone, so that there is nothing to test.
    """

    kept: int
    of: int
    changed: int
    stable: bool
    chi_square: float | None
    degrees_of_freedom: int | None
    p_value: float | None


def stability(table: Table) -> Stability | None:
    """Read a square table of people; None where nobody answered twice."""
    of = sum(map(sum, table))
    if not of:
        return None
    changed = net_change(table)
    tested = chi_square(table)
    return Stability(
        kept=sum(row[choice] for choice, row in enumerate(table)),
        of=of,
        changed=changed,
        stable=not reaches(changed, of, LARGEST_CHANGE_PERCENT),
        chi_square=tested and tested[0],
        degrees_of_freedom=tested and tested[1],
        p_value=tested and chi_square_tail(*tested),
    )


def net_change(table: Table) -> int:
    """Count how many people the two distributions differ by: half the sum of the differences.

    Somebody who leaves a choice that another one takes up does not change the distribution.
    """
    earlier = map(sum, table)
    later = map(sum, zip(*table, strict=True))
    return sum(abs(one - other) for one, other in zip(earlier, later, strict=True)) // 2


def chi_square(table: Table) -> tuple[float, int] | None:
    """Give Pearson's statistic and its degrees of freedom; None where one row or column is left.

    Choices that nobody made in a round are left out of it. Source: Chaffin and Talley,
    Technological Forecasting and Social Change 16:67, 1980.
    """
    rows = [row for row in table if any(row)]
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    freedom = (len(rows) - 1) * (len(columns) - 1)
    if freedom <= 0:
        return None
    of = sum(map(sum, rows))
    # Of every cell observed² / expected; the sum of all exceeds the statistic by the number.
    total = sum(
        column[place] ** 2 / (sum(row) * sum(column))
        for place, row in enumerate(rows)
        for column in columns
    )
    return of * (total - 1), freedom


def chi_square_tail(statistic: float, freedom: int) -> float:
    """Give the probability of at least this statistic, from 0 to 1, by the finite series.

    Source: Abramowitz and Stegun, 26.4.4 (odd) and 26.4.5 (even degrees of freedom).
    """
    half = statistic / 2
    if half <= 0:
        return 1.0
    start = freedom % 2 / 2
    powers = [start + step for step in range(freedom // 2)]
    tail: float = exp(-half) * sum(half**power / gamma(power + 1) for power in powers)
    return min(1.0, tail + (erfc(sqrt(half)) if freedom % 2 else 0.0))


def square(shifts: Sequence[int]) -> Table:
    """Return the table whose rows were written one after the other.

    Raises ValueError where their number is not that of a square.
    """
    width = round(sqrt(len(shifts)))
    if width * width != len(shifts):
        raise ValueError(f"{len(shifts)} counts are no square table.")
    return [shifts[start : start + width] for start in range(0, len(shifts), width)]

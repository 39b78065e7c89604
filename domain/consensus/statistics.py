"""Figures that describe a tally: floats for readers alone, exact fractions where rules decide."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import sqrt
from statistics import NormalDist

_Z_95 = NormalDist().inv_cdf(0.975)


def wilson(part: int, of: int) -> tuple[float, float]:
    """Give the 95 % score interval (low, high) of the share part/of, each from 0 to 1.

    Without continuity correction (Wilson, JASA 22:209, 1927, equation for p). Of 0 votes nothing
    is known: (0, 1).
    """
    if of == 0:
        return 0.0, 1.0
    share, square = part / of, _Z_95**2
    centre = share + square / (2 * of)
    margin = _Z_95 * sqrt(share * (1 - share) / of + square / (4 * of * of))
    scale = 1 + square / of
    return max(0.0, (centre - margin) / scale), min(1.0, (centre + margin) / scale)


def percentile_type_7(values: Sequence[int], counts: Sequence[int], percent: int) -> Fraction:
    """Give a percentile by linear interpolation at rank (n - 1) * percent / 100, from 0.

    `values` ascend and `counts` says how often each occurs. This is type 7 of Hyndman and Fan
    (The American Statistician 50:361, 1996), the default of R and NumPy. Raises ValueError for
    no occurrences at all.
    """
    if not any(counts):
        raise ValueError("A percentile needs at least one value.")
    reached = list(accumulate(counts))
    last = reached[-1] - 1
    rank, hundredths = divmod(last * percent, 100)
    lower = values[bisect_right(reached, rank)]
    upper = values[bisect_right(reached, min(rank + 1, last))]
    return Fraction(100 * lower + hundredths * (upper - lower), 100)


def percentile_type_2(values: Sequence[int], counts: Sequence[int], percent: int) -> Fraction:
    """Give a percentile as the value at rank n * percent / 100, from 1, rounded upwards.

    Where that is a whole rank, the mean of its value and the next one; `percent` is below 100. This
    is type 2 of Hyndman and Fan, the default of SAS. Raises ValueError for no occurrences at all.
    """
    if not any(counts):
        raise ValueError("A percentile needs at least one value.")
    reached = list(accumulate(counts))
    rank, rest = divmod(reached[-1] * percent, 100)
    upper = values[bisect_right(reached, rank)]
    lower = upper if rest or not rank else values[bisect_right(reached, rank - 1)]
    return Fraction(lower + upper, 2)


def median(values: Sequence[int], counts: Sequence[int]) -> Fraction:
    """Give the 50th percentile (all percentile types agree on it); ValueError for no values."""
    return percentile_type_7(values, counts, 50)


def interquartile_range(values: Sequence[int], counts: Sequence[int]) -> Fraction:
    """Give the distance between the type 7 quartiles; ValueError for no values."""
    return percentile_type_7(values, counts, 75) - percentile_type_7(values, counts, 25)

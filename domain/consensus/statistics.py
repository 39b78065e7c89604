"""Figures that describe a tally for readers; being floats, they never decide anything."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
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


def percentile_type_7(values: Sequence[int], counts: Sequence[int], percent: int) -> float:
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
    return (100 * lower + hundredths * (upper - lower)) / 100


def median(values: Sequence[int], counts: Sequence[int]) -> float:
    """Give the 50th percentile (all percentile types agree on it); ValueError for no values."""
    return percentile_type_7(values, counts, 50)


def interquartile_range(values: Sequence[int], counts: Sequence[int]) -> float:
    """Give the distance between the type 7 quartiles; ValueError for no values."""
    return percentile_type_7(values, counts, 75) - percentile_type_7(values, counts, 25)

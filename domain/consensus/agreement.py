"""How far raters agree, for readers: floats that decide nothing and carry no verbal labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log2
from typing import TypeAlias

Rating: TypeAlias = int | None
"""A value on some scale, None where somebody gave none."""


class Metric(StrEnum):
    """What the distance between two values means."""

    NOMINAL = "NOMINAL"
    ORDINAL = "ORDINAL"
    INTERVAL = "INTERVAL"
    RATIO = "RATIO"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the raters of some items agree; None where a figure is not defined.

    `raters` rated at least one of `items`, `complete` of them all: Kendall's W and Fleiss' kappa
    are of those alone. `alpha` of each metric is of everybody.
    """

    items: int
    raters: int
    complete: int
    kendall_w: float | None
    fleiss_kappa: float | None
    alpha: dict[Metric, float | None]


def agreement(rows: Sequence[Sequence[Rating]]) -> Agreement:
    """Say how far raters agree, from a row for each rater with a rating of each item."""
    raters = [row for row in rows if any(value is not None for value in row)]
    items = len(rows[0]) if rows else 0
    complete = [[value for value in row if value is not None] for row in raters if None not in row]
    counted = [
        Counter(value for value in item if value is not None) for item in zip(*raters, strict=True)
    ]
    values = sorted(set().union(*counted))
    fully = [Counter(item) for item in zip(*complete, strict=True)]
    return Agreement(
        items=items,
        raters=len(raters),
        complete=len(complete),
        kendall_w=kendall_w(complete),
        fleiss_kappa=fleiss_kappa([[item[value] for value in values] for item in fully]),
        alpha={
            metric: krippendorff_alpha(
                values, [[item[value] for value in values] for item in counted], metric
            )
            for metric in Metric
        },
    )


def kendall_w(rows: Sequence[Sequence[int]]) -> float | None:
    """Give Kendall's coefficient of concordance of complete ratings, a row for each judge.

    Corrected for ties (Kendall and Gibbons, Rank Correlation Methods, chapter 6), from 0 to 1. None
    for fewer than two judges or items, or where every judge rates everything alike.
    """
    judges, items = len(rows), len(rows[0]) if rows else 0
    if judges < 2 or items < 2:  # noqa: PLR2004 - concordance is of two at least
        return None
    ranked = list(map(_ranks, rows))
    sums = [sum(column) for column in zip(*ranked, strict=True)]
    mean = judges * (items + 1) / 2
    ties = sum(count**3 - count for row in rows for count in Counter(row).values())
    return concordance(sum((each - mean) ** 2 for each in sums), judges, items, ties)


def concordance(deviation: float, judges: int, items: int, ties: int = 0) -> float | None:
    """Give Kendall's W from the squared deviations of the rank sums, and the sum of t^3 - t."""
    most = judges * judges * (items**3 - items) - judges * ties
    return 12 * deviation / most if most else None


def fleiss_kappa(counts: Sequence[Sequence[int]]) -> float | None:
    """Give Fleiss' kappa of a row for each item: how many raters put it in each category.

    Every row has the same number of raters (Fleiss, Psychological Bulletin 76:378, 1971). None for
    fewer than two of them, or where all use one category alone.
    """
    items, raters = len(counts), sum(counts[0]) if counts else 0
    if raters < 2:  # noqa: PLR2004 - agreement is of two at least
        return None
    pairs = sum(count * (count - 1) for row in counts for count in row)
    observed = pairs / (items * raters * (raters - 1))
    expected = sum((sum(column) / (items * raters)) ** 2 for column in zip(*counts, strict=True))
    return (observed - expected) / (1 - expected) if expected < 1 else None


def krippendorff_alpha(
    values: Sequence[int], counts: Sequence[Sequence[int]], metric: Metric
) -> float | None:
    """Give Krippendorff's alpha of a row for each item: how many raters gave it each value.

    `values` ascend; for RATIO they are not negative. Items with one rating are left out, as there
    is nothing to compare (Krippendorff, Content Analysis, chapter 11). None where nothing can be
    compared, or nothing varies.
    """
    pairable = [row for row in counts if sum(row) > 1]
    totals = [sum(column) for column in zip(*pairable, strict=True)]
    distance = _distances(values, totals, metric)
    places = range(len(totals))
    observed = sum(
        row[one] * row[other] * distance(one, other) / (sum(row) - 1)
        for row in pairable
        for one in places
        for other in places
        if one != other
    )
    expected = sum(
        totals[one] * totals[other] * distance(one, other)
        for one in places
        for other in places
        if one != other
    )
    return 1 - (sum(totals) - 1) * observed / expected if expected else None


def tastle_wierman(counts: Sequence[int]) -> float | None:
    """Give the consensus of Tastle and Wierman of the counts of an equidistant scale, from 0 to 1.

    1 + sum of p log2(1 - |x - mean| / width) (International Journal of Approximate Reasoning
    45:531, 2007); 0 where two halves stand at both ends. None where nobody answered.
    """
    of = sum(counts)
    if not of:
        return None
    width = len(counts) - 1
    mean = sum(place * count for place, count in enumerate(counts)) / of
    return 1 + sum(
        count / of * log2(1 - abs(place - mean) / width)
        for place, count in enumerate(counts)
        if count
    )


def _ranks(row: Sequence[int]) -> list[float]:
    """Return the ranks of ratings, from 1; those that are equal share the mean of theirs."""
    counted = Counter(row)
    before, ranks = 0, {}
    for value in sorted(counted):
        ranks[value] = before + (counted[value] + 1) / 2
        before += counted[value]
    return [ranks[value] for value in row]


def _distances(
    values: Sequence[int], totals: Sequence[int], metric: Metric
) -> Callable[[int, int], float]:
    """Return the squared distance between the values at two places."""

    def ordinal(one: int, other: int) -> float:
        low, high = sorted((one, other))
        return (sum(totals[low : high + 1]) - (totals[low] + totals[high]) / 2) ** 2

    def ratio(one: int, other: int) -> float:
        return ((values[one] - values[other]) / (values[one] + values[other])) ** 2

    match metric:
        case Metric.NOMINAL:
            return lambda one, other: float(one != other)
        case Metric.ORDINAL:
            return ordinal
        case Metric.INTERVAL:
            return lambda one, other: float(values[one] - values[other]) ** 2
        case Metric.RATIO:
            return ratio

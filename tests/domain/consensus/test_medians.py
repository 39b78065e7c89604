"""A high median and a small interquartile range, at every cut-off and exactly."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.medians import MedianIqr
from domain.consensus.results import Status
from domain.consensus.tallies import Tally

PANELS = st.lists(st.integers(1, 9), min_size=1, max_size=40)


def panel(ratings: list[int], unable: int = 0) -> Tally:
    found = Counter(ratings)
    counts = (*(found[rating] for rating in range(1, 10)), unable)
    return Tally("panel", "Panel", sum(counts), counts)


@given(PANELS, st.integers(6, 9), st.integers(0, 8))
def test_the_decision_equals_an_independent_one(ratings: list[int], least: int, most: int) -> None:
    first, middle, third = np.percentile(ratings, [25, 50, 75])
    narrow = third - first <= most  # quarters are exact in binary
    expected = Status.NO_CONSENSUS
    if narrow and middle >= least:
        expected = Status.CONSENSUS
    elif narrow and middle <= 10 - least:
        expected = Status.CONSENSUS_AGAINST
    rule = MedianIqr(median_at_least=least, iqr_at_most=most)
    assert rule.assess(panel(ratings)).status is expected


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ([6, 7, 8, 9, 9], Status.CONSENSUS),
        ([7, 7, 7], Status.CONSENSUS),
        ([6, 7], Status.NO_CONSENSUS),
        ([4, 5, 7, 9, 9], Status.NO_CONSENSUS),
        ([1, 2, 3], Status.CONSENSUS_AGAINST),
        ([5, 5, 5], Status.NO_CONSENSUS),
    ],
)
def test_seven_and_three(ratings: list[int], expected: Status) -> None:
    assert MedianIqr().assess(panel(ratings)).status is expected


def test_what_is_lacking_is_said() -> None:
    found = MedianIqr().assess(panel([1, 2, 5, 8, 9], unable=2))
    wide = "the interquartile range is 6, above 3."
    assert found.lacks == ("the median is 5, not 7 or above.", wide)
    assert found.lacks_against == ("the median is 5, not 3 or below.", wide)
    assert (found.in_favour, found.of, found.votes, found.median) == (2, 5, 5, 5)


def test_who_is_unable_to_score_is_not_of_the_panel() -> None:
    found = MedianIqr().assess(panel([], unable=3))
    assert (found.votes, found.median, found.lacks) == (0, None, ("nobody has rated.",))

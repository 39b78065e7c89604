"""The figures for readers equal published values and an independent computation."""

import json
import statistics as oracle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.statistics import (
    interquartile_range,
    median,
    percentile_type_2,
    percentile_type_7,
    wilson,
)

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "consensus.json"
SCALE = range(1, 10)
RATINGS = st.lists(st.integers(1, 9), min_size=2, max_size=50)


def histogram(ratings: list[int]) -> list[int]:
    counted = Counter(ratings)
    return [counted[value] for value in SCALE]


@pytest.mark.parametrize(
    ("part", "of", "low", "high"),
    [(7, 10, 0.397, 0.892), (3, 3, 0.439, 1.0), (70, 100, 0.604, 0.781)],
)
def test_wilson_equals_the_published_intervals(part: int, of: int, low: float, high: float) -> None:
    assert wilson(part, of) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside this checkout")
def test_wilson_equals_the_shared_vectors() -> None:
    for vector in json.loads(VECTORS.read_text())["wilson_95"]:
        expected = (vector["low"], vector["high"])
        assert wilson(vector["k"], vector["n"]) == pytest.approx(expected, abs=5e-4)


def test_of_no_votes_nothing_is_known() -> None:
    assert wilson(0, 0) == (0, 1)


@given(of=st.integers(1, 10**6), data=st.data())
def test_wilson_holds_the_share_and_mirrors(of: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, of))
    low, high = wilson(part, of)
    assert 0 <= low <= part / of + 1e-9
    assert part / of - 1e-9 <= high <= 1
    assert wilson(of - part, of) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(RATINGS)
def test_percentiles_equal_the_standard_library(ratings: list[int]) -> None:
    counts = histogram(ratings)
    cuts = oracle.quantiles(ratings, n=100, method="inclusive")
    ours = [percentile_type_7(SCALE, counts, percent) for percent in range(1, 100)]
    assert ours == pytest.approx(cuts)
    assert percentile_type_7(SCALE, counts, 0) == min(ratings)
    assert percentile_type_7(SCALE, counts, 100) == max(ratings)


@given(RATINGS)
def test_median_and_quartiles_equal_the_standard_library(ratings: list[int]) -> None:
    counts = histogram(ratings)
    first, middle, third = oracle.quantiles(ratings, n=4, method="inclusive")
    assert median(SCALE, counts) == middle == oracle.median(ratings)
    assert interquartile_range(SCALE, counts) == third - first


@given(RATINGS, st.integers(0, 99))
def test_percentiles_of_type_2_equal_numpy(ratings: list[int], percent: int) -> None:
    found = percentile_type_2(SCALE, histogram(ratings), percent)
    expected = np.percentile(ratings, percent, method="averaged_inverted_cdf")
    # The rank of the oracle is a float, and may miss that it is whole.
    if len(ratings) * percent % 100 or percent in {0, 25, 50, 75}:
        assert float(found) == expected
    assert percentile_type_2(SCALE, histogram(ratings), 50) == median(SCALE, histogram(ratings))


def test_type_7_interpolates_the_published_thirtieth_and_seventieth() -> None:
    # PMC3467596, table 1: ratings 4, 5 and 6 once, 7 and 8 five times, 9 twice.
    counts = [0, 0, 0, 1, 1, 1, 5, 5, 2]
    assert median(SCALE, counts) == 7
    assert percentile_type_7(SCALE, counts, 30) == 7
    assert percentile_type_7(SCALE, counts, 70) == 8


def test_one_rating_is_every_percentile() -> None:
    assert {percentile_type_7(SCALE, histogram([6]), percent) for percent in range(101)} == {6}


def test_no_ratings_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="at least one"):
        percentile_type_7(SCALE, [0] * 9, 50)

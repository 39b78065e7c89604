"""RAND/UCLA: published panels, both definitions of disagreement, and exact boundaries."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.appropriateness import (
    Appropriateness,
    RandUcla,
    appropriateness,
    disagreement,
    spread,
)
from domain.consensus.ratings import RATINGS
from domain.consensus.results import Status
from domain.consensus.statistics import median
from domain.consensus.tallies import Tally

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "consensus.json"
STATUS = {
    Appropriateness.APPROPRIATE: Status.CONSENSUS,
    Appropriateness.UNCERTAIN: Status.NO_CONSENSUS,
    Appropriateness.INAPPROPRIATE: Status.CONSENSUS_AGAINST,
}
PANELS = st.lists(st.integers(1, 9), min_size=1, max_size=40)


def counted(ratings: list[int]) -> list[int]:
    found = Counter(ratings)
    return [found[rating] for rating in RATINGS]


def panel(ratings: list[int], unable: int = 0) -> Tally:
    return Tally("panel", "Panel", len(ratings) + unable, (*counted(ratings), unable))


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside this checkout")
def test_the_shared_vectors() -> None:
    vectors = json.loads(VECTORS.read_text())
    for vector in vectors["rand_ucla"]:
        rated = _rated(vector)
        found = spread(rated)
        figures = {
            "median": median(RATINGS, rated),
            "p30": found.p30,
            "p70": found.p70,
            "ipr": found.ipr,
            "iprcp": (found.p30 + found.p70) / 2,
            "ai": abs(5 - (found.p30 + found.p70) / 2),
            "ipras": found.ipras,
            "di": found.index,
        }
        for name, value in figures.items():
            assert float(value) == pytest.approx(vector.get(name, float(value)), abs=5e-4), name
        assert disagreement(rated, classic=False) is vector["disagreement"]
        if "classic_disagreement" in vector:
            assert disagreement(rated, classic=True) is vector["classic_disagreement"]
        if "class" in vector:
            assert appropriateness(rated, classic=False).value == vector["class"]
    for row in vectors["classic_table"]["rows"]:
        first, last = map(int, row["panel"].split("-"))
        for size in range(first, last + 1):
            least = row["disagreement_each_extreme_min"]
            assert not disagreement(counted(_split(size, least - 1)), classic=True)
            assert disagreement(counted(_split(size, least)), classic=True)


def _rated(vector: dict[str, Any]) -> list[int]:
    if "ratings" in vector:
        return counted(vector["ratings"])
    return [vector["counts_for_ratings"].get(str(rating), 0) for rating in RATINGS]


def _split(size: int, low: int) -> list[int]:
    """Return ratings of which `low` are 1, and the others are 9."""
    return [1] * low + [9] * (size - low)


@pytest.mark.parametrize(("size", "least"), [(3, 1), (7, 3), (17, 6), (18, 6), (100, 34)])
def test_beyond_the_table_a_third_at_each_end_is_classic_disagreement(
    size: int, least: int
) -> None:
    assert not disagreement(counted(_split(size, least - 1)), classic=True)
    assert disagreement(counted(_split(size, least)), classic=True)


@given(PANELS)
def test_the_spread_equals_an_independent_computation(ratings: list[int]) -> None:
    low, high = np.percentile(ratings, [30, 70], method="averaged_inverted_cdf")
    found = spread(counted(ratings))
    adjusted = 2.35 + 1.5 * abs(5 - (low + high) / 2)
    assert float(found.ipr) == pytest.approx(high - low)
    assert float(found.ipras) == pytest.approx(adjusted)
    if high - low != pytest.approx(adjusted):
        assert disagreement(counted(ratings), classic=False) is bool(high - low > adjusted)


@pytest.mark.parametrize("classic", [False, True])
@given(ratings=PANELS)
def test_the_status_is_the_class(*, ratings: list[int], classic: bool) -> None:
    found = RandUcla(classic_disagreement=classic).assess(panel(ratings))
    assert found.status is STATUS[appropriateness(counted(ratings), classic=classic)]


@pytest.mark.parametrize("classic", [False, True])
@given(ratings=PANELS)
def test_turning_the_scale_turns_the_class(*, ratings: list[int], classic: bool) -> None:
    turned = appropriateness(counted([10 - each for each in ratings]), classic=classic)
    mirror = {
        Appropriateness.APPROPRIATE: Appropriateness.INAPPROPRIATE,
        Appropriateness.INAPPROPRIATE: Appropriateness.APPROPRIATE,
    }
    found = appropriateness(counted(ratings), classic=classic)
    assert turned is mirror.get(found, found)


def test_the_two_definitions_differ() -> None:
    ratings = [2, 3, 3, 7, 7, 7, 7, 8, 8, 8]
    assert RandUcla().assess(panel(ratings)).status is Status.CONSENSUS
    found = RandUcla(classic_disagreement=True).assess(panel(ratings))
    assert found.status is Status.NO_CONSENSUS
    assert found.lacks == ("the panel disagrees: 3 of 10 rate 1 to 3, and 7 rate 7 to 9.",)


def test_what_is_lacking_is_said() -> None:
    found = RandUcla().assess(panel([1, 1, 1, 5, 5, 5, 9, 9, 9]))
    apart = "the panel disagrees: P70 - P30 is 8, above 2.35."
    assert found.lacks == ("the median is 5, not 7 or above.", apart)
    assert found.lacks_against == ("the median is 5, not 3 or below.", apart)
    assert (found.in_favour, found.of, found.median) == (3, 9, 5)


def test_a_median_between_two_thirds_is_uncertain() -> None:
    assert appropriateness(counted([6, 7]), classic=False) is Appropriateness.UNCERTAIN
    assert appropriateness(counted([7, 7]), classic=False) is Appropriateness.APPROPRIATE


def test_who_is_unable_to_score_is_not_of_the_panel() -> None:
    found = RandUcla().assess(panel([8, 8, 8], unable=20))
    assert (found.of, found.votes, found.status) == (3, 3, Status.CONSENSUS)
    nobody = RandUcla().assess(panel([], unable=3))
    assert (nobody.median, nobody.lacks) == (None, ("nobody has rated.",))


def test_fractions_are_exact() -> None:
    assert spread(counted([1, 2, 3, 4])).p30 == 2
    assert spread(counted([3, 7])).ipras == Fraction(47, 20)

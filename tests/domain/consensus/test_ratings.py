"""Ratings are in, out or neither as COMET defines it, at every boundary."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.consensus.ratings import Comet
from domain.consensus.results import Status
from domain.consensus.tallies import Tally

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "consensus.json"
EXPECTED = {
    "IN": Status.CONSENSUS,
    "OUT": Status.CONSENSUS_AGAINST,
    "NONE": Status.NO_CONSENSUS,
}
THIRDS = st.tuples(*[st.integers(0, 60)] * 3)


def ratings(low: int, middle: int, high: int, unable: int = 0) -> Tally:
    counts = (low, 0, 0, 0, middle, 0, 0, 0, high, unable)
    return Tally("panel", "Panel", sum(counts), counts)


def status(n: int, high: int, low: int) -> Status:
    return Comet().assess(ratings(low, n - high - low, high)).status


@pytest.mark.parametrize(
    ("n", "high", "low", "expected"),
    [
        (20, 14, 2, "IN"),
        (20, 14, 3, "NONE"),
        (20, 13, 0, "NONE"),
        (20, 2, 14, "OUT"),
        (20, 3, 14, "NONE"),
        (20, 0, 13, "NONE"),
        (10, 7, 1, "IN"),
        (100, 70, 14, "IN"),
        (100, 70, 15, "NONE"),
        (100, 69, 0, "NONE"),
        (100, 14, 70, "OUT"),
        (100, 15, 70, "NONE"),
        (3, 2, 0, "NONE"),
    ],
)
def test_in_out_or_neither(n: int, high: int, low: int, expected: str) -> None:
    assert status(n, high, low) is EXPECTED[expected]


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside this checkout")
def test_the_shared_vectors() -> None:
    for vector in json.loads(VECTORS.read_text())["comet"]:
        found = status(vector["n"], vector["high_7_9"], vector["low_1_3"])
        assert found is EXPECTED[vector["expect"]], vector


@given(THIRDS, st.integers(51, 100), st.integers(1, 100))
def test_the_decision_equals_the_rational_one(
    thirds: tuple[int, int, int], threshold: int, dissent: int
) -> None:
    assume(any(thirds))
    low, middle, high = thirds
    n = sum(thirds)
    share, opposed = Fraction(high, n), Fraction(low, n)
    is_in = share >= Fraction(threshold, 100) and opposed < Fraction(dissent, 100)
    is_out = opposed >= Fraction(threshold, 100) and share < Fraction(dissent, 100)
    rule = Comet(threshold_percent=threshold, dissent_percent=dissent)
    expected = "IN" if is_in else "OUT" if is_out else "NONE"
    assert rule.assess(ratings(low, middle, high)).status is EXPECTED[expected]


@given(THIRDS)
def test_turning_the_scale_turns_the_result(thirds: tuple[int, int, int]) -> None:
    assume(any(thirds))
    low, middle, high = thirds
    found = Comet().assess(ratings(low, middle, high)).status
    turned = Comet().assess(ratings(high, middle, low)).status
    assert (found, turned) in {
        (Status.CONSENSUS, Status.CONSENSUS_AGAINST),
        (Status.CONSENSUS_AGAINST, Status.CONSENSUS),
        (Status.NO_CONSENSUS, Status.NO_CONSENSUS),
    }


@pytest.mark.parametrize("rating", range(1, 10))
def test_every_rating_belongs_to_its_third(rating: int) -> None:
    counts = [0] * 10
    counts[rating - 1] = 3
    found = Comet().assess(Tally("panel", "Panel", 3, tuple(counts)))
    assert found.status is EXPECTED["OUT" if rating <= 3 else "IN" if rating >= 7 else "NONE"]
    assert found.median == rating


def test_who_is_unable_to_score_is_not_of_the_share() -> None:
    found = Comet().assess(ratings(2, 4, 14, unable=30))
    assert (found.in_favour, found.of, found.votes) == (14, 20, 20)
    assert found.status is Status.CONSENSUS


def test_what_is_lacking_is_said_for_both_directions() -> None:
    found = Comet().assess(ratings(3, 4, 13))
    assert found.lacks == (
        "13 of 20 in favour, below 70 %.",
        "3 of 20 rate 1 to 3, not below 15 %.",
    )
    assert found.lacks_against == (
        "3 of 20 against, below 70 %.",
        "13 of 20 rate 7 to 9, not below 15 %.",
    )


def test_figures_for_readers() -> None:
    found = Comet().assess(ratings(0, 1, 1))
    assert found.median == 7
    assert found.interval == pytest.approx((0.0945, 0.9055), abs=5e-4)
    assert Comet().assess(ratings(0, 0, 0, unable=2)).median is None

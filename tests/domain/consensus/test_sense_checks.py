"""A sense check compares those who agree with those who disagree, exactly."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.consensus.results import Status
from domain.consensus.sense_checks import SenseCheck
from domain.consensus.tallies import Tally


def answers(agree: int, disagree: int, passed: int = 0) -> Tally:
    counts = (agree, disagree, passed)
    return Tally("panel", "Panel", sum(counts), counts)


@pytest.mark.parametrize(
    ("agree", "disagree", "passed", "expected"),
    [
        (7, 3, 0, Status.CONSENSUS),
        (7, 3, 90, Status.CONSENSUS),
        (69, 31, 0, Status.NO_CONSENSUS),
        (5, 5, 0, Status.NO_CONSENSUS),
        (31, 69, 0, Status.NO_CONSENSUS),
        (3, 7, 0, Status.CONSENSUS_AGAINST),
    ],
)
def test_seventy_percent_of_those_with_a_view(
    agree: int, disagree: int, passed: int, expected: Status
) -> None:
    assert SenseCheck().assess(answers(agree, disagree, passed)).status is expected


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(51, 100))
def test_the_decision_equals_the_rational_one(agree: int, disagree: int, threshold: int) -> None:
    assume(agree or disagree)
    of, share = agree + disagree, Fraction(threshold, 100)
    expected = Status.NO_CONSENSUS
    if Fraction(agree, of) >= share:
        expected = Status.CONSENSUS
    elif Fraction(disagree, of) >= share:
        expected = Status.CONSENSUS_AGAINST
    rule = SenseCheck(threshold_percent=threshold)
    assert rule.assess(answers(agree, disagree)).status is expected


def test_what_is_lacking_is_said_for_both_directions() -> None:
    found = SenseCheck().assess(answers(3, 6, 2))
    assert (found.in_favour, found.of, found.votes) == (3, 9, 9)
    assert found.lacks == ("3 of 9 in favour, below 70 %.",)
    assert found.lacks_against == ("6 of 9 against, below 70 %.",)
    assert found.interval == pytest.approx((0.1206, 0.6458), abs=5e-4)

"""Thresholds equal exact rational arithmetic, at every boundary."""

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.thresholds import counted, missing, reaches

PEOPLE = st.integers(0, 10**9)


@given(part=PEOPLE, whole=st.integers(1, 10**9), numerator=PEOPLE, denominator=st.integers(1, 1000))
def test_a_share_is_compared_exactly(
    part: int, whole: int, numerator: int, denominator: int
) -> None:
    exact = Fraction(part, whole) >= Fraction(numerator, denominator)
    assert reaches(part, whole, numerator, denominator) is exact


@given(part=PEOPLE, whole=PEOPLE, numerator=st.integers(0, 100))
def test_what_is_missing_is_exact_and_just_enough(part: int, whole: int, numerator: int) -> None:
    more = missing(part, whole, numerator)
    assert more == max(0, ceil(Fraction(numerator * whole, 100)) - part)
    assert reaches(part + more, whole, numerator)
    assert not more or not reaches(part + more - 1, whole, numerator)


def test_a_share_that_floats_get_wrong() -> None:
    assert 0.07 * 100 > 7
    assert reaches(7, 100, 7)


def test_nobody_of_nobody_reaches_every_share() -> None:
    assert reaches(0, 0, 100)
    assert missing(0, 0, 100) == 0


@pytest.mark.parametrize(("number", "words"), [(0, "0 votes"), (1, "1 vote"), (2, "2 votes")])
def test_a_noun_follows_its_number(number: int, words: str) -> None:
    assert counted(number, "vote", "votes") == words

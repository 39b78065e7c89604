"""Positions pass as in the datatracker: a YES, no DISCUSS, and two thirds that do not mind."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.positions import Datatracker
from domain.consensus.results import Status
from domain.consensus.tallies import Tally

RULE = Datatracker()


def positions(eligible: int, *counts: int) -> Tally:
    return Tally("ads", "Area directors", eligible, counts)


@pytest.mark.parametrize(
    ("eligible", "counts", "lacks"),
    [
        (9, (1, 5, 0, 0, 0), ()),
        (9, (6, 0, 0, 3, 0), ()),
        (9, (1, 4, 0, 4, 0), ("needs 1 more YES or NO_OBJECTION position to reach 2/3 of 9.",)),
        (9, (1, 3, 0, 0, 0), ("needs 2 more YES or NO_OBJECTION positions to reach 2/3 of 9.",)),
        (10, (1, 5, 0, 0, 0), ("needs 1 more YES or NO_OBJECTION position to reach 2/3 of 10.",)),
        (10, (1, 5, 0, 0, 1), ()),
        (9, (0, 9, 0, 0, 0), ("at least one YES position is needed.",)),
    ],
    ids=[
        "two thirds",
        "abstentions do not matter",
        "one less",
        "not voted counts like abstaining",
        "two thirds of ten are seven",
        "the recused are not of the electorate",
        "no YES",
    ],
)
def test_the_electorate_as_a_whole(
    eligible: int, counts: tuple[int, ...], lacks: tuple[str, ...]
) -> None:
    found = RULE.assess_whole(positions(eligible, *counts))
    assert found.lacks == lacks
    assert found.blocks == ()
    assert found.status is (Status.NO_CONSENSUS if lacks else Status.CONSENSUS)


@pytest.mark.parametrize(
    ("discuss", "clause"),
    [(1, "one DISCUSS position is open."), (2, "2 DISCUSS positions are open.")],
)
def test_a_discuss_blocks_whatever_the_count(discuss: int, clause: str) -> None:
    found = RULE.assess_whole(positions(9, 7, 0, discuss, 0, 0))
    assert found.status is Status.NO_CONSENSUS
    assert (found.blocks, found.lacks) == ((clause,), ())


def test_a_constituency_needs_no_yes_of_its_own() -> None:
    assert RULE.assess(positions(3, 0, 2, 0, 1, 0)).status is Status.CONSENSUS
    assert RULE.assess(positions(3, 0, 2, 1, 0, 0)).status is Status.NO_CONSENSUS


def test_the_recused_express_no_view() -> None:
    found = RULE.assess(positions(9, 1, 2, 0, 1, 3))
    assert (found.in_favour, found.of, found.votes) == (3, 6, 4)
    assert found.interval is None


@given(st.tuples(*[st.integers(0, 40)] * 5), st.integers(0, 40))
def test_the_decision_equals_the_rational_one(counts: tuple[int, ...], silent: int) -> None:
    yes, no_objection, discuss, _abstain, recuse = counts
    eligible = sum(counts) + silent
    share = Fraction(2, 3) * (eligible - recuse)
    expected = yes >= 1 and discuss == 0 and yes + no_objection >= share
    status = RULE.assess_whole(positions(eligible, *counts)).status
    assert status is (Status.CONSENSUS if expected else Status.NO_CONSENSUS)

"""A majority is more than half, exactly, and never of both sides."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.consensus.majorities import Majority
from domain.consensus.results import Status
from domain.consensus.rules import Rule
from domain.consensus.status import evaluate
from domain.consensus.tallies import Tally
from domain.errors import Invalid


def answers(agree: int, disagree: int, passed: int = 0, silent: int = 0) -> Tally:
    counts = (agree, disagree, passed)
    return Tally("panel", "Panel", sum(counts) + silent, counts)


SUPER: dict[str, Any] = {
    "threshold_numerator": 2,
    "threshold_denominator": 3,
    "strict": False,
}


@pytest.mark.parametrize(
    ("parameters", "tally", "expected"),
    [
        ({}, answers(2, 1), Status.CONSENSUS),
        ({}, answers(2, 2, 5), Status.NO_CONSENSUS),
        ({}, answers(1, 2), Status.CONSENSUS_AGAINST),
        (SUPER, answers(2, 1), Status.CONSENSUS),
        (SUPER, answers(65, 35), Status.NO_CONSENSUS),
        (SUPER | {"strict": True}, answers(2, 1), Status.NO_CONSENSUS),
        (SUPER | {"strict": True}, answers(1, 3), Status.CONSENSUS_AGAINST),
        ({"of_eligible": True}, answers(5, 0, 5), Status.NO_CONSENSUS),
        ({"of_eligible": True}, answers(6, 0, 0, silent=5), Status.CONSENSUS),
        ({"of_eligible": True}, answers(5, 6), Status.CONSENSUS_AGAINST),
    ],
)
def test_majorities(parameters: dict[str, Any], tally: Tally, expected: Status) -> None:
    assert Majority(**parameters).assess(tally).status is expected


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("of_eligible", [False, True])
@given(
    people=st.tuples(*[st.integers(0, 10**6)] * 4),
    part=st.integers(501, 998),
    whole=st.integers(999, 1000),
)
def test_the_decision_equals_the_rational_one(
    *, people: tuple[int, int, int, int], part: int, whole: int, strict: bool, of_eligible: bool
) -> None:
    agree, disagree, passed, silent = people
    share = Fraction(part, whole)
    assume(agree + disagree)
    tally = answers(agree, disagree, passed, silent)
    of = tally.eligible if of_eligible else agree + disagree

    def reached(votes: int) -> bool:
        return Fraction(votes, of) > share or (not strict and Fraction(votes, of) == share)

    rule = Majority(
        threshold_numerator=part,
        threshold_denominator=whole,
        strict=strict,
        of_eligible=of_eligible,
    )
    expected = Status.NO_CONSENSUS
    if reached(agree):
        expected = Status.CONSENSUS
    elif reached(disagree):
        expected = Status.CONSENSUS_AGAINST
    assert rule.assess(tally).status is expected


@pytest.mark.parametrize(
    ("numerator", "denominator", "strict", "sentence"),
    [
        (4, 3, False, "4/3 is more than everyone."),
        (1, 1, True, "More than 1/1 is more than everyone."),
        (1, 2, False, "1/2 can be reached by both sides at once; a majority is more than 1/2."),
        (
            1,
            3,
            True,
            "More than 1/3 can be reached by both sides at once; a majority is more than 1/2.",
        ),
    ],
)
def test_contradictory_thresholds_are_refused(
    *, numerator: int, denominator: int, strict: bool, sentence: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        Majority(threshold_numerator=numerator, threshold_denominator=denominator, strict=strict)
    assert refusal.value.path == ("rule", "threshold_numerator")
    assert refusal.value.message == sentence


def test_unanimity_is_a_majority_too() -> None:
    rule = Majority(threshold_numerator=1, threshold_denominator=1, strict=False)
    assert rule.assess(answers(3, 0, 2)).status is Status.CONSENSUS
    assert rule.assess(answers(3, 1)).status is Status.NO_CONSENSUS


def test_the_quorum_is_of_the_eligible() -> None:
    rule = Rule(Majority(quorum_percent=50))
    found = evaluate(rule, [answers(4, 0, 0, silent=6)])
    assert found.status is Status.NOT_ENOUGH_VOTES
    assert found.reasons[0] == "Needs 1 more vote to reach the quorum of 50 %."
    assert evaluate(rule, [answers(4, 0, 1, silent=5)]).status is Status.CONSENSUS


def test_what_is_lacking_is_said_for_both_directions() -> None:
    found = Majority().assess(answers(2, 2))
    assert found.lacks == ("2 of 4 in favour, not more than 1/2.",)
    assert found.lacks_against == ("2 of 4 against, not more than 1/2.",)
    assert found.interval is not None
    eligible = Majority(**SUPER, of_eligible=True).assess(answers(5, 0, 0, silent=5))
    assert (eligible.lacks, eligible.interval) == (("5 of 10 in favour, not 2/3.",), None)

"""Consent: more than two thirds do not object, and what may be demanded instead."""

from __future__ import annotations

from typing import Any

import pytest

from domain.consensus.consent import Consent
from domain.consensus.results import Status
from domain.consensus.rules import Rule
from domain.consensus.status import evaluate
from domain.consensus.tallies import Tally
from domain.errors import Invalid


def panel(*counts: int) -> Tally:
    return Tally("panel", "Panel", sum(counts), counts)


@pytest.mark.parametrize(
    ("counts", "parameters", "reasons"),
    [
        ((9, 0, 0, 0), {}, ()),
        ((4, 3, 3, 0), {}, ()),
        ((4, 2, 3, 0), {}, ("6 of 9 consent, with or without concerns, not more than 2/3.",)),
        ((4, 2, 3, 0), {"strict": False}, ()),
        (
            (4, 1, 4, 0),
            {"strict": False},
            ("5 of 9 consent, with or without concerns, below 2/3.",),
        ),
        ((5, 0, 0, 4), {}, ()),
        (
            (8, 0, 1, 0),
            {"strict": False, "threshold_numerator": 1, "threshold_denominator": 1},
            ("8 of 9 consent, with or without concerns, below 1/1.",),
        ),
    ],
)
def test_the_share_that_does_not_object_is_compared_with_the_threshold(
    counts: tuple[int, ...], parameters: dict[str, Any], reasons: tuple[str, ...]
) -> None:
    rule = Rule(Consent(per_constituency=False, **parameters))
    found = evaluate(rule, [panel(*counts)])
    assert found.reasons == reasons
    assert found.status is (Status.NO_CONSENSUS if reasons else Status.CONSENSUS)


def test_who_abstains_is_counted_for_the_quorum_alone() -> None:
    found = evaluate(Rule(Consent()), [panel(0, 0, 0, 5)])
    assert found.status is Status.NOT_ENOUGH_VOTES
    assert found.reasons[0] == "Not enough votes (0 of at least 1)."


@pytest.mark.parametrize(
    ("numerator", "strict", "sentence"),
    [(4, True, "more than everyone"), (4, False, "more than everyone"), (3, True, "exceeds 3/3")],
)
def test_a_threshold_that_nobody_can_meet_is_refused(
    numerator: int, *, strict: bool, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as refusal:
        Consent(threshold_numerator=numerator, threshold_denominator=3, strict=strict)
    assert refusal.value.path == ("rule", "threshold_numerator")

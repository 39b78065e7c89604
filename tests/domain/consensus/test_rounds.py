"""Plans of rounds, and when they suggest that there be no other."""

from __future__ import annotations

from typing import Any

import pytest

from domain.consensus.results import Status
from domain.consensus.rounds import RoundPlan, suggestions
from domain.consensus.stability import stability
from domain.errors import Invalid

STABLE = stability([[9, 1], [0, 10]])
UNSTABLE = stability([[5, 5], [0, 10]])


@pytest.mark.parametrize(
    ("plan", "path"),
    [
        ({"most_rounds": 0}, "most_rounds"),
        ({"most_rounds": 11}, "most_rounds"),
        ({"stops_when_stable": True}, "stops_when_stable"),
        ({"stops_on_consensus": True}, "stops_on_consensus"),
    ],
)
def test_a_plan_of_rounds_that_contradicts_itself_is_refused(
    plan: dict[str, Any], path: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        RoundPlan(**plan)

    assert refusal.value.path == ("round_plan", path)


@pytest.mark.parametrize(
    ("status", "stable", "number", "words"),
    [
        (Status.NO_CONSENSUS, UNSTABLE, 2, []),
        (Status.NO_CONSENSUS, None, 1, []),
        (Status.CONSENSUS, UNSTABLE, 2, ["Consensus is reached"]),
        (Status.CONSENSUS_AGAINST, UNSTABLE, 2, ["Consensus is reached"]),
        (Status.CONSENSUS_WITH_DISSENT, UNSTABLE, 2, []),
        (Status.NO_CONSENSUS, STABLE, 2, ["The answers are stable"]),
        (Status.NO_CONSENSUS, UNSTABLE, 3, ["This is the last of 3 rounds"]),
        (
            Status.CONSENSUS,
            STABLE,
            3,
            ["Consensus is reached", "The answers are stable", "This is the last of 3 rounds"],
        ),
    ],
)
def test_each_rule_of_stopping_speaks_for_itself(
    status: Status, stable: Any, number: int, words: list[str]
) -> None:
    plan = RoundPlan(most_rounds=3, stops_when_stable=True, stops_on_consensus=True)

    found = suggestions(plan, number, status, stable)

    assert [sentence.startswith(word) for sentence, word in zip(found, words, strict=True)] == [
        True
    ] * len(words)


def test_a_rule_that_was_not_chosen_says_nothing() -> None:
    assert suggestions(RoundPlan(most_rounds=3), 2, Status.CONSENSUS, STABLE) == ()

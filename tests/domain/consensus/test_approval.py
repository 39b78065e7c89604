"""Multiple choice: enough approve, the most approved win, and a tie is said to be one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.approval import Approval
from domain.consensus.choices import BallotKind
from domain.consensus.options import marks
from domain.consensus.results import Consensus, Status
from domain.consensus.rules import Rule
from domain.consensus.status import evaluate
from domain.consensus.tallies import Tally, apply_marks
from domain.errors import Invalid

KIND = BallotKind.MULTIPLE_CHOICE


def group(label: str, voted: int, *counts: int, eligible: int | None = None) -> Tally:
    return Tally(label.lower(), label, voted if eligible is None else eligible, counts, voted)


def approval(*tallies: Tally, **parameters: Any) -> Consensus:
    return evaluate(Rule(Approval(**parameters)), tallies)


@pytest.mark.parametrize(
    ("counts", "parameters", "winners", "reasons"),
    [
        ((7, 3, 5), {}, (1,), ()),
        ((5, 3, 4), {}, (1,), ()),
        ((4, 3, 4), {}, (), ("No option is approved by 50 %.",)),
        ((7, 7, 5), {}, (), ("Options 1 and 2 are tied, each approved by 7 of 10.",)),
        ((7, 7, 5), {"most_winners": 2}, (1, 2), ()),
        ((7, 6, 6), {"most_winners": 2}, (1,), ("Options 2 and 3 are tied",)),
        ((7, 3, 9), {"most_winners": 3}, (3, 1), ()),
        ((7, 3, 9), {"most_winners": 2, "threshold_percent": 80}, (3,), ()),
        ((10, 0, 0), {"threshold_percent": 100}, (1,), ()),
        ((9, 0, 0), {"threshold_percent": 100}, (), ("No option is approved by 100 %.",)),
    ],
)
def test_the_most_approved_of_those_with_enough_win(
    counts: tuple[int, ...],
    parameters: dict[str, int],
    winners: tuple[int, ...],
    reasons: tuple[str, ...],
) -> None:
    found = approval(group("Panel", 10, *counts), per_constituency=False, **parameters)
    assert found.overall is not None
    assert found.overall.winners == winners
    assert found.status is (Status.NO_CONSENSUS if reasons else Status.CONSENSUS)
    assert all(said.startswith(reason) for said, reason in zip(found.reasons, reasons, strict=True))
    assert (found.overall.in_favour, found.overall.of) == (max(counts), 10)
    assert found.overall.interval is not None


def test_a_constituency_that_does_not_approve_the_winner_is_named() -> None:
    found = approval(group("Nurses", 10, 9, 2), group("Patients", 5, 2, 5))
    assert found.status is Status.CONSENSUS_WITH_DISSENT
    assert found.reasons == ("Patients: option 1 is approved by 2 of 5, below 50 %.",)
    assert found.overall is not None
    assert found.overall.winners == (1,)
    assert [part.winners for part in found.by_constituency] == [(1,), (2,)]


def test_a_constituency_that_likes_another_one_better_agrees_if_it_approves_the_winner() -> None:
    found = approval(group("Nurses", 10, 9, 2), group("Patients", 5, 4, 5))
    assert (found.status, found.reasons) == (Status.CONSENSUS, ())


def test_too_few_votes_are_no_result() -> None:
    found = approval(group("Panel", 2, 2, 0, eligible=10))
    assert found.status is Status.NOT_ENOUGH_VOTES
    assert found.overall is not None
    assert found.overall.winners == ()
    assert found.reasons[0] == "Needs 3 more votes to reach the quorum of 50 %."
    assert approval().status is Status.NOT_ENOUGH_VOTES


def test_more_cannot_win_than_there_are() -> None:
    Approval(most_winners=3).require_options(3)
    with pytest.raises(Invalid, match="3 of 2 options cannot win") as refusal:
        Approval(most_winners=3).require_options(2)
    assert refusal.value.path == ("rule", "most_winners")


VOTES = st.lists(st.sets(st.integers(1, 4)), min_size=1, max_size=12)
RULES = st.builds(
    Approval,
    quorum_percent=st.just(0),
    threshold_percent=st.integers(1, 100),
    most_winners=st.integers(1, 4),
    per_constituency=st.booleans(),
    minimum_votes=st.integers(1, 3),
)


def counted(votes: list[set[int]]) -> tuple[Tally, ...]:
    """Count the votes of three constituencies of people, in turn."""
    tallies = tuple(Tally(name, name, 10, (0,) * 4, 0) for name in "abc")
    for place, vote in enumerate(votes):
        tallies = apply_marks(tallies, "abc"[place % 3], None, marks(KIND, 4, sorted(vote)))
    return tallies


@given(RULES, VOTES, st.sampled_from("abc"))
def test_one_more_vote_for_the_winners_never_ends_consensus(
    rule: Approval, votes: list[set[int]], constituency: str
) -> None:
    before = evaluate(Rule(rule), counted(votes))
    assert before.overall is not None
    winners = before.overall.winners
    more = apply_marks(counted(votes), constituency, None, marks(KIND, 4, winners))
    after = evaluate(Rule(rule), more)
    agreed = {Status.CONSENSUS, Status.CONSENSUS_WITH_DISSENT}
    if before.status in agreed:
        assert after.status in agreed
        assert after.overall is not None
        assert set(after.overall.winners) == set(winners)

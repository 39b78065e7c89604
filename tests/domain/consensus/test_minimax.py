"""Rankings: who beats every other one wins, circles are completed, and ties are ties."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.choices import BallotKind
from domain.consensus.minimax import Minimax
from domain.consensus.options import marks
from domain.consensus.results import Consensus, Status
from domain.consensus.rules import Rule
from domain.consensus.status import evaluate
from domain.consensus.tallies import Tally, apply_marks

KIND = BallotKind.RANKING
Orders = Sequence[tuple[int, ...]]


def counted(label: str, options: int, orders: Orders) -> Tally:
    tally = Tally(label.lower(), label, 100, (0,) * options * options, 0)
    for order in orders:
        (tally,) = apply_marks([tally], tally.constituency, None, marks(KIND, options, order))
    return tally


def minimax(*tallies: Tally, **parameters: Any) -> Consensus:
    return evaluate(
        Rule(Minimax(quorum_percent=0, constituency_quorum_percent=0, **parameters)), tallies
    )


def winners_of(options: int, orders: Orders) -> tuple[int, ...]:
    overall = minimax(counted("Panel", options, orders), per_constituency=False).overall
    assert overall is not None
    return overall.winners


def test_who_beats_every_other_one_wins_though_fewest_rank_it_first() -> None:
    orders: Orders = [(1, 2, 3)] * 4 + [(3, 2, 1)] * 3 + [(2, 3, 1)] * 2
    found = minimax(counted("Panel", 3, orders))
    assert (found.status, found.reasons) == (Status.CONSENSUS, ())
    assert found.overall is not None
    assert found.overall.winners == (2,)
    assert (found.overall.in_favour, found.overall.of) == (5, 9)  # over 1, which comes closest


def test_a_circle_is_completed_by_the_smallest_worst_defeat() -> None:
    # 1 beats 2 by 8 to 4, 2 beats 3 by 9 to 3, 3 beats 1 by 7 to 5: the least is that of 1.
    orders: Orders = [(1, 2, 3)] * 5 + [(2, 3, 1)] * 4 + [(3, 1, 2)] * 3
    found = minimax(counted("Panel", 3, orders))
    assert found.status is Status.CONSENSUS
    assert found.overall is not None
    assert found.overall.winners == (1,)
    assert (found.overall.in_favour, found.overall.of) == (5, 12)  # most prefer 3 to it


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([(1, 2, 3), (2, 1, 3)], "Options 1 and 2 are tied."),
        ([(1, 2, 3), (2, 3, 1), (3, 1, 2)], "Options 1, 2 and 3 are tied."),
    ],
)
def test_a_tie_is_said_to_be_one(orders: Orders, reason: str) -> None:
    found = minimax(counted("Panel", 3, orders), per_constituency=False)
    assert (found.status, found.reasons) == (Status.NO_CONSENSUS, (reason,))
    assert found.overall is not None
    assert found.overall.winners == ()


def test_a_few_ranked_are_preferred_to_all_others() -> None:
    assert winners_of(4, [(3,), (3, 1), (1, 3)]) == (3,)


def test_a_constituency_that_prefers_another_one_is_named() -> None:
    nurses = counted("Nurses", 3, [(1, 2, 3)] * 6)
    patients = counted("Patients", 3, [(2, 3, 1)] * 3)
    found = minimax(nurses, patients)
    assert found.status is Status.CONSENSUS_WITH_DISSENT
    assert found.reasons == ("Patients: prefers option 2 to option 1.",)
    assert [part.winners for part in found.by_constituency] == [(1,), (2,)]


def test_a_constituency_in_which_the_winner_is_tied_agrees() -> None:
    nurses = counted("Nurses", 3, [(1, 2, 3)] * 6)
    patients = counted("Patients", 3, [(2, 1, 3), (1, 2, 3)] * 2)
    assert minimax(nurses, patients).status is Status.CONSENSUS


def test_without_votes_there_is_no_result() -> None:
    for tallies in ((), (counted("Panel", 3, []),)):
        found = minimax(*tallies)
        assert found.status is Status.NOT_ENOUGH_VOTES
        assert found.overall is not None
        assert found.overall.winners == ()


ORDERS = st.lists(
    st.lists(st.integers(1, 4), min_size=1, unique=True).map(tuple), min_size=1, max_size=15
)


@given(ORDERS, st.data())
def test_the_order_of_votes_does_not_matter(orders: Orders, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(orders))
    assert counted("Panel", 4, shuffled) == counted("Panel", 4, orders)


@given(ORDERS)
def test_who_is_preferred_to_each_other_one_by_more_people_wins(orders: Orders) -> None:
    def prefer(one: int, other: int) -> int:
        places = [
            (order.index(one) if one in order else 4, order.index(other) if other in order else 4)
            for order in orders
        ]
        return sum(mine < theirs for mine, theirs in places)

    best = [
        one
        for one in range(1, 5)
        if all(prefer(one, other) > prefer(other, one) for other in range(1, 5) if other != one)
    ]
    if best:
        assert winners_of(4, orders) == (best[0],)


@given(ORDERS, st.sampled_from(sorted(permutations(range(1, 5)))))
def test_one_more_vote_that_ranks_the_winner_first_never_makes_another_one_win(
    orders: Orders, others: tuple[int, ...]
) -> None:
    winners = winners_of(4, orders)
    if winners:
        more = (*winners, *(option for option in others if option not in winners))
        assert winners_of(4, [*orders, more]) == winners


@given(ORDERS, st.permutations(range(1, 5)))
def test_options_are_treated_alike(orders: Orders, names: list[int]) -> None:
    renamed: Orders = [tuple(names[option - 1] for option in order) for order in orders]
    assert winners_of(4, renamed) == tuple(names[winner - 1] for winner in winners_of(4, orders))

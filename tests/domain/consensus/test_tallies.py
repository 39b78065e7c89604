"""Tallies add up, and folding votes one by one equals counting them afresh."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.choices import LISTED, BallotKind, choices
from domain.consensus.options import marks, width
from domain.consensus.tallies import Tally, apply, apply_marks, total

NURSES = Tally("nurses", "Nurses", 4, (1, 0, 2))
PATIENTS = Tally("patients", "Patients", 3, (0, 3, 0))


def test_everyone_is_the_sum_of_the_constituencies() -> None:
    everyone = total(BallotKind.SENSE_CHECK, [NURSES, PATIENTS])
    assert everyone == Tally("", "Everyone", 7, (1, 3, 2))
    assert everyone.voted == 6


@pytest.mark.parametrize("kind", BallotKind)
def test_without_constituencies_nobody_is_counted(kind: BallotKind) -> None:
    everyone = total(kind, [])
    assert (everyone.eligible, everyone.voted) == (0, 0)
    assert everyone.counts == (0,) * len(choices(kind))


def test_who_approves_several_options_voted_once() -> None:
    nurses = Tally("nurses", "Nurses", 4, (3, 2, 0), 3)
    patients = Tally("patients", "Patients", 2, (0, 1, 0), 2)
    everyone = total(BallotKind.MULTIPLE_CHOICE, [nurses, patients])
    assert everyone == Tally("", "Everyone", 6, (3, 3, 0), 5)


def test_a_tally_of_another_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        total(BallotKind.RATING, [NURSES])


@pytest.mark.parametrize(("eligible", "counts"), [(5, (-1, 2, 0)), (5, (3, 3, 0))])
def test_an_impossible_tally_cannot_be_made(eligible: int, counts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="Nurses"):
        Tally("nurses", "Nurses", eligible, counts)


def test_a_first_vote_is_added_to_its_constituency_alone() -> None:
    assert apply([NURSES, PATIENTS], "nurses", None, 1) == (
        Tally("nurses", "Nurses", 4, (1, 1, 2)),
        PATIENTS,
    )


def test_a_changed_vote_moves() -> None:
    assert apply([NURSES], "nurses", 2, 0) == (Tally("nurses", "Nurses", 4, (2, 0, 1)),)


def test_the_same_vote_again_changes_nothing() -> None:
    assert apply([NURSES], "nurses", 0, 0) == (NURSES,)


def test_everybody_may_change_their_mind_when_all_have_voted() -> None:
    assert apply([PATIENTS], "patients", 1, 2)[0].counts == (0, 2, 1)


@pytest.mark.parametrize(
    ("constituency", "previous"),
    [("bakers", None), ("nurses", 1), ("patients", None)],
    ids=["unknown constituency", "never counted", "more votes than people"],
)
def test_a_fold_over_wrong_facts_is_an_error(constituency: str, previous: int | None) -> None:
    with pytest.raises(ValueError, match=r"No constituency|less than zero|of 3 people"):
        apply([NURSES, PATIENTS], constituency, previous, 0)


@given(
    kind=st.sampled_from(sorted(set(BallotKind) - LISTED)),
    # (person, their choice before it is reduced to the kind's choices)
    votes=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 9)), max_size=60),
)
def test_a_fold_equals_a_recount(kind: BallotKind, votes: list[tuple[int, int]]) -> None:
    width = len(choices(kind))
    names = ("a", "b", "c")
    folded = tuple(Tally(name, name.upper(), 4, (0,) * width) for name in names)
    latest: dict[int, int] = {}
    for person, drawn in votes:
        choice = drawn % width
        folded = apply(folded, names[person % 3], latest.get(person), choice)
        latest[person] = choice
    recount = Counter((names[person % 3], choice) for person, choice in latest.items())
    assert folded == tuple(
        Tally(name, name.upper(), 4, tuple(recount[name, choice] for choice in range(width)))
        for name in names
    )


@given(
    kind=st.sampled_from(sorted(LISTED)),
    options=st.integers(2, 10),
    data=st.data(),
)
def test_a_fold_of_votes_for_options_equals_a_recount(
    kind: BallotKind, options: int, data: st.DataObject
) -> None:
    names = ("a", "b", "c")
    some = st.lists(st.integers(1, options), min_size=1, unique=True)
    votes = data.draw(st.lists(st.tuples(st.integers(0, 11), some), max_size=30))
    nothing = (0,) * width(kind, options)
    folded = tuple(Tally(name, name.upper(), 4, nothing, 0) for name in names)
    latest: dict[int, tuple[int, ...]] = {}
    for person, chosen in votes:
        added = marks(kind, options, chosen)
        folded = apply_marks(folded, names[person % 3], latest.get(person), added)
        latest[person] = added
    for tally in folded:
        theirs = [
            each for person, each in latest.items() if names[person % 3] == tally.label.lower()
        ]
        assert tally.voted == len(theirs)
        assert tally.counts == tuple(map(sum, zip(nothing, *theirs, strict=True)))

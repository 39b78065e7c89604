"""Options are listed, chosen and ranked, and each vote for them adds to the counts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.choices import BallotKind
from domain.consensus.options import (
    listed,
    marks,
    named,
    require_among,
    require_distinct,
    size,
    width,
)
from domain.errors import Invalid

RANKED = st.integers(2, 10).flatmap(
    lambda options: st.tuples(
        st.just(options), st.lists(st.integers(1, options), min_size=1, unique=True)
    )
)


@pytest.mark.parametrize(
    ("kind", "texts", "sentence"),
    [
        (BallotKind.RANKING, ["One"], "lists 2 to 10 options; these are 1."),
        (BallotKind.MULTIPLE_CHOICE, [], "lists 2 to 10 options; these are 0."),
        (BallotKind.RANKING, list("abcdefghijk"), "these are 11."),
        (BallotKind.RANKING, ["One", " One "], "say the same"),
        (BallotKind.RANKING, ["One", " "], "is empty"),
        (BallotKind.RANKING, ["One", "x" * 501], "at most 500"),
        (BallotKind.RATING, ["One", "Two"], "Only ballots of MULTIPLE_CHOICE and RANKING"),
    ],
)
def test_options_that_cannot_be_are_refused(
    kind: BallotKind, texts: Sequence[str], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as refusal:
        listed(kind, texts)
    assert refusal.value.path == ("options",)


def test_options_are_cleaned_and_keep_their_order() -> None:
    assert listed(BallotKind.RANKING, [" Two ", "One"]) == ["Two", "One"]
    assert listed(BallotKind.CONSENT, []) == []


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [([0], "numbered from 1; there is no 0"), ([11], "no 11"), ([2, 2], "named twice")],
)
def test_an_option_is_named_once_by_a_number_that_there_may_be(
    chosen: list[int], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as refusal:
        require_distinct(chosen)
    assert refusal.value.path == ("options",)


@pytest.mark.parametrize(
    ("kind", "options", "chosen", "sentence"),
    [
        (BallotKind.RANKING, 3, [4], "lists the options 1 to 3; 4 is not among them"),
        (BallotKind.RANKING, 3, [], "rank one option at least"),
        (BallotKind.SENSE_CHECK, 0, [1], "lists no options"),
    ],
)
def test_a_vote_is_for_options_of_the_ballot(
    kind: BallotKind, options: int, chosen: list[int], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as refusal:
        require_among(kind, options, chosen)
    assert refusal.value.path == ("options",)


def test_nobody_has_to_approve_anything() -> None:
    require_among(BallotKind.MULTIPLE_CHOICE, 3, [])
    assert marks(BallotKind.MULTIPLE_CHOICE, 3, []) == (0, 0, 0)


def test_an_approval_is_one_count() -> None:
    assert marks(BallotKind.MULTIPLE_CHOICE, 4, [4, 2]) == (0, 1, 0, 1)


def test_a_ranking_is_a_matrix_of_preferences_with_the_ranked_on_its_diagonal() -> None:
    assert marks(BallotKind.RANKING, 3, [3, 1]) == (
        *(1, 1, 0),  # 1 is ranked, and preferred to 2
        *(0, 0, 0),  # 2 is not ranked
        *(1, 1, 1),  # 3 is preferred to both, and ranked
    )


@given(RANKED)
def test_of_each_pair_with_one_that_is_ranked_exactly_one_is_preferred(
    drawn: tuple[int, list[int]],
) -> None:
    options, ranked = drawn
    cells = marks(BallotKind.RANKING, options, ranked)
    assert len(cells) == width(BallotKind.RANKING, options)
    for one, other in product(range(1, options + 1), repeat=2):
        prefers = cells[(one - 1) * options + other - 1]
        if one == other:
            assert prefers == (one in ranked)
        else:
            contrary = cells[(other - 1) * options + one - 1]
            assert prefers + contrary == (one in ranked or other in ranked)


@pytest.mark.parametrize("options", range(2, 11))
def test_the_counts_tell_how_many_options_there_are(options: int) -> None:
    for kind in (BallotKind.MULTIPLE_CHOICE, BallotKind.RANKING):
        assert size(kind, (0,) * width(kind, options)) == options


def test_the_tallies_of_other_kinds_have_a_count_for_each_choice() -> None:
    assert width(BallotKind.CONSENT, 0) == 4


def test_options_have_names_in_sentences() -> None:
    assert [named([3]), named([1, 3]), named([1, 2, 3])] == [
        "option 3",
        "options 1 and 3",
        "options 1, 2 and 3",
    ]

"""Groups emerge where people vote alike, and the same ones on every run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, silhouette_score

from domain.consensus.emergent import (
    AGREE,
    DISAGREE,
    MISSING,
    PASS,
    Z_90,
    EmergentGroups,
    emergent_groups,
    group_informed_consensus,
    project,
    representativeness,
    silhouettes,
)
from tests.polis import REAL, matrix

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "consensus.json"
VOTES = arrays.arrays(
    np.int8,
    st.tuples(st.integers(5, 20), st.integers(3, 12)),
    elements=st.sampled_from([AGREE, DISAGREE, PASS, MISSING]),
)


def groups(votes: NDArray[np.int8]) -> EmergentGroups:
    return emergent_groups(votes.tobytes(), votes.shape[1])


def camps(*sizes: int, statements: int = 12) -> NDArray[np.int8]:
    """Return the votes of camps that each disagree with a third of the statements of their own.

    Everybody agrees with the last statement, and leaves out one other.
    """
    rows = []
    for camp, size in enumerate(sizes):
        row = np.full(statements, AGREE, np.int8)
        row[camp : statements - 1 : len(sizes)] = DISAGREE
        for number in range(size):
            own = row.copy()
            own[number % (statements - 1)] = MISSING
            rows.append(own)
    return np.array(rows)


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside this checkout")
def test_the_shared_vectors() -> None:
    vectors = json.loads(VECTORS.read_text())["polis"]
    for vector in vectors["group_informed_consensus"]:
        found = group_informed_consensus(map(tuple, vector["agreed_of_seen_by_group"]))
        assert found == pytest.approx(vector["value"])
    for vector in vectors["representativeness"]:
        measured = representativeness(tuple(vector["group"]), tuple(vector["others"]))
        assert measured.share == pytest.approx(vector["pa"])
        assert measured.z == pytest.approx(vector["pat"], abs=5e-7)
        assert measured.ratio == pytest.approx(vector["ra"])
        assert measured.ratio_z == pytest.approx(vector["rat"], abs=5e-7)


@pytest.mark.parametrize("sizes", [(8, 6), (20, 12, 9), (14, 13, 12, 11)])
def test_obvious_camps_are_found(sizes: tuple[int, ...]) -> None:
    votes = camps(*sizes)
    found = groups(votes)
    assert [len(group) for group in found.groups] == list(sizes)
    starts = np.cumsum((0, *sizes))
    assert found.groups == tuple(
        tuple(range(start, start + size)) for start, size in zip(starts, sizes, strict=False)
    )
    assert found.silhouette is not None
    assert found.silhouette > 0.5


def test_what_every_camp_agrees_on_is_a_bridge() -> None:
    found = groups(camps(10, 8))
    assert [(bridge.statement, bridge.side) for bridge in found.bridges] == [(11, AGREE)]
    assert found.bridges[0].group_informed == pytest.approx(11 / 12 * 9 / 10)


def test_a_camp_stands_out_by_what_it_alone_takes_a_side_on() -> None:
    first, second = groups(camps(10, 8)).representative
    assert len(first) == len(second) == 5
    for camp, representative in enumerate((first, second)):
        for each in representative:
            disagrees = each.statement % 2 == camp
            assert each.side == (DISAGREE if disagrees else AGREE)
            assert each.representativeness.ratio_z > Z_90
            assert each.representativeness.z > Z_90


@pytest.mark.parametrize(
    "votes",
    [
        np.zeros((0, 0), np.int8),
        np.zeros((9, 0), np.int8),
        np.full((2, 9), AGREE, np.int8),
        np.full((30, 9), AGREE, np.int8),
        np.full((30, 9), MISSING, np.int8),
    ],
    ids=["nobody", "no statement", "two people", "all alike", "no votes"],
)
def test_where_nothing_divides_there_are_no_groups(votes: NDArray[np.int8]) -> None:
    assert groups(votes) == EmergentGroups((), None, (), ())


def test_who_voted_on_little_belongs_to_no_group() -> None:
    votes = camps(8, 6)
    newcomer = np.full((1, votes.shape[1]), MISSING, np.int8)
    newcomer[0, :6] = AGREE
    found = groups(np.concatenate([newcomer, votes]))
    assert sorted(row for group in found.groups for row in group) == list(range(1, 15))


@settings(deadline=None)
@given(VOTES)
def test_the_components_are_those_of_scikit_learn(votes: NDArray[np.int8]) -> None:
    cast = votes != MISSING
    assume(cast.any(axis=0).all() and cast.any(axis=1).all())
    means = np.where(cast, votes, 0).sum(axis=0) / cast.sum(axis=0)
    filled = np.where(cast, votes, means)
    assume(np.ptp(filled, axis=0).any())
    oracle = PCA().fit(filled)
    spread: list[float] = [*oracle.explained_variance_, 0.0]
    assume(spread[0] - spread[1] > 1e-3 and spread[1] - spread[2] > 1e-3)
    expected = oracle.transform(filled)[:, :2]
    found = project(votes) / np.sqrt(votes.shape[1] / cast.sum(axis=1))[:, None]
    assert np.abs(found) == pytest.approx(np.abs(expected), abs=1e-6)


@settings(deadline=None)
@given(
    arrays.arrays(np.float64, (30, 2), elements=st.floats(-5, 5, width=16)),
    arrays.arrays(np.intp, (30,), elements=st.integers(0, 3)),
)
def test_silhouettes_are_those_of_scikit_learn(
    places: NDArray[np.float64], labels: NDArray[np.intp]
) -> None:
    assume(len(np.unique(labels)) == labels.max() + 1 > 1)
    assert silhouettes(places, [labels]) == pytest.approx(
        [silhouette_score(places, labels)], abs=1e-5
    )


@settings(deadline=None, max_examples=50)
@given(VOTES)
def test_every_run_finds_the_same(votes: NDArray[np.int8]) -> None:
    found = groups(votes)
    emergent_groups.cache_clear()
    assert groups(votes) == found
    members = [row for group in found.groups for row in group]
    assert len(set(members)) == len(members)
    assert [len(group) for group in found.groups] == sorted(map(len, found.groups), reverse=True)


@pytest.mark.skipif(not REAL.exists(), reason="the shared data is not beside this checkout")
def test_the_order_of_people_and_statements_does_not_matter_to_real_groups() -> None:
    votes, _ = matrix(REAL / "brexit-consensus")
    people = np.random.default_rng(1).permutation(len(votes))
    statements = np.random.default_rng(2).permutation(votes.shape[1])
    found, other = groups(votes), groups(votes[people][:, statements])
    assert {frozenset(map(int, people[list(group)])) for group in other.groups} == set(
        map(frozenset, found.groups)
    )
    assert other.silhouette == pytest.approx(found.silhouette)
    assert {(int(statements[each.statement]), each.side) for each in other.bridges} == {
        (each.statement, each.side) for each in found.bridges
    }


@pytest.mark.skipif(not REAL.exists(), reason="the shared data is not beside this checkout")
@pytest.mark.parametrize(
    ("name", "sizes"),
    [("london.youth.policing", [9, 9, 3, 3]), ("brexit-consensus", [94, 60, 35])],
)
def test_the_groups_of_real_conversations_stay_what_they_are(name: str, sizes: list[int]) -> None:
    found = groups(matrix(REAL / name)[0])
    assert [len(group) for group in found.groups] == sizes
    assert found.bridges


@pytest.mark.skipif(not REAL.exists(), reason="the shared data is not beside this checkout")
def test_many_people_are_divided_much_as_polis_itself_did() -> None:
    votes, theirs = matrix(REAL / "brexit-consensus")
    ours = [
        (number, theirs[row])
        for number, group in enumerate(groups(votes).groups)
        for row in group
        if theirs[row]
    ]
    assert adjusted_rand_score(*zip(*ours, strict=True)) > 0.6

"""Figures of agreement equal published values and independent packages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare
from statsmodels.stats.inter_rater import fleiss_kappa as fleiss_kappa_of_statsmodels

from domain.consensus.agreement import (
    Metric,
    agreement,
    concordance,
    fleiss_kappa,
    kendall_w,
    krippendorff_alpha,
    tastle_wierman,
)

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "consensus.json"
SIZES = st.tuples(st.integers(3, 8), st.integers(3, 8))


def tables(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[list[Any]]]:
    return SIZES.flatmap(
        lambda size: st.lists(
            st.lists(values, min_size=size[1], max_size=size[1]),
            min_size=size[0],
            max_size=size[0],
        )
    )


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside this checkout")
def test_the_shared_vectors() -> None:
    vectors = json.loads(VECTORS.read_text())
    fleiss = vectors["fleiss_kappa"]
    assert fleiss_kappa(fleiss["rows"]) == pytest.approx(fleiss["value"])
    alpha = vectors["krippendorff_alpha"]
    found = agreement(alpha["rows"]).alpha
    for metric in Metric:
        assert found[metric] == pytest.approx(alpha[metric.lower()], abs=5e-7)
    kendall = vectors["kendall_w"]
    w = concordance(kendall["S"], kendall["judges"], kendall["items"])
    assert w == pytest.approx(kendall["value"], abs=5e-7)
    for vector in vectors["tastle_wierman"]:
        assert tastle_wierman(vector["counts"]) == pytest.approx(vector["value"], abs=5e-7)


@settings(deadline=None)
@given(tables(st.integers(1, 9)))
def test_kendall_w_equals_friedman_s_test_in_scipy(rows: list[list[int]]) -> None:
    assume(any(len(set(row)) > 1 for row in rows))
    with np.errstate(all="ignore"):
        chi_square = friedmanchisquare(*np.array(rows).T).statistic
    expected = chi_square / (len(rows) * (len(rows[0]) - 1))
    assert kendall_w(rows) == pytest.approx(expected)


@settings(deadline=None)
@given(tables(st.integers(1, 4)))
def test_fleiss_kappa_equals_statsmodels(rows: list[list[int]]) -> None:
    assume(len({value for row in rows for value in row}) > 1)
    counts = [[row.count(value) for value in range(1, 5)] for row in rows]
    assert fleiss_kappa(counts) == pytest.approx(fleiss_kappa_of_statsmodels(np.array(counts)))


@settings(deadline=None)
@given(tables(st.none() | st.integers(1, 9)))
def test_krippendorff_s_alpha_equals_the_package_of_its_name(
    rows: list[list[int | None]],
) -> None:
    compared = [
        value
        for item in zip(*rows, strict=True)
        if sum(value is not None for value in item) > 1
        for value in item
        if value is not None
    ]
    assume(len(set(compared)) > 1)
    found = agreement(rows).alpha
    data = np.array(rows, dtype=float)
    expected = {
        Metric.NOMINAL: krippendorff.alpha(data, level_of_measurement="nominal"),
        Metric.ORDINAL: krippendorff.alpha(data, level_of_measurement="ordinal"),
        Metric.INTERVAL: krippendorff.alpha(data, level_of_measurement="interval"),
        Metric.RATIO: krippendorff.alpha(data, level_of_measurement="ratio"),
    }
    for metric in Metric:
        assert found[metric] == pytest.approx(expected[metric])


@given(st.lists(st.integers(0, 50), min_size=2, max_size=9))
def test_tastle_wierman_is_a_share_and_mirrors(counts: list[int]) -> None:
    assume(any(counts))
    found = tastle_wierman(counts)
    assert found is not None
    assert -1e-9 <= found <= 1 + 1e-9
    assert tastle_wierman(counts[::-1]) == pytest.approx(found)


@pytest.mark.parametrize(
    "rows",
    [[], [[1, 2, 3]], [[1], [2]], [[5, 5, 5], [5, 5, 5]]],
    ids=["nobody", "one judge", "one item", "nothing varies"],
)
def test_concordance_needs_two_of_each_and_a_difference(rows: Sequence[Sequence[int]]) -> None:
    assert kendall_w(rows) is None


def test_what_cannot_be_compared_has_no_figure() -> None:
    assert fleiss_kappa([]) is fleiss_kappa([[1, 0]]) is fleiss_kappa([[3, 0], [3, 0]]) is None
    for metric in Metric:
        assert krippendorff_alpha([1, 2], [[1, 0], [0, 1]], metric) is None
        assert krippendorff_alpha([1, 2], [[3, 0], [2, 0]], metric) is None
    assert tastle_wierman([0, 0, 0]) is None


def test_who_rated_some_counts_for_alpha_alone() -> None:
    found = agreement([[1, 2, 3], [1, 2, 3], [None, 9, None], [None, None, None]])
    assert (found.items, found.raters, found.complete) == (3, 3, 2)
    assert (found.kendall_w, found.fleiss_kappa) == (1, 1)
    assert all(alpha is not None and alpha < 1 for alpha in found.alpha.values())


def test_nobody_agrees_about_nothing() -> None:
    found = agreement([])
    assert (found.items, found.raters, found.complete) == (0, 0, 0)
    assert {found.kendall_w, found.fleiss_kappa, *found.alpha.values()} == {None}

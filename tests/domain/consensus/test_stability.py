"""Stability between rounds: published tables, and what must hold of any."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.stability import (
    chi_square,
    chi_square_tail,
    net_change,
    square,
    stability,
)

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "consensus.json"

# Published by Chaffin and Talley: in one people stay with their answer, in the other they do not.
STEADY = [[26, 0, 0], [7, 62, 2], [0, 0, 25]]
SHUFFLED = [[8, 13, 5], [20, 38, 13], [5, 11, 9]]

TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 30), min_size=width, max_size=width),
        min_size=width,
        max_size=width,
    )
)


@pytest.mark.parametrize(
    ("table", "statistic", "kept"), [(STEADY, 196.4254, 113), (SHUFFLED, 3.69946, 55)]
)
def test_published_tables_have_their_published_figures(
    table: list[list[int]], statistic: float, kept: int
) -> None:
    found = stability(table)

    assert found is not None
    assert found.chi_square == pytest.approx(statistic, abs=5e-5)
    assert (found.degrees_of_freedom, found.kept, found.of) == (4, kept, 122)


@pytest.mark.skipif(not VECTORS.exists(), reason="the shared vectors are not beside this checkout")
def test_the_shared_vectors() -> None:
    for vector in json.loads(VECTORS.read_text())["stability"]["chaffin_talley"]:
        found = stability(vector["table"])
        assert found is not None
        assert found.chi_square == pytest.approx(vector["chi2"], abs=5e-5)
        if "kept_their_answer" in vector:
            assert f"{found.kept}/{found.of}" == vector["kept_their_answer"]
            change = 100 * found.changed / found.of
            assert change == pytest.approx(vector["net_change_percent"], abs=0.05)


def test_a_distribution_stands_still_while_people_do_not() -> None:
    found = stability(SHUFFLED)

    assert found is not None
    assert round(100 * found.changed / found.of, 1) == 7.4
    assert found.stable
    assert found.kept / found.of < 0.5
    assert found.p_value is not None
    assert found.p_value > 0.05  # independent of what they said before


@pytest.mark.parametrize(("moved", "stable"), [(14, True), (15, False), (16, False)])
def test_a_net_change_of_fifteen_percent_is_not_stable(moved: int, *, stable: bool) -> None:
    found = stability([[100 - moved, moved], [0, 0]])

    assert found is not None
    assert (found.changed, found.stable) == (moved, stable)


def test_without_anybody_who_answered_twice_nothing_is_said() -> None:
    assert stability([[0, 0], [0, 0]]) is None


def test_where_everybody_gave_one_answer_there_is_nothing_to_test() -> None:
    found = stability([[5, 3], [0, 0]])

    assert found is not None
    assert (found.chi_square, found.degrees_of_freedom, found.p_value) == (None, None, None)


@pytest.mark.parametrize(
    ("freedom", "critical"),
    [(1, 3.841459), (2, 5.991465), (3, 7.814728), (4, 9.487729), (10, 18.307038), (64, 83.675261)],
)
def test_the_tail_is_a_twentieth_beyond_the_critical_values_of_the_tables(
    freedom: int, critical: float
) -> None:
    assert chi_square_tail(critical, freedom) == pytest.approx(0.05, abs=1e-6)
    assert chi_square_tail(0, freedom) == 1


@given(TABLES)
def test_the_statistic_is_the_sum_over_all_cells_as_it_is_defined(table: list[list[int]]) -> None:
    found = chi_square(table)
    if found is None:
        return
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    of = sum(rows)
    defined = sum(
        (table[i][j] - rows[i] * columns[j] / of) ** 2 / (rows[i] * columns[j] / of)
        for i in range(len(table))
        for j in range(len(table))
        if rows[i] and columns[j]
    )
    assert found[0] == pytest.approx(defined, abs=1e-9)
    assert 0 <= chi_square_tail(*found) <= 1


@given(TABLES)
def test_no_more_people_change_a_distribution_than_change_their_answer(
    table: list[list[int]],
) -> None:
    kept = sum(row[place] for place, row in enumerate(table))

    assert 0 <= net_change(table) <= sum(map(sum, table)) - kept


@given(TABLES)
def test_a_table_is_read_as_it_was_written(table: list[list[int]]) -> None:
    assert square([count for row in table for count in row]) == table


def test_counts_that_are_no_square_are_refused() -> None:
    with pytest.raises(ValueError, match="6 counts"):
        square([0] * 6)

"""Nothing that is told lets anybody compute a small number from it."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.consensus.small_cells import suppressed
from domain.consensus.suppression import USUAL

TABLES = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 30), min_size=size[1], max_size=size[1]),
        min_size=size[0],
        max_size=size[0],
    )
)


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([9, 5], [9, 5]),
        ([9, 8, 4], [9, None, None]),
        ([9, 8, 3, 2], [9, 8, None, None]),
        ([9, 8, 3, 1], [9, None, None, None]),
        ([9, 0], [None, None]),
        ([4], [None]),
        ([], []),
    ],
)
def test_the_next_smallest_goes_with_what_a_subtraction_would_tell(
    sizes: list[int], told: list[int | None]
) -> None:
    assert suppressed([sizes]) == [told]


@given(TABLES)
def test_no_total_of_a_line_tells_what_is_hidden(table: list[list[int]]) -> None:
    told = suppressed(table)
    lines = chain(
        zip(table, told, strict=True),
        zip(zip(*table, strict=True), zip(*told, strict=True), strict=True),
    )
    for people, shown in lines:
        assert all(each is None or each >= USUAL for each in shown)
        assert all(each in (None, number) for each, number in zip(shown, people, strict=True))
        hidden = [number for each, number in zip(shown, people, strict=True) if each is None]
        nothing_left = len(hidden) == len(people)
        assert not hidden or nothing_left or (len(hidden) > 1 and sum(hidden) >= USUAL)

"""How few votes turn a result is what trying every other way to vote finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.consensus.appropriateness import RandUcla
from domain.consensus.choices import choices
from domain.consensus.constituencies import judge_constituency, judge_everyone
from domain.consensus.flips import LOOKED_FOR, fewest_to_flip
from domain.consensus.majorities import Majority
from domain.consensus.medians import MedianIqr
from domain.consensus.objections import NO_OBJECTIONS
from domain.consensus.parameters import Parameters
from domain.consensus.positions import Datatracker
from domain.consensus.ratings import Comet
from domain.consensus.results import Status
from domain.consensus.sense_checks import SenseCheck
from domain.consensus.tallies import Tally

SHARED: dict[str, Any] = {
    "quorum_percent": st.integers(0, 100),
    "constituency_quorum_percent": st.integers(0, 100),
    "minimum_votes": st.integers(1, 6),
}
PERCENT = st.integers(51, 100)
FEW_CHOICES = st.one_of(
    st.builds(SenseCheck, threshold_percent=PERCENT, **SHARED),
    st.builds(
        Majority,
        threshold_numerator=st.integers(51, 99),
        threshold_denominator=st.just(100),
        strict=st.booleans(),
        of_eligible=st.booleans(),
        **SHARED,
    ),
    st.builds(Datatracker, **SHARED),
)
RATED = st.one_of(
    st.builds(Comet, threshold_percent=PERCENT, dissent_percent=st.integers(1, 100), **SHARED),
    st.builds(RandUcla, classic_disagreement=st.booleans(), **SHARED),
    st.builds(MedianIqr, iqr_at_most=st.integers(0, 8), **SHARED),
)


def reached(rule: Parameters, tally: Tally) -> bool:
    judged = (
        judge_constituency(rule, tally, ())
        if tally.constituency
        else judge_everyone(rule, tally, NO_OBJECTIONS)
    )
    return judged.group.status is Status.CONSENSUS


def possible(people: int, width: int) -> Iterator[tuple[int, ...]]:
    """Yield every way in which so many people can be in so many cells."""
    if width == 1:
        yield (people,)
        return
    for first in range(people + 1):
        for rest in possible(people - first, width - 1):
            yield (first, *rest)


def by_trying(rule: Parameters, tally: Tally) -> int | None:
    """Return how few people it takes, from all other tallies that the same people can come to."""
    now = (*tally.counts, tally.eligible - tally.voted)
    best = None
    for cells in possible(tally.eligible, len(now)):
        if cells[-1] > now[-1]:  # nobody can take a vote back
            continue
        people = sum(max(0, old - new) for old, new in zip(now, cells, strict=True))
        if best is not None and people >= best:
            continue
        if reached(rule, replace(tally, counts=cells[:-1])) is not reached(rule, tally):
            best = people
    return best


@st.composite
def tallies(draw: st.DrawFn, width: int, most: int) -> Tally:
    places = draw(st.lists(st.integers(0, width), max_size=most))
    counts = tuple(places.count(place) for place in range(width))
    return Tally(draw(st.sampled_from(["", "nurses"])), "Nurses", len(places), counts)


@settings(max_examples=300, deadline=None)
@given(FEW_CHOICES, st.data())
def test_it_is_the_fewest_of_all_ways(rule: Parameters, data: st.DataObject) -> None:
    tally = data.draw(tallies(len(choices(rule.kind)), 8))
    assert fewest_to_flip(rule, tally) == by_trying(rule, tally)


@settings(max_examples=25, deadline=None)
@given(RATED, st.data())
def test_it_is_the_fewest_of_all_ways_to_rate(rule: Parameters, data: st.DataObject) -> None:
    tally = data.draw(tallies(10, 4))
    fewest = by_trying(rule, tally)
    if not rule.monotone and fewest is not None and fewest > LOOKED_FOR:
        fewest = None
    assert fewest_to_flip(rule, tally) == fewest


@settings(max_examples=200, deadline=None)
@given(st.builds(Comet, dissent_percent=st.integers(1, 100), **SHARED), st.data())
def test_it_is_the_fewest_of_all_ways_by_thirds(rule: Comet, data: st.DataObject) -> None:
    """To COMET the ratings of a third are alike, so larger panels can be tried."""
    drawn = data.draw(tallies(4, 9))
    low, middle, high, unable = drawn.counts
    tally = replace(drawn, counts=(low, 0, 0, middle, 0, 0, high, 0, 0, unable))
    now = (*drawn.counts, drawn.eligible - drawn.voted)
    found = [
        sum(max(0, old - new) for old, new in zip(now, cells, strict=True))
        for cells in possible(drawn.eligible, 5)
        if cells[-1] <= now[-1]
        and reached(
            rule,
            replace(tally, counts=(cells[0], 0, 0, cells[1], 0, 0, cells[2], 0, 0, cells[3])),
        )
        is not reached(rule, tally)
    ]
    assert fewest_to_flip(rule, tally) == min(found, default=None)


@pytest.mark.parametrize(
    ("counts", "eligible", "fewest"),
    [
        ((7, 3, 0), 10, 1),
        ((10, 0, 0), 10, 4),
        ((0, 10, 0), 10, 7),
        ((5, 5, 0), 10, 2),
        ((0, 0, 0), 10, 5),
        ((0, 0, 0), 0, None),
    ],
)
def test_seventy_percent(counts: Sequence[int], eligible: int, fewest: int | None) -> None:
    tally = Tally("", "Everyone", eligible, tuple(counts))
    assert fewest_to_flip(SenseCheck(), tally) == fewest


def test_the_fewest_of_a_million() -> None:
    crowd = (100_000, 50_000, 50_000, 0, 100_000, 100_000, 0, 300_000, 50_000, 50_000)
    tally = Tally("", "Everyone", 1_000_000, crowd)
    # 750,000 of whom 525,000 have to rate 7 to 9, and fewer than 112,500 rate 1 to 3.
    assert fewest_to_flip(Comet(), tally) == 175_000

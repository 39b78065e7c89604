"""Small numbers stay untold: within a release, and between any two of a series."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.consensus.choices import BallotKind, choices
from domain.consensus.results import Consensus, Group, Status
from domain.consensus.rules import Rule, default_rule
from domain.consensus.sense_checks import SenseCheck
from domain.consensus.status import evaluate
from domain.consensus.suppression import Release, Suppression, redact, release
from domain.consensus.tallies import Tally, apply

HIDING = Suppression(smallest=5, hides_unanimity=True)
SHOWING = Suppression(smallest=5, hides_unanimity=False)
RULE = default_rule(BallotKind.SENSE_CHECK)
Vector = tuple[int, ...]


def table(**rows: tuple[int, int, int]) -> list[Tally]:
    return [Tally(name, name.title(), sum(counts) + 1, counts) for name, counts in rows.items()]


def shown(suppression: Suppression, tallies: Sequence[Tally]) -> Consensus:
    """Return what somebody is told who has heard nothing before."""
    told = release(suppression, tallies)
    return redact(evaluate(RULE, tallies), told, suppression.smallest)


def test_without_small_numbers_everything_is_told() -> None:
    tallies = table(nurses=(6, 5, 7), patients=(9, 8, 5))
    assert shown(HIDING, tallies) == evaluate(RULE, tallies)


def test_a_choice_of_few_is_told_together_with_the_next_larger() -> None:
    consensus = shown(HIDING, table(nurses=(20, 7, 2), patients=(30, 9, 1)))

    assert consensus.suppressed
    assert consensus.overall is not None
    assert consensus.overall.counts == (50, None, None)
    assert [group.counts for group in consensus.by_constituency] == [
        (20, None, None),
        (30, None, None),
    ]
    assert {group.status for group in consensus.by_constituency} == {Status.WITHHELD}
    assert [group.voted for group in consensus.by_constituency] == [29, 40]
    assert consensus.reasons == (
        "Counts of fewer than 5 people are withheld, and what would tell them.",
    )


def test_a_constituency_with_few_takes_another_along_so_that_it_cannot_be_subtracted() -> None:
    consensus = shown(SHOWING, table(nurses=(20, 9, 8), patients=(30, 9, 9), owners=(2, 1, 0)))

    assert consensus.overall is not None
    assert consensus.overall.counts == (52, 19, 17)
    nurses, patients, owners = consensus.by_constituency
    assert patients.counts == (30, 9, 9)
    assert not patients.suppressed
    assert nurses.counts == owners.counts == (None, None, None)
    assert nurses.voted is owners.voted is None
    assert nurses.status is Status.WITHHELD


@pytest.mark.parametrize("suppression", [HIDING, SHOWING])
def test_unanimity_is_told_only_where_it_need_not_be_hidden(suppression: Suppression) -> None:
    consensus = shown(suppression, table(nurses=(20, 0, 0), patients=(30, 0, 0)))
    assert consensus.status is Status.CONSENSUS
    assert (consensus.overall is None) is suppression.hides_unanimity
    assert consensus.suppressed is suppression.hides_unanimity


def test_of_fewer_voters_than_is_small_not_even_the_status_is_told() -> None:
    consensus = shown(SHOWING, table(nurses=(4, 0, 0), patients=(0, 0, 0)))
    assert consensus.status is Status.WITHHELD
    assert consensus.overall is None
    assert consensus.by_constituency == ()
    assert consensus.reasons == ("Fewer than 5 people have voted.",)
    assert consensus.turnout.voted == 4


@pytest.mark.parametrize(
    ("before", "now", "columns"),
    [
        ((10, 10, 10), (12, 12, 10), None),  # fewer new voters than is small
        ((10, 10, 10), (10, 15, 15), ((2,), (0, 1))),  # nobody more chose the first one
        ((10, 10, 10), (11, 11, 13), None),  # no choice gained enough to be told apart
        ((10, 10, 10), (15, 15, 15), ((0,), (1,), (2,))),
        ((100, 100, 100), (109, 109, 109), None),  # less than a tenth of those before
        ((100, 100, 100), (110, 110, 110), ((0,), (1,), (2,))),
    ],
)
def test_a_release_waits_for_enough_new_voters_of_each_part(
    before: tuple[int, ...], now: tuple[int, int, int], columns: tuple[tuple[int, ...], ...] | None
) -> None:
    found = release(HIDING, table(nurses=now), [_of(*before)])
    assert (found and found.columns) == columns


def test_what_shrank_is_told_together_with_what_grew_by_more() -> None:
    found = release(HIDING, table(nurses=(30, 8, 20)), [_of(10, 10, 10)])
    assert found is not None
    assert found.columns == ((0,), (1, 2))
    assert found.figures == ((30, 28),)


def _of(*counts: int) -> Release:
    return Release((("nurses",),), tuple((each,) for each in range(len(counts))), (counts,))


# An attacker, who knows nothing of how releases are made: only what is displayed.


class Attack:
    """Every set of cells whose sum follows from what is displayed of one moment.

    The attacker knows how many had voted in each constituency, too.
    """

    def __init__(self, consensus: Consensus, names: Sequence[str], voted: Sequence[int]) -> None:
        width = len(choices(BallotKind.SENSE_CHECK))
        self.cells = list(product(names, range(width)))
        self._known: list[tuple[Vector, int]] = []
        for name, number in zip(names, voted, strict=True):
            self._learn({(name, each) for each in range(width)}, number)
        groups = [(group, {group.constituency}) for group in consensus.by_constituency]
        if consensus.overall is not None:
            groups.append((consensus.overall, set(names)))
        for group, rows in groups:
            for ordinal, count in enumerate(group.counts):
                if count is not None:
                    self._learn({(name, ordinal) for name in rows}, count)
            for ordinals, count in _figures(group):
                if count is not None:
                    self._learn(set(product(rows, ordinals)), count)

    def _learn(self, cells: set[tuple[str, int]], number: int) -> None:
        self._known.append((tuple(int(cell in cells) for cell in self.cells), number))

    def computed(self) -> dict[frozenset[tuple[str, int]], int]:
        """Return each set of cells that tells of choices, with its number."""
        pivots = _echelon([(*map(Fraction, vector), Fraction(n)) for vector, n in self._known])
        rows = [
            frozenset(cell for cell in self.cells if cell[0] == name)
            for name in {name for name, _ in self.cells}
        ]
        found = {}
        for vector in product((0, 1), repeat=len(self.cells)):
            number = _solve(pivots, vector)
            cells = frozenset(
                cell for cell, chosen in zip(self.cells, vector, strict=True) if chosen
            )
            if number is not None and not all(row <= cells or not row & cells for row in rows):
                # What is told of whole rows beside it was known before.
                found[cells - _union(row for row in rows if row <= cells)] = number - sum(
                    _solve(pivots, tuple(int(cell in row) for cell in self.cells)) or 0
                    for row in rows
                    if row <= cells
                )
        return found


def _figures(group: Group) -> Iterator[tuple[tuple[int, ...], int | None]]:
    yield (0,), group.in_favour
    yield (0, 1), group.of
    yield (0, 1, 2), group.voted


def _union(sets: Iterator[frozenset[tuple[str, int]]]) -> frozenset[tuple[str, int]]:
    return frozenset().union(*sets)


def _echelon(rows: list[tuple[Fraction, ...]]) -> dict[int, tuple[Fraction, ...]]:
    pivots: dict[int, tuple[Fraction, ...]] = {}
    for row in rows:
        left = _reduce(pivots, row)
        place = next((n for n, value in enumerate(left[:-1]) if value), None)
        if place is None:
            assert left[-1] == 0, "What is displayed contradicts itself."
            continue
        pivots[place] = tuple(value / left[place] for value in left)
    return pivots


def _reduce(
    pivots: dict[int, tuple[Fraction, ...]], row: tuple[Fraction, ...]
) -> tuple[Fraction, ...]:
    for place in sorted(pivots):
        if factor := row[place]:
            row = tuple(a - factor * b for a, b in zip(row, pivots[place], strict=True))
    return row


def _solve(pivots: dict[int, tuple[Fraction, ...]], vector: Vector) -> int | None:
    left = _reduce(pivots, (*map(Fraction, vector), Fraction(0)))
    return None if any(left[:-1]) else int(-left[-1])


def _small(suppression: Suppression, number: int) -> bool:
    if number == 0:
        return suppression.hides_unanimity
    return abs(number) < suppression.smallest


NAMES = ("nurses", "patients", "owners")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.one_of(st.none(), st.integers(0, 2)),  # what they chose before; none for a new voter
        st.integers(0, 2),
        st.integers(1, 12),  # how many do so
    ),
    min_size=1,
    max_size=40,
)


def told(
    steps: Sequence[tuple[str, int | None, int, int]], suppression: Suppression, members: int
) -> list[tuple[list[Tally], Release]]:
    """Return the tables of all releases while people vote and change votes.

    Constituencies appear with their first elector.
    """
    tallies: tuple[Tally, ...] = ()
    releases: list[tuple[list[Tally], Release]] = []
    for name, previous, choice, times in steps:
        if name not in {tally.constituency for tally in tallies}:
            tallies += (Tally(name, name.title(), members, (0, 0, 0)),)
        for _ in range(times):
            [own] = [tally for tally in tallies if tally.constituency == name]
            if previous is None and own.voted == own.eligible:
                tallies = tuple(
                    replace(each, eligible=each.eligible + 1) if each is own else each
                    for each in tallies
                )
            elif previous is not None and not own.counts[previous]:
                continue
            tallies = apply(tallies, name, previous, choice)
            found = release(suppression, tallies, [each for _, each in releases])
            if found is not None:
                releases.append((list(tallies), found))
    return releases


@settings(max_examples=60, deadline=None)
@given(
    steps=STEPS,
    suppression=st.builds(Suppression, st.integers(2, 6), st.booleans()),
    members=st.integers(1, 60),
    rule=st.builds(SenseCheck, minimum_votes=st.integers(1, 6)).map(Rule),
)
def test_no_attacker_computes_a_small_number_or_a_small_difference(
    steps: list[tuple[str, int | None, int, int]],
    suppression: Suppression,
    members: int,
    rule: Rule,
) -> None:
    releases = told(steps, suppression, members)
    newest: list[tuple[set[str], dict[frozenset[tuple[str, int]], int]]] = []
    for tallies, found in releases[-4:]:
        displayed = redact(evaluate(rule, tallies), found, suppression.smallest)
        names = [tally.constituency for tally in tallies]
        attack = Attack(displayed, names, [tally.voted for tally in tallies])
        newest.append((set(names), attack.computed()))

    for _, computed in newest:
        assert not any(_small(suppression, number) for number in computed.values())
    for (known, earlier), (_, later) in combinations(newest, 2):
        for cells, number in later.items():
            # Of a constituency that was not there, everybody knows that it had no votes.
            before = earlier.get(frozenset(cell for cell in cells if cell[0] in known))
            if before is not None:
                assert not _small(suppression, number - before)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, suppression=st.builds(Suppression, st.just(3), st.booleans()))
def test_what_is_told_is_exact(
    steps: list[tuple[str, int | None, int, int]], suppression: Suppression
) -> None:
    releases = told(steps, suppression, 20)
    for tallies, found in releases:
        exact = evaluate(RULE, tallies)
        displayed = redact(exact, found, 3)
        assert found.voted == exact.turnout.voted
        assert displayed.overall is not None
        for one, other in zip(
            (displayed.overall, *displayed.by_constituency),
            (exact.overall, *exact.by_constituency),
            strict=True,
        ):
            assert other is not None
            for count, truth in zip(one.counts, other.counts, strict=True):
                assert count in (None, truth)


def test_an_attacker_without_suppression_computes_small_numbers() -> None:
    tallies = table(nurses=(6, 1, 7), patients=(9, 8, 5))
    exact = evaluate(RULE, tallies)
    computed = Attack(exact, ["nurses", "patients"], [14, 22]).computed()
    assert computed[frozenset({("nurses", 1)})] == 1

    subtracted = replace(exact, by_constituency=exact.by_constituency[1:])
    computed = Attack(subtracted, ["nurses", "patients"], [14, 22]).computed()
    assert computed[frozenset({("nurses", 1)})] == 1

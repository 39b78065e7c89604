"""How few people would have to vote otherwise for a result to turn."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain, combinations_with_replacement, permutations

from domain.consensus.choices import BallotKind
from domain.consensus.constituencies import judge_constituency, judge_everyone
from domain.consensus.objections import NO_OBJECTIONS
from domain.consensus.parameters import Parameters
from domain.consensus.results import Status
from domain.consensus.tallies import Tally
from domain.consensus.thresholds import missing

LOOKED_FOR = 2
"""How many people are tried under rules that are not monotone: 3,600 ways, a tenth of a second."""

# The choices of each kind by ordinal; those in brackets together are alike to monotone rules.
_ALIKE = {
    BallotKind.POSITIONS: ((0,), (1,), (2,), (3,), (4,)),
    BallotKind.RATING: ((0, 1, 2), (3, 4, 5), (6, 7, 8), (9,)),
    BallotKind.SENSE_CHECK: ((0,), (1,), (2,)),
}
# What is most in favour, and what says that somebody has no view.
_IN_FAVOUR = {BallotKind.POSITIONS: 0, BallotKind.RATING: 8, BallotKind.SENSE_CHECK: 0}
_NO_VIEW = {BallotKind.POSITIONS: 4, BallotKind.RATING: 9, BallotKind.SENSE_CHECK: 2}

# How many people leave which cells, in that order; the last cell has those who have not voted.
_Leaving = Sequence[tuple[int, int]]


@lru_cache(maxsize=2_048)
def fewest_to_flip(parameters: Parameters, tally: Tally) -> int | None:
    """Give how few people must cast or change a vote so that consensus is reached, or no longer.

    A tally without a constituency is that of everyone, and judged as such. Consensus against counts
    as not reached. Nobody can take a vote back, and no objection is open. None where no votes turn
    the result, and in kinds of ballot where a vote is more than a choice; under rules that are not
    monotone also where more than `LOOKED_FOR` people would have to vote otherwise: any mixture of
    ratings may be the shortest way there, and every one is tried.
    """
    if parameters.kind not in _ALIKE:
        return None
    cells = (*tally.counts, tally.eligible - tally.voted)
    reached = _reached(parameters, tally, cells)
    if not parameters.monotone:
        for people in range(1, min(LOOKED_FOR, tally.eligible) + 1):
            if any(
                _reached(parameters, tally, moved) is not reached
                for moved in _mixtures(cells, people)
            ):
                return people
        return None
    fewest = tally.eligible + 1
    for leaving, target in _ways(parameters, tally, cells, reached=reached):

        def turned(people: int, leaving: _Leaving = leaving, target: int = target) -> bool:
            moved = _moved(cells, leaving, target, people)
            return _reached(parameters, tally, moved) is not reached

        # What has turned stays so further along the same way.
        most = min(fewest - 1, sum(people for _, people in leaving))
        if most and turned(most):
            fewest = 1 + bisect_left(range(1, most + 1), x=True, key=turned)
    return fewest if fewest <= tally.eligible else None


def _reached(parameters: Parameters, tally: Tally, cells: Sequence[int]) -> bool:
    moved = replace(tally, counts=tuple(cells[:-1]), people=None)
    judged = (
        judge_constituency(parameters, moved, ())
        if tally.constituency
        else judge_everyone(parameters, moved, NO_OBJECTIONS)
    )
    return judged.group.status is Status.CONSENSUS


def _ways(
    parameters: Parameters, tally: Tally, cells: Sequence[int], *, reached: bool
) -> Iterator[tuple[_Leaving, int]]:
    """Yield who leaves in which order for which choice; the shortest way is among these.

    To reach consensus, everybody who moves is best in favour, and first come those without whom
    there are too few votes. To end it, one demand that fails is enough, so all go to one choice,
    from where it weighs most.
    """
    alike = _ALIKE[parameters.kind]
    needed = () if reached else _needed(parameters, tally, cells)
    for target in [each[0] for each in alike] if reached else [_IN_FAVOUR[parameters.kind]]:
        sources = [each for each in (*alike, (len(cells) - 1,)) if target not in each]
        for order in permutations(sources):
            left = list(cells)
            for cell, people in needed:
                left[cell] -= people
            yield [*needed, *((cell, left[cell]) for cell in chain(*order))], target


def _needed(parameters: Parameters, tally: Tally, cells: Sequence[int]) -> _Leaving:
    """Return whose votes are needed in any case, for the quorum and the minimum of votes."""
    everyone = not tally.constituency
    quorum = parameters.quorum_percent if everyone else parameters.constituency_quorum_percent
    views = (1 if everyone else parameters.minimum_votes) - parameters.assess(tally).votes
    no_view = _NO_VIEW[parameters.kind]
    silent = min(cells[-1], max(0, views, missing(tally.voted, tally.eligible, quorum)))
    return (
        (len(cells) - 1, silent),
        (no_view, min(cells[no_view], max(0, views - silent))),
    )


def _moved(cells: Sequence[int], leaving: _Leaving, target: int, people: int) -> list[int]:
    """Return the cells after the first people on a way have gone it."""
    moved = list(cells)
    moved[target] += people
    for cell, most in leaving:
        gone = min(most, people)
        moved[cell] -= gone
        people -= gone
    return moved


def _mixtures(cells: Sequence[int], people: int) -> Iterator[list[int]]:
    """Yield the cells after so many people have voted otherwise, in every way."""
    for sources in combinations_with_replacement(range(len(cells)), people):
        left = list(cells)
        for source in sources:
            left[source] -= 1
        if min(left) < 0:
            continue
        for targets in combinations_with_replacement(range(len(cells) - 1), people):
            moved = list(left)
            for target in targets:
                moved[target] += 1
            yield moved

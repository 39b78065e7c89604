"""Ratings from 1 to 9 under the COMET definition of consensus: in, out or neither."""

from __future__ import annotations

from dataclasses import dataclass

from domain.consensus.choices import BallotKind
from domain.consensus.parameters import Assessment, Parameters, whole_number
from domain.consensus.statistics import median, wilson
from domain.consensus.tallies import Tally
from domain.consensus.thresholds import reaches

RATINGS = range(1, 10)


@dataclass(frozen=True)
class Comet(Parameters):
    """In favour if at least 70 % rate 7 to 9 and below 15 % rate 1 to 3; against is the mirror.

    UNABLE_TO_SCORE counts for turnout and quorum, but is not among the votes that shares are
    taken of. Source: the COMET Handbook 1.0, Trials 18(Suppl 3):280, 2017. The threshold is above
    one half, so that no count is both for and against.
    """

    name = "comet"
    version = 1
    kind = BallotKind.RATING

    threshold_percent: int = whole_number(70, 51, 100)
    dissent_percent: int = whole_number(15, 1, 100)

    def assess(self, tally: Tally) -> Assessment:
        """Compare the outer thirds of the scale with the two percentages."""
        *rated, _unable_to_score = tally.counts
        low, high, of = sum(rated[:3]), sum(rated[6:]), sum(rated)
        return Assessment(
            in_favour=high,
            of=of,
            votes=of,
            lacks=self._lacks(high, "in favour", low, "1 to 3", of),
            lacks_against=self._lacks(low, "against", high, "7 to 9", of),
            interval=wilson(high, of),
            median=float(median(RATINGS, rated)) if of else None,
        )

    def _lacks(self, part: int, side: str, dissent: int, third: str, of: int) -> tuple[str, ...]:
        lacks = []
        if not reaches(part, of, self.threshold_percent):
            lacks.append(f"{part} of {of} {side}, below {self.threshold_percent} %.")
        if reaches(dissent, of, self.dissent_percent):
            lacks.append(f"{dissent} of {of} rate {third}, not below {self.dissent_percent} %.")
        return tuple(lacks)

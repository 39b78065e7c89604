"""Ratings from 1 to 9 as the RAND/UCLA method classifies them: appropriate or not, or neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from domain.consensus.choices import BallotKind
from domain.consensus.parameters import Assessment, Parameters
from domain.consensus.ratings import RATINGS
from domain.consensus.statistics import median, percentile_type_2, wilson
from domain.consensus.tallies import Tally
from domain.consensus.thresholds import reaches

_HIGH, _LOW = 7, 3
# BMC Med Inform Decis Mak 12:93, table 7; of 10, 13 and 16 it asks for less than a third.
_TABULATED = range(8, 17)


class Appropriateness(StrEnum):
    """What a panel says of an indication."""

    APPROPRIATE = "APPROPRIATE"
    UNCERTAIN = "UNCERTAIN"
    INAPPROPRIATE = "INAPPROPRIATE"


@dataclass(frozen=True, slots=True)
class Spread:
    """How far ratings lie apart: P30 and P70, and whether that is disagreement.

    `ipr` = P70 - P30 is compared with `ipras` = 2.35 + 1.5 |5 - (P30 + P70) / 2|, which allows
    more where the ratings lie to one side: the inter-percentile range adjusted for symmetry.
    """

    p30: Fraction
    p70: Fraction

    @property
    def ipr(self) -> Fraction:
        """The range between the two percentiles, 0 to 8."""
        return self.p70 - self.p30

    @property
    def ipras(self) -> Fraction:
        """The range above which ratings disagree, 2.35 to 8.35."""
        return Fraction(47, 20) + Fraction(3, 2) * abs(5 - (self.p30 + self.p70) / 2)

    @property
    def index(self) -> Fraction:
        """The disagreement index: above 1, ratings disagree."""
        return self.ipr / self.ipras


def spread(rated: Sequence[int]) -> Spread:
    """Measure the counts of the ratings 1 to 9; ValueError where nobody rated.

    Percentiles are of type 2: of nine panellists, those of the third and the seventh, as in the
    published tables. Types differ by enough to change the class of a statement.
    """
    return Spread(percentile_type_2(RATINGS, rated, 30), percentile_type_2(RATINGS, rated, 70))


def disagreement(rated: Sequence[int], *, classic: bool) -> bool:
    """Tell whether ratings disagree, by their spread or by the classic count of the outer thirds.

    Classic: a third of the panel rates 1 to 3 and a third 7 to 9. For 8 to 16 panellists the
    published table counts: 3 of 8 to 10, 4 of 11 to 13, 5 of 14 to 16.
    """
    if not classic:
        measured = spread(rated)
        return measured.ipr > measured.ipras
    low, high, panel = sum(rated[:3]), sum(rated[6:]), sum(rated)
    if panel in _TABULATED:
        return min(low, high) >= (panel + 1) // 3
    return reaches(min(low, high), panel, 1, 3)


def appropriateness(rated: Sequence[int], *, classic: bool) -> Appropriateness:
    """Classify the counts of the ratings 1 to 9; ValueError where nobody rated.

    A median between two thirds, such as 6.5, is uncertain.
    """
    middle = median(RATINGS, rated)
    if not _LOW < middle < _HIGH and not disagreement(rated, classic=classic):
        return Appropriateness.APPROPRIATE if middle >= _HIGH else Appropriateness.INAPPROPRIATE
    return Appropriateness.UNCERTAIN


@dataclass(frozen=True)
class RandUcla(Parameters):
    """In favour where appropriate: a median of 7 to 9 without disagreement; against: of 1 to 3.

    `classic_disagreement` counts the outer thirds instead of comparing IPR with IPRAS. Percentiles
    are of type 2, and exact. UNABLE_TO_SCORE counts for turnout and quorum alone. A further 9 can
    widen the spread, and so end a consensus: that is the published formula's own doing. Source:
    Fitch and others, The RAND/UCLA Appropriateness Method User's Manual, MR-1269, 2001.
    """

    name = "rand_ucla"
    version = 1
    kind = BallotKind.RATING
    monotone = False

    classic_disagreement: bool = False

    def assess(self, tally: Tally) -> Assessment:
        """Ask for the median of a side, and that the panel does not disagree."""
        *rated, _unable_to_score = tally.counts
        of, high = sum(rated), sum(rated[6:])
        if not of:
            nothing = ("nobody has rated.",)
            return Assessment(0, 0, 0, nothing, nothing, interval=wilson(0, 0))
        middle = median(RATINGS, rated)
        apart = self._apart(rated)
        shown = f"the median is {float(middle):g}, not"
        return Assessment(
            in_favour=high,
            of=of,
            votes=of,
            lacks=(() if middle >= _HIGH else (f"{shown} 7 or above.",)) + apart,
            lacks_against=(() if middle <= _LOW else (f"{shown} 3 or below.",)) + apart,
            interval=wilson(high, of),
            median=float(middle),
        )

    def _apart(self, rated: Sequence[int]) -> tuple[str, ...]:
        if not disagreement(rated, classic=self.classic_disagreement):
            return ()
        if self.classic_disagreement:
            low, high = sum(rated[:3]), sum(rated[6:])
            measured = f"{low} of {sum(rated)} rate 1 to 3, and {high} rate 7 to 9"
        else:
            found = spread(rated)
            measured = f"P70 - P30 is {float(found.ipr):g}, above {float(found.ipras):g}"
        return (f"the panel disagrees: {measured}.",)

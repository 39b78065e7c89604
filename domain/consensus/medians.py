"""Ratings from 1 to 9 under the usual Delphi definition: a high median and a small spread."""

from __future__ import annotations

from dataclasses import dataclass

from domain.consensus.choices import BallotKind
from domain.consensus.parameters import Assessment, Parameters, whole_number
from domain.consensus.ratings import RATINGS
from domain.consensus.statistics import interquartile_range, median, wilson
from domain.consensus.tallies import Tally


@dataclass(frozen=True)
class MedianIqr(Parameters):
    """In favour if the median is at least 7 and the interquartile range at most 3.

    Against is the mirror: a median of at most 10 - 7. The cut-off of the median is above the middle
    of the scale, so that no ratings are both. Quartiles are of type 7, and exact. UNABLE_TO_SCORE
    counts for turnout and quorum alone. A further 9 can widen the range, and so end a consensus.
    """

    name = "median_iqr"
    version = 1
    kind = BallotKind.RATING
    monotone = False

    median_at_least: int = whole_number(7, 6, 9)
    iqr_at_most: int = whole_number(3, 0, 8)

    def assess(self, tally: Tally) -> Assessment:
        """Compare the median and the range with their cut-offs."""
        *rated, _unable_to_score = tally.counts
        of, high = sum(rated), sum(rated[self.median_at_least - 1 :])
        if not of:
            nothing = ("nobody has rated.",)
            return Assessment(0, 0, 0, nothing, nothing, interval=wilson(0, 0))
        middle, width = median(RATINGS, rated), interquartile_range(RATINGS, rated)
        floor, ceiling = self.median_at_least, 10 - self.median_at_least
        shown = f"the median is {float(middle):g}, not"
        too_wide = f"the interquartile range is {float(width):g}, above {self.iqr_at_most}."
        wide = (too_wide,) if width > self.iqr_at_most else ()
        return Assessment(
            in_favour=high,
            of=of,
            votes=of,
            lacks=(() if middle >= floor else (f"{shown} {floor} or above.",)) + wide,
            lacks_against=(() if middle <= ceiling else (f"{shown} {ceiling} or below.",)) + wide,
            interval=wilson(high, of),
            median=float(middle),
        )

"""Sense checks: a quick question whether people agree."""

from __future__ import annotations

from dataclasses import dataclass

from domain.consensus.choices import BallotKind
from domain.consensus.parameters import Assessment, Parameters, whole_number
from domain.consensus.statistics import wilson
from domain.consensus.tallies import Tally
from domain.consensus.thresholds import reaches


@dataclass(frozen=True)
class SenseCheck(Parameters):
    """In favour if AGREE is at least 70 % of AGREE + DISAGREE; against if DISAGREE is.

    PASS counts for turnout and quorum: its voter was asked and answered. It is not among the
    votes that the share is taken of, nor for the minimum of a constituency: it expresses no view.
    The threshold is above one half, so that no count is both for and against.
    """

    name = "sense_check"
    version = 1
    kind = BallotKind.SENSE_CHECK

    threshold_percent: int = whole_number(70, 51, 100)

    def assess(self, tally: Tally) -> Assessment:
        """Compare the two sides with the threshold."""
        agree, disagree, _passed = tally.counts
        of = agree + disagree
        return Assessment(
            in_favour=agree,
            of=of,
            votes=of,
            lacks=self._lacks(agree, of, "in favour"),
            lacks_against=self._lacks(disagree, of, "against"),
            interval=wilson(agree, of),
        )

    def _lacks(self, part: int, of: int, side: str) -> tuple[str, ...]:
        if reaches(part, of, self.threshold_percent):
            return ()
        return (f"{part} of {of} {side}, below {self.threshold_percent} %.",)

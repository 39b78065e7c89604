"""Majorities and supermajorities of a sense check, of the votes cast or of the electorate."""

from __future__ import annotations

from dataclasses import dataclass

from domain.consensus.choices import BallotKind
from domain.consensus.parameters import Assessment, Parameters, whole_number
from domain.consensus.statistics import wilson
from domain.consensus.tallies import Tally
from domain.consensus.thresholds import exceeds, reaches
from domain.errors import Invalid


@dataclass(frozen=True)
class Majority(Parameters):
    """In favour if AGREE is more than 1/2 of AGREE + DISAGREE; against if DISAGREE is.

    `strict` asks for more than the share, otherwise the share itself is enough: 1/2 and strict is
    the simple majority, 2/3 and not strict the usual supermajority. `of_eligible` takes the share
    of all who may vote, so that PASS and silence count for neither side and weigh on both; there
    is no sample then, and no interval. The threshold leaves no count that is both for and against.
    """

    name = "majority"
    version = 1
    kind = BallotKind.SENSE_CHECK

    threshold_numerator: int = whole_number(1, 1, 1000)
    threshold_denominator: int = whole_number(2, 1, 1000)
    strict: bool = True
    of_eligible: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        share, everyone = 2 * self.threshold_numerator, 2 * self.threshold_denominator
        path = ("rule", "threshold_numerator")
        if share > everyone or (share == everyone and self.strict):
            raise Invalid(f"{self._threshold.capitalize()} is more than everyone.", path)
        if share < self.threshold_denominator or (
            share == self.threshold_denominator and not self.strict
        ):
            raise Invalid(
                f"{self._threshold.capitalize()} can be reached by both sides at once; a majority "
                "is more than 1/2.",
                path,
            )

    def assess(self, tally: Tally) -> Assessment:
        """Compare the two sides with the threshold."""
        agree, disagree, _passed = tally.counts
        views = agree + disagree
        of = tally.eligible if self.of_eligible else views
        return Assessment(
            in_favour=agree,
            of=of,
            votes=views,
            lacks=self._lacks(agree, of, "in favour"),
            lacks_against=self._lacks(disagree, of, "against"),
            interval=None if self.of_eligible else wilson(agree, of),
        )

    @property
    def _threshold(self) -> str:
        share = f"{self.threshold_numerator}/{self.threshold_denominator}"
        return f"more than {share}" if self.strict else share

    def _lacks(self, part: int, of: int, side: str) -> tuple[str, ...]:
        compare = exceeds if self.strict else reaches
        reached = compare(part, of, self.threshold_numerator, self.threshold_denominator)
        return () if reached else (f"{part} of {of} {side}, not {self._threshold}.",)

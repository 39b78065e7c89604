"""Consent: something is adopted unless somebody has a reason against it that stands."""

from __future__ import annotations

from dataclasses import dataclass

from domain.consensus.choices import BallotKind
from domain.consensus.objections import OpenObjections, every_one
from domain.consensus.parameters import Assessment, Parameters, whole_number
from domain.consensus.statistics import wilson
from domain.consensus.tallies import Tally
from domain.consensus.thresholds import exceeds, reaches
from domain.errors import Invalid


@dataclass(frozen=True)
class Consent(Parameters):
    """No objection is open, and CONSENT + CONCERN are more than 2/3 of those who take a side.

    ABSTAIN counts for turnout and quorum: its voter takes no side, and is not among the votes that
    the share is taken of. Whose objection was settled still counts against, until they vote
    otherwise. `strict` says whether the share must be more than the threshold or may equal it.
    `safety_alone` lets only objections about safety block, and all others be outvoted, as the WHO's
    guideline group on tuberculosis does. There is no consensus against.
    """

    name = "consent"
    version = 1
    kind = BallotKind.CONSENT

    threshold_numerator: int = whole_number(2, 1, 1000)
    threshold_denominator: int = whole_number(3, 1, 1000)
    strict: bool = True
    safety_alone: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        share = f"{self.threshold_numerator}/{self.threshold_denominator}"
        path = ("rule", "threshold_numerator")
        if self.threshold_numerator > self.threshold_denominator:
            raise Invalid(f"The threshold {share} is more than everyone.", path)
        if self.strict and self.threshold_numerator == self.threshold_denominator:
            raise Invalid(
                f"No share exceeds {share}. Please lower the threshold, or let it be reached "
                "(strict: false).",
                path,
            )

    def assess(self, tally: Tally) -> Assessment:
        """Compare the share that does not object with the threshold."""
        consent, concern, objecting, _abstaining = tally.counts
        in_favour, of = consent + concern, consent + concern + objecting
        return Assessment(
            in_favour=in_favour,
            of=of,
            votes=of,
            lacks=self._lacks(in_favour, of),
            interval=wilson(in_favour, of),
        )

    def blocked_by(self, objections: OpenObjections) -> tuple[str, ...]:
        """Let every open objection block, unless only those about safety do."""
        return super().blocked_by(objections) if self.safety_alone else every_one(objections)

    def _lacks(self, in_favour: int, of: int) -> tuple[str, ...]:
        share = f"{self.threshold_numerator}/{self.threshold_denominator}"
        compare = exceeds if self.strict else reaches
        if compare(in_favour, of, self.threshold_numerator, self.threshold_denominator):
            return ()
        short = "not more than" if self.strict else "below"
        return (f"{in_favour} of {of} consent, with or without concerns, {short} {share}.",)

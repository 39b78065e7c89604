"""Multiple choice by approval: options win that enough of the voters approve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.consensus.choices import BallotKind
from domain.consensus.options import named
from domain.consensus.parameters import Assessment, Parameters, whole_number
from domain.consensus.statistics import wilson
from domain.consensus.tallies import Tally
from domain.consensus.thresholds import reaches
from domain.errors import Invalid


@dataclass(frozen=True)
class Approval(Parameters):
    """Of the options that at least half of the voters approve, the most approved one wins.

    Shares are of all who voted, also of those who approve nothing. `most_winners` is how many may
    win; where so many are approved by equally many that some of them would be too many, none of
    these wins: a tie is said to be one, and is no consensus. A constituency agrees where each
    option that wins among everyone reaches the threshold in it too. There is no consensus against.
    Source: Brams and Fishburn, American Political Science Review 72:831, 1978.
    """

    name = "approval"
    version = 1
    kind = BallotKind.MULTIPLE_CHOICE

    threshold_percent: int = whole_number(50, 1, 100)
    most_winners: int = whole_number(1, 1, 10)

    def require_options(self, number: int) -> None:
        """Refuse to let more win than there are."""
        if self.most_winners > number:
            raise Invalid(
                f"{self.most_winners} of {number} options cannot win. Please let fewer win, or "
                "list more options.",
                ("rule", "most_winners"),
            )

    def assess(self, tally: Tally) -> Assessment:
        """Take the most approved of the options that reach the threshold."""
        enough = self._enough(tally)
        approvals = [tally.counts[option - 1] for option in enough]
        # Who wins has more approvals than the first that would be one too many.
        beaten = approvals[self.most_winners] if len(enough) > self.most_winners else -1
        winners = [option for option in enough if tally.counts[option - 1] > beaten]
        lacks: tuple[str, ...] = ()
        if not enough:
            lacks = (f"no option is approved by {self.threshold_percent} %.",)
        elif beaten >= 0 and len(winners) < self.most_winners:
            tied = [option for option in enough if tally.counts[option - 1] == beaten]
            lacks = (f"{named(tied)} are tied, each approved by {beaten} of {tally.voted}.",)
        return self._assessment(tally, winners, lacks)

    def assess_constituency(self, tally: Tally, winners: tuple[int, ...]) -> Assessment:
        """Ask whether a constituency approves what wins among everyone."""
        own = self.assess(tally)
        if not winners:
            return own
        enough = self._enough(tally)
        lacks = tuple(
            f"option {option} is approved by {tally.counts[option - 1]} of {tally.voted}, "
            f"below {self.threshold_percent} %."
            for option in winners
            if option not in enough
        )
        return self._assessment(tally, own.winners, lacks)

    def _enough(self, tally: Tally) -> list[int]:
        """Return the options that reach the threshold, the most approved first."""
        options = range(1, len(tally.counts) + 1)
        found = [
            option
            for option in options
            if reaches(tally.counts[option - 1], tally.voted, self.threshold_percent)
        ]
        return sorted(found, key=lambda option: -tally.counts[option - 1])

    def _assessment(
        self, tally: Tally, winners: Sequence[int], lacks: tuple[str, ...]
    ) -> Assessment:
        best = max(tally.counts, default=0)
        return Assessment(
            in_favour=best,
            of=tally.voted,
            votes=tally.voted,
            lacks=lacks,
            interval=wilson(best, tally.voted),
            winners=tuple(winners),
        )

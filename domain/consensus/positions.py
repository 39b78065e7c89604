"""Positions in the manner of the IETF's datatracker: nobody blocks, and enough do not mind."""

from __future__ import annotations

from dataclasses import dataclass

from domain.consensus.choices import BallotKind
from domain.consensus.parameters import Assessment, Parameters, whole_number
from domain.consensus.tallies import Tally
from domain.consensus.thresholds import counted, missing
from domain.errors import Invalid


@dataclass(frozen=True)
class Datatracker(Parameters):
    """At least one YES, no DISCUSS, and YES + NO_OBJECTION >= 2/3 of (eligible - recused).

    The share is a numerator and a denominator, since two thirds is no whole percentage. It is
    one of the electorate rather than of the votes cast, so by default it needs no quorum beside
    it, and carries no interval: there is no sample. Who has not voted counts like ABSTAIN.
    A constituency is asked for the share and for no DISCUSS, not for a YES of its own. There is
    no consensus against. Source: ietf/doc/utils.py, needed_ballot_positions, of the datatracker.
    """

    name = "datatracker"
    version = 1
    kind = BallotKind.POSITIONS

    quorum_percent: int = whole_number(0, 0, 100)
    per_constituency: bool = False
    threshold_numerator: int = whole_number(2, 1, 1000)
    threshold_denominator: int = whole_number(3, 1, 1000)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.threshold_numerator > self.threshold_denominator:
            raise Invalid(
                f"The threshold {self.threshold_numerator}/{self.threshold_denominator} is more "
                "than everyone.",
                ("rule", "threshold_numerator"),
            )

    def assess(self, tally: Tally) -> Assessment:
        """Compare the share in favour, and look for an open DISCUSS."""
        return self._assess(tally, wants_yes=False)

    def assess_whole(self, tally: Tally) -> Assessment:
        """Ask for one YES beside what is asked of a constituency."""
        return self._assess(tally, wants_yes=True)

    def _assess(self, tally: Tally, *, wants_yes: bool) -> Assessment:
        yes, no_objection, discuss, _abstain, recuse = tally.counts
        in_favour, of = yes + no_objection, tally.eligible - recuse
        lacks = ["at least one YES position is needed."] if wants_yes and not yes else []
        if more := missing(in_favour, of, self.threshold_numerator, self.threshold_denominator):
            positions = counted(
                more, "more YES or NO_OBJECTION position", "more YES or NO_OBJECTION positions"
            )
            share = f"{self.threshold_numerator}/{self.threshold_denominator}"
            lacks.append(f"needs {positions} to reach {share} of {of}.")
        return Assessment(
            in_favour=in_favour,
            of=of,
            votes=tally.voted - recuse,
            lacks=tuple(lacks),
            blocks=_open_discussions(discuss),
        )


def _open_discussions(discuss: int) -> tuple[str, ...]:
    match discuss:
        case 0:
            return ()
        case 1:
            return ("one DISCUSS position is open.",)
        case _:
            return (f"{discuss} DISCUSS positions are open.",)

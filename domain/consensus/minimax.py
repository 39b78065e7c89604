"""Rankings by minimax: who beats every other option wins, else whoever is beaten least."""

from __future__ import annotations

from dataclasses import dataclass

from domain.consensus.choices import BallotKind
from domain.consensus.options import named, size
from domain.consensus.parameters import Assessment, Parameters
from domain.consensus.tallies import Tally


@dataclass(frozen=True)
class Minimax(Parameters):
    """The option wins whose worst defeat by another one, as a margin of people, is the smallest.

    The margin of i over j is how many prefer i to j less how many prefer j to i. An option that
    more people prefer to each other one has no defeat, and wins: the Condorcet winner. Where
    preferences go round in a circle there is none, and the smallest worst defeat completes it.
    Where several share it they are tied: a tie is said to be one, and nothing is adopted. One
    vote more that ranks the winner first never makes another one win, which Schulze's method does
    not promise. A constituency agrees where what wins among everyone is among those that win in
    it. There is no consensus against. Source: Simpson, Quarterly Journal of Economics 83:478, 1969;
    Kramer, Journal of Economic Theory 16:310, 1977; with margins.
    """

    name = "minimax"
    version = 1
    kind = BallotKind.RANKING

    def assess(self, tally: Tally) -> Assessment:
        """Compare the options in pairs, and take the one whose worst defeat is the smallest."""
        winners = self._least_beaten(tally)
        if len(winners) == 1:
            return self._assessment(tally, winners, ())
        tie = (f"{named(winners)} are tied.",) if winners else ("nothing is ranked.",)
        return self._assessment(tally, (), tie)

    def assess_constituency(self, tally: Tally, winners: tuple[int, ...]) -> Assessment:
        """Ask whether what wins among everyone is among what wins in a constituency."""
        own = self.assess(tally)
        if not winners:
            return own
        preferred = self._least_beaten(tally)
        agrees = set(winners) <= set(preferred)
        lacks = () if agrees else (f"prefers {named(preferred)} to {named(winners)}.",)
        return self._assessment(tally, own.winners, lacks)

    def _least_beaten(self, tally: Tally) -> tuple[int, ...]:
        """Return the options with the smallest worst defeat; none without options."""
        margins = _margins(tally)
        worst = {one: max(-margin for margin in each.values()) for one, each in margins.items()}
        least = min(worst.values(), default=0)
        return tuple(option for option, defeat in worst.items() if defeat == least)

    def _assessment(
        self, tally: Tally, winners: tuple[int, ...], lacks: tuple[str, ...]
    ) -> Assessment:
        in_favour, of = _closest(tally, *winners) if winners else (0, tally.voted)
        return Assessment(
            in_favour=in_favour, of=of, votes=tally.voted, lacks=lacks, winners=winners
        )


def _preferring(tally: Tally, one: int, other: int) -> int:
    options = size(BallotKind.RANKING, tally.counts)
    return tally.counts[(one - 1) * options + other - 1]


def _margins(tally: Tally) -> dict[int, dict[int, int]]:
    """Return the margin of each option over each other one, by ordinals."""
    options = range(1, size(BallotKind.RANKING, tally.counts) + 1)
    return {
        one: {
            other: _preferring(tally, one, other) - _preferring(tally, other, one)
            for other in options
            if other != one
        }
        for one in options
    }


def _closest(tally: Tally, winner: int) -> tuple[int, int]:
    """Return how many prefer a winner to the option that comes closest to it, and of how many."""
    margins = _margins(tally)[winner]
    rival = min(margins, key=lambda other: margins[other])
    in_favour = _preferring(tally, winner, rival)
    return in_favour, in_favour + _preferring(tally, rival, winner)

"""What all rules share: their quorums and minimum, checked, and the shape of an assessment."""

from __future__ import annotations

import reprlib
from abc import ABC, abstractmethod
from dataclasses import Field, dataclass, field, fields
from typing import Any, ClassVar

from domain.consensus.choices import BallotKind
from domain.consensus.objections import OpenObjections, safety_alone
from domain.consensus.results import Status
from domain.consensus.tallies import Tally
from domain.errors import Invalid


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a rule finds in one tally, before quorum and minimum are asked.

    `in_favour` of `of` is the share compared; `votes` is how many people expressed a view, which
    is compared with the minimum. `blocks` are what stands in the way whatever the count, `lacks`
    what the count lacks for consensus and `lacks_against` for consensus against: clauses that
    begin in lower case and end in a full stop, none where the demand is met. `winners` are the
    ordinals of the options that win, where the ballot lists options.
    """

    in_favour: int
    of: int
    votes: int
    lacks: tuple[str, ...]
    lacks_against: tuple[str, ...] = ("this rule knows no consensus against.",)
    blocks: tuple[str, ...] = ()
    interval: tuple[float, float] | None = None
    median: float | None = None
    winners: tuple[int, ...] = ()

    @property
    def status(self) -> Status:
        """CONSENSUS, CONSENSUS_AGAINST or NO_CONSENSUS."""
        if not self.blocks and not self.lacks:
            return Status.CONSENSUS
        if not self.blocks and not self.lacks_against:
            return Status.CONSENSUS_AGAINST
        return Status.NO_CONSENSUS


def whole_number(default: int, low: int, high: int) -> int:
    """Declare an integer parameter with its default and its inclusive bounds."""
    return field(default=default, metadata={"bounds": range(low, high + 1)})


@dataclass(frozen=True)
class Parameters(ABC):
    """The parameters of one rule; a subclass adds its thresholds and how it assesses.

    `quorum_percent`: the share of eligible people that must have voted, 0 for none.
    `per_constituency`: whether each constituency with enough votes must meet the threshold too.
    `constituency_quorum_percent`: the quorum that a constituency must reach to be asked.
    `minimum_votes`: how many people of a constituency must have expressed a view; below it the
    constituency has "not enough votes", never a share.

    `monotone`: whether a further vote in favour never ends consensus.

    Defaults are part of a rule's version: changing one means a new version. Raises Invalid with
    the path ("rule", <parameter>).
    """

    name: ClassVar[str]
    version: ClassVar[int]
    kind: ClassVar[BallotKind]
    monotone: ClassVar[bool] = True

    quorum_percent: int = whole_number(50, 0, 100)
    per_constituency: bool = True
    constituency_quorum_percent: int = whole_number(50, 0, 100)
    minimum_votes: int = whole_number(3, 1, 1000)

    def __post_init__(self) -> None:
        for parameter in fields(self):
            _check(parameter, getattr(self, parameter.name))

    @abstractmethod
    def assess(self, tally: Tally) -> Assessment:
        """Compare the votes of one constituency with the threshold."""
        ...

    def assess_whole(self, tally: Tally) -> Assessment:
        """Compare the votes of everyone with the whole rule: the threshold, unless it asks more."""
        return self.assess(tally)

    def assess_constituency(self, tally: Tally, _winners: tuple[int, ...]) -> Assessment:
        """Compare one constituency with what everyone decided: the options that win, if any do."""
        return self.assess(tally)

    def blocked_by(self, objections: OpenObjections) -> tuple[str, ...]:
        """Return the clauses of what stands in the way whatever the count: safety, always."""
        return safety_alone(objections)

    def require_options(self, number: int) -> None:  # noqa: B027 - most rules ask nothing of them
        """Raise Invalid where the rule cannot be met in a ballot with so many options."""


def _check(parameter: Field[Any], value: object) -> None:
    path = ("rule", parameter.name)
    subject = parameter.name.replace("_", " ").capitalize()
    if isinstance(parameter.default, bool):
        if not isinstance(value, bool):
            raise Invalid(f"{subject} is true or false; {reprlib.repr(value)} is neither.", path)
        return
    bounds: range = parameter.metadata["bounds"]
    # Not isinstance: True is an int, and 70.0 is in the range.
    if type(value) is not int or value not in bounds:
        raise Invalid(
            f"{subject} is a whole number from {bounds[0]} to {bounds[-1]}; "
            f"{reprlib.repr(value)} is not.",
            path,
        )

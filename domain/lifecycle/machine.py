"""What a state machine is: a table of moves, and one way to enforce it and to explain it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from domain.errors import Conflict, NotAllowed
from domain.permissions import Permission, holders

Facts = Mapping[str, int]
S = TypeVar("S", bound=StrEnum)
T = TypeVar("T", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A named condition: counts of what stands in the way must be nought.

    `fact` names a count that the subject's query supplies; `sentence` says what it counts, with
    `{n}` for the number.
    """

    fact: str
    sentence: str

    def missing(self, facts: Facts) -> str | None:
        """Return the sentence of what is missing, None when nothing is."""
        return self.sentence.format(n=facts[self.fact]) if facts[self.fact] else None


@dataclass(frozen=True, slots=True)
class Move(Generic[S, T]):
    """One transition: from any of these states to that one, by whom, and on what conditions.

    `requirements` are conditions of the subject. `duties` are conditions of who acts, beside the
    permission: what they did before, or have an interest in, may make the step somebody else's.
    """

    transition: T
    sources: tuple[S, ...]
    target: S
    permission: Permission
    requirements: tuple[Requirement, ...] = ()
    duties: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Machine(Generic[S, T]):
    """The life of one kind of subject; `noun` is what its sentences call it."""

    noun: str
    initial: S
    moves: tuple[Move[S, T], ...]

    def states(self) -> list[S]:
        """Return every state, in the order of their enumeration."""
        return list(type(self.initial))

    def ends(self) -> list[S]:
        """Return the states that no move leaves, in the order of their enumeration."""
        left = {source for move in self.moves for source in move.sources}
        return [state for state in self.states() if state not in left]


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """A transition out of the present state, whether it may happen, and if not, why."""

    transition: T
    allowed: bool
    reasons: tuple[str, ...]
    missing: tuple[str, ...]


def explain(
    machine: Machine[S, T], state: S, facts: Facts, permitted: Callable[[Permission], bool]
) -> Sequence[Option[T]]:
    """List the transitions out of `state`, each with what stands in its way, in words."""
    return [
        _option(machine, move, facts, permitted) for move in machine.moves if state in move.sources
    ]


def advance(
    machine: Machine[S, T],
    state: S,
    transition: T,
    facts: Facts,
    permitted: Callable[[Permission], bool],
) -> S:
    """Return the state after `transition`.

    Raises NotAllowed where it is not the viewer's to take, Conflict where the state does not permit
    it or something is still missing.
    """
    move = next(
        (m for m in machine.moves if m.transition == transition and state in m.sources), None
    )
    if move is None:
        possible = [m.transition for m in machine.moves if state in m.sources]
        raise Conflict(
            f"{transition} is not possible: this {machine.noun} is {state}. "
            + (f"Possible now: {', '.join(possible)}." if possible else "Nothing follows that."),
            ("transition",),
        )
    option = _option(machine, move, facts, permitted)
    if option.reasons:
        raise NotAllowed(" ".join(option.reasons), ("transition",))
    if option.missing:
        raise Conflict(" ".join(option.missing), ("transition",))
    return move.target


def require(machine: Machine[S, T], state: S, expected: Sequence[S], doing: str) -> None:
    """Raise Conflict unless `state` is one of `expected`; `doing` completes the sentence."""
    if state not in expected:
        raise Conflict(
            f"{doing} is possible while the {machine.noun} is {' or '.join(expected)}; "
            f"it is {state}."
        )


def _option(
    machine: Machine[S, T],
    move: Move[S, T],
    facts: Facts,
    permitted: Callable[[Permission], bool],
) -> Option[T]:
    reasons = [each for duty in move.duties if (each := duty.missing(facts))]
    if not permitted(move.permission):
        reasons.insert(
            0,
            f"{move.transition} of this {machine.noun} needs the permission {move.permission}, "
            f"which comes with the role {' or '.join(holders(move.permission))}.",
        )
    missing = [each for need in move.requirements if (each := need.missing(facts))]
    return Option(move.transition, not reasons and not missing, tuple(reasons), tuple(missing))

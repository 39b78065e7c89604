"""Keeps the positions of the parts of something 1, 2, 3 without a gap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from domain.errors import Invalid


class Positioned(Protocol):
    """A part that has a place among its siblings."""

    position: int


P = TypeVar("P", bound=Positioned)


def place(part: P, siblings: Sequence[P], position: int | None) -> None:
    """Put a part at a position among its siblings, None for the last one, and number them all.

    Raises Invalid for a position that is not from 1 to the number of parts.
    """
    order = [each for each in siblings if each is not part]
    last = len(order) + 1
    if position is not None and not 1 <= position <= last:
        raise Invalid(
            f"The position is a whole number from 1 to {last}; {position} is not.", ("position",)
        )
    order.insert(last if position is None else position - 1, part)
    number(order)


def number(parts: Sequence[Positioned]) -> None:
    """Give parts their positions, from 1, in the order in which they come."""
    for position, part in enumerate(parts, 1):
        part.position = position

"""Integer arithmetic of thresholds: shares are compared by cross-multiplication, never divided."""

from __future__ import annotations


def reaches(part: int, whole: int, numerator: int, denominator: int = 100) -> bool:
    """Tell whether part/whole >= numerator/denominator, exactly; 0 of 0 reaches every share."""
    return denominator * part >= numerator * whole


def exceeds(part: int, whole: int, numerator: int, denominator: int = 100) -> bool:
    """Tell whether part/whole > numerator/denominator, exactly; 0 of 0 exceeds none."""
    return denominator * part > numerator * whole


def missing(part: int, whole: int, numerator: int, denominator: int = 100) -> int:
    """Give how many more `part` needs to reach the share, while `whole` stays as it is."""
    needed = -(-numerator * whole // denominator)  # the ceiling, in integers
    return max(0, needed - part)


def counted(number: int, singular: str, plural: str) -> str:
    """Put a number before its noun: "1 more vote", "2 more votes"."""
    return f"{number} {singular if number == 1 else plural}"

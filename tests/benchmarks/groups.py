"""How long it takes to find emergent groups in real conversations."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from domain.consensus.emergent import emergent_groups
from tests.polis import REAL, matrix

GOAL = 2.0
"""Seconds that the larger one may take."""


@dataclass(frozen=True)
class Row:
    """A conversation, and in how many seconds its groups were found from nothing."""

    name: str
    people: int
    statements: int
    groups: int
    seconds: float


def measure() -> Iterator[Row]:
    """Yield a row for each of the shared conversations; none where they are not beside us."""
    for folder in sorted(each for each in REAL.glob("*") if each.is_dir()):
        votes, _ = matrix(folder)
        emergent_groups.cache_clear()
        began = time.perf_counter()
        found = emergent_groups(votes.tobytes(), votes.shape[1])
        seconds = time.perf_counter() - began
        people, statements = votes.shape
        yield Row(folder.name, people, statements, len(found.groups), seconds)

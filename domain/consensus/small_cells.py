"""Small numbers of people are not told, nor what they could be computed from."""

from __future__ import annotations

from collections.abc import Sequence

from domain.consensus.suppression import USUAL


def suppressed(table: Sequence[Sequence[int]], least: int = USUAL) -> list[list[int | None]]:
    """Return a table of people with None for what is not told, given that all totals are known.

    Cells below `least` are hidden. In each row and column further cells are, smallest first, until
    none or at least two are, of at least `least` people together: otherwise a subtraction from the
    total would tell what they hold.
    """
    hidden = {
        (row, column)
        for row, cells in enumerate(table)
        for column, people in enumerate(cells)
        if people < least
    }
    rows = [[(row, column) for column in range(len(cells))] for row, cells in enumerate(table)]
    lines = [*rows, *map(list, zip(*rows, strict=True))]

    def more(line: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
        away = [table[row][column] for row, column in line if (row, column) in hidden]
        if not away or (len(away) > 1 and sum(away) >= least):
            return None
        shown = [each for each in line if each not in hidden]
        return min(shown, key=lambda cell: table[cell[0]][cell[1]], default=None)

    while further := {cell for line in lines if (cell := more(line))}:
        hidden |= further
    return [[None if cell in hidden else table[cell[0]][cell[1]] for cell in row] for row in rows]

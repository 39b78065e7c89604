"""The machines as diagrams and tables in Markdown, for the documentation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from domain.lifecycle.machine import Machine, Move
from domain.permissions import holders

_INTRODUCTION = """\
# Lifecycles

Every subject with a life of its own, as the tables in `domain/lifecycle` say it. The code that
enforces them reads the same tables, and so does `availableTransitions`. Written by `make schema`.
"""
_HEADINGS = "| step | from | to | who | what may stand in the way |"


def document(machines: Iterable[Machine[Any, Any]]) -> str:
    """Return one Markdown page about machines: of each, a Mermaid diagram and a table of steps."""
    lines = (line for machine in machines for line in _chapter(machine))
    return _INTRODUCTION + "\n".join(lines) + "\n"


def _chapter(machine: Machine[Any, Any]) -> Iterator[str]:
    yield from ("", f"## {machine.noun.capitalize()}", "", "```mermaid", "stateDiagram-v2")
    yield f"    [*] --> {machine.initial}"
    arrows: dict[tuple[StrEnum, StrEnum], list[str]] = defaultdict(list)
    for move in machine.moves:
        for source in move.sources:
            arrows[source, move.target].append(move.transition)
    yield from (
        f"    {source} --> {target}: {', '.join(names)}"
        for (source, target), names in arrows.items()
    )
    yield from (f"    {state} --> [*]" for state in machine.ends())
    yield from (
        "```",
        "",
        "| step | from | to | who | what may stand in the way |",
        "|---|---|---|---|---|",
    )
    yield from map(_row, machine.moves)


def _row(move: Move[Any, Any]) -> str:
    in_the_way = [each.sentence.format(n="n") for each in (*move.requirements, *move.duties)]
    return (
        f"| {move.transition} | {', '.join(move.sources)} | {move.target} "
        f"| {', '.join(holders(move.permission))} "
        f"| {'<br>'.join(in_the_way)} |"
    )

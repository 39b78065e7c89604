"""Charts as SVG, drawn in shades that differ in grey too; each stands beside a table.

What is against something is hatched, what is for it is not, so that the two ends of an opinion are
told apart without colour. Shades are classes of `web/report.css`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 640  # of a chart, in its own units
LABEL = 148  # of the column with the names of groups
COUNT = 76  # of the column with the numbers of people
ROW = 28
BAR = 18
NARROWEST = 16  # a segment that has room for its number
GAP = 1.5  # between segments
LONGEST = 22  # characters of a name

_SHADES = {
    **dict(zip("123456789", ["d4", "d3", "d2", "m0", "m0", "m0", "a2", "a3", "a4"], strict=True)),
    "UNABLE_TO_SCORE": "n0",
    "AGREE": "a4",
    "DISAGREE": "d4",
    "CONSENT": "a4",
    "CONCERN": "a2",
    "OBJECT": "d4",
    "PASS": "n0",
    "YES": "a4",
    "NO_OBJECTION": "a2",
    "DISCUSS": "d4",
    "ABSTAIN": "n0",
    "RECUSE": "n1",
}
HATCHES = (
    '<svg class="hatches" width="0" height="0" aria-hidden="true"><defs>'
    '<pattern id="against" width="5" height="5" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect class="hatch" width="1.4" height="5"/></pattern>'
    "</defs></svg>"
)
"""What the charts of a page share; once in it, before them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A group: its number of people for each choice, how many chose and how many might have."""

    label: str
    counts: Sequence[int]
    voted: int
    eligible: int


def shade(choice: str) -> str:
    """Return the class of the shade of a choice."""
    return _SHADES.get(choice, "m0")


def distribution(description: str, choices: Sequence[str], bars: Sequence[Bar]) -> str:
    """Draw how the votes of each group are distributed: bars of equal length, parted by share."""
    return _chart(description, [_parted(bar, choices) for bar in bars], bars)


def participation(description: str, bars: Sequence[Bar]) -> str:
    """Draw what share of each group voted, whatever they chose."""
    return _chart(description, [_filled(bar) for bar in bars], bars)


def _chart(description: str, rows: Sequence[str], bars: Sequence[Bar]) -> str:
    parts = []
    for number, (row, bar) in enumerate(zip(rows, bars, strict=True)):
        name = bar.label if len(bar.label) <= LONGEST else f"{bar.label[: LONGEST - 1]}…"
        parts.append(
            f'<g transform="translate(0 {number * ROW})">'
            f'<text class="group" x="0" y="{BAR - 4}">{escape(name)}</text>'
            f'<g transform="translate({LABEL} 0)">{row}</g>'
            f'<text class="count" x="{WIDTH}" y="{BAR - 4}">{bar.voted} of {bar.eligible}</text>'
            "</g>"
        )
    height = len(bars) * ROW - (ROW - BAR)
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(description)}">{"".join(parts)}</svg>'
    )


def _parted(bar: Bar, choices: Sequence[str]) -> str:
    if not bar.voted:
        return _empty()
    return "".join(_segments(bar, choices))


def _segments(bar: Bar, choices: Sequence[str]) -> Iterator[str]:
    length = WIDTH - LABEL - COUNT
    at = 0.0
    for choice, count in zip(choices, bar.counts, strict=True):
        if not count:
            continue
        wide = length * count / bar.voted
        drawn = max(wide - GAP, 0.5)
        box = f'x="{at:.1f}" y="0" width="{drawn:.1f}" height="{BAR}"'
        kind = shade(choice)
        yield f'<rect class="{kind}" {box}/>'
        if kind.startswith("d"):
            yield f'<rect fill="url(#against)" {box}/>'
        if drawn >= NARROWEST:
            yield f'<text class="in {kind}" x="{at + drawn / 2:.1f}" y="{BAR - 5}">{count}</text>'
        at += wide


def _filled(bar: Bar) -> str:
    length = WIDTH - LABEL - COUNT
    if not bar.eligible:
        return _empty()
    wide = length * bar.voted / bar.eligible
    percent = 100 * bar.voted // bar.eligible
    filled = f'<rect class="a4" x="0" y="0" width="{wide:.1f}" height="{BAR}"/>' if wide else ""
    inside = wide >= NARROWEST * 2
    place, kind = (wide - 6, "in end a4") if inside else (wide + 6, "beside")
    return (
        f'<rect class="rest" x="0" y="0" width="{length}" height="{BAR}"/>{filled}'
        f'<text class="{kind}" x="{place:.1f}" y="{BAR - 5}">{percent} %</text>'
    )


def _empty() -> str:
    return (
        f'<rect class="none" x="0.5" y="0.5" width="{WIDTH - LABEL - COUNT - 1}" '
        f'height="{BAR - 1}"/><text class="beside" x="8" y="{BAR - 5}">no votes</text>'
    )

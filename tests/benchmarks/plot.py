"""A plot of lines on logarithmic axes, as SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 820, 460
LEFT, RIGHT, TOP, BOTTOM = 90, 44, 60, 60
COLOURS = ("#d0b344", "#68a0b3", "#ff8700", "#98a84b")
STYLE = """
  text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 14px;
         fill: #c5c8c6 }
  .title { font-size: 16px; font-weight: bold }
  .grid { stroke: #5f5f5f; stroke-width: 1 }
  polyline { fill: none; stroke-width: 2.5 }
"""


@dataclass(frozen=True)
class Axis:
    """One direction: whole powers of ten, and how they are said."""

    title: str
    say: Callable[[float], str]
    first: int
    last: int

    @classmethod
    def around(cls, title: str, say: Callable[[float], str], values: Sequence[float]) -> Axis:
        """Return the smallest axis that has all of the values, by less than a percent."""
        return cls(title, say, floor(log10(min(values))), ceil(log10(max(values) / 1.01)))

    def share(self, value: float) -> float:
        """Say how far along a value lies, from 0 to 1."""
        return (log10(value) - self.first) / (self.last - self.first)


def plot(
    title: str,
    lines: Mapping[str, Sequence[tuple[float, float]]],
    across: tuple[str, Callable[[float], str]],
    up: tuple[str, Callable[[float], str]],
) -> str:
    """Draw lines through points of positive numbers; each axis has a title and says its numbers."""
    points = [point for line in lines.values() for point in line]
    x = Axis.around(*across, [point[0] for point in points])
    y = Axis.around(*up, [point[1] for point in points])
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return (
            LEFT + x.share(point[0]) * (right - LEFT),
            bottom - y.share(point[1]) * (bottom - TOP),
        )

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="#292929"/>',
        f'<text class="title" x="{LEFT}" y="30">{escape(title)}</text>',
        _said(right, HEIGHT - 14, "end", x.title),
        _said(14, TOP - 12, "start", y.title),
    ]
    for power in range(x.first, x.last + 1):
        along, _ = at((10.0**power, 10.0**y.first))
        drawn += [
            f'<line class="grid" x1="{along:.1f}" y1="{TOP}" x2="{along:.1f}" y2="{bottom}"/>',
            _said(along, bottom + 20, "middle", x.say(10.0**power)),
        ]
    for power in range(y.first, y.last + 1):
        _, along = at((10.0**x.first, 10.0**power))
        drawn += [
            f'<line class="grid" x1="{LEFT}" y1="{along:.1f}" x2="{right}" y2="{along:.1f}"/>',
            _said(LEFT - 8, along + 5, "end", y.say(10.0**power)),
        ]
    for place, (name, line) in enumerate(lines.items()):
        points_of = " ".join(f"{left:.1f},{top:.1f}" for left, top in map(at, line))
        key = TOP + 20 + 20 * place
        stroke = f'stroke="{COLOURS[place % len(COLOURS)]}"'
        drawn += [
            f'<polyline points="{points_of}" {stroke}/>',
            f'<polyline points="{LEFT + 16},{key} {LEFT + 44},{key}" {stroke}/>',
            _said(LEFT + 52, key + 5, "start", name),
        ]
    return "\n".join([*drawn, "</svg>\n"])


def _said(x: float, y: float, anchor: str, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks import executor
from tests.benchmarks.plot import plot


def test_both_executors_say_the_same_of_every_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "SIZES", (10, 100))
    monkeypatch.setattr(executor, "ROUNDS", 1)
    monkeypatch.setattr(executor, "SECONDS", 0.0)
    rows = list(executor.measure(lambda _: None))
    assert [(row.shape, row.fields) for row in rows] == [
        ("B1", 5062),
        ("flat", 11),
        ("flat", 101),
        ("nested", 11),
        ("nested", 101),
    ]
    assert all(row.graphql_core > 0 and row.ours > 0 for row in rows)


def test_a_plot_puts_tenfold_values_at_equal_distances() -> None:
    drawn = plot(
        "Things & times",
        {"slow": [(1, 10), (10, 100), (100, 1000)]},
        ("things", str),
        ("times", str),
    )
    line = ET.fromstring(drawn).find(".//{*}polyline")  # noqa: S314 - it is our own
    assert line is not None
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    (x1, y1), (x2, y2), (x3, y3) = points
    assert x2 - x1 == pytest.approx(x3 - x2)
    assert y1 - y2 == pytest.approx(y2 - y3)
    assert y1 > y3

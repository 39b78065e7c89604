"""Where the values of a column stand in the response, found out only when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from graphql.pyutils import Path

Paths: TypeAlias = Iterator[Path | None]


class Place(Protocol):
    """The places of a column of values."""

    def path(self, nth: int) -> Path | None:
        """Return the path of one value; None is that of the root."""

    def paths(self) -> Paths:
        """Yield the path of each value, in their order."""


class Root:
    """The place of the root value."""

    def path(self, _nth: int) -> None:
        """Return the one path, which is none."""

    def paths(self) -> Paths:
        """Yield it."""
        yield None


class InField:
    """The places of what a field answered for each value of an outer column."""

    def __init__(self, outer: Place, key: str, type_name: str) -> None:
        self._outer = outer
        self._key = key
        self._type_name = type_name

    def path(self, nth: int) -> Path:
        """Return the path of the field in one outer value."""
        return Path(self._outer.path(nth), self._key, self._type_name)

    def paths(self) -> Paths:
        """Yield the path of the field in each outer value."""
        for path in self._outer.paths():
            yield Path(path, self._key, self._type_name)


class InList:
    """The places of the items of an outer column's lists, one list after the other."""

    def __init__(self, outer: Place, lists: Sequence[Sequence[Any]]) -> None:
        self._outer = outer
        self._lists = lists

    def path(self, nth: int) -> Path:
        """Return the path of one item."""
        place = 0
        while nth >= len(self._lists[place]):
            nth -= len(self._lists[place])
            place += 1
        return Path(self._outer.path(place), nth, None)

    def paths(self) -> Paths:
        """Yield the path of each item."""
        for path, items in zip(self._outer.paths(), self._lists, strict=True):
            for index in range(len(items)):
                yield Path(path, index, None)


class Some:
    """The places of some values of an outer column."""

    def __init__(self, outer: Place, indices: Sequence[int]) -> None:
        self._outer = outer
        self._indices = indices

    def path(self, nth: int) -> Path | None:
        """Return the path of one that was taken."""
        return self._outer.path(self._indices[nth])

    def paths(self) -> Paths:
        """Yield the path of each that was taken; the indices are ascending."""
        paths = enumerate(self._outer.paths())
        for wanted in self._indices:
            yield next(path for index, path in paths if index == wanted)

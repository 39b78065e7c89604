"""Reads files of comma-separated values; what cannot be used is noted with file and line."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from domain.errors import Invalid
from domain.texts import clean

LARGEST = 9_999_999_999_999


class Row:
    """One line of a file by column; what cannot be used is noted, and the row then not `sound`."""

    def __init__(
        self, place: str, line: int, cells: Mapping[str, str], problems: list[str]
    ) -> None:
        self.line = line
        self.cells = cells
        self.sound = True
        self._place = place
        self._problems = problems

    def refuse(self, reason: str) -> None:
        """Note why the row cannot be used."""
        self.sound = False
        self._problems.append(f"{self._place}, line {self.line}: {reason}")

    def number(self, column: str, most: int = LARGEST) -> int:
        """Return a whole number from 0, and 0 for any other text."""
        text = self.cells[column]
        if not re.fullmatch(r"0|[1-9][0-9]{0,12}", text) or int(text) > most:
            self.refuse(f"{column} is a whole number from 0 to {most:,}, not {text[:40]!r}.")
            return 0
        return int(text)

    def one_of(self, column: str, possible: Collection[str]) -> str:
        """Return a text that is to be one of these."""
        text = self.cells[column]
        if text not in possible:
            words = ", ".join(each or "nothing" for each in possible)
            self.refuse(f"{column} is one of {words}, not {text[:40]!r}.")
        return text

    def text(self, column: str, limit: int) -> str:
        """Return a text that people wrote, at most `limit` characters of it."""
        try:
            return clean(self.cells[column], column, limit=limit)
        except Invalid as error:
            self.refuse(error.message)
            return ""

    def once(self, column: str, number: int, seen: set[int]) -> None:
        """Refuse a number that was seen before."""
        if number in seen:
            self.refuse(f"{column} {number} is there twice.")
        seen.add(number)


def rows(
    folder: Path,
    name: str,
    problems: list[str],
    required: Collection[str],
    more: Collection[str] | None = (),
) -> Iterator[Row]:
    """Give the rows of a file with a header; `more` are columns that it may have, None for any."""
    found = lines(folder, name, problems)
    unread = len(problems)
    line, header = next(found, (0, []))
    if not header:
        if len(problems) == unread:
            problems.append(f"{name}, line 1: the file is empty.")
        return
    place = f"{name}, line {line}"
    lacking = [column for column in required if column not in header]
    unknown = (
        []
        if more is None
        else [column for column in header if column not in required and column not in more]
    )
    double = [column for column, times in Counter(header).items() if times > 1]
    for columns, what in (
        (lacking, "the header lacks"),
        (unknown, "the header has unknown columns:"),
        (double, "the header names twice"),
    ):
        if columns:
            problems.append(f"{place}: {what} {', '.join(columns)[:200]}.")
    if lacking or unknown or double:
        return
    for line, cells in found:
        if len(cells) == len(header):
            yield Row(name, line, dict(zip(header, cells, strict=True)), problems)
        else:
            problems.append(
                f"{name}, line {line}: {len(header)} fields belong here, not {len(cells)}."
            )


def lines(folder: Path, name: str, problems: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Give the fields of each line that is not empty, with the number of its first line."""
    try:
        data = (folder / name).read_bytes()
    except FileNotFoundError:
        problems.append(f"{name}: there is no such file in {folder}.")
        return
    except OSError as error:
        problems.append(f"{name}: it cannot be read ({error.strerror}).")
        return
    try:
        text = data.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.append(f"{name}, line {line}: this is not UTF-8.")
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problems.append(f"{name}, line {line}: this is not CSV ({error}).")
            return
        if cells:
            yield line, cells

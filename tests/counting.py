"""Hears which statements a block of a test sends to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from domain.database import Database


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """Collect the statements that are sent inside the block, BEGIN and COMMIT not counted."""
    statements: list[str] = []
    listeners = database.watch.listeners
    listeners.append(statements.append)
    try:
        yield statements
    finally:
        listeners.remove(statements.append)

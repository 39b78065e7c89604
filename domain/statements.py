"""Times every SQL statement by its verb, and traces it; values and literals are left out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from prometheus_client import Histogram
from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext

from domain import tracing

VERBS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"})

SECONDS: Final = Histogram(
    "concordat_statement_seconds",
    "Seconds that SQL statements took, the way to the database included.",
    ["verb"],  # one of VERBS, or OTHER
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)

_RUNNING = "concordat_running"
_LITERAL = re.compile(r"'(?:[^']|'')*'")


class Running:
    """A statement that was sent, until it ends."""

    __slots__ = ("_began", "_span", "_statement")

    def __init__(self, statement: str) -> None:
        self._statement = statement
        self._span = tracing.start(_verb(statement), _description(statement))
        self._began = time.perf_counter()

    def end(self, error: BaseException | None = None) -> None:
        """Count the time that it took, and end its span, with the error that it ended in."""
        _seconds_of(self._statement).observe(time.perf_counter() - self._began)
        tracing.end(self._span, error)


class Watch:
    """Times the statements of a database, those of its engine from now on; those that fail too.

    `listeners` are told of each statement that is sent.
    """

    def __init__(self, engine: Engine) -> None:
        self.listeners: list[Callable[[str], None]] = []
        event.listen(engine, "before_cursor_execute", self._begin)
        event.listen(engine, "after_cursor_execute", _end)
        event.listen(engine, "handle_error", _fail)

    def sent(self, statement: str) -> Running:
        """Begin to time a statement that is about to be sent."""
        for listener in self.listeners:
            listener(statement)
        return Running(statement)

    def _begin(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # A connection runs one statement at a time, so one place for it is enough.
        connection.info[_RUNNING] = self.sent(statement)


def _end(connection: Any, *_: Any) -> None:
    _finish(connection, None)


def _fail(context: ExceptionContext) -> None:
    if context.connection is not None:
        _finish(context.connection, context.original_exception)


def _finish(connection: Any, error: BaseException | None) -> None:
    if running := connection.info.pop(_RUNNING, None):
        running.end(error)


@lru_cache(maxsize=1000)
def _seconds_of(statement: str) -> Histogram:
    return SECONDS.labels(_verb(statement))


@lru_cache(maxsize=1000)
def _description(statement: str) -> dict[str, str]:
    """Return the attributes of a span: the statement has placeholders, and no literals."""
    return {"db.system.name": "postgresql", "db.query.text": _LITERAL.sub("?", statement)}


@lru_cache(maxsize=1000)
def _verb(statement: str) -> str:
    verb = statement.lstrip()[:8].partition(" ")[0].strip().upper()
    return verb if verb in VERBS else "OTHER"

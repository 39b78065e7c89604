"""Times every SQL statement by its verb; nothing here keeps what a statement says."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any, Final

from prometheus_client import Histogram
from sqlalchemy import event
from sqlalchemy.engine import Engine, ExceptionContext

VERBS: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"})

SECONDS: Final = Histogram(
    "concordat_statement_seconds",
    "Seconds that SQL statements took, the way to the database included.",
    ["verb"],  # one of VERBS, or OTHER
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)

_BEGAN = "concordat_began"


def observe(engine: Engine) -> None:
    """Time the statements of this engine from now on, those that fail too."""
    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", _end)
    event.listen(engine, "handle_error", _fail)


def _begin(connection: Any, _cursor: Any, _statement: str, *_: Any) -> None:
    # A connection runs one statement at a time, so one place for its beginning is enough.
    connection.info[_BEGAN] = time.perf_counter()


def _end(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    began = connection.info.pop(_BEGAN, None)
    if began is not None:
        _seconds_of(statement).observe(time.perf_counter() - began)


def _fail(context: ExceptionContext) -> None:
    if context.connection is not None and context.statement is not None:
        _end(context.connection, None, context.statement)


@lru_cache(maxsize=1000)
def _seconds_of(statement: str) -> Histogram:
    verb = statement.lstrip()[:8].partition(" ")[0].strip().upper()
    return SECONDS.labels(verb if verb in VERBS else "OTHER")

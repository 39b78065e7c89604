"""Times every SQL statement by its verb, and traces it; values and literals are left out."""

from __future__ import annotations

import re
import time
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

_BEGAN = "concordat_began"
_LITERAL = re.compile(r"'(?:[^']|'')*'")


def observe(engine: Engine) -> None:
    """Time the statements of this engine from now on, those that fail too."""
    event.listen(engine, "before_cursor_execute", _begin)
    event.listen(engine, "after_cursor_execute", _end)
    event.listen(engine, "handle_error", _fail)


def _begin(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    # A connection runs one statement at a time, so one place for its beginning is enough.
    span = tracing.start(_verb(statement), _description(statement))
    connection.info[_BEGAN] = time.perf_counter(), span


def _end(connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
    _finish(connection, statement, None)


def _fail(context: ExceptionContext) -> None:
    if context.connection is not None and context.statement is not None:
        _finish(context.connection, context.statement, context.original_exception)


def _finish(connection: Any, statement: str, error: BaseException | None) -> None:
    began, span = connection.info.pop(_BEGAN, (None, None))
    if began is not None:
        _seconds_of(statement).observe(time.perf_counter() - began)
        tracing.end(span, error)


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

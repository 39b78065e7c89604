"""Structured logs, one line an event, on standard error: answers of commands go elsewhere.

No line has what people sent: of exceptions it has types and places, for their messages quote
values, and of documents the hash. What libraries log comes in the same form.
"""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

MOST_CAUSES = 10


def configure() -> None:
    """Write JSON lines, or readable ones where somebody is looking."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_messages,
            structlog.dev.ConsoleRenderer()
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked for at each line, since standard error may be another one by then.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )
    logging.basicConfig(handlers=[Library()], level=logging.WARNING, force=True)


class Library(logging.Handler):
    """Passes on what uvicorn, asyncio and others log, in the form of our own lines."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        # asyncio writes exceptions with their messages below the first line.
        first, *_ = record.getMessage().splitlines() or [""]
        structlog.get_logger().log(
            record.levelno,
            first,
            library=record.name.removesuffix(".error"),  # uvicorn calls all of its own so
            exc_info=record.exc_info or None,
        )


def _without_messages(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Replace an exception by the types of its chain and the places that it came through."""
    raised = _raised(line.pop("exc_info", None))
    if raised is not None:
        chain: list[str] = []
        cause: BaseException | None = raised
        while cause is not None and len(chain) < MOST_CAUSES:
            chain.append(type(cause).__qualname__)
            cause = cause.__cause__ or cause.__context__
        line["exceptions"] = chain
        line["stack"] = "\n".join(
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(raised.__traceback__)
        )
    return line


def _raised(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        error: BaseException | None = given[1]
        return error
    return sys.exception() if given else None

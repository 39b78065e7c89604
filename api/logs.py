"""Structured logs, one line an event, on standard error: answers of commands go elsewhere."""

from __future__ import annotations

import logging
import sys

import structlog


def configure() -> None:
    """Write JSON lines, or readable ones where somebody is looking."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks,
            structlog.dev.ConsoleRenderer()
            if sys.stderr.isatty()
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked for at each line, since standard error may be another one by then.
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),
    )

"""Spans of what a process does, for OpenTelemetry; where nobody wants them, none is made.

Spans tell names, hashes and durations, and of errors the type: no value that people sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

from opentelemetry.trace import Span, StatusCode, Tracer

_NOTHING = nullcontext()
_tracer: Tracer | None = None


def use(tracer: Tracer | None) -> None:
    """Make spans with this tracer from now on; None makes no more."""
    global _tracer  # noqa: PLW0603 - of the whole process, as its log
    _tracer = tracer


def span(name: str, **attributes: str | float) -> AbstractContextManager[None]:
    """Give a block in which time is spent, as a part of the block around it."""
    return _NOTHING if _tracer is None else _current(_tracer, name, attributes)


def start(name: str, attributes: Mapping[str, str]) -> Span | None:
    """Return a span that `end` ends, where a block would not do; None where none is made."""
    return None if _tracer is None else _tracer.start_span(name, attributes=attributes)


def end(span: Span | None, error: BaseException | None = None) -> None:
    """End what `start` returned."""
    if span is not None:
        if error is not None:
            _fail(span, error)
        span.end()


@contextmanager
def _current(tracer: Tracer, name: str, attributes: dict[str, str | float]) -> Iterator[None]:
    # The library itself would keep the messages of exceptions, which quote values.
    with tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            _fail(current, error)
            raise


def _fail(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(StatusCode.ERROR)

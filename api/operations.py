"""Operations as operators see them: how many of which kind, how they ended, how long they took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import structlog
from prometheus_client import Counter, Histogram

from domain import tracing
from schema.documents import Operation, RequestErrors
from schema.operations import Operations, Request, Result, Subscription

SECONDS: Final = Histogram(
    "concordat_operation_seconds",
    "Seconds that GraphQL operations took; those of a subscription end where its stream begins.",
    ["kind", "outcome"],  # query, mutation, subscription or unknown; ok, errors, refused or failed
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
UNPLANNED: Final = Counter(
    "concordat_unplanned_operations_total",
    "Operations without a plan, which graphql-core executed field by field.",
    ["reason"],
)
SLOW: Final = 1.0
"""Seconds above which an operation gets a line in the log."""

log = structlog.get_logger(__name__)


class _Outcome:
    name = "failed"


class ObservedOperations(Operations):
    """Operations that are timed, whatever transport brought them."""

    def find(self, request: Request) -> Operation:
        """Return the operation to run; raises RequestErrors."""
        try:
            return super().find(request)
        except RequestErrors:
            SECONDS.labels("unknown", "refused").observe(0)
            raise

    async def execute(self, request: Request, context: Any) -> Result:
        """Run a query or mutation, as Operations does."""
        with self._observed(request) as outcome:
            result = await super().execute(request, context)
            outcome.name = "errors" if "errors" in result else "ok"
            return result

    async def subscribe(self, request: Request, context: Any) -> Subscription:
        """Start a subscription, as Operations does."""
        with self._observed(request) as outcome:
            subscription = await super().subscribe(request, context)
            outcome.name = "ok"
            return subscription

    def unplanned(self, reason: str) -> None:
        """Count it."""
        UNPLANNED.labels(reason).inc()

    @contextmanager
    def _observed(self, request: Request) -> Iterator[_Outcome]:
        operation = self.find(request)
        kind, name, document = operation.kind.value, operation.name[:100], operation.hash
        outcome = _Outcome()
        began = time.perf_counter()
        try:
            with tracing.span(
                f"{kind} {name}".rstrip(),
                **{"graphql.operation.type": kind, "graphql.document.hash": document},
            ):
                yield outcome
        except RequestErrors:
            outcome.name = "refused"
            raise
        finally:
            seconds = time.perf_counter() - began
            SECONDS.labels(kind, outcome.name).observe(seconds)
            if seconds > SLOW:
                log.warning(
                    "operation.slow",
                    kind=kind,
                    operation=name,
                    document=document,
                    outcome=outcome.name,
                    seconds=round(seconds, 3),
                )

"""Sends spans to an OpenTelemetry collector, as parts of the traces that requests come with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from opentelemetry import context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from domain import tracing

_LONGEST_EXPORT = 3.0  # seconds, so that a collector that is away does not hold up the end


@asynccontextmanager
async def sent_to(url: str | None) -> AsyncIterator[None]:
    """Trace for the length of the block, and send what is left at its end; None does nothing."""
    if url is None:
        yield
        return
    # Only here, for their import takes longer than that of all the rest of a worker.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(
        resource=Resource.create({"service.name": "concordat"}), shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(endpoint=url, timeout=_LONGEST_EXPORT)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracing.use(provider.get_tracer("concordat"))
    try:
        yield
    finally:
        tracing.use(None)
        await asyncio.to_thread(provider.shutdown)


class Traced:
    """Middleware by which a request becomes a part of the trace that its `traceparent` names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._format = TraceContextTextMapPropagator()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        token = context.attach(self._format.extract(Headers(scope=scope)))
        try:
            await self._app(scope, receive, send)
        finally:
            context.detach(token)

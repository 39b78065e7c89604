"""The application: one endpoint for GraphQL over HTTP, SSE and WebSocket, and its health."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from api.auth import Identity
from api.drain import Drain, EventStreamsEnd
from api.http import GraphQLHTTP, Refused, graphiql_routes
from api.metrics import metrics
from api.process import Process
from api.reports.routes import routes as report_routes
from api.tracing import Traced
from domain.permissions import ANYONE
from schema.errors import SIGNED_OUT, Unauthenticated
from schema.limits import Limits
from subscriptions.context import LiveContext
from subscriptions.quota import Quota
from subscriptions.transport import CROWDED, GraphQLWebSocket, SocketLimits


async def recognise(process: Process, identity: Identity) -> LiveContext:
    """Return what an operation by somebody is handed; Unauthenticated where they are not known."""
    viewer = ANYONE
    if identity.person_id is not None:
        found = await process.viewers.get(identity.person_id)
        if found is None:
            raise Unauthenticated("The person of this token does not exist here.")
        if found.signed_out(identity.issued_at):
            raise Unauthenticated(SIGNED_OUT)
        viewer = found
    return LiveContext(
        process.database,
        viewer,
        process.presence,
        issued_at=identity.issued_at,
        expires_at=identity.expires_at,
    )


def count_stream(
    quota: Quota, limits: SocketLimits, request: Request, context: LiveContext
) -> Callable[[], None]:
    """Count an event stream as a socket would be; return what counts it no more, or Refused."""
    host = request.client.host if request.client else ""
    address, principal = f"address {host}", str(context.viewer.person_id or host)
    if not quota.take(address, limits.address):
        raise Refused(HTTPStatus.TOO_MANY_REQUESTS, CROWDED)
    if not quota.take(principal, limits.sockets):
        quota.give(address)
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS, f"You may have {limits.sockets} connections at once."
        )

    def release() -> None:
        quota.give(address)
        quota.give(principal)

    return release


def _cors(origins: frozenset[str]) -> Middleware:
    return Middleware(
        CORSMiddleware,
        allow_origins=sorted(origins),
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type", "last-event-id"],
    )


def create_app(process: Process, *, pages: Sequence[BaseRoute] = ()) -> Starlette:
    """Return the application over a running process; `pages` are served beside the API."""
    drain = Drain()
    limits = SocketLimits(address=process.settings.connections_per_address)

    async def context(identity: Identity) -> LiveContext:
        return await recognise(process, identity)

    async def http_context(request: Request) -> LiveContext:
        return await context(process.tokens.check(request.headers.get("authorization")))

    async def authenticate(payload: dict[str, Any] | None, websocket: WebSocket) -> Identity:
        header = (payload or {}).get("authorization")
        if not isinstance(header, str | None):
            raise Unauthenticated('"authorization" is a text: "Bearer <token>".')
        identity = process.tokens.check(header)
        await context(identity)
        if identity.person_id is None and websocket.client is not None:
            return Identity(address=websocket.client.host)
        return identity

    sockets = GraphQLWebSocket(
        process.hub,
        authenticate,
        context,
        process.quota,
        limits,
        process.settings.origins or None,
    )

    async def alive(_: Request) -> JSONResponse:
        return JSONResponse({"alive": True})

    async def ready(_: Request) -> JSONResponse:
        healthy = not drain.begun and process.wakeups.healthy and await process.database.answers()
        return JSONResponse({"ready": healthy}, status_code=200 if healthy else 503)

    app = Starlette(
        routes=[
            WebSocketRoute("/graphql", sockets),
            Route(
                "/graphql",
                GraphQLHTTP(
                    process.hub,
                    http_context,
                    Limits(),
                    count=partial(count_stream, process.quota, limits),
                    graphiql=process.settings.graphiql,
                ),
            ),
            *(graphiql_routes() if process.settings.graphiql else ()),
            *report_routes(process, http_context),
            Route("/livez", alive),
            Route("/readyz", ready),
            Route("/metrics", metrics),
            *pages,
        ],
        middleware=[
            *([_cors(process.settings.origins)] if process.settings.origins else []),
            Middleware(EventStreamsEnd, drain=drain),
            *([Middleware(Traced)] if process.settings.traces_url else ()),
        ],
    )
    app.state.sockets = sockets
    app.state.drain = drain
    return app

"""GraphQL over HTTP as its specification says, with Server-Sent Events and GraphiQL."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import orjson
import structlog
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HTTPRequest
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from strawberry.types.graphql import OperationType

from api.sse import EventStream, Results
from domain.database import is_outage
from schema.documents import RequestErrors
from schema.errors import Unauthenticated
from schema.limits import Limits
from schema.operations import BadRequest, Request, encode, parse_request
from subscriptions.delivery import Delivery
from subscriptions.hub import Hub

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
EVENTS = "text/event-stream"
HTML = "text/html"

WEB = Path(__file__).parent / "web"

log = structlog.get_logger(__name__)

# Answers depend on who asks, and on Accept.
HEADERS = {"cache-control": "no-store", "vary": "accept", "x-content-type-options": "nosniff"}
PAGE_HEADERS = HEADERS | {
    # CodeMirror and framer-motion write style elements and attributes; scripts are files.
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
}


class Refused(Exception):
    """The request is answered by this status, and a sentence that helps."""

    def __init__(
        self, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}


Release: TypeAlias = Callable[[], None]


def _nothing() -> None:
    """Release what was not counted."""


def _uncounted(_http: HTTPRequest, _context: Any) -> Release:
    return _nothing


class GraphQLHTTP:
    """The ASGI endpoint of GraphQL.

    There is no protection against cross-site requests but that bodies are `application/json` and
    that GET only queries: we know people by bearer tokens alone, which no other site can send.
    """

    def __init__(
        self,
        hub: Hub,
        get_context: Callable[[HTTPRequest], Awaitable[Any]],
        limits: Limits,
        *,
        count: Callable[[HTTPRequest, Any], Release] = _uncounted,
        graphiql: bool = False,
    ) -> None:
        """Take the subscriptions and operations to serve, and how a request becomes their context.

        `get_context` may raise Unauthenticated. `count` is called for each event stream, which it
        may refuse, and returns what to call at its end. `graphiql` serves the page of
        `graphiql_routes`.
        """
        self._count = count
        self._hub = hub
        self._operations = hub.operations
        self._get_context = get_context
        self._limits = limits
        self._graphiql = graphiql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        http = HTTPRequest(scope, receive)
        accept = ", ".join(http.headers.getlist("accept")).lower() or "*/*"
        try:
            response = await self._answer(http, accept)
        except Refused as refused:
            response = _errors(accept, refused.status, refused.message, refused.headers)
        except BadRequest as error:
            response = _errors(accept, HTTPStatus.BAD_REQUEST, error.message)
        except Unauthenticated as error:
            headers = {"www-authenticate": "Bearer"}
            response = _errors(accept, HTTPStatus.UNAUTHORIZED, error.message, headers)
        except Exception as error:
            if not is_outage(error):
                raise
            log.warning("request.unavailable", exc_info=error)
            message = "The database is away for a moment. Please try again."
            response = _errors(
                accept, HTTPStatus.SERVICE_UNAVAILABLE, message, {"retry-after": "1"}
            )
        await response(scope, receive, send)

    async def _answer(self, http: HTTPRequest, accept: str) -> ASGIApp:
        if http.method not in {"GET", "POST"}:
            raise Refused(
                HTTPStatus.METHOD_NOT_ALLOWED,
                "GraphQL is asked by POST, queries also by GET.",
                {"allow": "GET, POST"},
            )
        page = (HTML,) if self._graphiql and http.method == "GET" else ()
        media_type = preferred(accept, (JSON, GRAPHQL_JSON, EVENTS, *page))
        if media_type is None:
            raise Refused(
                HTTPStatus.NOT_ACCEPTABLE,
                f"Answers are {GRAPHQL_JSON}, {JSON} or {EVENTS}: accept one of them.",
            )
        if media_type == HTML:
            return FileResponse(WEB / "graphiql.html", headers=PAGE_HEADERS)
        context = await self._get_context(http)
        payload = _read_url(http) if http.method == "GET" else await self._read_body(http)
        request = parse_request(payload, self._operations.documents)
        return await self._run(http, accept, media_type, request, context)

    async def _run(
        self, http: HTTPRequest, accept: str, media_type: str, request: Request, context: Any
    ) -> ASGIApp:
        events = media_type == EVENTS
        try:
            kind = self._operations.find(request).kind
            if kind is OperationType.MUTATION and http.method == "GET":
                raise Refused(
                    HTTPStatus.METHOD_NOT_ALLOWED, "Mutations are sent by POST.", {"allow": "POST"}
                )
            if kind is OperationType.SUBSCRIPTION:
                # Events are all that a subscription can be answered with, so they need not be
                # preferred, but they must be named: whoever accepts `*/*` expects one answer.
                if EVENTS not in accept or not preferred(accept, (EVENTS,)):
                    raise Refused(
                        HTTPStatus.NOT_ACCEPTABLE,
                        f"This is a subscription: accept {EVENTS}, or use a WebSocket.",
                    )
                if last := http.headers.get("last-event-id"):
                    # A variable that the operation does not declare is ignored.
                    variables = {**(request.variables or {}), "after": last}
                    request = replace(request, variables=variables)
                return await self._subscribe(http, request, context)
            result: dict[str, Any] = await self._operations.execute(request, context)
        except RequestErrors as error:
            # The protocol of graphql-sse wants these as events, because browsers do not show the
            # body of a failed connection; that of application/json wants them as a success.
            if media_type == GRAPHQL_JSON:
                return _json(media_type, error.result, HTTPStatus.BAD_REQUEST)
            result = error.result
        return _stream(_once(result)) if events else _json(media_type, result)

    async def _subscribe(self, http: HTTPRequest, request: Request, context: Any) -> EventStream:
        release = self._count(http, context)
        try:
            return _stream(await self._hub.stream(request, context), release)
        except BaseException:
            release()
            raise

    async def _read_body(self, http: HTTPRequest) -> object:
        media_type, *parameters = http.headers.get("content-type", "").lower().split(";")
        charsets = {value.strip() for value in parameters if value.strip().startswith("charset=")}
        utf8 = {"charset=utf-8", 'charset="utf-8"'}
        if media_type.strip() != JSON or not charsets <= utf8:
            raise Refused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"Send the request as JSON in UTF-8, with the header Content-Type: {JSON}.",
                {"accept": JSON},
            )
        body = bytearray()
        try:
            async for chunk in http.stream():
                body += chunk
                if len(body) > self._limits.body_bytes:
                    raise Refused(
                        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                        f"A request may have {self._limits.body_bytes} bytes.",
                    )
        except ClientDisconnect:
            raise BadRequest("The body ended before its announced length.") from None
        return _decode(body, "The body")


def graphiql_routes() -> list[BaseRoute]:
    """Routes of what the GraphiQL page loads, to be mounted beside the GraphQL endpoint."""
    return [Mount("/graphiql", StaticFiles(directory=WEB / "graphiql"), name="graphiql")]


@lru_cache(maxsize=256)
def preferred(accept: str, offers: tuple[str, ...]) -> str | None:
    """Choose the media type that an Accept header prefers, or None when it accepts none.

    Equal quality goes to what the header names first, then to what is offered first.
    """
    ranges = []
    for position, part in enumerate(accept.split(",")):
        name, *parameters = (each.strip() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        valid = re.fullmatch(r"0(\.\d{0,3})?|1(\.0{0,3})?", quality)
        ranges.append((name, float(quality) if valid else 0.0, -position))

    def rank(offer: str) -> tuple[float, int]:
        for name in (offer, offer.partition("/")[0] + "/*", "*/*"):
            ranks = [(quality, position) for range, quality, position in ranges if range == name]
            if ranks:
                return max(ranks)
        return 0.0, 0

    best = max(offers, key=rank)
    return best if rank(best)[0] > 0 else None


def _read_url(http: HTTPRequest) -> object:
    query_string: bytes = http.scope["query_string"]
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        raise BadRequest("The address is not valid UTF-8.") from None
    payload: dict[str, Any] = dict(pairs)
    for name in ("variables", "extensions"):
        if name in payload:
            payload[name] = _decode(payload[name] or "null", f"The parameter {name}")
    return payload


def _decode(text: str | bytearray, what: str) -> object:
    # orjson also refuses what would fail later: deep nesting, huge numbers, lone surrogates.
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is not valid JSON: {error}.") from None


def _json(media_type: str, result: dict[str, Any], status: int = 200) -> Response:
    headers = HEADERS | {"content-type": f"{media_type}; charset=utf-8"}
    return Response(encode(result), status, headers)


def _errors(
    accept: str, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    code = "UNAUTHENTICATED" if status is HTTPStatus.UNAUTHORIZED else status.name
    result = {"errors": [{"message": message, "extensions": {"code": code}}]}
    response = _json(preferred(accept, (JSON, GRAPHQL_JSON)) or JSON, result, status)
    response.headers.update(headers or {})
    return response


def _stream(results: Results, release: Release = _nothing) -> EventStream:
    headers = {"content-type": f"{EVENTS}; charset=utf-8", "x-accel-buffering": "no"}
    return EventStream(results, headers=HEADERS | headers, release=release)


async def _once(result: dict[str, Any]) -> AsyncGenerator[Delivery, None]:
    yield Delivery(result)

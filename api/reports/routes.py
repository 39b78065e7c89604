"""Reports by their address: `/engagements/<id>/report.json`, `.csv` or `.html`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.process import Process
from api.reports.document import engagement_key, export
from api.reports.forms import FORMS, HEADERS
from domain.database import is_outage
from domain.errors import DomainError, NotAllowed
from schema.errors import CODES, Unauthenticated


def routes(process: Process, get_context: Callable[[Request], Awaitable[Any]]) -> list[BaseRoute]:
    """Return the addresses of reports, and that of the key that they are signed with.

    `get_context` says who asks, by the same bearer token as for GraphQL.
    """

    async def report(request: Request) -> Response:
        form = FORMS.get(request.path_params["form"])
        if form is None:
            forms = ", ".join(FORMS)
            return _refused(HTTPStatus.NOT_FOUND, "NOT_FOUND", f"A report is one of {forms}.")
        try:
            context = await get_context(request)
            document = await export(
                process.database,
                context.viewer,
                process.notary,
                engagement_key(request.path_params["id"]),
            )
        except Unauthenticated as error:
            return _refused(HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", error.message)
        except DomainError as error:
            status = HTTPStatus.FORBIDDEN if isinstance(error, NotAllowed) else HTTPStatus.NOT_FOUND
            return _refused(status, CODES[type(error)], error.message)
        except Exception as error:
            if not is_outage(error):
                raise
            sentence = "The database is away for a moment. Please try again."
            return _refused(HTTPStatus.SERVICE_UNAVAILABLE, "UNAVAILABLE", sentence)
        body = form.write(document)
        headers = {**HEADERS, "etag": f'"{sha256(body).hexdigest()}"'}
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(body, headers=headers, media_type=form.media_type)

    async def key(_: Request) -> Response:
        return JSONResponse({"keys": [process.notary.public]})

    return [
        Route("/engagements/{id}/report.{form}", report, methods=["GET"]),
        Route("/evidence-key.json", key, methods=["GET"]),
    ]


def _refused(status: HTTPStatus, code: str, message: str) -> Response:
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return JSONResponse({"code": code, "message": message}, status, headers)

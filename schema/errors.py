"""Refusals as GraphQL shows them: members of a mutation's result, or errors with a code."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError

from domain import errors
from schema.nodes import Node

CODES: dict[type[errors.DomainError], str] = {
    errors.NotFound: "NOT_FOUND",
    errors.NotAllowed: "NOT_ALLOWED",
    errors.Conflict: "CONFLICT",
    errors.Invalid: "INVALID",
}


SIGNED_OUT = "You were signed out everywhere. Please sign in again, and resume with your cursor."


class Unauthenticated(Exception):
    """Credentials are missing or wrong; `message` is a sentence for the one who sent them."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@strawberry.interface(description="Why a mutation changed nothing.")
class Error:
    """The common part of every refusal."""

    message: str = strawberry.field(description="A sentence for the person who asked.")
    code: str = strawberry.field(description="A short name for programs; it does not change.")
    path: list[str] = strawberry.field(
        description="The input field that the sentence is about, outermost first; may be empty."
    )


@strawberry.type(description="There is no such thing, or the viewer may not know that there is.")
class NotFound(Error):
    """See domain.errors.NotFound."""


@strawberry.type(description="This step is not the viewer's to take.")
class NotAllowed(Error):
    """See domain.errors.NotAllowed."""


@strawberry.type(description="Somebody else was first, or the state does not permit the step.")
class Conflict(Error):
    """See domain.errors.Conflict."""

    current: Node | None = strawberry.field(
        description="What it was about, as it stands now, where that helps.", default=None
    )


@strawberry.type(description="The input itself is wrong.")
class Invalid(Error):
    """See domain.errors.Invalid."""


def _camel(path: tuple[str, ...]) -> list[str]:
    return [
        first + "".join(part.capitalize() for part in rest)
        for first, *rest in (name.split("_") for name in path)
    ]


class _NotFoundHandler(strawberry.ExceptionHandler[errors.NotFound, NotFound]):
    def handle(self, exception: errors.NotFound, **_: Any) -> NotFound:
        return NotFound(**_fields(exception))


class _NotAllowedHandler(strawberry.ExceptionHandler[errors.NotAllowed, NotAllowed]):
    def handle(self, exception: errors.NotAllowed, **_: Any) -> NotAllowed:
        return NotAllowed(**_fields(exception))


class _ConflictHandler(strawberry.ExceptionHandler[errors.Conflict, Conflict]):
    def handle(self, exception: errors.Conflict, **_: Any) -> Conflict:
        current: Any = exception.current
        return Conflict(**_fields(exception), current=current)


class _InvalidHandler(strawberry.ExceptionHandler[errors.Invalid, Invalid]):
    def handle(self, exception: errors.Invalid, **_: Any) -> Invalid:
        return Invalid(**_fields(exception))


HANDLERS = (_NotFoundHandler(), _NotAllowedHandler(), _ConflictHandler(), _InvalidHandler())


def _fields(error: errors.DomainError) -> dict[str, Any]:
    return {
        "message": error.message,
        "code": CODES[type(error)],
        "path": _camel(error.path),
    }


def coded(error: errors.DomainError) -> GraphQLError:
    """Return the error of a query or a subscription, which have no result union."""
    return GraphQLError(
        error.message,
        extensions={"code": CODES[type(error)], "path": _camel(error.path)},
        original_error=error,
    )

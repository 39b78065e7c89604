"""The one place in which a GraphQL request is prepared and run, whatever carried it here."""

import traceback
import uuid
from collections.abc import AsyncIterable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable
from typing import Any

import orjson
import strawberry
import structlog
from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
)
from graphql.execution import Executor, create_source_event_stream
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.execution import optimized_is_awaitable
from strawberry.types.graphql import OperationType

from domain.database import is_outage
from domain.errors import DomainError
from schema.context import Context
from schema.crowds import Crowds
from schema.documents import Documents, Operation, RequestErrors, refused, with_code
from schema.errors import coded
from schema.execution import Plans, execute
from schema.limits import Limits, check_variables

log = structlog.get_logger(__name__)


class BadRequest(Exception):
    """What came is no GraphQL request; `message` is a sentence for its author."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Request:
    """What every transport carries: a document, and how to run it."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


@dataclass(frozen=True)
class Subscription:
    """A subscription that was started, and the way to say its messages."""

    source: AsyncIterable[Any]
    """What its root field answered."""
    key: Hashable
    """Equal where the same is asked of the same messages."""
    personal: bool
    """Whether something is asked that depends on who exactly asks."""
    executor: Executor[Any]
    operation: Operation


def parse_request(payload: object, documents: Mapping[str, str]) -> Request:
    """Read a request from decoded JSON; raises BadRequest when it has another shape.

    `documents` are those that may be asked for by a `documentId` in place of a query.
    """
    if isinstance(payload, list):
        raise BadRequest("Batches are not supported: send each GraphQL request alone.")
    if not isinstance(payload, dict):
        raise BadRequest('A GraphQL request is an object like {"query": "{ __typename }"}.')
    query, operation_name = payload.get("query"), payload.get("operationName")
    if query is None and payload.get("documentId") is not None:
        query = documents.get(str(payload["documentId"]))
        if query is None:
            raise BadRequest(
                "There is no document with this documentId here. Please send the document itself, "
                'as a text named "query".'
            )
    if not isinstance(query, str):
        raise BadRequest('A GraphQL request has its document as a text named "query".')
    if not isinstance(operation_name, str | None):
        raise BadRequest('"operationName" is the name of an operation, or null.')
    for name in ("variables", "extensions"):
        if not isinstance(payload.get(name), dict | None):
            raise BadRequest(f'"{name}" is an object, or null.')
    return Request(
        query=query,
        operation_name=operation_name or None,
        variables=payload.get("variables"),
        extensions=payload.get("extensions"),
    )


class Result(dict[str, Any]):
    """What an operation answered, `data` and perhaps `errors`; many may be told the same one."""

    body: bytes | None = None
    """Its encoding, once it was asked for."""


def encode(result: dict[str, Any]) -> bytes:
    """Encode a result as JSON; what has no JSON, as a huge integer, becomes a masked error."""
    if isinstance(result, Result):
        if result.body is None:
            result.body = _encoded(result)
        return result.body
    return _encoded(result)


def _encoded(result: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(result)
    except orjson.JSONEncodeError as error:
        masked = _masked(GraphQLError("", original_error=error), "", "")
        return orjson.dumps({"data": None, "errors": [masked.formatted]})


class Operations:
    """Runs GraphQL requests against one schema, within limits, with unexpected errors masked.

    This calls graphql-core and not `strawberry.Schema.execute`, which logs errors with the values
    in them, cannot hide suggestions, validates before limits can refuse, and does not tell an
    error before execution from one during it. So schema extensions do not run, and a schema that
    has any is refused (TypeError).
    """

    def __init__(
        self,
        schema: strawberry.Schema,
        limits: Limits,
        *,
        suggestions: bool = True,
        trusted: Iterable[str] = (),
    ) -> None:
        """Take a schema and what one request may ask for.

        `trusted` documents may ask for any amount, and are valid: RequestErrors where one is not.
        """
        if schema.extensions or schema.directives:
            raise TypeError("Operations does not run extensions and directives of a schema.")
        self._limits = limits
        self._suggestions = suggestions
        self._schema = schema._schema  # noqa: SLF001 - Strawberry has no public name for it
        self._executor = schema.execution_context_class
        self._documents = Documents(
            self._schema, limits, hide_suggestions=not suggestions, trusted=trusted
        )
        self.documents = self._documents.by_id
        """The documents that can be asked for by their ids."""
        self._crowds = Crowds()
        self._plans = Plans(self._documents.most, self.unplanned)

    def find(self, request: Request) -> Operation:
        """Return the operation to run; raises RequestErrors."""
        return self._documents.find(request.query, request.operation_name)

    async def execute(self, request: Request, context: Any) -> Result:
        """Run a query or mutation.

        Returns its result, `data` and perhaps `errors`, ready for `encode`. Raises RequestErrors
        for what fails before execution.
        """
        operation = self.find(request)
        if operation.kind is OperationType.SUBSCRIPTION:
            raise refused("A subscription has many results: subscribe to it.", "BAD_REQUEST")
        if (
            operation.kind is OperationType.MUTATION
            or operation.personal
            or not isinstance(context, Context)
            or context.rights is None
        ):
            return await self._execute(operation, request, context)
        return await self._share(operation, request, context)

    async def _share(self, operation: Operation, request: Request, context: Context) -> Result:
        """Run a query, together with those who ask the same and have the same rights."""

        def is_personal() -> None:
            operation.personal = True

        variables = orjson.dumps(request.variables, option=orjson.OPT_SORT_KEYS)
        return await self._crowds.answer(
            (operation, variables),
            context,
            partial(self._execute, operation, request),
            is_personal,
        )

    async def _execute(self, operation: Operation, request: Request, context: Any) -> Result:
        executor = self._build(operation, request, context)
        try:
            return await self._run(operation, executor)
        finally:
            # It refers to itself: without this, it and its tuples wait for the garbage collector.
            vars(executor).clear()

    async def subscribe(self, request: Request, context: Any) -> Subscription:
        """Start a subscription: what its root field answers, and the way to say it.

        Raises RequestErrors for what fails before the first event.
        """
        operation = self.find(request)
        if operation.kind is not OperationType.SUBSCRIPTION:
            raise refused("This is not a subscription: execute it.", "BAD_REQUEST")
        executor = self._build(operation, request, context)
        source = create_source_event_stream(executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise RequestErrors([_mask(operation, error) for error in source.errors or ()])
        key = (operation.hash, operation.shape.key(request.variables))
        return Subscription(source, key, operation.shape.personal, executor, operation)

    async def respond(self, subscription: Subscription, message: object, context: Any) -> Result:
        """Return the result that says one message of a subscription, as `context`'s viewer sees it.

        It is ready for `encode`, and has `data` and perhaps `errors`.
        """
        executor = subscription.executor.build_per_event_executor(message)
        executor.context_value = context
        return await self._run(subscription.operation, executor)

    def failure(self, subscription: Subscription, error: Exception) -> dict[str, Any]:
        """Return the last result of a subscription whose source failed."""
        located = GraphQLError(str(error), original_error=error)
        return {"errors": [_mask(subscription.operation, located).formatted]}

    def _build(self, operation: Operation, request: Request, context: Any) -> Executor[Any]:
        """Coerce the variables; raises RequestErrors when they do not fit."""
        if error := check_variables(request.variables, self._limits):
            raise RequestErrors([with_code(error, "BAD_USER_INPUT")])
        executor = self._executor.build(
            self._schema,
            operation.document,
            context_value=context,
            raw_variable_values=request.variables,
            operation_name=request.operation_name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type] # it is no TypeGuard
            hide_suggestions=not self._suggestions,
            operation_extensions=request.extensions,
        )
        if isinstance(executor, list):
            raise RequestErrors([with_code(error, "BAD_USER_INPUT") for error in executor])
        return executor

    def unplanned(self, reason: str) -> None:
        """Note that an operation has no plan, and is left to graphql-core."""

    async def _run(self, operation: Operation, executor: Executor[Any]) -> Result:
        result = await execute(executor, self._plans)
        formatted = Result(data=result.data)
        if result.errors:
            formatted["errors"] = [_mask(operation, error).formatted for error in result.errors]
        return formatted


def _mask(operation: Operation, error: GraphQLError) -> GraphQLError:
    """Let through what is said to the client on purpose; mask and log everything else."""
    cause = _cause(error)
    if isinstance(cause, DomainError):
        refused = coded(cause)
        return GraphQLError(
            refused.message, error.nodes, path=error.path, extensions=refused.extensions
        )
    if is_outage(cause):
        return GraphQLError(
            "The database was away for a moment. Please try again: with the same "
            "idempotencyKey nothing is done twice.",
            error.nodes,
            path=error.path,
            extensions={"code": "UNAVAILABLE"},
        )
    if isinstance(cause, GraphQLError):
        if "code" in (cause.extensions or {}):
            return error
        # graphql-core locates errors of arguments at the value, all others at the field.
        if isinstance(cause, StrawberryInputCoercionError) or (
            cause.nodes and not isinstance(cause.nodes[0], FieldNode)
        ):
            return with_code(error, "BAD_USER_INPUT")
    return _masked(error, operation.name, operation.hash)


def _cause(error: GraphQLError) -> Exception:
    """Find what was raised; graphql-core wraps it, sometimes twice."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error:
        cause = cause.original_error
    return cause


def _masked(error: GraphQLError, operation: str, document: str) -> GraphQLError:
    """Log an unexpected error, and return what its client gets: an id to quote.

    The log has types and places but no messages of exceptions, for these quote what people sent.
    """
    id = uuid.uuid4().hex
    cause = _cause(error)
    log.error(
        "graphql.failed",
        id=id,
        operation=operation[:100],
        document=document,
        path=error.path,
        exceptions=[
            type(each).__qualname__ for each in (cause, cause.__cause__, cause.__context__) if each
        ],
        stack="\n".join(
            f"{frame.filename}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)
        ),
    )
    return GraphQLError(
        f"Something went wrong on our side. Quote {id} when you report it.",
        error.nodes,
        path=error.path,
        extensions={"code": "INTERNAL", "id": id},
    )

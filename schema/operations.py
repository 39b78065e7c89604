"""The one place in which a GraphQL request is prepared and run, whatever carried it here."""

import hashlib
import traceback
import uuid
from collections.abc import AsyncIterable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from inspect import isawaitable
from typing import Any

import orjson
import strawberry
import structlog
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.execution import Executor, create_source_event_stream
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType

from domain.database import is_outage
from domain.errors import DomainError
from schema.context import Context
from schema.crowds import Crowds
from schema.errors import coded
from schema.execution import Plans, execute
from schema.limits import Limits, check_document, check_variables, parse_document
from schema.sharing import Shape, shape

log = structlog.get_logger(__name__)

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
# A document of 2,000 tokens takes 0.8 MB when parsed, the introspection query 0.2 MB.
PREPARED_DOCUMENTS = 128


class BadRequest(Exception):
    """What came is no GraphQL request; `message` is a sentence for its author."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RequestErrors(Exception):
    """The operation was refused before it was executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors

    @property
    def result(self) -> dict[str, Any]:
        """The result as clients get it: it has `errors`, and no `data`."""
        return {"errors": [error.formatted for error in self.errors]}


@dataclass(frozen=True)
class Request:
    """What every transport carries: a document, and how to run it."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


@dataclass(frozen=True)
class Prepared:
    """A document that passed limits and validation, and the hash that logs call it by."""

    document: DocumentNode
    hash: str
    operations: Mapping[str, OperationDefinitionNode]
    """By name; that of an operation without one is empty, and it is then the only one."""
    shapes: dict[int, Shape] = field(default_factory=dict)
    """Of the operations that were run, by the identity of their nodes."""
    personal: set[int] = field(default_factory=set)
    """The nodes of those that have another answer for everybody."""


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
    request: Request


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
        kept = list(trusted)
        self._crowds = Crowds()
        self._plans = Plans(PREPARED_DOCUMENTS + len(kept), self.unplanned)
        # Documents that were refused are prepared anew: lru_cache keeps no exceptions.
        self._prepare_and_keep = lru_cache(maxsize=PREPARED_DOCUMENTS)(self._prepare_anew)
        self._trusted = {query: self._prepare_anew(query, trusted=True) for query in kept}
        self.documents = {f"sha256:{each.hash}": query for query, each in self._trusted.items()}
        """The documents that can be asked for by their ids."""

    def operation_type(self, request: Request) -> OperationType:
        """Whether this is a query, mutation or subscription; raises RequestErrors."""
        return OperationType(self._operation(request).operation.value)

    async def execute(self, request: Request, context: Any) -> Result:
        """Run a query or mutation.

        Returns its result, `data` and perhaps `errors`, ready for `encode`. Raises RequestErrors
        for what fails before execution.
        """
        kind = self.operation_type(request)
        if kind is OperationType.SUBSCRIPTION:
            raise _refused("A subscription has many results: subscribe to it.", "BAD_REQUEST")
        if kind is OperationType.QUERY and isinstance(context, Context):
            return await self._share(request, context)
        return await self._execute(request, context)

    async def _share(self, request: Request, context: Context) -> Result:
        """Run a query, together with those who ask the same and have the same rights."""
        prepared, node = self._prepare(request.query), self._operation(request)
        if self._shape(prepared, node).personal:
            prepared.personal.add(id(node))
        if context.rights is None or id(node) in prepared.personal:
            return await self._execute(request, context)
        variables = orjson.dumps(request.variables, option=orjson.OPT_SORT_KEYS)
        return await self._crowds.answer(
            (prepared.hash, request.operation_name, variables),
            context,
            partial(self._execute, request),
            lambda: prepared.personal.add(id(node)),
        )

    async def _execute(self, request: Request, context: Any) -> Result:
        executor = self._build(request, context)
        try:
            return await self._run(request, executor)
        finally:
            # It refers to itself: without this, it and its tuples wait for the garbage collector.
            vars(executor).clear()

    async def subscribe(self, request: Request, context: Any) -> Subscription:
        """Start a subscription: what its root field answers, and the way to say it.

        Raises RequestErrors for what fails before the first event.
        """
        if self.operation_type(request) is not OperationType.SUBSCRIPTION:
            raise _refused("This is not a subscription: execute it.", "BAD_REQUEST")
        executor = self._build(request, context)
        source = create_source_event_stream(executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise RequestErrors([self._mask(request, error) for error in source.errors or ()])
        prepared = self._prepare(request.query)
        found = self._shape(prepared, self._operation(request))
        key = (prepared.hash, found.key(request.variables))
        return Subscription(source, key, found.personal, executor, request)

    async def respond(self, subscription: Subscription, message: object, context: Any) -> Result:
        """Return the result that says one message of a subscription, as `context`'s viewer sees it.

        It is ready for `encode`, and has `data` and perhaps `errors`.
        """
        executor = subscription.executor.build_per_event_executor(message)
        executor.context_value = context
        return await self._run(subscription.request, executor)

    def failure(self, subscription: Subscription, error: Exception) -> dict[str, Any]:
        """Return the last result of a subscription whose source failed."""
        located = GraphQLError(str(error), original_error=error)
        return {"errors": [self._mask(subscription.request, located).formatted]}

    def _prepare(self, query: str) -> Prepared:
        return self._trusted.get(query) or self._prepare_and_keep(query)

    def _prepare_anew(self, query: str, *, trusted: bool = False) -> Prepared:
        try:
            document = parse(query) if trusted else parse_document(query, self._limits)
        except GraphQLError as error:
            raise RequestErrors([_coded(error, "GRAPHQL_PARSE_FAILED")]) from None
        errors = [] if trusted else check_document(document, self._limits)
        errors = errors or validate(
            self._schema, document, RULES, hide_suggestions=not self._suggestions
        )
        for each in errors:
            if each.message == "Validation aborted.":  # the budget of schema.limits was spent
                each.message = (
                    "This document repeats too many fields or spreads too many fragments to be "
                    "checked: ask for less at a time."
                )
        if errors:
            raise RequestErrors([_coded(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        operations = {
            node.name.value if node.name else "": node
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        }
        return Prepared(document, hashlib.sha256(query.encode()).hexdigest(), operations)

    def _shape(self, prepared: Prepared, node: OperationDefinitionNode) -> Shape:
        found = prepared.shapes.get(id(node))
        if found is None:
            found = prepared.shapes[id(node)] = shape(self._schema, prepared.document, node)
        return found

    def _operation(self, request: Request) -> OperationDefinitionNode:
        """Find the operation to run: the named one, or the only one."""
        name = request.operation_name
        operations = self._prepare(request.query).operations
        if name is None and len(operations) == 1:
            return next(iter(operations.values()))
        found = operations.get(name) if name else None
        if found is None:
            several = name is None and operations
            message = (
                "The document has several operations: choose one by operationName."
                if several
                else f"The document has no operation {name or ''}: check operationName."
            )
            raise _refused(message, "OPERATION_RESOLUTION_FAILURE")
        return found

    def _build(self, request: Request, context: Any) -> Executor[Any]:
        """Coerce the variables; raises RequestErrors when they do not fit."""
        if error := check_variables(request.variables, self._limits):
            raise RequestErrors([_coded(error, "BAD_USER_INPUT")])
        executor = self._executor.build(
            self._schema,
            self._prepare(request.query).document,
            context_value=context,
            raw_variable_values=request.variables,
            operation_name=request.operation_name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type] # it is no TypeGuard
            hide_suggestions=not self._suggestions,
            operation_extensions=request.extensions,
        )
        if isinstance(executor, list):
            raise RequestErrors([_coded(error, "BAD_USER_INPUT") for error in executor])
        return executor

    def unplanned(self, reason: str) -> None:
        """Note that an operation has no plan, and is left to graphql-core."""

    async def _run(self, request: Request, executor: Executor[Any]) -> Result:
        result = await execute(executor, self._plans)
        formatted = Result(data=result.data)
        if result.errors:
            formatted["errors"] = [self._mask(request, error).formatted for error in result.errors]
        return formatted

    def _mask(self, request: Request, error: GraphQLError) -> GraphQLError:
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
                return _coded(error, "BAD_USER_INPUT")
        name = self._operation(request).name
        return _masked(error, name.value if name else "", self._prepare(request.query).hash)


def _cause(error: GraphQLError) -> Exception:
    """Find what was raised; graphql-core wraps it, sometimes twice."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error:
        cause = cause.original_error
    return cause


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def _refused(message: str, code: str) -> RequestErrors:
    return RequestErrors([GraphQLError(message, extensions={"code": code})])


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

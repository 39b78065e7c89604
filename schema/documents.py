"""Documents as they come: parsed, weighed, validated, and kept with the operations in them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.graphql import OperationType

from schema.limits import Limits, check_document, parse_document
from schema.sharing import Shape, shape

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
# A document of 2,000 tokens takes 0.8 MB when parsed, the introspection query 0.2 MB.
KEPT = 128


class RequestErrors(Exception):
    """The operation was refused before it was executed."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors

    @property
    def result(self) -> dict[str, Any]:
        """The result as clients get it: it has `errors`, and no `data`."""
        return {"errors": [error.formatted for error in self.errors]}


@dataclass(eq=False, slots=True)
class Operation:
    """An operation of a valid document."""

    document: DocumentNode
    node: OperationDefinitionNode
    hash: str
    """What logs call the document by."""
    kind: OperationType
    name: str
    """Empty where it has none."""
    shape: Shape
    personal: bool
    """Whether it has another answer for everybody, as far as is known."""


class Documents:
    """Prepares the documents of one schema, and keeps those that were used last."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        hide_suggestions: bool = False,
        trusted: Iterable[str] = (),
    ) -> None:
        """Take what a document may ask for; `trusted` ones any amount.

        RequestErrors where a trusted document is not valid.
        """
        self._schema = schema
        self._limits = limits
        self._hide_suggestions = hide_suggestions
        # Documents that were refused are prepared anew: lru_cache keeps no exceptions.
        self._kept = lru_cache(maxsize=KEPT)(self._prepare)
        self._trusted = {query: self._prepare(query, trusted=True) for query in trusted}
        self.by_id = {f"sha256:{_hash(query)}": query for query in self._trusted}
        """The documents that can be asked for by their ids."""
        self.most = KEPT + len(self._trusted)
        """How many documents are kept."""

    def find(self, query: str, name: str | None) -> Operation:
        """Return the operation to run of a document: the named one, or the only one.

        Raises RequestErrors.
        """
        operations = self._trusted.get(query) or self._kept(query)
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
            raise refused(message, "OPERATION_RESOLUTION_FAILURE")
        return found

    def _prepare(self, query: str, *, trusted: bool = False) -> Mapping[str, Operation]:
        """Return the operations of a document by name."""
        try:
            document = parse(query) if trusted else parse_document(query, self._limits)
        except GraphQLError as error:
            raise RequestErrors([with_code(error, "GRAPHQL_PARSE_FAILED")]) from None
        errors = [] if trusted else check_document(document, self._limits)
        errors = errors or validate(
            self._schema, document, RULES, hide_suggestions=self._hide_suggestions
        )
        for each in errors:
            if each.message == "Validation aborted.":  # the budget of schema.limits was spent
                each.message = (
                    "This document repeats too many fields or spreads too many fragments to be "
                    "checked: ask for less at a time."
                )
        if errors:
            raise RequestErrors([with_code(error, "GRAPHQL_VALIDATION_FAILED") for error in errors])
        nodes = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        return {each.name: each for each in (self._operation(query, document, n) for n in nodes)}

    def _operation(
        self, query: str, document: DocumentNode, node: OperationDefinitionNode
    ) -> Operation:
        found = shape(self._schema, document, node)
        return Operation(
            document,
            node,
            _hash(query),
            OperationType(node.operation.value),
            node.name.value if node.name else "",
            found,
            found.personal,
        )


def with_code(error: GraphQLError, code: str) -> GraphQLError:
    """Give an error a code, unless it has one."""
    error.extensions = {"code": code, **(error.extensions or {})}
    return error


def refused(message: str, code: str) -> RequestErrors:
    """Return the refusal that says this."""
    return RequestErrors([GraphQLError(message, extensions={"code": code})])


def _hash(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()

"""What failed, where it stands in a result, and how it becomes nulls and located errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import FieldNode, GraphQLError
from graphql.error import located_error


class Failure:
    """The place of a value that failed with an error, at one of the fields of `nodes`."""

    __slots__ = ("error", "nodes")

    def __init__(self, error: Exception, nodes: Sequence[FieldNode]) -> None:
        self.error = error
        self.nodes = nodes


class Broken:
    """The place of an object or a list that is null because something inside it failed.

    `partial` is what there was of it when it broke: its last value is the one that broke it, or,
    where there is a `failure`, it broke by itself after that.
    """

    __slots__ = ("failure", "partial")

    def __init__(self, partial: dict[str, Any] | list[Any], failure: Failure | None = None) -> None:
        self.partial = partial
        self.failure = failure


FAILED = frozenset({Failure, Broken})


def settle(data: Any) -> tuple[Any, list[GraphQLError]]:
    """Put null in every place that failed; return the data, and the errors in their order.

    The order is that of the response, in which a depth-first execution would have met them.
    """
    errors: list[GraphQLError] = []
    return _settle(data, [], errors), errors


def _settle(value: Any, path: list[str | int], errors: list[GraphQLError]) -> Any:
    kind = type(value)
    if kind is Failure:
        errors.append(located_error(value.error, value.nodes, path))
        return None
    if kind is Broken:
        _settle(value.partial, path, errors)
        if value.failure is not None:
            _settle(value.failure, path, errors)
        return None
    for key, inner in value.items() if kind is dict else enumerate(value):
        if type(inner) in _INSIDE:
            value[key] = _settle(inner, [*path, key], errors)
    return value


_INSIDE = FAILED | {dict, list}

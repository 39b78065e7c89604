"""Fields that are resolved for all their parents at once, however they are executed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLObjectType
from strawberry.types.field import StrawberryField

from domain.permissions import Viewer
from schema.context import Info
from schema.execution import Attribute, Batched, BatchResolver, Derived, Reads
from schema.sharing import NOTE, PERSONAL

Parents: TypeAlias = Sequence[Any]
_RESOLVER = "resolver"


def batched(
    batch: BatchResolver,
    description: str,
    *,
    personal: bool = False,
    like: Callable[..., Any] | None = None,
    reads: Sequence[str] | None = None,
    ahead: Callable[[Any], Any] | None = None,
) -> Any:
    """Declare a field by what answers it for all parents: `batch(parents, info, **arguments)`.

    It may be asynchronous, and returns one value for each parent in their order. The annotation of
    the field is its type; `like` is a function with its arguments. `personal` marks what depends on
    who exactly asks; see schema.sharing. `reads` are all attributes of a parent that it looks at:
    where they are not told, parents are read with all of theirs. `ahead` is as of Batched.
    """
    field = _resolved_by(
        partial(Batched, batch, _known(reads), ahead),
        description + NOTE if personal else description,
        **(PERSONAL if personal else {}),
    )
    if like is not None:
        field.arguments = strawberry.field(resolver=like).base_resolver.arguments
    return field


def derived(
    read: Callable[[Any], Any], description: str, *, reads: Sequence[str] | None = None
) -> Any:
    """Declare a field that is computed from its parent alone; `reads` are as of `batched`."""
    return _resolved_by(partial(Derived, read, _known(reads)), description)


def for_viewer(
    read: Callable[[Any, Viewer], Any], description: str, *, reads: Sequence[str] | None = None
) -> Any:
    """Declare a field that is computed from its parent and who asks; `reads` as of `batched`."""

    def resolve(parents: Sequence[Any], info: Info) -> list[Any]:
        viewer = info.context.viewer
        return [read(parent, viewer) for parent in parents]

    return batched(resolve, description, reads=reads)


def _known(reads: Sequence[str] | None) -> Reads:
    return None if reads is None else frozenset(reads)


def _resolved_by(make: Callable[[], Any], description: str, **metadata: Any) -> Any:
    field: StrawberryField = strawberry.field(
        description=description, metadata={_RESOLVER: make, **metadata}
    )
    field.init = field.repr = field.compare = False  # what is computed is no part of the value
    return field


def install(schema: strawberry.Schema) -> None:
    """Let a schema resolve its batches and attributes by what a plan runs for all parents."""
    for type_ in schema._schema.type_map.values():  # noqa: SLF001 - Strawberry has no public name
        if not isinstance(type_, GraphQLObjectType):
            continue
        for field in type_.fields.values():
            definition = (field.extensions or {}).get("strawberry-definition")
            if not isinstance(definition, StrawberryField) or definition.base_resolver:
                continue
            make = definition.metadata.get(_RESOLVER)
            field.resolve = make() if make else Attribute(definition.python_name)

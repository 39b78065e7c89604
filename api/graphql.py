"""The whole schema, put together from the layers below, and its printed form."""

from __future__ import annotations

import strawberry
from graphql import lexicographic_sort_schema, print_schema

from schema import batches, inputs
from schema.errors import HANDLERS
from schema.root import Mutation, Query
from subscriptions.root import LiveMutation, Subscription


@strawberry.type(name="Mutation", description="Everything that can be changed.")
class _Mutation(Mutation, LiveMutation):
    """Mutations of records, and of what is only live."""


schema = strawberry.Schema(
    query=Query,
    mutation=_Mutation,
    subscription=Subscription,
    exception_handlers=HANDLERS,
)
batches.install(schema)
inputs.install(schema)


def printed() -> str:
    """Return the schema in the schema definition language, sorted, as it is checked in."""
    return print_schema(lexicographic_sort_schema(schema._schema)) + "\n"  # noqa: SLF001

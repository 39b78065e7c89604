"""The whole schema, put together from the layers below."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.errors import HANDLERS
from schema.root import Mutation, Query

schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    exception_handlers=HANDLERS,
    config=StrawberryConfig(auto_camel_case=True),
)

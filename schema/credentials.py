"""Credentials in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

import strawberry

from domain.models import credentials as models
from domain.queries import credentials as queries
from schema.context import Info
from schema.fields import text
from schema.nodes import Node, node


@node(
    models.Credential,
    queries.by_ids,
    "A defined, standardised unit of learning and assessment in one area of practice.",
)
class Credential(Node):
    """A credential."""

    code: str = text(description="The short name, which never changes.")
    title: str = text(description="The present title.")
    area: str = text(description="The area of practice.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was created.")


@strawberry.type
class CredentialQuery:
    """What can be asked about credentials."""

    @strawberry.field(description="The credential with this code; null where there is none.")
    async def credential(
        self,
        info: Info,
        code: Annotated[str, strawberry.argument(description="Its code, in capitals.")],
    ) -> Credential | None:
        """Read one credential by its lasting name."""
        async with info.context.reading() as session:
            found = await queries.by_code(session, info.context.viewer, code)
        return cast("Credential | None", found)

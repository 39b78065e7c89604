"""People in GraphQL."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.models import people as models
from domain.permissions import Permission, allowed
from domain.queries import people
from schema.context import Info
from schema.nodes import Node, node


@node(models.Person, people.by_ids, "A person who takes part.")
class Person(Node):
    """A person."""

    @strawberry.field(description="The name; null for readers who are not signed in.")
    def name(root: strawberry.Parent[Any], info: Info) -> str | None:
        """Names are for those who take part themselves."""
        return root.name if info.context.viewer.person_id is not None else None

    @strawberry.field(description="The address; null but for the person and administrators.")
    def email(root: strawberry.Parent[Any], info: Info) -> str | None:
        """Addresses are for the person and for those who administer people."""
        viewer = info.context.viewer
        own = viewer.person_id == root.id
        return root.email if own or allowed(viewer, Permission.ADMINISTER, None) else None


@strawberry.type
class PeopleQuery:
    """What can be asked about people."""

    @strawberry.field(description="The person who is asking; null when not signed in.")
    async def viewer(self, info: Info) -> Person | None:
        """Return the viewer as a person."""
        person_id = info.context.viewer.person_id
        return None if person_id is None else await info.context.load(people.by_ids, person_id)

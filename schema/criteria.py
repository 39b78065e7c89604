"""Criteria in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.models import criteria as models
from domain.models.criteria import CriterionKind
from domain.queries import criteria as queries
from schema.context import Info
from schema.fields import enum, relation, text
from schema.nodes import Node, node

enum(
    CriterionKind,
    "What a criterion judges.",
    GATEWAY="A potential credential, before anything is developed.",
    ENDORSEMENT="A fully drafted candidate specification.",
)


@strawberry.type(description="One lettered part of a criterion.")
class SubCriterion:
    """A part of a criterion."""

    letter: str = text(description="Its letter, from a.")
    text: str = text(description="What it asks for.")


@node(models.Criterion, queries.by_ids, "One version of one numbered criterion.")
class Criterion(Node):
    """A version of a criterion."""

    number: int = text(description="Its lasting number; gateway and endorsement count on.")
    version: int = text(description="Which version of the number this is, from 1.")
    kind: CriterionKind = text(description="What it judges.")
    title: str = text(description="What it asks for, in one line.")
    guidance: str = text(description="How to judge it.")
    in_force_since: datetime = text(description="When this version came into force.")
    retired_at: datetime | None = text(description="When a later version replaced it, if one did.")
    sub_criteria: list[SubCriterion] = relation(queries.sub_criteria, "Its lettered parts.")
    versions: list[Annotated[Criterion, strawberry.lazy("schema.criteria")]] = relation(
        queries.versions, "Every version of its number, the first one first.", by="number"
    )


@strawberry.type
class CriterionQuery:
    """What can be asked about criteria."""

    @strawberry.field(description="The criteria that are in force, by number.")
    async def criteria(
        self,
        info: Info,
        kind: Annotated[
            CriterionKind | None, strawberry.argument(description="Only those of this kind.")
        ] = None,
    ) -> list[Criterion]:
        """Read the criteria as they stand."""
        async with info.context.reading() as session:
            found: list[Any] = await queries.in_force(session, kind)
        return found

"""Criteria in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.commands import criteria as commands
from domain.models import criteria as models
from domain.models.criteria import CriterionKind, Finding
from domain.permissions import Permission, allowed
from domain.queries import comments
from domain.queries import criteria as queries
from schema.batches import for_viewer
from schema.comments import Thread
from schema.context import Info
from schema.fields import Idempotent, Material, enum, mutation, perform, relation, text
from schema.nodes import Node, node
from schema.pagination import Connection, connection

enum(
    CriterionKind,
    "What a criterion judges.",
    GATEWAY="A potential credential, before anything is developed.",
    ENDORSEMENT="A fully drafted candidate specification.",
)


enum(
    Finding,
    "How far a judge finds a criterion met.",
    MET="It is met.",
    PARTLY_MET="It is met in part.",
    NOT_MET="It is not met.",
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
    threads: Connection[Thread] = connection(
        comments.threads_of_subjects,
        comments.count_threads_of_subjects,
        "The threads about this version, in whatever topic that the viewer may read.",
    )

    viewer_can_revise: bool = for_viewer(
        lambda criterion, viewer: (
            criterion.retired_at is None and allowed(viewer, Permission.STEER, None)
        ),
        "Whether the viewer can put another version into force.",
        reads=("retired_at",),
    )


@strawberry.input(description="A new version of a criterion, in force from now on.")
class ReviseCriterionInput(Idempotent, Material):
    """See domain.commands.criteria.revise_criterion."""

    number: int = text(description="The number of the criterion.")
    expected_version: int = text(description="The version that was seen.")
    title: str = text(description="What it asks for, at most 300 characters.")
    guidance: str = text(description="How to judge it, at most 20,000 characters.")
    sub_criteria: list[str] = text(
        description="Its parts, at most 26, lettered in this order.", default_factory=list
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


@strawberry.type
class CriterionMutation:
    """What can be done with criteria."""

    @mutation(Criterion, "Put a new version of a criterion into force; the present one retires.")
    async def revise_criterion(self, info: Info, input: ReviseCriterionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.revise_criterion,
            number=input.number,
            title=input.title,
            guidance=input.guidance,
            sub_criteria=input.sub_criteria,
            expected_version=input.expected_version,
            material=input.material,
        )

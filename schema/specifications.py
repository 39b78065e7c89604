"""Specifications in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.lifecycle import SpecificationState, SpecificationTransition
from domain.models import specifications as models
from domain.queries import comments, delivery_plans
from domain.queries import specifications as queries
from schema.comments import Thread
from schema.context import Info
from schema.fields import enum, relation, text
from schema.nodes import Node, node
from schema.pagination import (
    After,
    Before,
    Connection,
    First,
    Last,
    connection,
    enlist,
    page,
)

if TYPE_CHECKING:
    from schema.delivery_plans import DeliveryPlan
    from schema.sections import Block, Section

enum(
    SpecificationState,
    "Where a version of a specification stands.",
    IN_DEVELOPMENT="It is being written.",
    CONSULTATION="It is being written, and stakeholders are asked about it.",
    REVISING="It is being revised after a consultation.",
    CANDIDATE="Its text is locked and hashed, for review and endorsement.",
    LAUNCHED="It is the version from which providers deliver.",
    SUPERSEDED="A later version was launched.",
    ABANDONED="Its development was given up.",
)
enum(
    SpecificationTransition,
    "A step in the life of a specification.",
    CONSULT="Ask stakeholders about it.",
    REVISE="Revise it after a consultation, or after a review.",
    MAKE_CANDIDATE="Lock and hash its text.",
    LAUNCH="Launch it, in place of the version that is launched now.",
    ABANDON="Give up its development.",
)


@node(models.Specification, queries.by_ids, "One version of the blueprint of a credential.")
class Specification(Node):
    """A specification."""

    version: int = text(description="Its number among the versions of its credential, from 1.")
    title: str = text(description="The title.")
    summary: str = text(description="What it is about, in short.")
    state: SpecificationState = text(description="Where it stands.")
    revision: int = text(description="Counts its changes, every change of the text among them.")
    content_hash: str | None = text(
        description="The SHA-256, in hex, of the locked text; null while it may change."
    )
    launched_at: datetime | None = text(description="When it was launched, if it was.")
    created_at: datetime = text(description="When this version was begun.")
    sections: list[Annotated[Section, strawberry.lazy("schema.sections")]] = relation(
        queries.sections, "Its sections, in their order."
    )
    learning_outcomes: list[Annotated[Block, strawberry.lazy("schema.sections")]] = relation(
        queries.learning_outcomes, "Its learning outcomes, in the order of the text."
    )
    threads: Connection[Thread] = connection(
        comments.threads_of_topics,
        comments.count_threads_of_topics,
        "The threads that are held in its own place.",
    )
    delivery_plans: Connection[
        Annotated[DeliveryPlan, strawberry.lazy("schema.delivery_plans")]
    ] = connection(
        delivery_plans.of_specifications,
        delivery_plans.count_of_specifications,
        "The delivery plans for it that the viewer may see.",
    )


@strawberry.type
class SpecificationQuery:
    """What can be asked about specifications."""

    @strawberry.field(
        description="The specifications that the viewer may see.",
        graphql_type=Connection[Specification],
    )
    async def specifications(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        state: Annotated[
            SpecificationState | None,
            strawberry.argument(description="Only those in this state."),
        ] = None,
    ) -> Any:
        """List specifications, perhaps of one state."""
        return await enlist(
            info,
            queries.listed,
            queries.count_listed,
            page(first, after, last, before),
            state=state,
        )

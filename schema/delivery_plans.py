"""Delivery plans in GraphQL."""

from __future__ import annotations

from datetime import datetime

from domain.lifecycle import DeliveryPlanState
from domain.models import delivery_plans as models
from domain.queries import delivery_plans as queries
from domain.queries import specifications
from schema.fields import enum, relation, text
from schema.nodes import Node, node
from schema.specifications import Specification

enum(
    DeliveryPlanState,
    "Where a delivery plan stands.",
    DRAFT="It is being written.",
    SUBMITTED="It was handed in and can no longer be changed.",
)


@node(models.DeliveryPlan, queries.by_ids, "A provider's plan for delivering a specification.")
class DeliveryPlan(Node):
    """A delivery plan."""

    specification: Specification | None = relation(
        specifications.by_ids,
        "The version that it is for; null where the viewer may not see it.",
        by="specification_id",
    )
    title: str = text(description="The title.")
    summary: str = text(description="What it is about, in short.")
    state: DeliveryPlanState = text(description="Where it stands.")
    submitted_at: datetime | None = text(description="When it was submitted, if it was.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was begun.")

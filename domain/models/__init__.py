"""Declarative records without behaviour, one file per noun."""

from domain.models import (
    agenda_items,
    ballots,
    base,
    comments,
    credentials,
    criteria,
    delivery_plans,
    engagements,
    floor_requests,
    organisations,
    people,
    roundtables,
    specifications,
    stakeholders,
    topics,
    votes,
)

__all__ = [
    "agenda_items",
    "ballots",
    "base",
    "comments",
    "credentials",
    "criteria",
    "delivery_plans",
    "engagements",
    "floor_requests",
    "organisations",
    "people",
    "roundtables",
    "specifications",
    "stakeholders",
    "topics",
    "votes",
]

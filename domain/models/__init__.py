"""Declarative records without behaviour, one file per noun."""

from domain.models import (
    ballots,
    base,
    comments,
    credentials,
    criteria,
    delivery_plans,
    engagements,
    organisations,
    people,
    roundtables,
    specifications,
    stakeholders,
    topics,
    votes,
)

__all__ = [
    "ballots",
    "base",
    "comments",
    "credentials",
    "criteria",
    "delivery_plans",
    "engagements",
    "organisations",
    "people",
    "roundtables",
    "specifications",
    "stakeholders",
    "topics",
    "votes",
]

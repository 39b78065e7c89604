"""Rounds of ballots in GraphQL."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.consensus.rounds import Feedback, RoundDisposition, RoundPlan
from domain.models import rounds as models
from domain.queries import rounds as queries
from schema.consensus import Consensus
from schema.fields import enum, relation, text
from schema.nodes import Node, node

enum(
    Feedback,
    "What electors are shown of the rounds that are over, while the ballot is blind.",
    ALL_GROUPS="The results of everyone together and of every group.",
    OWN_GROUP="The result of their own group.",
    NONE="None; they are shown their own earlier answer alone.",
)
enum(
    RoundDisposition,
    "What became of the item after a round.",
    KEPT="It was asked again in the same words.",
    REWORDED="It was asked again in other words.",
    DROPPED="It was not asked again, and the ballot ended.",
)


@node(models.Round, queries.by_ids, "A round of a ballot, in which everybody votes anew.")
class Round(Node):
    """A round."""

    number: int = text(description="Which round it is, from 1.")
    question: str = text(description="The question as it was put.")
    disposition: RoundDisposition | None = text(
        description="What became of the item afterwards; null while that is open."
    )
    reason: str = text(description="Why that became of it; empty while it is open.")
    opened_at: datetime = text(description="When it began.")
    closed_at: datetime | None = text(description="When it ended, if it has.")
    consensus: Consensus | None = relation(
        queries.results,
        "What it came to; null while it lasts, and where that is not disclosed to the viewer.",
        personal=True,
    )


@strawberry.input(description="The rounds that a ballot may have.")
class RoundPlanInput:
    """See domain.consensus.rounds.RoundPlan."""

    most_rounds: int = text(description="How many at most, from 1 to 10.", default=1)
    feedback: Feedback = text(
        description="What electors are shown of earlier rounds.", default=Feedback.ALL_GROUPS
    )
    stops_when_stable: bool = text(
        description="Whether stable answers are to suggest that no other round follows.",
        default=False,
    )
    stops_on_consensus: bool = text(
        description="Whether consensus is to suggest that no other round follows.", default=False
    )


def planned(input: RoundPlanInput | None) -> RoundPlan | None:
    """Return the plan of an input; Invalid where it contradicts itself."""
    if input is None:
        return None
    return RoundPlan(
        most_rounds=input.most_rounds,
        feedback=input.feedback,
        stops_when_stable=input.stops_when_stable,
        stops_on_consensus=input.stops_on_consensus,
    )

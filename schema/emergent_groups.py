"""Groups that emerge from how people vote, in GraphQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.queries import ballots, stakeholders
from schema.batches import derived
from schema.fields import relation, text
from schema.stakeholders import Constituency
from schema.votes import Choice

if TYPE_CHECKING:
    from schema.ballots import Ballot

_SIDE = "AGREE or DISAGREE: the side that is taken."


def _choice(statement: Any) -> Choice:
    return Choice[statement.choice]


@strawberry.type(description="A statement that a group takes a side on, more than the others do.")
class RepresentativeStatement:
    """See domain.queries.emergent_groups.RepresentativeStatement."""

    ballot: Annotated[Ballot, strawberry.lazy("schema.ballots")] | None = relation(
        ballots.by_ids, "The sense check.", by="ballot_id"
    )
    choice: Choice = derived(_choice, _SIDE)
    share: float = text(
        description="The share of the group on that side, (A + 1) / (S + 2) of those who saw it."
    )
    representativeness: float = text(
        description="The z of the difference to the others; above 1.2816."
    )


@strawberry.type(description="A statement on which more than half of every group take one side.")
class BridgingStatement:
    """See domain.queries.emergent_groups.BridgingStatement."""

    ballot: Annotated[Ballot, strawberry.lazy("schema.ballots")] | None = relation(
        ballots.by_ids, "The sense check.", by="ballot_id"
    )
    choice: Choice = derived(_choice, _SIDE)
    group_informed_consensus: float = text(
        description="The product over the groups of (A + 1) / (S + 2)."
    )


@strawberry.type(description="How many people of an emergent group vote in a constituency.")
class EmergentShare:
    """See domain.queries.emergent_groups.Share."""

    constituency: Constituency | None = relation(
        stakeholders.constituencies_by_ids, "The constituency.", by="constituency_id"
    )
    count: int | None = text(
        description="How many people; null below 5, and where it would tell such a number."
    )


@strawberry.type(description="People who vote alike.")
class EmergentGroup:
    """See domain.queries.emergent_groups.EmergentGroup."""

    label: str = text(description="A for the largest group, then B, and so on.")
    size: int | None = text(
        description="How many people; null below 5, and where it would tell such a number."
    )
    composition: list[EmergentShare] = text(
        description="How its people are spread over the declared constituencies."
    )
    representative: list[RepresentativeStatement] = text(
        description="At most 5 statements that it stands out by; none where its size is null."
    )


@strawberry.type(
    description="The groups that emerge from how people vote in sense checks, beside the declared "
    "constituencies. Who voted on fewer than 7 statements belongs to none."
)
class EmergentGroups:
    """See domain.queries.emergent_groups.EmergentGroups."""

    formula: str = text(description="The name of the formula; several go by the name of Polis.")
    version: int = text(description="The version of the formula.")
    participants: int = text(description="How many people the groups have together.")
    silhouette: float | None = text(
        description="How clearly they are apart, -1 to 1; null where there are no groups."
    )
    groups: list[EmergentGroup] = text(description="The groups, the largest first.")
    bridging: list[BridgingStatement] = text(
        description="What every group agrees on, the most agreed first."
    )

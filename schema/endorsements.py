"""Endorsements by the board in GraphQL, and their conditions."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import endorsements as commands
from domain.lifecycle.endorsements import (
    ENDORSEMENT,
    EndorsementState,
    EndorsementTransition,
)
from domain.models import endorsements as models
from domain.queries import ballots, engagements, people, specifications
from domain.queries import endorsements as queries
from schema.ballots import Ballot
from schema.context import Info
from schema.fields import (
    Expecting,
    enum,
    expected,
    mutation,
    perform,
    relation,
    text,
)
from schema.nodes import Node, key, node
from schema.people import Person
from schema.transitions import TransitionOption, transitions

if TYPE_CHECKING:
    from schema.engagements import Engagement
    from schema.specifications import Specification

enum(
    EndorsementState,
    "Where the endorsement of a candidate stands.",
    OPEN="The board is asked.",
    PASSED="The board endorsed the text, with conditions or without.",
    FAILED="The board declined it.",
    WITHDRAWN="The question was withdrawn.",
)
enum(
    EndorsementTransition,
    "A step in the endorsement of a candidate.",
    PASS="Conclude that the board endorses it.",  # noqa: S106 - no password
    FAIL="Conclude that the board declines it.",
    WITHDRAW="Withdraw the question; the board's ballot is cancelled.",
)


@node(models.Endorsement, queries.by_ids, "The question to the board whether it endorses a text.")
class Endorsement(Node):
    """An endorsement."""

    specification: Annotated[Specification, strawberry.lazy("schema.specifications")] = relation(
        specifications.by_ids, "The specification.", by="specification_id"
    )
    engagement: Annotated[Engagement, strawberry.lazy("schema.engagements")] | None = relation(
        engagements.by_ids,
        "The exercise in which the board meets; null where the viewer may not know of it.",
        by="engagement_id",
    )
    ballot: Ballot | None = relation(
        ballots.by_ids,
        "The board's ballot; null where the viewer may not know of it.",
        by="ballot_id",
    )
    content_hash: str = text(description="The SHA-256, in hex, of the text that is asked about.")
    state: EndorsementState = text(description="Where it stands.")
    reason: str = text(description="Why it was concluded so; empty while it is open.")
    concluded_by: Person | None = relation(
        people.by_ids, "Who concluded it, if anybody has.", by="concluded_by_id"
    )
    concluded_at: datetime | None = text(description="When it was concluded, if it was.")
    conditions: list[Annotated[EndorsementCondition, strawberry.lazy("schema.endorsements")]] = (
        relation(queries.conditions, "The conditions that the board named, in their order.")
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When the board was asked.")
    available_transitions: list[TransitionOption[EndorsementTransition]] = transitions(
        ENDORSEMENT,
        queries.facts,
        "What can happen to it next, and what stands in the way.",
        personal=True,
    )


@node(
    models.EndorsementCondition,
    queries.conditions_by_ids,
    "Something that has to be done before an endorsed text is launched.",
)
class EndorsementCondition(Node):
    """A condition of an endorsement."""

    endorsement: Endorsement = relation(queries.by_ids, "The endorsement.", by="endorsement_id")
    position: int = text(description="Its place among the conditions, from 1.")
    body: str = text(description="What has to be done.")
    due_on: date = text(description="The last day for it.")
    evidence: str = text(description="How it is met, as the developers say; may be empty.")
    answered_by: Person | None = relation(
        people.by_ids, "Who said so, if anybody has.", by="answered_by_id"
    )
    met_at: datetime | None = text(description="When it was found to be met, if it was.")
    met_reason: str = text(description="Why it was found to be met; empty while it is open.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was named.")


@strawberry.input(description="The question to the board whether it endorses a candidate.")
class OpenEndorsementInput(Expecting):
    """See domain.commands.endorsements.open_endorsement."""

    specification_id: strawberry.ID = text(description="The candidate.")
    briefing: str = text(description="What the board should know.")
    closes_at: datetime | None = text(
        description="Until when positions are taken; without it, the ballot is closed by hand.",
        default=None,
    )


@strawberry.input(description="A condition of an endorsement.")
class EndorsementConditionInput:
    """A condition to be named."""

    body: str = text(description="What has to be done, at most 4,000 characters.")
    due_on: date = text(description="The last day for it, which is to come.")


@strawberry.input(description="The conclusion of an endorsement, with a reason.")
class AdvanceEndorsementInput(Expecting):
    """See domain.commands.endorsements.advance_endorsement."""

    endorsement_id: strawberry.ID = text(description="The endorsement.")
    transition: EndorsementTransition = text(description="The step.")
    reason: str = text(description="Why; it stays in the history.")
    conditions: list[EndorsementConditionInput] = text(
        description="What has to be done before the launch; only with PASS.",
        default_factory=list,
    )


@strawberry.input(description="How a condition of an endorsement is met.")
class AnswerEndorsementConditionInput(Expecting):
    """See domain.commands.endorsements.answer_endorsement_condition."""

    endorsement_condition_id: strawberry.ID = text(description="The condition.")
    evidence: str = text(description="How it is met.")


@strawberry.input(description="That a condition of an endorsement is met.")
class MeetEndorsementConditionInput(Expecting):
    """See domain.commands.endorsements.meet_endorsement_condition."""

    endorsement_condition_id: strawberry.ID = text(description="The condition.")
    reason: str = text(description="Why it is found to be met.")


@strawberry.type
class EndorsementMutation:
    """What can be done with endorsements."""

    @mutation(Endorsement, "Ask the board whether it endorses a candidate.")
    async def open_endorsement(self, info: Info, input: OpenEndorsementInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.open_endorsement,
            specification_id=key(input.specification_id, "specificationId", "Specification"),
            briefing=input.briefing,
            closes_at=input.closes_at,
            expected_revision=expected(input),
        )

    @mutation(Endorsement, "Conclude what the board was asked, or withdraw the question.")
    async def advance_endorsement(self, info: Info, input: AdvanceEndorsementInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_endorsement,
            endorsement_id=key(input.endorsement_id, "endorsementId", "Endorsement"),
            transition=input.transition,
            reason=input.reason,
            conditions=[(each.body, each.due_on) for each in input.conditions],
            expected_revision=expected(input),
        )

    @mutation(EndorsementCondition, "Say how a condition of an endorsement is met.")
    async def answer_endorsement_condition(
        self, info: Info, input: AnswerEndorsementConditionInput
    ) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.answer_endorsement_condition,
            endorsement_condition_id=key(
                input.endorsement_condition_id, "endorsementConditionId", "EndorsementCondition"
            ),
            evidence=input.evidence,
            expected_revision=expected(input),
        )

    @mutation(EndorsementCondition, "Find that a condition of an endorsement is met.")
    async def meet_endorsement_condition(
        self, info: Info, input: MeetEndorsementConditionInput
    ) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.meet_endorsement_condition,
            endorsement_condition_id=key(
                input.endorsement_condition_id, "endorsementConditionId", "EndorsementCondition"
            ),
            reason=input.reason,
            expected_revision=expected(input),
        )

"""Objections in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import objections as commands
from domain.lifecycle import OBJECTION, ObjectionState, ObjectionTransition
from domain.models import objections as models
from domain.models.comments import HidingGround
from domain.queries import ballots, people, stakeholders, votes
from domain.queries import objections as queries
from schema.batches import Parents
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    perform,
    relation,
    text,
)
from schema.nodes import key, node
from schema.people import Person
from schema.stakeholders import Constituency
from schema.transitions import TransitionOption, transitions
from schema.votes import Vote
from schema.words import Words, decisions, flags, hidden_ground, tombstone_of, unless_hidden

if TYPE_CHECKING:
    from schema.ballots import Ballot
    from schema.moderation import Flag, ModerationDecision

enum(
    ObjectionState,
    "What became of an objection.",
    RAISED="It waits to be judged, and is open.",
    QUALIFIED="It was found to be a reason against what is asked, and is open.",
    NOT_QUALIFIED="It was found to be none.",
    INTEGRATED="What is asked was changed so that it is met.",
    WITHDRAWN="Who raised it took it back.",
    OVERRULED="It was decided against it, for a reason.",
)
enum(
    ObjectionTransition,
    "A step in the life of an objection.",
    QUALIFY="Find that it is a reason against what is asked.",
    DISQUALIFY="Find that it is none.",
    INTEGRATE="Say how it was met.",
    OVERRULE="Decide against it.",
    WITHDRAW="Take one's own back.",
)


# What a vote says raises an objection, and is hidden and decided on as the reason of that vote.
_GUARDED_BY = ("hidden_ground", "vote_id")


async def _grounds(objections: Parents, info: Info) -> Sequence[HidingGround | None]:
    """Return why each is hidden: what a vote raised says what the vote says, and is hidden so."""
    raised_by = [each.vote_id for each in objections]
    of_votes = await info.context.load_all(votes.hidden_grounds, raised_by)
    return [each.hidden_ground or of for each, of in zip(objections, of_votes, strict=True)]


@node(models.Objection, queries.by_ids, "Why an elector holds that what is asked would do harm.")
class Objection(Words):
    """An objection."""

    person: Person = relation(people.by_ids, "Who raised it.", by="person_id")
    constituency: Constituency | None = relation(
        stakeholders.constituencies_by_ids,
        "The constituency of whoever raised it; null where the viewer may not see it.",
        by="constituency_id",
    )
    ballot: Annotated[Ballot, strawberry.lazy("schema.ballots")] | None = relation(
        ballots.by_ids,
        "The ballot; null where the viewer may not see it any more.",
        by="ballot_id",
    )
    vote: Vote | None = relation(
        votes.by_ids, "The vote that raised it; null where none did.", by="vote_id"
    )
    decisions: list[Annotated[ModerationDecision, strawberry.lazy("schema.moderation")]] = (
        decisions(("id", "vote_id"))
    )
    flags: list[Annotated[Flag, strawberry.lazy("schema.moderation")]] = flags(("id", "vote_id"))
    body: str | None = unless_hidden("body", "What it says", _grounds, _GUARDED_BY)
    hidden_ground: HidingGround | None = hidden_ground(_grounds, _GUARDED_BY)
    tombstone: str | None = tombstone_of("this objection", _grounds, _GUARDED_BY)
    safety: bool = text(
        description="Whether it is about safety: then, while it is open, nothing is adopted."
    )
    state: ObjectionState = text(description="What became of it.")
    reason: str = text(description="Why its last step was taken; may be empty.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was raised.")
    available_transitions: list[TransitionOption[ObjectionTransition]] = transitions(
        OBJECTION, queries.facts, "What can happen to it next, and what stands in the way."
    )


@strawberry.input(description="An objection to what an open ballot asks.")
class RaiseObjectionInput(Idempotent):
    """See domain.commands.objections.raise_objection."""

    ballot_id: strawberry.ID = text(description="The ballot, of which one is an elector.")
    body: str = text(description="What would do harm, at most 4,000 characters.")
    safety: bool = text(description="Whether it is about safety.", default=False)


@strawberry.input(description="A step in the life of an objection.")
class AdvanceObjectionInput(Expecting):
    """See domain.commands.objections.advance_objection."""

    objection_id: strawberry.ID = text(description="The objection.")
    transition: ObjectionTransition = text(description="The step.")
    reason: str = text(description="Why; whoever withdraws their own need not say so.", default="")


@strawberry.type
class ObjectionMutation:
    """What can be done with objections."""

    @mutation(Objection, "Object to what an open ballot asks; a vote OBJECT does so, too.")
    async def raise_objection(self, info: Info, input: RaiseObjectionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.raise_objection,
            ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
            body=input.body,
            safety=input.safety,
        )

    @mutation(Objection, "Judge or settle an objection, or withdraw one's own.")
    async def advance_objection(self, info: Info, input: AdvanceObjectionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_objection,
            objection_id=key(input.objection_id, "objectionId", "Objection"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )

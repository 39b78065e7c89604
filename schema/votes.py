"""Votes in GraphQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import votes as commands
from domain.consensus.choices import BallotKind, choices
from domain.errors import Invalid
from domain.models import votes as models
from domain.queries import ballots, people, stakeholders
from domain.queries import votes as queries
from domain.unit_of_work import fingerprint_of
from schema.batches import Parents, batched
from schema.context import Info
from schema.fields import Idempotent, enum, mutation, relation, text
from schema.nodes import Node, key, node
from schema.people import Person
from schema.stakeholders import Constituency

if TYPE_CHECKING:
    from schema.ballots import Ballot

RATINGS = range(1, 10)


class Choice(Enum):
    """Everything that can be chosen in a ballot of some kind, but the ratings."""

    YES = "YES"
    NO_OBJECTION = "NO_OBJECTION"
    DISCUSS = "DISCUSS"
    ABSTAIN = "ABSTAIN"
    RECUSE = "RECUSE"
    AGREE = "AGREE"
    DISAGREE = "DISAGREE"
    PASS = "PASS"  # noqa: S105 - a choice, no password
    UNABLE_TO_SCORE = "UNABLE_TO_SCORE"


enum(
    Choice,
    "What can be chosen: positions, answers to a sense check, or no rating.",
    YES="Position: I support it.",
    NO_OBJECTION="Position: I do not mind.",
    DISCUSS="Position: this blocks until it is talked about; needs a reason.",
    ABSTAIN="Position: I take none.",
    RECUSE="Position: I have an interest, and do not count among the electors.",
    AGREE="Sense check: I agree.",
    DISAGREE="Sense check: I disagree.",
    PASS="Sense check: I have no view.",  # noqa: S106 - as above
    UNABLE_TO_SCORE="Rating: I cannot rate this.",
)


@strawberry.type(description="How a vote was cast before it became what it is.")
class EarlierVote:
    """An earlier casting of a vote."""

    choice: Choice | None = text(description="What was chosen; null where it was a rating.")
    rating: int | None = text(description="The rating, 1 to 9; null where there was none.")
    rationale: str = text(description="Why; may be empty.")
    revision: int = text(description="Which casting it was, from 1.")
    cast_at: datetime = text(description="When it was cast.")


async def _kinds(votes: Parents, info: Info) -> Sequence[BallotKind]:
    return await info.context.load_all(queries.kinds, [vote.ballot_id for vote in votes])


async def _choices(votes: Parents, info: Info) -> Sequence[Choice | None]:
    kinds = await _kinds(votes, info)
    return [spoken(kind, vote.choice)[0] for kind, vote in zip(kinds, votes, strict=True)]


async def _ratings(votes: Parents, info: Info) -> Sequence[int | None]:
    kinds = await _kinds(votes, info)
    return [spoken(kind, vote.choice)[1] for kind, vote in zip(kinds, votes, strict=True)]


async def _history(votes: Parents, info: Info) -> Sequence[list[EarlierVote]]:
    """Earlier castings are as visible as the vote itself."""
    kinds, castings = await asyncio.gather(
        _kinds(votes, info),
        info.context.load_all(queries.history, [vote.id for vote in votes]),
    )
    return [
        [_earlier(kind, each) for each in found]
        for kind, found in zip(kinds, castings, strict=True)
    ]


@node(models.Vote, queries.by_ids, "An elector's vote in a ballot, as it stands.")
class Vote(Node):
    """A vote."""

    voter: Person = relation(people.by_ids, "Whose vote it is.", by="person_id")
    constituency: Constituency | None = relation(
        stakeholders.constituencies_by_ids,
        "The constituency that it counts in; null where the viewer may not see it.",
        by="constituency_id",
    )
    ballot: Annotated[Ballot, strawberry.lazy("schema.ballots")] | None = relation(
        ballots.by_ids,
        "The ballot that it was cast in; null where the viewer may not see it any more.",
        by="ballot_id",
    )
    rationale: str = text(description="Why; may be empty.")
    round: int = text(description="The round of the ballot that it was cast in, from 1.")
    stale: bool = text(
        description="Whether what it is about was changed since: it counts again when it is cast "
        "again."
    )
    revision: int = text(description="Counts its castings, from 1.")
    cast_at: datetime = text(description="When it was last cast.")

    choice: Choice | None = batched(_choices, "What was chosen; null where it is a rating.")
    rating: int | None = batched(_ratings, "The rating, 1 to 9; null where there is none.")
    history: list[EarlierVote] = batched(_history, "How it was cast before, oldest first.")


@cache
def spoken_all(kind: BallotKind) -> Sequence[tuple[Choice | None, int | None]]:
    """Return what the ordinals stand for in a kind of ballot, each as a choice or a rating."""
    return tuple(
        (None, int(name)) if name.isdecimal() else (Choice(name), None) for name in choices(kind)
    )


def spoken(kind: BallotKind, ordinal: int) -> tuple[Choice | None, int | None]:
    """Return the choice or the rating that an ordinal stands for in a kind of ballot."""
    return spoken_all(kind)[ordinal]


def _earlier(kind: BallotKind, casting: models.CastVote) -> EarlierVote:
    choice, rating = spoken(kind, casting.choice)
    return EarlierVote(
        choice=choice,
        rating=rating,
        rationale=casting.rationale,
        revision=casting.revision,
        cast_at=casting.cast_at,
    )


@strawberry.input(description="A vote: a choice or a rating, and why.")
class CastVoteInput(Idempotent):
    """See domain.commands.votes.cast_vote."""

    ballot_id: strawberry.ID = text(description="The ballot; it must be open.")
    choice: Choice | None = text(
        description="What is chosen, in a ballot of positions or a sense check, or "
        "UNABLE_TO_SCORE.",
        default=None,
    )
    rating: int | None = text(
        description="The rating, 1 to 9, where ratings are asked for.", default=None
    )
    rationale: str = text(
        description="Why, at most 4,000 characters; whether it is needed, the ballot says.",
        default="",
    )


@strawberry.type
class VoteMutation:
    """What can be done with votes."""

    @mutation(Vote, "Cast a vote in an open ballot, or change it: the latest one counts.")
    async def cast_vote(self, info: Info, input: CastVoteInput) -> UUID:
        """See the command, which keeps the idempotency key together with the vote."""
        return await commands.cast_vote(
            info.context.database,
            commands.Casting(
                viewer=info.context.viewer,
                ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
                choice=_chosen(input),
                rationale=input.rationale,
                idempotency_key=input.idempotency_key,
                fingerprint=fingerprint_of([info.field_name, asdict(input)]),
            ),
        )


def _chosen(input: CastVoteInput) -> str:
    if (input.choice is None) == (input.rating is None):
        raise Invalid("Please send either a choice or a rating.", ("choice",))
    if input.choice is not None:
        return input.choice.value
    if input.rating not in RATINGS:
        raise Invalid(
            f"A rating is a whole number from 1 to 9; {input.rating} is not.", ("rating",)
        )
    return str(input.rating)

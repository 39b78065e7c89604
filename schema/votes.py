"""Votes in GraphQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import votes as commands
from domain.consensus.choices import BallotKind, choices
from domain.errors import Invalid
from domain.models import votes as models
from domain.models.comments import HidingGround
from domain.queries import ballots, people, stakeholders, views
from domain.queries import votes as queries
from domain.unit_of_work import fingerprint_of
from schema.batches import Parents, batched, derived
from schema.context import Info
from schema.fields import Idempotent, answering, enum, relation, text
from schema.nodes import key, node
from schema.organisations import Organisation
from schema.people import Person
from schema.stakeholders import Constituency
from schema.words import (
    OWN,
    READABLE,
    Words,
    hidden_ground,
    own_grounds,
    readable,
    tombstone_of,
    unless_hidden,
)

if TYPE_CHECKING:
    from schema.ballots import Ballot
    from schema.views import ViewTally

_ViewTally = Annotated["ViewTally", strawberry.lazy("schema.views")]
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
    CONSENT = "CONSENT"
    CONCERN = "CONCERN"
    OBJECT = "OBJECT"


enum(
    Choice,
    "What can be chosen: positions, answers to a sense check or a call for consent, or no rating.",
    YES="Position: I support it.",
    NO_OBJECTION="Position: I do not mind.",
    DISCUSS="Position: this blocks until it is talked about; needs a reason.",
    ABSTAIN="Position, or consent: I take no side.",
    RECUSE="Position: I have an interest, and do not count among the electors.",
    AGREE="Sense check: I agree.",
    DISAGREE="Sense check: I disagree.",
    PASS="Sense check: I have no view.",  # noqa: S106 - as above
    UNABLE_TO_SCORE="Rating: I cannot rate this.",
    CONSENT="Consent: I can live with it.",
    CONCERN="Consent: I can live with it, and have a concern that is to be heard.",
    OBJECT="Consent: I have a reason why this would do harm; it has to be said.",
)


@strawberry.type(description="An option that a ballot lists.")
class BallotOption:
    """An option."""

    ordinal: int = text(description="Its place in the list, from 1, which never changes.")
    text: str = text(description="What it says.")


@strawberry.type(description="How a vote was cast before it became what it is.")
class EarlierVote:
    """An earlier casting of a vote."""

    choice: Choice | None = text(
        description="What was chosen; null where it was a rating or options."
    )
    rating: int | None = text(description="The rating, 1 to 9; null where there was none.")
    options: list[BallotOption] = text(
        description="The options that were approved, or ranked from the most preferred on."
    )
    rationale: str | None = text(
        description="Why; may be empty, and is null where that of the vote is."
    )
    revision: int = text(description="Which casting it was, from 1.")
    cast_at: datetime = text(description="When it was cast.")
    cast_by_id: strawberry.Private[UUID | None]
    cast_by: Person | None = relation(
        people.by_ids,
        "Who cast it on behalf of the voter; null where the voter did.",
        by="cast_by_id",
    )
    consolidated: _ViewTally | None = text(
        description="The views that it consolidated, where it was an official position; else null."
    )


async def _asked(votes: Parents, info: Info) -> Sequence[queries.Asked]:
    """Return what the ballot of each vote asks for."""
    return await info.context.load_all(queries.asked, [vote.ballot_id for vote in votes])


async def choices_of(votes: Parents, info: Info) -> Sequence[Choice | None]:
    """Return what votes, or views, chose; None where that is a rating or options."""
    asked = await _asked(votes, info)
    return [said(each, vote.choice)[0] for each, vote in zip(asked, votes, strict=True)]


async def ratings_of(votes: Parents, info: Info) -> Sequence[int | None]:
    """Return the ratings of votes, or views."""
    asked = await _asked(votes, info)
    return [said(each, vote.choice)[1] for each, vote in zip(asked, votes, strict=True)]


async def options_of(votes: Parents, info: Info) -> Sequence[list[BallotOption]]:
    """Return the options that votes, or views, are for."""
    asked = await _asked(votes, info)
    return [_chosen_of(each, vote.options) for each, vote in zip(asked, votes, strict=True)]


async def _history(votes: Parents, info: Info) -> Sequence[list[EarlierVote]]:
    """Earlier castings are as visible as the vote itself, and hidden with its reason."""
    keys = [vote.id for vote in votes]
    asked, castings, consolidated, shown = await asyncio.gather(
        _asked(votes, info),
        info.context.load_all(queries.history, keys),
        info.context.load_all(views.consolidated, keys),
        readable(votes, await own_grounds(votes, info), info),
    )
    return [
        [_earlier(each, casting, tallies, explained=seen) for casting in found]
        for each, found, tallies, seen in zip(asked, castings, consolidated, shown, strict=True)
    ]


async def _consolidated(votes: Parents, info: Info) -> Sequence[views.ViewTally | None]:
    found = await info.context.load_all(views.consolidated, [vote.id for vote in votes])
    return [
        None if tallies is None else tallies.get(vote.revision)
        for vote, tallies in zip(votes, found, strict=True)
    ]


@node(models.Vote, queries.by_ids, "An elector's vote in a ballot, as it stands.")
class Vote(Words):
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
    cast_by: Person | None = relation(
        people.by_ids,
        "Who cast it on behalf of the voter; null where the voter did.",
        by="cast_by_id",
    )
    organisation: Organisation | None = relation(
        views.organisations_of, "Whose official position it is; null where people vote."
    )
    consolidated: _ViewTally | None = batched(
        _consolidated,
        "The views of members that the position consolidates: those that stood when it was cast. "
        "Null where people vote.",
        reads=("id", "revision"),
    )
    rationale: str | None = unless_hidden("rationale", "Why; may be empty")
    hidden_ground: HidingGround | None = hidden_ground()
    tombstone: str | None = tombstone_of("the reason of this vote")
    round: int = text(description="The round of the ballot that it was cast in, from 1.")
    stale: bool = text(
        description="Whether what it is about was changed since: it counts again when it is cast "
        "again."
    )
    revision: int = text(description="Counts its castings, from 1.")
    cast_at: datetime = text(description="When it was last cast.")

    recused: bool = relation(
        queries.recused, "Whether it does not count, because its voter declared an interest."
    )
    choice: Choice | None = batched(
        choices_of,
        "What was chosen; null where it is a rating or options.",
        reads=("ballot_id", "choice"),
    )
    rating: int | None = batched(
        ratings_of, "The rating, 1 to 9; null where there is none.", reads=("ballot_id", "choice")
    )
    options: list[BallotOption] = batched(
        options_of,
        "The options that are approved, or ranked from the most preferred on.",
        reads=("ballot_id", "options"),
    )
    history: list[EarlierVote] = batched(
        _history,
        "How it was cast before, oldest first.",
        reads=("id", "ballot_id", *OWN, *READABLE),
    )


@cache
def spoken_all(kind: BallotKind) -> Sequence[tuple[Choice | None, int | None]]:
    """Return what the ordinals stand for in a kind of ballot, each as a choice or a rating."""
    return tuple(
        (None, int(name)) if name.isdecimal() else (Choice(name), None) for name in choices(kind)
    )


def spoken(kind: BallotKind, ordinal: int) -> tuple[Choice | None, int | None]:
    """Return the choice or the rating that an ordinal stands for in a kind of ballot."""
    return spoken_all(kind)[ordinal]


def said(asked: queries.Asked, ordinal: int | None) -> tuple[Choice | None, int | None]:
    """Return the choice or the rating of a vote; neither where it is for options."""
    return (None, None) if ordinal is None else spoken(asked.kind, ordinal)


def numbered(texts: Sequence[str]) -> list[BallotOption]:
    """Return the options of a ballot."""
    return [BallotOption(ordinal=place, text=words) for place, words in enumerate(texts, 1)]


def _chosen_of(asked: queries.Asked, chosen: Sequence[int] | None) -> list[BallotOption]:
    options = numbered(asked.options)
    return [options[ordinal - 1] for ordinal in chosen or ()]


def _earlier(
    asked: queries.Asked,
    casting: models.CastVote,
    consolidated: dict[int, views.ViewTally] | None,
    *,
    explained: bool,
) -> EarlierVote:
    choice, rating = said(asked, casting.choice)
    return EarlierVote(
        choice=choice,
        rating=rating,
        options=_chosen_of(asked, casting.options),
        rationale=casting.rationale if explained else None,
        revision=casting.revision,
        cast_at=casting.cast_at,
        cast_by_id=casting.cast_by_id,
        # Resolved as the type in GraphQL, from what the domain says.
        consolidated=None if consolidated is None else consolidated.get(casting.revision),  # type: ignore[arg-type]
    )


@strawberry.input
class Saying(Idempotent):
    """What a vote says, or a view: a choice, a rating or options, and why."""

    ballot_id: strawberry.ID = text(description="The ballot; it must be open.")
    choice: Choice | None = text(
        description="What is chosen, in a ballot of positions, a sense check or a call for "
        "consent, or UNABLE_TO_SCORE.",
        default=None,
    )
    rating: int | None = text(
        description="The rating, 1 to 9, where ratings are asked for.", default=None
    )
    options: list[int] | None = text(
        description="The ordinals of options, where the ballot lists any: in a multiple choice "
        "those that one approves, perhaps none; in a ranking from the most preferred on, all or "
        "only the first few.",
        default=None,
    )
    rationale: str = text(
        description="Why, at most 4,000 characters; whether it is needed, the ballot says. Of a "
        "vote OBJECT it is the objection.",
        default="",
    )


@strawberry.input(description="A vote: a choice, a rating or options, and why.")
class CastVoteInput(Saying):
    """See domain.commands.votes.cast_vote."""

    safety: bool = text(
        description="Whether the objection that OBJECT raises is about safety.", default=False
    )
    on_behalf_of_id: strawberry.ID | None = text(
        description="Whose vote it is, where that is somebody else: a moderator may cast that of "
        "any elector, a proxy that of who named them.",
        default=None,
    )


@strawberry.type(
    description="Proof of a vote, for its voter alone: it is told once, and its salt is not kept. "
    "When the ballot is closed, the commitment is in `receipts`; whoever is shown the salt can "
    "check what was chosen."
)
class Receipt:
    """See domain.consensus.receipts."""

    commitment: str = text(
        description='The SHA-256, in hex, of four lines: "concordat receipt 1", the UUID of the '
        "ballot, the choice, the rating or the ordinals of options as they were sent, joined by "
        "commas, and the salt; the lines are joined by line feeds."
    )
    salt: str = text(description="32 random bytes, in hex.")


@strawberry.type(description="What `castVote` changed.")
class CastVotePayload:
    """See domain.commands.votes.Cast."""

    cast: strawberry.Private[commands.Cast]

    vote: Vote = relation(queries.by_ids, "As it is now.", by="cast.vote_id")
    receipt: Receipt | None = derived(
        attrgetter("cast.receipt"),
        "The receipt of this casting, which replaces earlier ones; null for a repeated request, "
        "since the first one was told it: whoever did not get it, can cast again.",
    )


async def cast_vote(info: Info, input: CastVoteInput) -> CastVotePayload:
    """See the command, which keeps the idempotency key together with the vote."""
    cast = await commands.cast_vote(
        info.context.database,
        commands.Casting(
            viewer=info.context.viewer,
            ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
            choice=chosen_in(input),
            options=tuple(input.options or ()),
            rationale=input.rationale,
            safety=input.safety,
            on_behalf_of_id=(
                None
                if input.on_behalf_of_id is None
                else key(input.on_behalf_of_id, "onBehalfOfId", "Person")
            ),
            idempotency_key=input.idempotency_key,
            fingerprint=(
                ""
                if input.idempotency_key is None
                else fingerprint_of([info.field_name, asdict(input)])
            ),
        ),
    )
    return CastVotePayload(cast=cast)


@strawberry.type
class VoteMutation:
    """What can be done with votes."""

    cast_vote: CastVotePayload = answering(
        "CastVote",
        CastVotePayload,
        cast_vote,
        "Cast a vote in an open ballot, or change it: the latest one counts.",
    )


def chosen(choice: Choice | None, rating: int | None) -> str:
    """Return the name of a choice or a rating; Invalid unless it is one of them."""
    if (choice is None) == (rating is None):
        raise Invalid("Please send either a choice or a rating.", ("choice",))
    if choice is not None:
        return choice.value
    if rating not in RATINGS:
        raise Invalid(f"A rating is a whole number from 1 to 9; {rating} is not.", ("rating",))
    return str(rating)


def chosen_in(input: Saying) -> str | None:
    """Return the name of the choice or the rating, None where options are sent."""
    given = [each for each in (input.choice, input.rating, input.options) if each is not None]
    if len(given) != 1:
        raise Invalid("Please send either a choice, a rating or options.", ("choice",))
    return chosen(input.choice, input.rating) if input.options is None else None

"""The votes of one ballot, as a subscription; while it is blind there are none to see."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import strawberry

from domain.errors import NotFound
from domain.models.topics import StoredEvent
from domain.queries import ballots, votes
from domain.queries.topics import Position
from schema.ballots import Ballot
from schema.errors import coded
from schema.fields import relation
from schema.nodes import key
from schema.votes import Vote
from subscriptions.context import LiveContext, LiveInfo
from subscriptions.messages import (
    AfterCursor,
    Happened,
    Message,
    Reset,
    following,
    happening,
    place,
)

BallotId = Annotated[strawberry.ID, strawberry.argument(description="The ballot.")]


@strawberry.type(description="The ballot as it is after the event with this sequence.")
class VotesSnapshot(Message):
    """The first message."""

    ballot_id: strawberry.Private[UUID]
    ballot: Ballot | None = relation(ballots.by_ids, "The ballot, with its votes.", by="ballot_id")


@strawberry.type(description="A vote was cast or changed, or the ballot took a step of its life.")
class VoteEvent(Happened):
    """An event of the ballot."""

    ballot_id: strawberry.Private[UUID]
    vote_id: strawberry.Private[UUID | None]
    ballot: Ballot | None = relation(ballots.by_ids, "The ballot, as it is now.", by="ballot_id")
    vote: Vote | None = relation(
        votes.by_ids, "The vote, as it is now; null where none was cast.", by="vote_id"
    )


VotesMessage = Annotated[
    VotesSnapshot | VoteEvent | Reset,
    strawberry.union("VotesMessage", description="A message of `votes`."),
]


@strawberry.type
class VoteSubscription:
    """What can be followed of one ballot's votes."""

    @strawberry.subscription(
        description="A snapshot of a ballot, then each vote that the viewer may see and each step "
        "of the ballot's life."
    )
    async def votes(
        self, info: LiveInfo, ballot_id: BallotId, after: AfterCursor = None
    ) -> AsyncGenerator[VotesMessage, None]:
        """Follow one ballot."""
        id, topic = await ballot_place(info.context, ballot_id)

        def snapshot(position: Position) -> VotesSnapshot:
            return VotesSnapshot(**place(position), ballot_id=id)

        def event(event: StoredEvent, position: Position) -> VoteEvent | None:
            if event.data.get("ballot_id") != str(id):
                return None
            vote = event.data.get("vote_id")
            return VoteEvent(
                **happening(event, position), ballot_id=id, vote_id=UUID(vote) if vote else None
            )

        return following(topic, after, snapshot, event)


async def ballot_place(context: LiveContext, ballot_id: str) -> tuple[UUID, UUID]:
    """Return the keys of a ballot that the viewer sees and of the topic that holds it."""
    id = key(ballot_id, "ballotId", "Ballot")
    ballot = await context.load(ballots.by_ids, id)
    if ballot is None:
        raise coded(NotFound("There is no ballot with this id that you may see.", ("ballotId",)))
    return id, ballot.topic_id

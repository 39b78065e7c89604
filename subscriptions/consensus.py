"""The live status of one ballot, as a subscription: the newest, never a backlog."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import strawberry

from domain.models.topics import StoredEvent
from domain.queries import ballots
from domain.queries.topics import Position
from schema.ballots import Ballot
from schema.fields import relation
from subscriptions.context import LiveInfo
from subscriptions.messages import Message, Reset, following, place
from subscriptions.votes import BallotId, ballot_place


@strawberry.type(description="How a ballot stands, at least as of the event with this sequence.")
class ConsensusUpdate(Message):
    """The ballot as it is now; updates that nobody took in time are skipped."""

    ballot_id: strawberry.Private[UUID]
    ballot: Ballot | None = relation(
        ballots.by_ids, "The ballot, with its consensus.", by="ballot_id"
    )


ConsensusMessage = Annotated[
    ConsensusUpdate | Reset,
    strawberry.union("ConsensusMessage", description="A message of `consensus`."),
]


@strawberry.type
class ConsensusSubscription:
    """What can be followed of one ballot's consensus."""

    @strawberry.subscription(
        description="How a ballot stands, now and after each change that the viewer may see. A "
        "state and no history: a reader who falls behind gets the newest."
    )
    async def consensus(
        self, info: LiveInfo, ballot_id: BallotId
    ) -> AsyncGenerator[ConsensusMessage, None]:
        """Follow one ballot's consensus, one update for all that came at once."""
        id, topic = await ballot_place(info.context, ballot_id)

        def snapshot(position: Position) -> ConsensusUpdate:
            return ConsensusUpdate(**place(position), ballot_id=id)

        def event(event: StoredEvent, position: Position) -> ConsensusUpdate | None:
            return snapshot(position) if event.data.get("ballot_id") == str(id) else None

        return following(topic, None, snapshot, event, newest=True, ballot_id=id)

"""The live status of one ballot, as a subscription: the newest, never a backlog."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

import strawberry

from domain.queries import ballots
from schema.ballots import Ballot
from schema.fields import relation
from subscriptions.context import LiveInfo
from subscriptions.feed import Idle, Lost, Past, Present, follow
from subscriptions.messages import Message, Reset, place, reset
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
        changed = False
        async with aclosing(follow(info.context, topic)) as steps:
            async for step in steps:
                match step:
                    case Present(position):
                        yield ConsensusUpdate(**place(position), ballot_id=id)
                    case Past(event, _):
                        changed = changed or event.data.get("ballot_id") == str(id)
                    case Idle(position) if changed:
                        changed = False
                        yield ConsensusUpdate(**place(position), ballot_id=id)
                    case Lost():
                        yield reset(step)

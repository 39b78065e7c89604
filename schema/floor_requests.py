"""The speaking queue of roundtables in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from domain.commands import floor_requests as commands
from domain.models import floor_requests as models
from domain.models.comments import HidingGround
from domain.models.floor_requests import FloorRequestState
from domain.permissions import Permission
from domain.queries import floor_requests as queries
from domain.queries import people, roundtables, stakeholders
from schema.batches import Parents, batched, for_viewer
from schema.context import Info
from schema.fields import Idempotent, enum, mutation, perform, relation, text, viewer_can
from schema.nodes import key, node
from schema.people import Person
from schema.roundtables import Roundtable
from schema.stakeholders import Constituency
from schema.words import Words, hidden_ground, tombstone_of, unless_hidden

enum(
    FloorRequestState,
    "What became of a request for the floor.",
    WAITING="The person waits in the speaking queue.",
    SPEAKING="The person has the floor.",
    FINISHED="The person had the floor.",
    WITHDRAWN="The person left the queue without having had the floor.",
)


async def _can_end(requests: Parents, info: Info) -> Sequence[bool]:
    speaking = [each.state is FloorRequestState.SPEAKING for each in requests]
    own = [
        speaks and info.context.viewer.is_person(each.person_id)
        for speaks, each in zip(speaking, requests, strict=True)
    ]
    moderated = await viewer_can(
        info,
        Permission.MODERATE,
        [
            each.roundtable_id if speaks and not mine else None
            for speaks, mine, each in zip(speaking, own, requests, strict=True)
        ],
    )
    return [mine or moderates for mine, moderates in zip(own, moderated, strict=True)]


@node(models.FloorRequest, queries.by_ids, "A person's request for the floor of a roundtable.")
class FloorRequest(Words):
    """A request for the floor."""

    roundtable: Roundtable = relation(
        roundtables.by_ids, "The roundtable in which the person asks.", by="roundtable_id"
    )
    person: Person = relation(people.by_ids, "Who asks.", by="person_id")
    constituency: Constituency | None = relation(
        stakeholders.constituencies_by_ids,
        "For whom the person speaks; null for a moderator who was not invited.",
        by="constituency_id",
    )
    about: str | None = unless_hidden("about", "What the person wants to speak about; may be empty")
    hidden_ground: HidingGround | None = hidden_ground()
    tombstone: str | None = tombstone_of("what this person wants to speak about")
    state: FloorRequestState = text(description="What became of it.")
    created_at: datetime = text(description="When the person asked, and so waits since.")
    given_at: datetime | None = text(description="When the person was given the floor, if so.")
    ended_at: datetime | None = text(
        description="When the person finished, or left the queue, if so."
    )

    viewer_can_withdraw: bool = for_viewer(
        lambda asked, viewer: (
            asked.state is FloorRequestState.WAITING and viewer.is_person(asked.person_id)
        ),
        "Whether the viewer can withdraw it.",
        reads=("state", "person_id"),
    )
    viewer_can_end: bool = batched(
        _can_end,
        "Whether the viewer can end the person's turn to speak.",
        reads=("state", "person_id", "roundtable_id"),
    )


@strawberry.input(description="A wish to speak in a roundtable.")
class RequestFloorInput(Idempotent):
    """See domain.commands.floor_requests.request_floor."""

    roundtable_id: strawberry.ID = text(description="The roundtable.")
    about: str = text(
        description="What one wants to speak about, at most 300 characters.", default=""
    )


@strawberry.input(description="A wish to speak that is taken back.")
class WithdrawFloorRequestInput(Idempotent):
    """See domain.commands.floor_requests.withdraw_floor_request."""

    floor_request_id: strawberry.ID = text(description="One's own request, which waits.")


@strawberry.input(description="Who is to speak now.")
class GiveFloorInput(Idempotent):
    """See domain.commands.floor_requests.give_floor."""

    floor_request_id: strawberry.ID = text(description="A request that waits, not only the first.")


@strawberry.input(description="A turn to speak that is over.")
class EndFloorInput(Idempotent):
    """See domain.commands.floor_requests.end_floor."""

    floor_request_id: strawberry.ID = text(description="The request of whoever has the floor.")


@strawberry.type
class FloorRequestMutation:
    """What can be done with the speaking queue of a roundtable."""

    @mutation(FloorRequest, "Ask for the floor, at the end of the speaking queue.")
    async def request_floor(self, info: Info, input: RequestFloorInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.request_floor,
            roundtable_id=key(input.roundtable_id, "roundtableId", "Roundtable"),
            about=input.about,
        )

    @mutation(FloorRequest, "Leave the speaking queue oneself.")
    async def withdraw_floor_request(self, info: Info, input: WithdrawFloorRequestInput) -> UUID:
        """See the command."""
        return await perform(
            info, input, commands.withdraw_floor_request, floor_request_id=_request(input)
        )

    @mutation(FloorRequest, "Give the floor to somebody who waits; who had it before has finished.")
    async def give_floor(self, info: Info, input: GiveFloorInput) -> UUID:
        """See the command."""
        return await perform(info, input, commands.give_floor, floor_request_id=_request(input))

    @mutation(FloorRequest, "Give the floor back oneself, or as a moderator end anybody's turn.")
    async def end_floor(self, info: Info, input: EndFloorInput) -> UUID:
        """See the command."""
        return await perform(info, input, commands.end_floor, floor_request_id=_request(input))


def _request(input: WithdrawFloorRequestInput | GiveFloorInput | EndFloorInput) -> UUID:
    return key(input.floor_request_id, "floorRequestId", "FloorRequest")

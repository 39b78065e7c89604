"""Roundtables and the invitations to them in GraphQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import roundtables as commands
from domain.lifecycle import ROUNDTABLE, EngagementState, EngagementTransition
from domain.models import roundtables as models
from domain.models.roundtables import InvitationState
from domain.permissions import Permission
from domain.queries import (
    agenda_items,
    ballots,
    comments,
    engagements,
    floor_requests,
    people,
    stakeholders,
)
from domain.queries import roundtables as queries
from schema.batches import Parents, batched, derived, for_viewer
from schema.comments import Thread
from schema.context import Info
from schema.engagements import Engagement
from schema.facilitators import Facilitator, facilitator, facilitators
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    perform,
    permitted,
    relation,
    text,
    viewer_can,
)
from schema.interests import Interest, interests
from schema.nodes import Node, key, node
from schema.pagination import Connection, connection, listing
from schema.people import Person
from schema.stakeholders import Stakeholder
from schema.transitions import TransitionOption, transitions

if TYPE_CHECKING:
    from schema.agenda_items import AgendaItem
    from schema.ballots import Ballot
    from schema.clocks import Clock
    from schema.floor_requests import FloorRequest

enum(
    InvitationState,
    "What became of an invitation.",
    INVITED="It waits for an answer.",
    ACCEPTED="The person is coming.",
    DECLINED="The person is not coming.",
    WITHDRAWN="The person is not invited any more.",
)


@node(models.Invitation, queries.invitations_by_ids, "An invitation to a roundtable.")
class Invitation(Node):
    """An invitation."""

    roundtable: Annotated[Roundtable, strawberry.lazy("schema.roundtables")] | None = relation(
        queries.by_ids,
        "The roundtable; null once the viewer may not know of it any more.",
        by="roundtable_id",
    )
    person: Person = relation(people.by_ids, "Who is invited.", by="person_id")
    stakeholder: Stakeholder | None = relation(
        stakeholders.by_ids,
        "The person's part in the exercise; null once it ended.",
        by="stakeholder_id",
    )
    state: InvitationState = text(description="What became of it.")
    answered_at: datetime | None = text(
        description="When it was accepted, declined or withdrawn, if it was."
    )
    created_at: datetime = text(description="When the person was first invited.")

    viewer_can_answer: bool = for_viewer(
        lambda invitation, viewer: (
            invitation.state in ballots.INVITED and viewer.is_person(invitation.person_id)
        ),
        "Whether the viewer can accept or decline it.",
        reads=("state", "person_id"),
    )


async def _can_request_floor(roundtables: Parents, info: Info) -> Sequence[bool]:
    """See domain.commands.floor_requests.request_floor."""
    keys = [each.id if each.state is EngagementState.OPEN else None for each in roundtables]
    waiting, invitations, moderated = await asyncio.gather(
        info.context.load_all(floor_requests.own, keys),
        info.context.load_all(queries.own_invitations, keys),
        viewer_can(info, Permission.MODERATE, keys),
    )
    return [
        key is not None
        and asked is None
        and (moderates or (invitation is not None and invitation.state in ballots.INVITED))
        for key, asked, invitation, moderates in zip(
            keys, waiting, invitations, moderated, strict=True
        )
    ]


@node(
    models.Roundtable,
    queries.by_ids,
    "A virtual discussion by invitation; only those invited and its moderators know of it.",
)
class Roundtable(Node):
    """A roundtable."""

    engagement: Engagement | None = relation(
        engagements.by_ids,
        "The exercise that it is part of; null where the viewer may not know of that.",
        by="engagement_id",
    )
    title: str = text(description="What it is called.")
    agenda: str = text(description="What it is to discuss, in Markdown.")
    state: EngagementState = text(description="Where it stands.")
    starts_at: datetime = text(description="When it is planned to begin.")
    slow_mode_seconds: int = text(
        description="How long a participant waits between two comments in it; 0 is not at all."
    )
    revision: int = text(
        description="Counts its changes and those of its agenda, clock and facilitation, from 1."
    )
    created_at: datetime = text(description="When it was planned.")
    facilitators: list[Facilitator] = facilitators()
    facilitator: Person | None = facilitator()
    agenda_items: list[Annotated[AgendaItem, strawberry.lazy("schema.agenda_items")]] = relation(
        agenda_items.of_roundtables, "What it is to discuss, item by item, in their order."
    )
    floor: Annotated[FloorRequest, strawberry.lazy("schema.floor_requests")] | None = relation(
        floor_requests.floors, "Who has the floor; null where nobody has."
    )
    speaking_queue: list[Annotated[FloorRequest, strawberry.lazy("schema.floor_requests")]] = (
        relation(floor_requests.queues, "Who waits for the floor, in the order of asking.")
    )
    viewer_floor_request: (
        Annotated[FloorRequest, strawberry.lazy("schema.floor_requests")] | None
    ) = relation(
        floor_requests.own,
        "The viewer's own place in the queue, if they wait in it.",
        personal=True,
    )
    floor_requests: Connection[
        Annotated[FloorRequest, strawberry.lazy("schema.floor_requests")]
    ] = connection(
        floor_requests.of_roundtables,
        floor_requests.count_of_roundtables,
        "Who ever asked for the floor, and what became of it.",
    )
    invitations: Connection[Invitation] = connection(
        queries.invitations_of_roundtables,
        queries.count_invitations_of_roundtables,
        "Who was invited, and what became of it.",
    )
    viewer_invitation: Invitation | None = relation(
        queries.own_invitations,
        "The viewer's own invitation to it, if there is one.",
        personal=True,
    )
    ballots: Connection[Annotated[Ballot, strawberry.lazy("schema.ballots")]] = connection(
        ballots.of_topics,
        ballots.count_of_topics,
        "The ballots that are held in it; drafts for its moderators alone.",
    )
    interests: Connection[Interest] = interests()
    threads: Connection[Thread] = connection(
        comments.threads_of_topics,
        comments.count_threads_of_topics,
        "The comment threads that are held in it, whatever they are about.",
    )
    available_transitions: list[TransitionOption[EngagementTransition]] = transitions(
        ROUNDTABLE, queries.facts, "What can happen to it next, and what stands in the way."
    )

    clock: Annotated[Clock, strawberry.lazy("schema.clocks")] = derived(
        lambda roundtable: roundtable, "Its clock, which runs on one agenda item after the other."
    )
    viewer_can_request_floor: bool = batched(
        _can_request_floor,
        "Whether the viewer can ask for the floor: while it is open, those who are invited and "
        "moderators can, once at a time.",
        personal=True,
        reads=("id", "state"),
    )
    viewer_can_moderate: bool = permitted(
        Permission.MODERATE,
        "Whether the viewer can edit it and its agenda, invite people to it, run its clock, give "
        "the floor and set slow mode.",
        by="id",
    )


@strawberry.type
class RoundtableQuery:
    """What can be asked about roundtables."""

    viewer_invitations: Connection[Invitation] = listing(
        queries.invitations_of_viewer,
        queries.count_invitations_of_viewer,
        "The invitations of the person who is asking that still stand.",
    )


@strawberry.input(description="A roundtable to be planned.")
class CreateRoundtableInput(Idempotent):
    """See domain.commands.roundtables.create_roundtable."""

    engagement_id: strawberry.ID = text(description="The exercise that it is part of.")
    title: str = text(description="What it is called, at most 300 characters.")
    agenda: str = text(
        description="What it is to discuss, in Markdown, at most 100,000 characters.", default=""
    )
    starts_at: datetime = text(description="When it is planned to begin.")


@strawberry.input(description="The texts and the time of a roundtable, as they are to be.")
class EditRoundtableInput(Expecting):
    """See domain.commands.roundtables.edit_roundtable."""

    roundtable_id: strawberry.ID = text(description="The roundtable.")
    title: str = text(description="What it is called, at most 300 characters.")
    agenda: str = text(description="What it is to discuss, in Markdown.")
    starts_at: datetime = text(description="When it is planned to begin.")


@strawberry.input(description="A step in the life of a roundtable.")
class AdvanceRoundtableInput(Expecting):
    """See domain.commands.roundtables.advance_roundtable."""

    roundtable_id: strawberry.ID = text(description="The roundtable.")
    transition: EngagementTransition = text(description="The step.")
    reason: str = text(description="Why now; those who are invited are told.")


@strawberry.input(description="How slowly participants are to comment.")
class SetSlowModeInput(Idempotent):
    """See domain.commands.roundtables.set_slow_mode."""

    roundtable_id: strawberry.ID = text(description="The roundtable.")
    seconds: int = text(
        description="How long a participant waits between two comments, from 1 to 3,600; 0 is not "
        "at all."
    )


@strawberry.input(description="Who is to be invited. Who is invited already, stays so.")
class InviteInput:
    """See domain.commands.roundtables.invite."""

    roundtable_id: strawberry.ID = text(description="The roundtable.")
    stakeholder_ids: list[strawberry.ID] = text(
        description="From 1 to 100 stakeholders of the exercise that it is part of."
    )


@strawberry.input(description="The answer to one's own invitation. Repeating it changes nothing.")
class AnswerInvitationInput:
    """See domain.commands.roundtables.answer_invitation."""

    invitation_id: strawberry.ID = text(description="The invitation.")
    accept: bool = text(
        description="True accepts it; false declines it, and the roundtable is then out of sight."
    )


@strawberry.input(description="An invitation that is to stand no longer.")
class WithdrawInvitationInput(Idempotent):
    """See domain.commands.roundtables.withdraw_invitation."""

    invitation_id: strawberry.ID = text(description="The invitation.")


@strawberry.type
class RoundtableMutation:
    """What can be done with roundtables and invitations."""

    @mutation(Roundtable, "Plan a roundtable of an exercise.")
    async def create_roundtable(self, info: Info, input: CreateRoundtableInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.create_roundtable,
            engagement_id=key(input.engagement_id, "engagementId", "Engagement"),
            title=input.title,
            agenda=input.agenda,
            starts_at=input.starts_at,
        )

    @mutation(Roundtable, "Replace the texts and the time of a roundtable.")
    async def edit_roundtable(self, info: Info, input: EditRoundtableInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_roundtable,
            roundtable_id=key(input.roundtable_id, "roundtableId", "Roundtable"),
            title=input.title,
            agenda=input.agenda,
            starts_at=input.starts_at,
            expected_revision=expected(input),
        )

    @mutation(Roundtable, "Open a roundtable or close it, with a reason.")
    async def advance_roundtable(self, info: Info, input: AdvanceRoundtableInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_roundtable,
            roundtable_id=key(input.roundtable_id, "roundtableId", "Roundtable"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )

    @mutation(
        Roundtable,
        "Let those who do not moderate a roundtable comment at most once in so many seconds.",
    )
    async def set_slow_mode(self, info: Info, input: SetSlowModeInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.set_slow_mode,
            roundtable_id=key(input.roundtable_id, "roundtableId", "Roundtable"),
            seconds=input.seconds,
        )

    @mutation(Roundtable, "Invite stakeholders of the exercise to a roundtable.")
    async def invite(self, info: Info, input: InviteInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.invite,
            roundtable_id=key(input.roundtable_id, "roundtableId", "Roundtable"),
            stakeholder_ids=[
                key(id, "stakeholderIds", "Stakeholder") for id in input.stakeholder_ids
            ],
        )

    @mutation(Invitation, "Accept one's own invitation, or decline it.")
    async def answer_invitation(self, info: Info, input: AnswerInvitationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.answer_invitation,
            invitation_id=key(input.invitation_id, "invitationId", "Invitation"),
            accept=input.accept,
        )

    @mutation(Invitation, "Withdraw an invitation: the person knows of the roundtable no more.")
    async def withdraw_invitation(self, info: Info, input: WithdrawInvitationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.withdraw_invitation,
            invitation_id=key(input.invitation_id, "invitationId", "Invitation"),
        )

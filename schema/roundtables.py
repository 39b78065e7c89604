"""Roundtables and the invitations to them in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.lifecycle import ROUNDTABLE, EngagementState, EngagementTransition
from domain.models import roundtables as models
from domain.models.roundtables import InvitationState
from domain.permissions import Permission
from domain.queries import comments, engagements, people, stakeholders
from domain.queries import roundtables as queries
from domain.queries.ballots import INVITED
from schema.comments import Thread
from schema.context import Info
from schema.fields import enum, relation, text, viewer_can
from schema.nodes import Node, node
from schema.pagination import Connection, connection, listing
from schema.people import Person
from schema.stakeholders import Stakeholder
from schema.transitions import TransitionOption, transitions

if TYPE_CHECKING:
    from schema.engagements import Engagement

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

    @strawberry.field(description="Whether the viewer can accept or decline it.")
    def viewer_can_answer(root: strawberry.Parent[Any], info: Info) -> bool:
        """Whom it invites can, while it stands."""
        return root.person_id == info.context.viewer.person_id and root.state in INVITED


@node(
    models.Roundtable,
    queries.by_ids,
    "A virtual discussion by invitation; only those invited and its moderators know of it.",
)
class Roundtable(Node):
    """A roundtable."""

    engagement: Annotated[Engagement, strawberry.lazy("schema.engagements")] | None = relation(
        engagements.by_ids,
        "The exercise that it is part of; null where the viewer may not know of that.",
        by="engagement_id",
    )
    title: str = text(description="What it is called.")
    agenda: str = text(description="What it is to discuss, in Markdown.")
    state: EngagementState = text(description="Where it stands.")
    starts_at: datetime = text(description="When it is planned to begin.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was planned.")
    invitations: Connection[Invitation] = connection(
        queries.invitations_of_roundtables,
        queries.count_invitations_of_roundtables,
        "Who was invited, and what became of it.",
    )
    viewer_invitation: Invitation | None = relation(
        queries.own_invitations, "The viewer's own invitation to it, if there is one."
    )
    threads: Connection[Thread] = connection(
        comments.threads_of_topics,
        comments.count_threads_of_topics,
        "The comment threads that are held in it, whatever they are about.",
    )
    available_transitions: list[TransitionOption[EngagementTransition]] = transitions(
        ROUNDTABLE, queries.facts, "What can happen to it next, and what stands in the way."
    )

    @strawberry.field(description="Whether the viewer can edit it and invite people to it.")
    async def viewer_can_moderate(root: strawberry.Parent[Any], info: Info) -> bool:
        """Moderators can."""
        return await viewer_can(info, Permission.MODERATE, root.id)


@strawberry.type
class RoundtableQuery:
    """What can be asked about roundtables."""

    viewer_invitations: Connection[Invitation] = listing(
        queries.invitations_of_viewer,
        queries.count_invitations_of_viewer,
        "The invitations of the person who is asking that still stand.",
    )

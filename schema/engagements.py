"""Engagement exercises in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import engagements as commands
from domain.commands.stakeholders import remove_stakeholder
from domain.lifecycle import ENGAGEMENT, EngagementState, EngagementTransition
from domain.models import engagements as models
from domain.permissions import Permission
from domain.queries import (
    agreement,
    ballots,
    comments,
    emergent_groups,
    reports,
    responses,
    roundtables,
    specifications,
    themes,
    topics,
)
from domain.queries import engagements as queries
from domain.queries import stakeholders as participants
from schema.agreement import Agreement
from schema.batches import Parents, batched
from schema.comments import Thread
from schema.context import Info
from schema.emergent_groups import EmergentGroups
from schema.facilitators import Facilitator, facilitator, facilitators
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    is_public,
    mutation,
    perform,
    permitted,
    relation,
    text,
)
from schema.interests import Interest, interests
from schema.nodes import Node, key, node
from schema.pagination import (
    After,
    Before,
    Connection,
    First,
    Last,
    connection,
    enlist,
    page,
)
from schema.people import Person
from schema.reports import Report
from schema.stakeholders import Constituency, Stakeholder
from schema.transitions import TransitionOption, transitions
from schema.webinars import Webinar

if TYPE_CHECKING:
    from schema.ballots import Ballot
    from schema.responses import Response
    from schema.roundtables import Roundtable
    from schema.specifications import Specification
    from schema.themes import Theme

enum(
    EngagementState,
    "Where an engagement exercise or a roundtable stands.",
    PLANNED="It is being prepared; nobody can comment or vote yet.",
    OPEN="People can comment and vote.",
    CLOSED="It is over, and all of it stays readable.",
)
enum(
    EngagementTransition,
    "A step in the life of an engagement exercise or of a roundtable.",
    OPEN="Open it to comments and votes.",
    CLOSE="End it.",
)


async def _can_join(engagements: Parents, info: Info) -> Sequence[bool]:
    """See domain.commands.stakeholders.join_engagement."""
    context = info.context
    keys = [
        each.id if context.viewer.known and each.state is EngagementState.OPEN else None
        for each in engagements
    ]
    places = await context.load_all(topics.by_ids, keys)
    public = [place.id if place and place.public else None for place in places]
    own = await context.load_all(participants.of_viewer, public)
    return [key is not None and part is None for key, part in zip(public, own, strict=True)]


@node(
    models.Engagement,
    queries.by_ids,
    "An engagement exercise: a time-boxed consultation on one specification.",
)
class Engagement(Node):
    """An engagement exercise."""

    specification: Annotated[Specification, strawberry.lazy("schema.specifications")] | None = (
        relation(
            specifications.by_ids,
            "What it is about; null where the viewer may not know of that.",
            by="specification_id",
        )
    )
    title: str = text(description="What it is called.")
    purpose: str = text(description="What it is for.")
    briefing: str = text(description="The briefing document, in Markdown.")
    state: EngagementState = text(description="Where it stands.")
    opens_at: datetime | None = text(description="When it is planned to open.")
    closes_at: datetime | None = text(description="When it is planned to close.")
    opened_at: datetime | None = text(description="When it was opened, if it was.")
    closed_at: datetime | None = text(description="When it was closed, if it was.")
    slow_mode_seconds: int = text(
        description="How many seconds a participant waits between two comments; 0 is not at all."
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was planned.")
    facilitators: list[Facilitator] = facilitators()
    facilitator: Person | None = facilitator()
    constituencies: list[Constituency] = relation(
        participants.constituencies_of_engagements,
        "The declared groups whose consensus is measured, in the order of their declaration.",
    )
    stakeholders: Connection[Stakeholder] = connection(
        participants.of_engagements,
        participants.count_of_engagements,
        "Who takes part; for readers who take no part themselves, empty.",
    )
    webinars: list[Webinar] = relation(
        queries.webinars_of_engagements, "Its webinars, the earliest first."
    )
    roundtables: Connection[Annotated[Roundtable, strawberry.lazy("schema.roundtables")]] = (
        connection(
            roundtables.of_engagements,
            roundtables.count_of_engagements,
            "Its roundtables that the viewer may know of.",
        )
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
    themes: list[Annotated[Theme, strawberry.lazy("schema.themes")]] = relation(
        themes.of_engagements, "What its threads are about, in the order of naming."
    )
    responded_at: datetime | None = text(
        description="When its response was published, if it was: what that rests on stays since."
    )
    response: Annotated[Response, strawberry.lazy("schema.responses")] | None = relation(
        responses.present, "What it answers to each comment, as published last."
    )
    responses: list[Annotated[Response, strawberry.lazy("schema.responses")]] = relation(
        responses.of_engagements, "Every version of that, the first one first."
    )
    rating_agreement: Agreement = relation(
        agreement.of_ratings,
        "How far those who voted agree, over the rating ballots whose result the viewer may know.",
    )
    sense_check_agreement: Agreement = relation(
        agreement.of_sense_checks,
        "How far those who voted agree, over the sense checks whose result the viewer may know.",
    )
    emergent_groups: EmergentGroups = relation(
        emergent_groups.of_engagements,
        "The groups that emerge from those sense checks whose result the viewer may know.",
    )
    viewer_stakeholder: Stakeholder | None = relation(
        participants.of_viewer,
        "The viewer's own part in it; null where they have none.",
        personal=True,
    )
    report: Report | None = relation(
        reports.of_engagements,
        "Its report; null for those who do not moderate it, until it is closed.",
    )
    available_transitions: list[TransitionOption[EngagementTransition]] = transitions(
        ENGAGEMENT, queries.facts, "What can happen to it next, and what stands in the way."
    )

    public: bool = batched(
        is_public, "Whether everybody may read it, or only those who take part.", reads=("id",)
    )
    viewer_can_join: bool = batched(
        _can_join,
        "Whether the viewer can join it as a stakeholder now.",
        personal=True,
        reads=("id", "state"),
    )
    viewer_can_moderate: bool = permitted(
        Permission.MODERATE,
        "Whether the viewer can edit it, and manage its constituencies, stakeholders, webinars and "
        "roundtables.",
        by="id",
    )


@strawberry.type
class EngagementQuery:
    """What can be asked about engagement exercises."""

    @strawberry.field(description="The engagement exercises that the viewer may know of.")
    async def engagements(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        state: Annotated[
            EngagementState | None, strawberry.argument(description="Only those in this state.")
        ] = None,
    ) -> Connection[Engagement]:
        """List them in the order in which they were planned."""
        found: Connection[Engagement] = await enlist(
            info,
            queries.listed,
            queries.count_listed,
            page(first, after, last, before),
            state=state,
        )
        return found


@strawberry.input(description="An exercise to be planned.")
class CreateEngagementInput(Idempotent):
    """See domain.commands.engagements.create_engagement."""

    specification_id: strawberry.ID = text(description="The specification that it is about.")
    title: str = text(description="What it is called, at most 300 characters.")
    purpose: str = text(description="What it is for, at most 20,000 characters.")
    briefing: str = text(
        description="The briefing document, in Markdown, at most 100,000 characters; "
        "it may be written later, before the exercise opens.",
        default="",
    )
    public: bool = text(
        description="Whether everybody may read it and join, or only those whom moderators add. "
        "This never changes."
    )
    opens_at: datetime | None = text(description="When it is planned to open.", default=None)
    closes_at: datetime | None = text(
        description="When it is planned to close: after it opens.", default=None
    )


@strawberry.input(description="The texts and planned dates of an exercise, as they are to be.")
class EditEngagementInput(Expecting):
    """See domain.commands.engagements.edit_engagement."""

    engagement_id: strawberry.ID = text(description="The exercise.")
    title: str = text(description="What it is called, at most 300 characters.")
    purpose: str = text(description="What it is for, at most 20,000 characters.")
    briefing: str = text(
        description="The briefing document, in Markdown, at most 100,000 characters."
    )
    opens_at: datetime | None = text(
        description="When it is planned to open; null for no date.", default=None
    )
    closes_at: datetime | None = text(
        description="When it is planned to close; null for no date.", default=None
    )


@strawberry.input(description="A step in the life of an exercise.")
class AdvanceEngagementInput(Expecting):
    """See domain.commands.engagements.advance_engagement."""

    engagement_id: strawberry.ID = text(description="The exercise.")
    transition: EngagementTransition = text(description="The step.")
    reason: str = text(description="Why now; everybody who may read the exercise is told.")


@strawberry.input(description="Slow mode of an exercise. Repeating it changes nothing.")
class SetEngagementSlowModeInput:
    """See domain.commands.engagements.set_engagement_slow_mode."""

    engagement_id: strawberry.ID = text(description="The exercise.")
    seconds: int = text(
        description="How many seconds a participant waits between two comments, at most 3,600; "
        "0 switches it off."
    )


@strawberry.input(description="A stakeholder whose part in an exercise is to end.")
class RemoveStakeholderInput(Idempotent):
    """See domain.commands.stakeholders.remove_stakeholder."""

    stakeholder_id: strawberry.ID = text(description="The stakeholder.")
    reason: str = text(description="Why; the person is told.")


@strawberry.type
class EngagementMutation:
    """What can be done with engagement exercises."""

    @mutation(Engagement, "Plan an engagement exercise about a specification.")
    async def create_engagement(self, info: Info, input: CreateEngagementInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.create_engagement,
            specification_id=key(input.specification_id, "specificationId", "Specification"),
            title=input.title,
            purpose=input.purpose,
            briefing=input.briefing,
            public=input.public,
            opens_at=input.opens_at,
            closes_at=input.closes_at,
        )

    @mutation(Engagement, "Replace the texts and the planned dates of an exercise.")
    async def edit_engagement(self, info: Info, input: EditEngagementInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_engagement,
            engagement_id=key(input.engagement_id, "engagementId", "Engagement"),
            title=input.title,
            purpose=input.purpose,
            briefing=input.briefing,
            opens_at=input.opens_at,
            closes_at=input.closes_at,
            expected_revision=expected(input),
        )

    @mutation(Engagement, "Open an exercise or close it, with a reason.")
    async def advance_engagement(self, info: Info, input: AdvanceEngagementInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_engagement,
            engagement_id=key(input.engagement_id, "engagementId", "Engagement"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )

    @mutation(Engagement, "Let participants of an exercise wait between two comments, or not.")
    async def set_engagement_slow_mode(self, info: Info, input: SetEngagementSlowModeInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.set_engagement_slow_mode,
            engagement_id=key(input.engagement_id, "engagementId", "Engagement"),
            seconds=input.seconds,
        )

    @mutation(Engagement, "End a person's part in an exercise; what they said and voted stays.")
    async def remove_stakeholder(self, info: Info, input: RemoveStakeholderInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            remove_stakeholder,
            stakeholder_id=key(input.stakeholder_id, "stakeholderId", "Stakeholder"),
            reason=input.reason,
        )

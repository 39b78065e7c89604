"""Webinars of engagement exercises in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import engagements as commands
from domain.models import engagements as models
from domain.queries import engagements as queries
from schema.context import Info
from schema.fields import Expecting, Idempotent, expected, mutation, perform, relation, text
from schema.nodes import Node, key, node

if TYPE_CHECKING:
    from schema.engagements import Engagement


@node(models.Webinar, queries.webinars_by_ids, "A webinar of an engagement exercise.")
class Webinar(Node):
    """A webinar."""

    engagement: Annotated[Engagement, strawberry.lazy("schema.engagements")] = relation(
        queries.by_ids, "The exercise that it is part of.", by="engagement_id"
    )
    title: str = text(description="What it is called.")
    starts_at: datetime = text(description="When it begins.")
    slides_url: str | None = text(description="Where its slides are, once there are any.")
    recording_url: str | None = text(description="Where its recording is, once there is one.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was announced.")


@strawberry.input(description="A webinar to be announced.")
class AddWebinarInput(Idempotent):
    """See domain.commands.engagements.add_webinar."""

    engagement_id: strawberry.ID = text(description="The exercise that it is part of.")
    title: str = text(description="What it is called, at most 300 characters.")
    starts_at: datetime = text(description="When it begins.")
    slides_url: str | None = text(
        description="The web address of its slides, http or https.", default=None
    )
    recording_url: str | None = text(
        description="The web address of its recording, http or https.", default=None
    )


@strawberry.input(description="What is known of a webinar, as it is to be.")
class EditWebinarInput(Expecting):
    """See domain.commands.engagements.edit_webinar."""

    webinar_id: strawberry.ID = text(description="The webinar.")
    title: str = text(description="What it is called, at most 300 characters.")
    starts_at: datetime = text(description="When it begins.")
    slides_url: str | None = text(
        description="The web address of its slides, http or https; null for none.", default=None
    )
    recording_url: str | None = text(
        description="The web address of its recording, http or https; null for none.",
        default=None,
    )


@strawberry.type
class WebinarMutation:
    """What can be done with webinars."""

    @mutation(Webinar, "Announce a webinar of an exercise.")
    async def add_webinar(self, info: Info, input: AddWebinarInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_webinar,
            engagement_id=key(input.engagement_id, "engagementId", "Engagement"),
            title=input.title,
            starts_at=input.starts_at,
            slides_url=input.slides_url,
            recording_url=input.recording_url,
        )

    @mutation(Webinar, "Replace what is known of a webinar, such as where its recording is.")
    async def edit_webinar(self, info: Info, input: EditWebinarInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_webinar,
            webinar_id=key(input.webinar_id, "webinarId", "Webinar"),
            title=input.title,
            starts_at=input.starts_at,
            slides_url=input.slides_url,
            recording_url=input.recording_url,
            expected_revision=expected(input),
        )

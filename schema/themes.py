"""Themes of an exercise in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import themes as commands
from domain.models import themes as models
from domain.queries import engagements
from domain.queries import themes as queries
from schema.comments import Thread
from schema.context import Info
from schema.fields import Expecting, Idempotent, expected, mutation, perform, relation, text
from schema.nodes import Node, key, node
from schema.pagination import Connection, connection

if TYPE_CHECKING:
    from schema.engagements import Engagement


@node(models.Theme, queries.by_ids, "A matter that threads of an exercise are about.")
class Theme(Node):
    """A theme."""

    engagement: Annotated[Engagement, strawberry.lazy("schema.engagements")] = relation(
        engagements.by_ids, "The exercise.", by="engagement_id"
    )
    name: str = text(description="Its name, unique in the exercise.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was named.")
    threads: Connection[Thread] = connection(
        queries.threads, queries.count_threads, "The threads that are about it."
    )


@strawberry.input(description="A theme to be named.")
class AddThemeInput(Idempotent):
    """See domain.commands.themes.add_theme."""

    engagement_id: strawberry.ID = text(description="The exercise.")
    name: str = text(description="Its name, at most 300 characters, unique in the exercise.")


@strawberry.input(description="Another name for a theme.")
class EditThemeInput(Expecting):
    """See domain.commands.themes.edit_theme."""

    theme_id: strawberry.ID = text(description="The theme.")
    name: str = text(description="Its name, at most 300 characters, unique in the exercise.")


@strawberry.input(description="Whether a thread is about a theme. Repeating it changes nothing.")
class AssignThemeInput:
    """See domain.commands.themes.assign_theme."""

    thread_id: strawberry.ID = text(description="The thread.")
    theme_id: strawberry.ID = text(description="The theme, of the same exercise.")
    assigned: bool = text(description="True if the thread is about it, false if not.", default=True)


@strawberry.type
class ThemeMutation:
    """What can be done with themes."""

    @mutation(Theme, "Name something that threads of an exercise are about.")
    async def add_theme(self, info: Info, input: AddThemeInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_theme,
            engagement_id=key(input.engagement_id, "engagementId", "Engagement"),
            name=input.name,
        )

    @mutation(Theme, "Give a theme another name.")
    async def edit_theme(self, info: Info, input: EditThemeInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_theme,
            theme_id=key(input.theme_id, "themeId", "Theme"),
            name=input.name,
            expected_revision=expected(input),
        )

    @mutation(Thread, "Say that a thread is about a theme, or is not.")
    async def assign_theme(self, info: Info, input: AssignThemeInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.assign_theme,
            thread_id=key(input.thread_id, "threadId", "Thread"),
            theme_id=key(input.theme_id, "themeId", "Theme"),
            assigned=input.assigned,
        )

"""Published responses of exercises in GraphQL: what they were told, and what was done with it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import responses as commands
from domain.models import responses as models
from domain.queries import comments, dispositions, engagements, people, stakeholders, themes
from domain.queries import responses as queries
from schema.comments import Comment, Thread
from schema.context import Info
from schema.dispositions import Disposition, SetDispositionInput, on_thread
from schema.fields import Expecting, expected, mutation, perform, relation, text
from schema.nodes import Node, key, node
from schema.pagination import Connection, connection
from schema.people import Person
from schema.stakeholders import Constituency
from schema.themes import Theme

if TYPE_CHECKING:
    from schema.engagements import Engagement


@strawberry.type(description="One comment, and what was done with it.")
class ResponseEntry:
    """An entry of a response."""

    comment: Comment | None = relation(
        comments.by_ids, "What was said; with a tombstone where it is hidden.", by="comment_id"
    )
    constituency: Constituency | None = relation(
        stakeholders.constituencies_by_ids,
        "For whom it was said, as of the publication; null for an author in no constituency.",
        by="constituency_id",
    )
    thread: Thread | None = relation(
        comments.threads_by_ids, "The thread that it is part of.", by="thread_id"
    )
    themes: list[Theme] = relation(themes.of_threads, "The themes of the thread.", by="thread_id")
    disposition: Disposition | None = relation(
        dispositions.by_ids, "What was decided, and the change.", by="disposition_id"
    )


@node(models.Response, queries.by_ids, "What an exercise answers to each comment, as published.")
class Response(Node):
    """A response, or a correction of one."""

    engagement: Annotated[Engagement, strawberry.lazy("schema.engagements")] = relation(
        engagements.by_ids, "The exercise.", by="engagement_id"
    )
    version: int = text(description="1 as it was published first; each correction is one more.")
    reason: str = text(description="Why it was published, or corrected.")
    publisher: Person = relation(people.by_ids, "Who published it.", by="publisher_id")
    published_at: datetime = text(description="When.")
    entries: Connection[ResponseEntry] = connection(
        queries.entries, queries.count_entries, "One for each comment, in the order of writing."
    )


@strawberry.input(description="A response to be published.")
class PublishResponseInput(Expecting):
    """See domain.commands.responses.publish_response."""

    engagement_id: strawberry.ID = text(description="The exercise, which is closed.")
    reason: str = text(description="Why now; everybody who may read the exercise is told.")


@strawberry.input(description="Another disposition of one thread, for a published response.")
class CorrectResponseInput(SetDispositionInput):
    """See domain.commands.responses.correct_response."""


@strawberry.type
class ResponseMutation:
    """What can be done with responses."""

    @mutation(Response, "Publish, once, what a closed exercise answers to each comment.")
    async def publish_response(self, info: Info, input: PublishResponseInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.publish_response,
            engagement_id=key(input.engagement_id, "engagementId", "Engagement"),
            reason=input.reason,
            expected_revision=expected(input),
        )

    @mutation(Response, "Correct what a response says of one thread, by a new version of it.")
    async def correct_response(self, info: Info, input: CorrectResponseInput) -> UUID:
        """See the command."""
        return await perform(info, input, commands.correct_response, **on_thread(input))

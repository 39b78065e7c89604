"""Dispositions of the threads of an exercise in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import dispositions as commands
from domain.models.dispositions import DispositionKind
from domain.queries import people, specifications
from schema.comments import Thread
from schema.context import Info
from schema.fields import Expecting, enum, expected, mutation, perform, relation, text
from schema.nodes import key
from schema.people import Person

if TYPE_CHECKING:
    from schema.sections import Section

enum(
    DispositionKind,
    "What is done with what a thread asks for.",
    ACCEPTED="It is done.",
    PARTLY_ACCEPTED="Some of it is done.",
    REJECTED="It is not done.",
    NOTED="It asks for nothing, or for nothing now, and is remembered.",
    OUT_OF_SCOPE="It is not about what the exercise is for.",
)


@strawberry.type(description="What was decided on a thread, and what came of it.")
class Disposition:
    """A disposition."""

    number: int = text(description="Counts the dispositions of the thread, from 1.")
    kind: DispositionKind = text(description="What was decided.")
    reason: str = text(description="Why.")
    section: Annotated[Section, strawberry.lazy("schema.sections")] | None = relation(
        specifications.sections_by_ids,
        "The section that was changed; null where none was, or where it was removed since.",
        by="section_id",
    )
    revision_before: int | None = text(
        description="The revision of the specification before the change of the section."
    )
    revision_after: int | None = text(description="The revision with that change.")
    change: str | None = text(description="What came of it, in words.")
    decider: Person = relation(people.by_ids, "Who decided.", by="decider_id")
    decided_at: datetime = text(description="When.")


@strawberry.input(description="What is decided on a thread, and what comes of it.")
class SetDispositionInput(Expecting):
    """See domain.commands.dispositions.set_disposition."""

    thread_id: strawberry.ID = text(description="The thread, with the revision that was seen.")
    kind: DispositionKind = text(description="What is decided.")
    reason: str = text(description="Why; whoever reads the disposition may know.")
    section_id: strawberry.ID | None = text(
        description="The section that was changed, of what was accepted; with both revisions.",
        default=None,
    )
    revision_before: int | None = text(
        description="The revision of the specification before the change.", default=None
    )
    revision_after: int | None = text(
        description="The revision of the specification with the change.", default=None
    )
    change: str | None = text(
        description="What comes of what was accepted, in words; needed where no section is named.",
        default=None,
    )


@strawberry.type
class DispositionMutation:
    """What can be done with dispositions."""

    @mutation(Thread, "Decide what is done with what a thread asks for, or decide anew.")
    async def set_disposition(self, info: Info, input: SetDispositionInput) -> UUID:
        """See the command."""
        return await perform(info, input, commands.set_disposition, **on_thread(input))


def on_thread(input: SetDispositionInput) -> dict[str, object]:
    """Return what every disposition says."""
    section = input.section_id
    answer: commands.Answer = {
        "kind": input.kind,
        "reason": input.reason,
        "section_id": None if section is None else key(section, "sectionId", "Section"),
        "revision_before": input.revision_before,
        "revision_after": input.revision_after,
        "change": input.change,
    }
    return {
        "thread_id": key(input.thread_id, "threadId", "Thread"),
        "answer": answer,
        "expected_revision": expected(input),
    }

"""Comment threads in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain.commands import comments as commands
from domain.models import comments as models
from domain.models.comments import CommentStanding, HidingGround, ReactionKind, SubjectKind
from domain.permissions import Permission
from domain.queries import comments as queries
from domain.queries import dispositions, moderation, people, themes
from domain.texts import snake_case
from schema.batches import Parents, batched
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    node_relation,
    perform,
    permitted,
    relation,
    text,
    viewer_can,
)
from schema.nodes import Node, key, node, parse, type_of
from schema.pagination import Connection, connection
from schema.people import Person
from schema.tombstones import READABLE
from schema.words import Words, tombstone_of

if TYPE_CHECKING:
    from schema.dispositions import Disposition
    from schema.moderation import ModerationDecision
    from schema.themes import Theme

enum(
    SubjectKind,
    "What a thread or a ballot is about.",
    SPECIFICATION="The whole specification.",
    SECTION="A section of the specification.",
    BLOCK="A block of a section.",
    CRITERION="A criterion of the gateway or of endorsement.",
    BALLOT="A ballot.",
    ENGAGEMENT="An engagement exercise.",
    ROUNDTABLE="A roundtable.",
)
enum(
    ReactionKind,
    "What a reaction says without words.",
    AGREE="I agree.",
    DISAGREE="I disagree.",
    THANKS="Thank you.",
    QUESTION="I do not understand this yet.",
    IDEA="This gives me an idea.",
)

SUBJECTS = tuple(type_of(kind.lower()) for kind in SubjectKind)
TOPICS = ("Specification", "Engagement", "Roundtable", "DeliveryPlan")


@strawberry.type(description="What a comment said before it was edited.")
class CommentEdit:
    """Earlier words of a comment."""

    number: int = text(description="The revision of the comment that had these words.")
    body: str = text(description="The words.")
    replaced_at: datetime = text(description="When they were replaced.")


@strawberry.type(description="One person's reaction to a comment.")
class Reaction:
    """A reaction."""

    kind: ReactionKind = text(description="What it says.")
    person: Person = relation(people.by_ids, "Who reacted.", by="person_id")
    created_at: datetime = text(description="When.")


_GUARDED_BY = ("topic_id", "author_id", "hidden_at", "standing")
"""What of a comment says who may read and edit it."""


async def _readable(comments: Parents, info: Info) -> Sequence[Any | None]:
    """Return those whose words may be read, None for others.

    Hidden ones are for their moderators and their author, and so are those that were split, for
    each of their parts may be hidden.
    """
    viewer = info.context.viewer
    hidden = [
        each.topic_id if each.hidden_at is not None or each.standing not in READABLE else None
        for each in comments
    ]
    moderated = await viewer_can(info, Permission.MODERATE, hidden)
    return [
        each if topic_id is None or moderates or viewer.is_person(each.author_id) else None
        for topic_id, moderates, each in zip(hidden, moderated, comments, strict=True)
    ]


async def _body(comments: Parents, info: Info) -> Sequence[str | None]:
    return [None if each is None else each.body for each in await _readable(comments, info)]


async def _hidden_reason(comments: Parents, info: Info) -> Sequence[str | None]:
    readable = await _readable(comments, info)
    return [None if each is None else each.hidden_reason for each in readable]


async def _edits(comments: Parents, info: Info) -> Sequence[Any]:
    readable = await _readable(comments, info)
    keys = [None if each is None else each.id for each in readable]
    return [found or [] for found in await info.context.load_all(queries.edits, keys)]


async def _can_edit(comments: Parents, info: Info) -> Sequence[bool]:
    viewer = info.context.viewer
    own = [
        each.topic_id
        if each.hidden_at is None
        and each.standing is CommentStanding.STANDING
        and viewer.is_person(each.author_id)
        else None
        for each in comments
    ]
    return await viewer_can(info, Permission.COMMENT, own)


@node(models.Comment, queries.by_ids, "A comment in a thread.")
class Comment(Words):
    """A comment."""

    author: Person = relation(people.by_ids, "Who wrote it.", by="author_id")
    thread: Annotated[Thread, strawberry.lazy("schema.comments")] = relation(
        queries.threads_by_ids, "The thread that it is part of.", by="thread_id"
    )
    reply_to: Annotated[Comment, strawberry.lazy("schema.comments")] | None = relation(
        queries.by_ids, "The comment that it answers, if any.", by="reply_to_id"
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was written.")
    edited_at: datetime | None = text(description="When its words were last changed, if ever.")
    hidden_at: datetime | None = text(description="When it was hidden, if it is.")
    hidden_ground: HidingGround | None = text(description="Why it is hidden, if it is.")
    standing: CommentStanding = text(description="Whether it is shown on its own.")
    merged_into: Annotated[Comment, strawberry.lazy("schema.comments")] | None = relation(
        queries.by_ids, "The comment that it was merged into, if any.", by="merged_into_id"
    )
    sources: list[Annotated[Comment, strawberry.lazy("schema.comments")]] = relation(
        queries.sources, "The comments that were merged into it."
    )
    split_from: Annotated[Comment, strawberry.lazy("schema.comments")] | None = relation(
        queries.by_ids, "The comment that it is a part of, if any.", by="split_from_id"
    )
    parts: list[Annotated[Comment, strawberry.lazy("schema.comments")]] = relation(
        queries.parts, "The comments that it was split into."
    )
    reactions: list[Reaction] = relation(queries.reactions, "The reactions to it.")
    mentioned: list[Person] = relation(queries.mentioned, "The people whom it names.")

    tombstone: str | None = tombstone_of("this comment")
    body: str | None = batched(
        _body,
        "The words; null while hidden or once it was split, but for author and moderators.",
        reads=(*_GUARDED_BY, "body"),
    )
    hidden_reason: str | None = batched(
        _hidden_reason,
        "Why it was hidden; null but for author and moderators.",
        reads=(*_GUARDED_BY, "hidden_reason"),
    )
    edits: list[CommentEdit] = batched(
        _edits,
        "What it said before, oldest first; empty while hidden.",
        reads=(*_GUARDED_BY, "id"),
    )
    viewer_can_edit: bool = batched(_can_edit, "Whether the viewer can edit it.", reads=_GUARDED_BY)
    viewer_can_hide: bool = permitted(
        Permission.MODERATE, "Whether the viewer can hide it or make it visible again."
    )


@node(models.Thread, queries.threads_by_ids, "A conversation about one subject.")
class Thread(Node):
    """A thread."""

    author: Person = relation(people.by_ids, "Who opened it.", by="author_id")
    subject_kind: SubjectKind = text(description="What kind of thing it is about.")
    pinned: bool = text(description="Whether it is pinned to the top.")
    locked: bool = text(description="Whether it takes no more comments.")
    resolved_at: datetime | None = text(description="When it was resolved, if it is.")
    resolved_by: Person | None = relation(people.by_ids, "Who resolved it.", by="resolved_by_id")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was opened.")
    comments: Connection[Comment] = connection(
        queries.of_threads,
        queries.count_of_threads,
        "Its comments that stand on their own, the first one first.",
    )
    decisions: list[Annotated[ModerationDecision, strawberry.lazy("schema.moderation")]] = relation(
        moderation.of_threads, "What moderators decided on it as a whole, oldest first."
    )

    themes: list[Annotated[Theme, strawberry.lazy("schema.themes")]] = relation(
        themes.of_threads, "What it is about, as the moderators of the exercise name it."
    )
    disposition: Annotated[Disposition, strawberry.lazy("schema.dispositions")] | None = relation(
        dispositions.present,
        "What is done with it; for readers who take no part, once that is published.",
    )
    dispositions: list[Annotated[Disposition, strawberry.lazy("schema.dispositions")]] = relation(
        dispositions.of_threads, "What was decided so far, as visible as `disposition`."
    )

    subject: Node | None = node_relation(
        lambda thread: (type_of(thread.subject_kind.lower()), thread.subject_id),
        "What it is about; null where that was removed.",
        reads=("subject_kind", "subject_id"),
    )
    viewer_can_comment: bool = permitted(
        Permission.COMMENT,
        "Whether the viewer can add a comment to it.",
        where=lambda thread: thread.resolved_at is None and not thread.locked,
        reads=("resolved_at", "locked"),
    )
    viewer_can_moderate: bool = permitted(
        Permission.MODERATE, "Whether the viewer can pin and lock it, and resolve or reopen it."
    )


@strawberry.input(description="What a new thread is about, and its first comment.")
class OpenThreadInput(Idempotent):
    """See domain.commands.comments.open_thread."""

    topic_id: strawberry.ID = text(
        description="The specification, exercise, roundtable or delivery plan that holds it."
    )
    subject_id: strawberry.ID = text(description="What it is about: something of that topic.")
    body: str = text(description="The first comment, at most 20,000 characters.")
    mentions: list[strawberry.ID] = text(
        description="The people whom the comment names.", default_factory=list
    )


@strawberry.input(description="A comment on a thread.")
class AddCommentInput(Idempotent):
    """See domain.commands.comments.add_comment."""

    thread_id: strawberry.ID = text(description="The thread.")
    body: str = text(description="The words, at most 20,000 characters.")
    reply_to_id: strawberry.ID | None = text(
        description="The comment of the thread that it answers.", default=None
    )
    mentions: list[strawberry.ID] = text(
        description="The people whom the comment names.", default_factory=list
    )


@strawberry.input(description="Other words for one's own comment.")
class EditCommentInput(Expecting):
    """See domain.commands.comments.edit_comment."""

    comment_id: strawberry.ID = text(description="The comment.")
    body: str = text(description="The new words.")


@strawberry.input(description="A thread to resolve.")
class ResolveThreadInput(Expecting):
    """See domain.commands.comments.resolve_thread."""

    thread_id: strawberry.ID = text(description="The thread.")


@strawberry.input(description="A thread to open again.")
class ReopenThreadInput(ResolveThreadInput):
    """See domain.commands.comments.reopen_thread."""


@strawberry.input(description="A reaction to add or take back. Repeating it changes nothing.")
class ReactInput:
    """See domain.commands.comments.react."""

    comment_id: strawberry.ID = text(description="The comment.")
    kind: ReactionKind = text(description="What the reaction says.")
    present: bool = text(description="True adds it, false takes it back.", default=True)


@strawberry.type
class CommentMutation:
    """What can be done with threads and comments."""

    @mutation(Thread, "Open a thread about something, with its first comment.")
    async def open_thread(self, info: Info, input: OpenThreadInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.open_thread,
            topic_id=key(input.topic_id, "topicId", *TOPICS),
            subject_kind=kind_of(input.subject_id, "subjectId"),
            subject_id=key(input.subject_id, "subjectId", *SUBJECTS),
            body=input.body,
            mentions=_people(input.mentions),
        )

    @mutation(Comment, "Add a comment to a thread.")
    async def add_comment(self, info: Info, input: AddCommentInput) -> UUID:
        """See the command."""
        reply_to = input.reply_to_id
        return await perform(
            info,
            input,
            commands.add_comment,
            thread_id=key(input.thread_id, "threadId", "Thread"),
            body=input.body,
            reply_to_id=None if reply_to is None else key(reply_to, "replyToId", "Comment"),
            mentions=_people(input.mentions),
        )

    @mutation(Comment, "Change the words of one's own comment; the earlier ones are kept.")
    async def edit_comment(self, info: Info, input: EditCommentInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_comment,
            comment_id=key(input.comment_id, "commentId", "Comment"),
            body=input.body,
            expected_revision=expected(input),
        )

    @mutation(Thread, "Mark a thread as resolved.")
    async def resolve_thread(self, info: Info, input: ResolveThreadInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.resolve_thread,
            thread_id=key(input.thread_id, "threadId", "Thread"),
            expected_revision=expected(input),
        )

    @mutation(Thread, "Open a resolved thread again.")
    async def reopen_thread(self, info: Info, input: ReopenThreadInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.reopen_thread,
            thread_id=key(input.thread_id, "threadId", "Thread"),
            expected_revision=expected(input),
        )

    @mutation(Comment, "React to a comment, or take the reaction back.")
    async def react(self, info: Info, input: ReactInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.react,
            comment_id=key(input.comment_id, "commentId", "Comment"),
            kind=input.kind,
            present=input.present,
        )


def kind_of(id: str, path: str) -> SubjectKind:
    """Return what kind of subject a global id names; NotFound where it can be none."""
    key(id, path, *SUBJECTS)
    return SubjectKind[snake_case(parse(id, path)[0]).upper()]


def _people(ids: list[strawberry.ID]) -> list[UUID]:
    return [key(id, "mentions", "Person") for id in ids]

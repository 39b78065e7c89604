"""Decisions of moderators, flags, appeals and the queue of what is asked, in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.commands import appeals
from domain.commands import moderation as commands
from domain.models import moderation as models
from domain.models.comments import HidingGround
from domain.models.moderation import AppealOutcome, ModerationAction
from domain.queries import comments, people
from domain.queries import moderation as queries
from domain.queries.moderation import Asked
from schema.comments import TOPICS, Comment, Thread
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    node_relation,
    perform,
    relation,
    text,
)
from schema.nodes import Node, key, node, type_of
from schema.pagination import After, Before, Connection, First, Last, enlist, page
from schema.people import Person
from schema.words import Words

enum(
    ModerationAction,
    "What a moderator decided on words, or on a thread as a whole.",
    HIDE="Only its author and moderators read it.",
    SHOW="What was hidden is for everybody again.",
    KEEP="It was flagged, and stays as it is.",
    MERGE="It is shown as a source of another comment.",
    UNMERGE="It stands on its own again.",
    SPLIT="Its parts are shown in its place.",
    UNSPLIT="It stands in the place of its parts again.",
    MOVE="It was moved to another thread.",
    LOCK="The thread takes no more comments.",
    UNLOCK="The thread takes comments again.",
    PIN="The thread is at the top.",
    UNPIN="The thread is at its place again.",
)
enum(
    AppealOutcome,
    "What became of an appeal.",
    UPHELD="The decision stands.",
    REVERSED="The decision was undone.",
)
enum(
    Asked,
    "What moderators are asked for.",
    FLAGGED="To decide on words that people flagged.",
    APPEALED="To answer an appeal, where somebody else decided.",
    UNDISPOSED="To give a thread of an exercise its disposition.",
)


@node(models.ModerationDecision, queries.by_ids, "What a moderator decided, and why.")
class ModerationDecision(Node):
    """A decision."""

    action: ModerationAction = text(description="What was decided.")
    ground: HidingGround | None = text(description="Why something was hidden, in a word.")
    reason: str = text(description="Why.")
    decider: Person = relation(people.by_ids, "Who decided.", by="decider_id")
    decided_at: datetime = text(description="When.")
    thread: Thread | None = relation(
        comments.threads_by_ids,
        "The thread that it is about, or that the comment was in; null for other words.",
        by="thread_id",
    )
    words: Words | None = node_relation(
        lambda decision: (
            decision.words_kind and (type_of(decision.words_kind.lower()), decision.words_id)
        ),
        "What it is about; null where that is a whole thread, or not the viewer's to see.",
        reads=("words_kind", "words_id"),
    )
    into: Comment | None = relation(
        comments.by_ids, "What the comment was merged into, if it was.", by="into_id"
    )
    to_thread: Thread | None = relation(
        comments.threads_by_ids, "Where the comment was moved to, if it was.", by="to_thread_id"
    )
    reverses: Annotated[ModerationDecision, strawberry.lazy("schema.moderation")] | None = relation(
        queries.by_ids, "The decision that this one undoes, if any.", by="reverses_id"
    )
    appeal: Annotated[Appeal, strawberry.lazy("schema.moderation")] | None = relation(
        queries.appeals_of_decisions, "The author's appeal against it, if there is one."
    )


@node(models.Appeal, queries.appeals_by_ids, "What an author says against a decision.")
class Appeal(Node):
    """An appeal."""

    decision: ModerationDecision | None = relation(
        queries.by_ids, "The decision.", by="moderation_decision_id"
    )
    appellant: Person = relation(people.by_ids, "Who appeals.", by="appellant_id")
    words: str = text(description="Why the decision is said to be wrong.")
    outcome: AppealOutcome | None = text(description="What became of it; null while it is open.")
    answer: str | None = text(description="Why, as the moderator who answered says.")
    answered_by: Person | None = relation(people.by_ids, "Who answered.", by="answered_by_id")
    answered_at: datetime | None = text(description="When it was answered.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was made.")


@strawberry.type(description="That somebody asks moderators to look at what somebody wrote.")
class Flag:
    """A flag."""

    person: Person = relation(people.by_ids, "Who flagged it.", by="person_id")
    reason: str = text(description="Why.")
    created_at: datetime = text(description="When.")
    settled_at: datetime | None = text(
        description="When a moderator decided on it; null while the flag is open."
    )


@strawberry.type(description="Something that is asked of moderators.")
class QueueItem:
    """An item of the queue."""

    asked: Asked = text(description="What is asked.")
    since: datetime = text(description="Since when.")

    subject: Node | None = node_relation(
        lambda item: (type_of(item.subject_kind.lower()), item.subject_id),
        "What it is about: words, an appeal or a thread.",
    )


@strawberry.type
class ModerationQuery:
    """What moderators can ask."""

    @strawberry.field(
        description="What is asked of the moderators of a topic, what has waited longest first; "
        "for those alone."
    )
    async def moderation_queue(
        self,
        info: Info,
        topic_id: Annotated[
            strawberry.ID,
            strawberry.argument(
                description="The exercise, roundtable, specification or delivery plan."
            ),
        ],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[QueueItem]:
        """List what is open; empty where nothing is asked."""
        found: Connection[QueueItem] = await enlist(
            info,
            queries.queue,
            queries.count_queue,
            page(first, after, last, before),
            topic_id=key(topic_id, "topicId", *TOPICS),
        )
        return found


@strawberry.input
class _OnCommentInput(Expecting):
    """A decision on a comment."""

    comment_id: strawberry.ID = text(description="The comment.")
    reason: str = text(description="Why; its author is told.")


@strawberry.input(description="A comment to merge into another one, with a reason.")
class MergeCommentInput(_OnCommentInput):
    """See domain.commands.moderation.merge_comment."""

    into_id: strawberry.ID = text(description="The comment that is shown for both.")


@strawberry.input(description="A comment to split, with a reason.")
class SplitCommentInput(_OnCommentInput):
    """See domain.commands.moderation.split_comment."""

    parts: list[str] = text(description="2 to 20 excerpts of the comment, word for word.")


@strawberry.input(description="A comment to move to another thread, with a reason.")
class MoveCommentInput(_OnCommentInput):
    """See domain.commands.moderation.move_comment."""

    thread_id: strawberry.ID = text(description="Another thread of the same place.")


@strawberry.input(description="A thread to lock or unlock. Repeating it changes nothing.")
class LockThreadInput(Expecting):
    """See domain.commands.moderation.lock_thread."""

    thread_id: strawberry.ID = text(description="The thread.")
    locked: bool = text(description="Whether it is to take no more comments.")
    reason: str = text(description="Why; everybody who reads the thread may know.")


@strawberry.input(description="A thread to pin or unpin. Repeating it changes nothing.")
class PinThreadInput:
    """See domain.commands.moderation.pin_thread."""

    thread_id: strawberry.ID = text(description="The thread.")
    pinned: bool = text(description="Whether it is to be at the top.")
    reason: str = text(description="Why; everybody who reads the thread may know.")


@strawberry.input(description="An appeal against a decision on one's own words.")
class AppealDecisionInput(Idempotent):
    """See domain.commands.appeals.appeal_decision."""

    moderation_decision_id: strawberry.ID = text(description="The decision.")
    words: str = text(description="Why it is wrong, at most 20,000 characters.")


@strawberry.input(description="An answer to an appeal.")
class AnswerAppealInput(Expecting):
    """See domain.commands.appeals.answer_appeal."""

    appeal_id: strawberry.ID = text(description="The appeal.")
    outcome: AppealOutcome = text(description="Whether the decision stands; REVERSED undoes it.")
    answer: str = text(description="Why; the author is told.")


@strawberry.type
class ModerationMutation:
    """What moderators decide, and what can be asked of them."""

    @mutation(Comment, "Show a comment as a source of another one, with a reason.")
    async def merge_comment(self, info: Info, input: MergeCommentInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.merge_comment,
            **_on_comment(input),
            into_id=key(input.into_id, "intoId", "Comment"),
        )

    @mutation(Comment, "Show parts of a comment in its place, with a reason.")
    async def split_comment(self, info: Info, input: SplitCommentInput) -> UUID:
        """See the command."""
        return await perform(
            info, input, commands.split_comment, **_on_comment(input), parts=input.parts
        )

    @mutation(Comment, "Move a misposted comment to another thread, with a reason.")
    async def move_comment(self, info: Info, input: MoveCommentInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.move_comment,
            **_on_comment(input),
            thread_id=key(input.thread_id, "threadId", "Thread"),
        )

    @mutation(Thread, "Let a thread take no more comments, or take them again, with a reason.")
    async def lock_thread(self, info: Info, input: LockThreadInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.lock_thread,
            thread_id=key(input.thread_id, "threadId", "Thread"),
            locked=input.locked,
            reason=input.reason,
            expected_revision=expected(input),
        )

    @mutation(Thread, "Pin a thread to the top, or take it from there, with a reason.")
    async def pin_thread(self, info: Info, input: PinThreadInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.pin_thread,
            thread_id=key(input.thread_id, "threadId", "Thread"),
            pinned=input.pinned,
            reason=input.reason,
        )

    @mutation(Appeal, "Appeal, once, against a decision on what one wrote oneself.")
    async def appeal_decision(self, info: Info, input: AppealDecisionInput) -> UUID:
        """See the command."""
        decision = input.moderation_decision_id
        return await perform(
            info,
            input,
            appeals.appeal_decision,
            moderation_decision_id=key(decision, "moderationDecisionId", "ModerationDecision"),
            words=input.words,
        )

    @mutation(Appeal, "Answer an appeal against what another moderator decided.")
    async def answer_appeal(self, info: Info, input: AnswerAppealInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            appeals.answer_appeal,
            appeal_id=key(input.appeal_id, "appealId", "Appeal"),
            outcome=input.outcome,
            answer=input.answer,
            expected_revision=expected(input),
        )


def _on_comment(input: _OnCommentInput) -> dict[str, object]:
    """Return what every decision on a comment says."""
    return {
        "comment_id": key(input.comment_id, "commentId", "Comment"),
        "reason": input.reason,
        "expected_revision": expected(input),
    }

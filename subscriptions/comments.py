"""The comments of a topic or of one thread, as a subscription."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated
from uuid import UUID

import strawberry

from domain.errors import Invalid
from domain.models.topics import StoredEvent
from domain.queries import comments as queries
from domain.queries.topics import Position
from schema.comments import Comment, Thread
from schema.errors import coded
from schema.fields import relation
from schema.nodes import key
from schema.pagination import Connection, connection
from subscriptions.context import LiveInfo
from subscriptions.messages import (
    AfterCursor,
    Happened,
    Message,
    Reset,
    following,
    happening,
    place,
    topic_key,
)


@strawberry.type(description="The threads as they are after the event with this sequence.")
class CommentsSnapshot(Message):
    """The first message."""

    topic_id: strawberry.Private[UUID]
    thread_id: strawberry.Private[UUID | None]
    threads: Connection[Thread] = connection(
        queries.threads_of_topics,
        queries.count_threads_of_topics,
        "The threads of the topic, the first one first.",
        by="topic_id",
    )

    thread: Thread | None = relation(
        queries.threads_by_ids,
        "The thread that is followed, where it is one alone.",
        by="thread_id",
    )


@strawberry.type(description="Something happened to a thread or to one of its comments.")
class CommentEvent(Happened):
    """An event of a thread."""

    thread_id: strawberry.Private[UUID]
    comment_id: strawberry.Private[UUID | None]

    thread: Thread | None = relation(
        queries.threads_by_ids, "The thread, as it is now.", by="thread_id"
    )
    comment: Comment | None = relation(
        queries.by_ids, "The comment, as it is now; null where the thread changed.", by="comment_id"
    )


CommentsMessage = Annotated[
    CommentsSnapshot | CommentEvent | Reset,
    strawberry.union("CommentsMessage", description="A message of `comments`."),
]


@strawberry.type
class CommentSubscription:
    """What can be followed of threads and comments."""

    @strawberry.subscription(
        description="A snapshot of the threads of a topic, or of one thread, then every change."
    )
    async def comments(
        self,
        info: LiveInfo,
        topic_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The topic; or a thread.")
        ] = None,
        thread_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="The thread; or a topic.")
        ] = None,
        after: AfterCursor = None,
    ) -> AsyncGenerator[CommentsMessage, None]:
        """Follow a topic's threads, or one of them."""
        topic, thread = await _place(info, topic_id, thread_id)

        def snapshot(position: Position) -> CommentsSnapshot:
            return CommentsSnapshot(**place(position), topic_id=topic, thread_id=thread)

        def event(event: StoredEvent, position: Position) -> CommentEvent | None:
            if "thread_id" not in event.data:
                return None
            found = UUID(event.data["thread_id"])
            # A comment that is moved concerns the thread that it leaves, too.
            left = event.data.get("from_thread_id")
            if thread not in (None, found, left and UUID(left)):
                return None
            comment = event.data.get("comment_id")
            return CommentEvent(
                **happening(event, position),
                thread_id=found,
                comment_id=comment and UUID(comment),
            )

        return following(topic, after, snapshot, event)


async def _place(
    info: LiveInfo, topic_id: strawberry.ID | None, thread_id: strawberry.ID | None
) -> tuple[UUID, UUID | None]:
    if topic_id is not None and thread_id is None:
        return topic_key(topic_id), None
    if thread_id is not None and topic_id is None:
        id = key(thread_id, "threadId", "Thread")
        thread = await info.context.load(queries.threads_by_ids, id)
        if thread is not None:
            return thread.topic_id, id
    raise coded(Invalid("Please send either a topicId or the threadId of a thread that you see."))

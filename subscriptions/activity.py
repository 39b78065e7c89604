"""Everything that happens in one topic, as a subscription."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.events import subject_of
from schema.nodes import LOADERS, Node, parse, type_of
from subscriptions.context import LiveInfo
from subscriptions.feed import Lost, Past, Present, follow, parse_cursor
from subscriptions.messages import (
    AfterCursor,
    EventKind,
    Happened,
    Message,
    Reset,
    happening,
    place,
    reset,
    topic_key,
)


@strawberry.type(description="The topic as it is after the event with this sequence.")
class ActivitySnapshot(Message):
    """The first message."""

    topic_id: strawberry.Private[tuple[str, UUID]]

    @strawberry.field(description="The topic; select of it what you want to show.")
    async def topic(self, info: LiveInfo) -> Node:
        """Read the topic, as of the sequence."""
        type_name, key = self.topic_id
        found: Node = await info.context.load(LOADERS[type_name], key)
        return found


@strawberry.type(description="One event of the topic.")
class ActivityEvent(Happened):
    """An event."""

    event_kind: strawberry.Private[str]
    data: strawberry.Private[dict[str, Any]]

    @strawberry.field(
        description="What it is about, as it is now; null where it is gone or not yours to see."
    )
    async def subject(self, info: LiveInfo) -> Node | None:
        """Read the subject with those of other events."""
        noun, key = subject_of(self.event_kind, self.data)
        found: Node | None = await info.context.load(LOADERS[type_of(noun)], key)
        return found

    @strawberry.field(description="The reason that was given for a step of a life; else null.")
    def reason(self) -> str | None:
        """Reasons of moderation are for those whom they concern, on the comment itself."""
        open_reason = self.event_kind.endswith(("_ADVANCED", "_CLOSED"))
        return self.data.get("reason") if open_reason else None


ActivityMessage = Annotated[
    ActivitySnapshot | ActivityEvent | Reset,
    strawberry.union("ActivityMessage", description="A message of `activity`."),
]


@strawberry.type
class ActivitySubscription:
    """What can be followed of a topic as a whole."""

    @strawberry.subscription(
        description="A snapshot of the topic, then each of its events that the viewer may see: "
        "once, in order, without a gap."
    )
    async def activity(
        self,
        info: LiveInfo,
        topic_id: Annotated[
            strawberry.ID,
            strawberry.argument(
                description="The specification, exercise, roundtable, delivery plan, credential or "
                "(one's own) person to follow."
            ),
        ],
        after: AfterCursor = None,
        kinds: Annotated[
            list[EventKind] | None,
            strawberry.argument(description="Only these kinds; null is all."),
        ] = None,
    ) -> AsyncGenerator[ActivityMessage, None]:
        """Follow one topic."""
        key = topic_key(topic_id)
        wanted = None if kinds is None else {kind.name for kind in kinds}
        async with aclosing(follow(info.context, key, parse_cursor(after))) as steps:
            async for step in steps:
                match step:
                    case Present(position):
                        yield ActivitySnapshot(
                            **place(position), topic_id=(parse(topic_id, "topicId")[0], key)
                        )
                    case Past(event, position) if wanted is None or event.kind in wanted:
                        yield ActivityEvent(
                            **happening(event, position), event_kind=event.kind, data=event.data
                        )
                    case Lost():
                        yield reset(step)

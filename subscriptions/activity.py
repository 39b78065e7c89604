"""Everything that happens in one topic, as a subscription."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.errors import NotFound
from domain.events import subject_of
from domain.models.topics import StoredEvent
from domain.queries.topics import Position
from schema.batches import Parents, batched, derived
from schema.context import Info
from schema.fields import node_relation
from schema.nodes import Node, load_nodes, parse, type_of
from subscriptions.messages import (
    AfterCursor,
    EventKind,
    Happened,
    Message,
    Reset,
    following,
    happening,
    place,
    topic_key,
)


async def _topics(snapshots: Parents, info: Info) -> Sequence[Node | None]:
    """Return what each snapshot is of; NotFound where a draft is followed by who may not read it.

    Roles in the whole body read every topic, but not what is not handed in yet.
    """
    found = await load_nodes(info.context, [snapshot.topic_id for snapshot in snapshots])
    if None in found:
        raise NotFound("There is no topic with this id that you may see.")
    return found


@strawberry.type(description="The topic as it is after the event with this sequence.")
class ActivitySnapshot(Message):
    """The first message."""

    topic_id: strawberry.Private[tuple[str, UUID]]

    topic: Node = batched(_topics, "The topic; select of it what you want to show.")


def _subject(event: Any) -> tuple[str, UUID]:
    noun, key = subject_of(event.event_kind, event.data)
    return type_of(noun), key


def _reason(event: Any) -> str | None:
    """Reasons of moderation are for those whom they concern, on the comment itself."""
    kind = event.event_kind
    open_reason = kind.endswith(("_ADVANCED", "_PUBLISHED", "_CORRECTED")) or kind.startswith(
        ("BALLOT_", "ROUND_")
    )
    return event.data.get("reason") if open_reason else None


@strawberry.type(description="One event of the topic.")
class ActivityEvent(Happened):
    """An event."""

    event_kind: strawberry.Private[str]
    data: strawberry.Private[dict[str, Any]]

    subject: Node | None = node_relation(
        _subject, "What it is about, as it is now; null where it is gone or not yours to see."
    )
    reason: str | None = derived(
        _reason, "The reason that was given for a step that everybody is told of; else null."
    )


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
    def activity(
        self,
        topic_id: Annotated[
            strawberry.ID,
            strawberry.argument(
                description="The specification, exercise, roundtable, delivery plan, credential, "
                "priority cycle, proposal or (one's own) person to follow."
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
        named = parse(topic_id, "topicId")
        wanted = None if kinds is None else {kind.name for kind in kinds}

        def snapshot(position: Position) -> ActivitySnapshot:
            return ActivitySnapshot(**place(position), topic_id=named)

        def event(event: StoredEvent, position: Position) -> ActivityEvent | None:
            if wanted is not None and event.kind not in wanted:
                return None
            return ActivityEvent(
                **happening(event, position), event_kind=event.kind, data=event.data
            )

        return following(key, after, snapshot, event)

"""Who is here, in GraphQL: one's own presence as a mutation, everybody's as a subscription."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.errors import Invalid, NotAllowed
from domain.permissions import Audience
from domain.queries import people, stakeholders, topics
from schema.batches import derived
from schema.fields import answering, enum, relation, text
from schema.people import Person
from subscriptions.attending import Attending
from subscriptions.context import LiveContext, LiveInfo
from subscriptions.messages import topic_key
from subscriptions.presence import Entry, Move

LONGEST_ID = 100

enum(
    Move,
    "What happened to somebody's presence.",
    JOINED="Came here.",
    CHANGED="Is elsewhere on the page, types, or raised or lowered a hand.",
    LEFT="Went away.",
)


@strawberry.type(description="Somebody who is here, in one window.")
class PresenceEntry:
    """See presence.Entry."""

    entry: strawberry.Private[Entry]

    person: Person | None = relation(people.by_ids, "Who.", by="entry.key.person_id")
    connection_id: str = derived(
        attrgetter("entry.key.connection_id"),
        "Which of the person's windows: the id that it chose.",
    )
    role: str = derived(attrgetter("entry.role"), "The constituency or the role, in words.")
    location: str = derived(
        attrgetter("entry.location"),
        "What the person looks at, as the window named it; may be empty.",
    )
    typing: bool = derived(attrgetter("entry.typing"), "Whether the person is typing.")
    hand_raised: bool = derived(
        attrgetter("entry.hand_raised"),
        "Whether the person has raised a hand, as a sign to all: who wants to be given the floor "
        "of a roundtable, asks by requestFloor.",
    )


@strawberry.type(description="Everybody who is here.")
class PresenceSnapshot:
    """The first message."""

    entries: list[PresenceEntry] = text(description="Those who are here, a window each.")


@strawberry.type(description="Somebody came, changed or left.")
class PresenceChange:
    """A later message; the newest state only, for who is slow."""

    move: Move = text(description="What happened.")
    entry: PresenceEntry = text(description="The presence as it is now; as it was, if left.")


PresenceMessage = Annotated[
    PresenceSnapshot | PresenceChange,
    strawberry.union("PresenceMessage", description="A message of `presence`."),
]


@strawberry.input(description="Where one is, and what one does.")
class UpdatePresenceInput:
    """See presence.Presence.update."""

    topic_id: strawberry.ID = text(description="The topic where one is.")
    connection_id: str = text(description="An id of the window, 1 to 100 characters, kept by it.")
    location: str = text(
        description="What one looks at, such as the id of a section or ballot; at most 200 "
        "characters.",
        default="",
    )
    typing: bool = text(description="Whether one is typing.", default=False)
    hand_raised: bool = text(description="Whether one has raised a hand.", default=False)


@strawberry.input(description="A window that leaves.")
class LeaveInput:
    """See presence.Presence.leave."""

    topic_id: strawberry.ID = text(description="The topic.")
    connection_id: str = text(description="The id of the window.")


@strawberry.type(description="One's presence was taken; it is told to all who follow.")
class UpdatePresencePayload:
    """What `updatePresence` changed."""

    connection_id: str = text(description="The window that is here.")


@strawberry.type(description="One's presence ended; it is told to all who follow.")
class LeavePayload:
    """What `leave` changed."""

    connection_id: str = text(description="The window that left.")


async def update_presence(info: LiveInfo, input: UpdatePresenceInput) -> UpdatePresencePayload:
    """Enter or refresh one's presence."""
    topic_id = topic_key(input.topic_id)
    person_id, role = await _participant(info.context, topic_id)
    info.context.presence.update(
        topic_id,
        person_id,
        _window(input.connection_id),
        role=role,
        location=input.location,
        typing=input.typing,
        hand_raised=input.hand_raised,
    )
    return UpdatePresencePayload(connection_id=input.connection_id)


async def leave(info: LiveInfo, input: LeaveInput) -> LeavePayload:
    """End one's presence."""
    person_id = info.context.viewer.person_id
    if person_id is None:
        raise NotAllowed("Only people who are signed in can be present.")
    info.context.presence.leave(topic_key(input.topic_id), person_id, _window(input.connection_id))
    return LeavePayload(connection_id=input.connection_id)


@strawberry.type
class PresenceMutation:
    """What can be said about one's own presence. It is never stored."""

    update_presence: UpdatePresencePayload = answering(
        "UpdatePresence",
        UpdatePresencePayload,
        update_presence,
        "Say that one is here; repeat it every 5 to 10 seconds, since after 15 without it one has "
        "left.",
    )
    leave: LeavePayload = answering("Leave", LeavePayload, leave, "Say that one leaves.")


@strawberry.type
class PresenceSubscription:
    """What can be followed of who is here."""

    @strawberry.subscription(
        description="Everybody who is here, then each change. It is conflated and never stored; "
        "only for members of the topic."
    )
    def presence(
        self,
        topic_id: Annotated[strawberry.ID, strawberry.argument(description="The topic.")],
    ) -> AsyncGenerator[PresenceMessage, None]:
        """Follow who is here."""
        attending: Any = Attending(
            topic_id=topic_key(topic_id),
            snapshot=lambda entries: PresenceSnapshot(
                entries=[PresenceEntry(entry=entry) for entry in entries]
            ),
            change=lambda change: PresenceChange(
                move=change.move, entry=PresenceEntry(entry=change.entry)
            ),
        )
        stream: AsyncGenerator[PresenceMessage, None] = attending
        return stream


def _window(id: str) -> str:
    if not 1 <= len(id) <= LONGEST_ID or not id.isprintable():
        raise Invalid(
            f"A window's id has 1 to {LONGEST_ID} printable characters.", ("connection_id",)
        )
    return id


async def _participant(context: LiveContext, topic_id: UUID) -> tuple[UUID, str]:
    """Return who the viewer is in the topic and for whom; refuse those who are no members."""
    viewer: Any = context.viewer
    async with context.reading() as session:
        position = await topics.position(session, viewer, topic_id)
        if viewer.person_id is None or position.audience is Audience.PUBLIC:
            raise NotAllowed("Only members of this topic can be present and see who is.")
        name = await stakeholders.constituency_name(session, viewer.person_id, topic_id)
    if name is not None:
        return viewer.person_id, name
    moderates = position.audience is Audience.MODERATORS
    return viewer.person_id, "Moderator" if moderates else "Member"

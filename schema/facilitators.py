"""Facilitators and their rotation in GraphQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from domain.commands import facilitators as commands
from domain.queries import facilitators as queries
from domain.queries import people
from schema.context import Info
from schema.fields import Expecting, answering, expected, perform, relation, text, topic_node
from schema.nodes import Node, key
from schema.people import Person

HOSTS = ("Engagement", "Roundtable")


@strawberry.type(description="Somebody's place in the rotation of facilitators.")
class Facilitator:
    """See domain.models.facilitators.Facilitator."""

    position: int = text(description="The place, from 1.")
    since: datetime | None = text(
        description="Since when they facilitate; null for who waits for their turn."
    )
    person: Person = relation(people.by_ids, "Who it is.", by="person_id")


def facilitators() -> list[Facilitator]:
    """Declare the rotation of an exercise or a roundtable."""
    rotation: list[Facilitator] = relation(
        queries.of_topics, "Who takes turns in facilitating it, in this order."
    )
    return rotation


def facilitator() -> Person | None:
    """Declare who facilitates an exercise or a roundtable."""
    present: Person | None = relation(
        queries.present,
        "Who facilitates it now, and moderates it for as long; null where nobody does.",
    )
    return present


@strawberry.input(
    description="Who is to take turns; the expected revision is that of the exercise or roundtable."
)
class SetFacilitatorsInput(Expecting):
    """See domain.commands.facilitators.set_facilitators."""

    topic_id: strawberry.ID = text(description="The exercise or the roundtable.")
    person_ids: list[strawberry.ID] = text(
        description="The people in the order of their turns, at most 20; none where nobody is to."
    )


@strawberry.input(
    description="To whom facilitation is handed over; the expected revision is that of the "
    "exercise or roundtable."
)
class HandOverFacilitationInput(Expecting):
    """See domain.commands.facilitators.hand_over_facilitation."""

    topic_id: strawberry.ID = text(description="The exercise or the roundtable.")
    person_id: strawberry.ID | None = text(
        description="One of the facilitators; by default who is next in the rotation.",
        default=None,
    )


@strawberry.type(description="What `setFacilitators` changed.")
class SetFacilitatorsPayload:
    """The exercise or roundtable."""

    topic_id: strawberry.Private[UUID]
    topic: Node | None = topic_node("As it is now; null where the viewer may not see it any more.")


@strawberry.type(description="What `handOverFacilitation` changed.")
class HandOverFacilitationPayload(SetFacilitatorsPayload):
    """The exercise or roundtable."""


async def set_facilitators(info: Info, input: SetFacilitatorsInput) -> SetFacilitatorsPayload:
    """See the command."""
    topic_id = await perform(
        info,
        input,
        commands.set_facilitators,
        topic_id=key(input.topic_id, "topicId", *HOSTS),
        person_ids=[key(each, "personIds", "Person") for each in input.person_ids],
        expected_revision=expected(input),
    )
    return SetFacilitatorsPayload(topic_id=topic_id)


async def hand_over_facilitation(
    info: Info, input: HandOverFacilitationInput
) -> HandOverFacilitationPayload:
    """See the command."""
    topic_id = await perform(
        info,
        input,
        commands.hand_over_facilitation,
        topic_id=key(input.topic_id, "topicId", *HOSTS),
        person_id=None if input.person_id is None else key(input.person_id, "personId", "Person"),
        expected_revision=expected(input),
    )
    return HandOverFacilitationPayload(topic_id=topic_id)


@strawberry.type
class FacilitatorMutation:
    """What can be done with facilitation."""

    set_facilitators: SetFacilitatorsPayload = answering(
        "SetFacilitators",
        SetFacilitatorsPayload,
        set_facilitators,
        "Set who takes turns in facilitating an exercise or a roundtable, and in which order.",
    )
    hand_over_facilitation: HandOverFacilitationPayload = answering(
        "HandOverFacilitation",
        HandOverFacilitationPayload,
        hand_over_facilitation,
        "Let the next facilitator, or another one, take over: they moderate for as long.",
    )

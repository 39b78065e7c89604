"""The agenda items of roundtables in GraphQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from domain.commands import agenda_items as commands
from domain.models import agenda_items as models
from domain.queries import agenda_items as queries
from domain.queries import people, roundtables
from schema.context import Info
from schema.fields import Expecting, expected, mutation, perform, relation, text
from schema.nodes import Node, key, node
from schema.people import Person
from schema.roundtables import Roundtable


@node(models.AgendaItem, queries.by_ids, "An item of a roundtable's agenda.")
class AgendaItem(Node):
    """An agenda item."""

    roundtable: Roundtable = relation(
        roundtables.by_ids, "The roundtable that it is part of.", by="roundtable_id"
    )
    position: int = text(description="Its place in the agenda, from 1.")
    title: str = text(description="What is to be discussed.")
    planned_minutes: int = text(description="How long it is planned to take.")
    facilitator: Person | None = relation(
        people.by_ids,
        "To whom the roundtable is handed over when its clock begins this item; null for nobody.",
        by="facilitator_id",
    )
    seconds_spent: float = text(
        description="How long the clock ran on it until it last stopped or went on: while it runs "
        "on this item, what has passed since the clock's `since` comes on top."
    )
    revision: int = text(description="Counts the changes of its title and plan, from 1.")
    created_at: datetime = text(description="When it was added.")


@strawberry.input(description="A new agenda item; the expected revision is that of the roundtable.")
class AddAgendaItemInput(Expecting):
    """See domain.commands.agenda_items.add_agenda_item."""

    roundtable_id: strawberry.ID = text(description="The roundtable.")
    title: str = text(description="What is to be discussed, at most 300 characters.")
    planned_minutes: int = text(description="How long it is planned to take, from 1 to 600.")
    position: int | None = text(description="Its place, from 1; by default the last.", default=None)


@strawberry.input(description="Another title or plan for an agenda item.")
class EditAgendaItemInput(Expecting):
    """See domain.commands.agenda_items.edit_agenda_item."""

    agenda_item_id: strawberry.ID = text(description="The agenda item.")
    title: str | None = text(description="What is to be discussed; null leaves it.", default=None)
    planned_minutes: int | None = text(
        description="How long it is planned to take, from 1 to 600; null leaves it.", default=None
    )


@strawberry.input(description="Who is to facilitate an agenda item.")
class AssignFacilitatorInput(Expecting):
    """See domain.commands.agenda_items.assign_facilitator."""

    agenda_item_id: strawberry.ID = text(description="The agenda item.")
    person_id: strawberry.ID | None = text(
        description="One of the facilitators of the roundtable; null or left out where whoever "
        "facilitates then is to go on.",
        default=None,
    )


@strawberry.input(
    description="Another place for an agenda item; the expected revision is that of the roundtable."
)
class MoveAgendaItemInput(Expecting):
    """See domain.commands.agenda_items.move_agenda_item."""

    agenda_item_id: strawberry.ID = text(description="The agenda item.")
    position: int = text(description="Its new place, from 1.")


@strawberry.input(
    description="An agenda item to remove; the expected revision is that of the roundtable."
)
class RemoveAgendaItemInput(Expecting):
    """See domain.commands.agenda_items.remove_agenda_item."""

    agenda_item_id: strawberry.ID = text(
        description="The agenda item, which was not under discussion yet."
    )


@strawberry.type
class AgendaItemMutation:
    """What can be done with the agenda of a roundtable."""

    @mutation(AgendaItem, "Add an item to the agenda of a roundtable.")
    async def add_agenda_item(self, info: Info, input: AddAgendaItemInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_agenda_item,
            roundtable_id=key(input.roundtable_id, "roundtableId", "Roundtable"),
            title=input.title,
            planned_minutes=input.planned_minutes,
            position=input.position,
            expected_revision=expected(input),
        )

    @mutation(AgendaItem, "Change the title or the planned minutes of an agenda item.")
    async def edit_agenda_item(self, info: Info, input: EditAgendaItemInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_agenda_item,
            agenda_item_id=key(input.agenda_item_id, "agendaItemId", "AgendaItem"),
            title=input.title,
            planned_minutes=input.planned_minutes,
            expected_revision=expected(input),
        )

    @mutation(AgendaItem, "Name to whom the roundtable is handed over when an item begins.")
    async def assign_facilitator(self, info: Info, input: AssignFacilitatorInput) -> UUID:
        """See the command."""
        person = input.person_id
        return await perform(
            info,
            input,
            commands.assign_facilitator,
            agenda_item_id=key(input.agenda_item_id, "agendaItemId", "AgendaItem"),
            person_id=None if person is None else key(person, "personId", "Person"),
            expected_revision=expected(input),
        )

    @mutation(AgendaItem, "Move an agenda item: the clock goes on to what then follows.")
    async def move_agenda_item(self, info: Info, input: MoveAgendaItemInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.move_agenda_item,
            agenda_item_id=key(input.agenda_item_id, "agendaItemId", "AgendaItem"),
            position=input.position,
            expected_revision=expected(input),
        )

    @mutation(Roundtable, "Remove an agenda item that was not under discussion yet.")
    async def remove_agenda_item(self, info: Info, input: RemoveAgendaItemInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.remove_agenda_item,
            agenda_item_id=key(input.agenda_item_id, "agendaItemId", "AgendaItem"),
            expected_revision=expected(input),
        )

"""Writes of the agenda items of roundtables.

Every command locks the roundtable first: its row guards the agenda, its revision counts every
change of it, and the positions of the items stay 1, 2, 3 without a gap.
"""

from __future__ import annotations

from uuid import UUID

from domain.commands.positions import number, place
from domain.errors import Conflict, Invalid, NotFound
from domain.events import (
    MEMBERS,
    AgendaItemAdded,
    AgendaItemEdited,
    AgendaItemMoved,
    AgendaItemRemoved,
)
from domain.lifecycle import CLOCK, NOT_CLOSED, ROUNDTABLE, ClockState, require
from domain.models.agenda_items import AgendaItem
from domain.models.roundtables import Roundtable
from domain.permissions import Permission
from domain.queries import agenda_items as queries
from domain.queries import facilitators
from domain.texts import TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_ITEMS = 50
MOST_MINUTES = 600
NOT_ENDED = (ClockState.NOT_STARTED, ClockState.RUNNING, ClockState.PAUSED)


async def add_agenda_item(
    uow: UnitOfWork,
    *,
    roundtable_id: UUID,
    title: str,
    planned_minutes: int,
    position: int | None = None,
    expected_revision: int | None,
) -> UUID:
    """Add an item to the agenda at a position, by default at the end; return its id."""
    roundtable = await _load_roundtable(uow, roundtable_id)
    uow.expect(roundtable, expected_revision)
    others = await agenda(uow, roundtable.id)
    if len(others) >= MOST_ITEMS:
        raise Conflict(f"An agenda has at most {MOST_ITEMS} items.")
    item = AgendaItem(
        roundtable_id=roundtable.id,
        position=0,
        title=clean(title, "title", limit=TITLE_LENGTH),
        planned_minutes=_minutes(planned_minutes),
        created_at=uow.now,
    )
    place(item, others, position)
    await uow.add(item)
    roundtable.revision += 1
    uow.emit(
        roundtable.id,
        AgendaItemAdded(agenda_item_id=item.id, position=item.position, title=item.title),
        MEMBERS,
    )
    return item.id


async def edit_agenda_item(
    uow: UnitOfWork,
    *,
    agenda_item_id: UUID,
    title: str | None = None,
    planned_minutes: int | None = None,
    expected_revision: int | None,
) -> UUID:
    """Change the title or the planned minutes of an item; None leaves one as it is."""
    roundtable, item = await _load_item(uow, agenda_item_id)
    uow.expect(item, expected_revision)
    if title is not None:
        item.title = clean(title, "title", limit=TITLE_LENGTH)
    if planned_minutes is not None:
        item.planned_minutes = _minutes(planned_minutes)
    item.revision += 1
    roundtable.revision += 1
    uow.emit(
        roundtable.id, AgendaItemEdited(agenda_item_id=item.id, revision=item.revision), MEMBERS
    )
    return item.id


async def assign_facilitator(
    uow: UnitOfWork,
    *,
    agenda_item_id: UUID,
    person_id: UUID | None,
    expected_revision: int | None,
) -> UUID:
    """Name to whom the roundtable is handed over when its clock begins an item; None for nobody."""
    roundtable, item = await _load_item(uow, agenda_item_id)
    uow.expect(item, expected_revision)
    [rotation] = await facilitators.of_topics(uow.session, uow.viewer, [roundtable.id])
    if person_id is not None and all(each.person_id != person_id for each in rotation):
        raise Invalid(
            "This person is not among the facilitators of the roundtable. Please set them first.",
            ("person_id",),
        )
    if item.facilitator_id != person_id:
        item.facilitator_id = person_id
        item.revision += 1
        roundtable.revision += 1
        uow.emit(
            roundtable.id,
            AgendaItemEdited(agenda_item_id=item.id, revision=item.revision),
            MEMBERS,
        )
    return item.id


async def move_agenda_item(
    uow: UnitOfWork, *, agenda_item_id: UUID, position: int, expected_revision: int | None
) -> UUID:
    """Move an item to another position; the revision is that of the roundtable.

    The clock goes on from the present item to the one that then follows it, so an item that is
    moved behind it is discussed (again), and one that is moved before it is not.
    """
    roundtable, item = await _load_item(uow, agenda_item_id)
    uow.expect(roundtable, expected_revision)
    place(item, await agenda(uow, roundtable.id), position)
    roundtable.revision += 1
    uow.emit(
        roundtable.id, AgendaItemMoved(agenda_item_id=item.id, position=item.position), MEMBERS
    )
    return item.id


async def remove_agenda_item(
    uow: UnitOfWork, *, agenda_item_id: UUID, expected_revision: int | None
) -> UUID:
    """Remove an item that was not discussed; the revision is that of the roundtable.

    Returns the id of the roundtable.
    """
    roundtable, item = await _load_item(uow, agenda_item_id)
    uow.expect(roundtable, expected_revision)
    if item.id == roundtable.clock_item_id or item.seconds_spent:
        raise Conflict("This item has been under discussion, so it stays in the agenda.")
    await uow.session.delete(item)
    number([each for each in await agenda(uow, roundtable.id) if each is not item])
    roundtable.revision += 1
    uow.emit(
        roundtable.id,
        AgendaItemRemoved(roundtable_id=roundtable.id, agenda_item_id=item.id, title=item.title),
        MEMBERS,
    )
    return roundtable.id


async def agenda(uow: UnitOfWork, roundtable_id: UUID) -> list[AgendaItem]:
    """Return the items of a roundtable that is locked, in their order."""
    (items,) = await queries.of_roundtables(uow.session, uow.viewer, [roundtable_id])
    return items


async def _load_roundtable(uow: UnitOfWork, id: UUID) -> Roundtable:
    roundtable = await uow.load(Roundtable, id, Permission.MODERATE)
    require(ROUNDTABLE, roundtable.state, NOT_CLOSED, "Changing the agenda")
    require(CLOCK, roundtable.clock_state, NOT_ENDED, "Changing the agenda")
    return roundtable


async def _load_item(uow: UnitOfWork, id: UUID) -> tuple[Roundtable, AgendaItem]:
    """Lock the roundtable, whose row guards its agenda, then read the item."""
    (seen,) = await queries.by_ids(uow.session, uow.viewer, [id])
    if seen is not None:
        roundtable = await _load_roundtable(uow, seen.roundtable_id)
        if item := await uow.session.get(AgendaItem, id, populate_existing=True):
            return roundtable, item
    raise NotFound("There is no agenda item with this id that you may see.")


def _minutes(minutes: int) -> int:
    if not 1 <= minutes <= MOST_MINUTES:
        raise Invalid(
            f"The planned minutes are a whole number from 1 to {MOST_MINUTES}; {minutes} is not.",
            ("planned_minutes",),
        )
    return minutes

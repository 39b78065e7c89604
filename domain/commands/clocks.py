"""Writes of the clock of a roundtable, which runs on one agenda item after the other."""

from __future__ import annotations

from uuid import UUID

from domain.commands.agenda_items import agenda
from domain.commands.facilitators import hand_over
from domain.commands.steps import next_state
from domain.events import MEMBERS, ClockAdvanced
from domain.lifecycle import CLOCK, ClockState, ClockTransition
from domain.models.agenda_items import AgendaItem
from domain.models.roundtables import Roundtable
from domain.permissions import Permission
from domain.queries import clocks as queries
from domain.unit_of_work import UnitOfWork


async def advance_clock(
    uow: UnitOfWork,
    *,
    roundtable_id: UUID,
    transition: ClockTransition,
    expected_revision: int | None,
) -> UUID:
    """Start, pause or end the clock, or let it go on to the next item; see domain.lifecycle.

    START begins with the first item, or goes on after a pause; NEXT lets the clock run on the item
    that follows, also out of a pause. An item that is begun is facilitated by whom it names.
    """
    roundtable = await uow.load(Roundtable, roundtable_id, Permission.VIEW)
    uow.expect(roundtable, expected_revision)
    state = await next_state(uow, CLOCK, roundtable, transition, queries.facts, state="clock_state")
    items = await agenda(uow, roundtable.id)
    await _turn(uow, roundtable, items, transition, state)
    roundtable.revision += 1
    return roundtable.id


async def end_clock(uow: UnitOfWork, roundtable: Roundtable) -> None:
    """End the clock of a roundtable that is closing, where it was started and has not ended."""
    if roundtable.clock_state in (ClockState.RUNNING, ClockState.PAUSED):
        items = await agenda(uow, roundtable.id)
        await _turn(uow, roundtable, items, ClockTransition.END, ClockState.ENDED)


async def _turn(
    uow: UnitOfWork,
    roundtable: Roundtable,
    items: list[AgendaItem],
    transition: ClockTransition,
    state: ClockState,
) -> None:
    """Book the time that ran to the item that it was spent on, then set the clock.

    Where another item names its facilitator, the roundtable is handed over to them.
    """
    present = next((item for item in items if item.id == roundtable.clock_item_id), None)
    if present and roundtable.clock_state is ClockState.RUNNING and roundtable.clock_since:
        spent = (uow.now - roundtable.clock_since).total_seconds()
        present.seconds_spent += max(0.0, spent)  # the clocks of two machines may differ
    if transition is ClockTransition.END:
        item = None
    elif present is None or transition is ClockTransition.NEXT:
        item = items[present.position if present else 0]
    else:
        item = present
    roundtable.clock_state = state
    roundtable.clock_since = uow.now
    roundtable.clock_item_id = item.id if item else None
    uow.emit(
        roundtable.id,
        ClockAdvanced(
            roundtable_id=roundtable.id,
            transition=transition,
            state=state,
            agenda_item_id=roundtable.clock_item_id,
        ),
        MEMBERS,
    )
    if item is not None and item is not present and item.facilitator_id is not None:
        await hand_over(uow, roundtable, item.facilitator_id)

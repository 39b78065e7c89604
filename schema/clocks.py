"""The clock of a roundtable in GraphQL."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import strawberry

from domain.commands import clocks as commands
from domain.lifecycle import CLOCK, ClockState, ClockTransition
from domain.queries import agenda_items
from domain.queries import clocks as queries
from schema.agenda_items import AgendaItem
from schema.batches import derived
from schema.context import Info
from schema.fields import Expecting, enum, expected, mutation, perform, relation, text
from schema.nodes import key
from schema.roundtables import Roundtable
from schema.transitions import TransitionOption, transitions

enum(
    ClockState,
    "Where the clock of a roundtable stands.",
    NOT_STARTED="No item has been begun.",
    RUNNING="It runs on an agenda item.",
    PAUSED="An agenda item is interrupted.",
    ENDED="It does not run any more.",
)
enum(
    ClockTransition,
    "A step of the clock of a roundtable.",
    START="Begin with the first agenda item, or go on after a pause.",
    PAUSE="Interrupt the present item.",
    NEXT="Begin the item that follows the present one.",
    END="End the clock, with the present item.",
)


@strawberry.type(
    description="The clock of a roundtable, which shows everybody the same time without a tick: "
    "while it is RUNNING, `item.secondsSpent` and what has passed since `since` are spent of "
    "`item.plannedMinutes`; otherwise `item.secondsSpent` alone."
)
class Clock:
    """The clock of the roundtable that is its root."""

    item: AgendaItem | None = relation(
        agenda_items.by_ids,
        "The item under discussion; null before the first one and after the end.",
        by="clock_item_id",
    )
    available_transitions: list[TransitionOption[ClockTransition]] = transitions(
        CLOCK,
        queries.facts,
        "What can happen to it next, and what stands in the way.",
        state="clock_state",
    )

    state: ClockState = derived(
        lambda roundtable: ClockState(roundtable.clock_state), "Where it stands."
    )
    since: datetime | None = derived(
        lambda roundtable: roundtable.clock_since,
        "Since when it stands there, on this item; null before it is started.",
    )
    as_of: datetime = derived(
        lambda _roundtable: datetime.now(UTC),
        "The server's time when this was read, by which a device whose own time is wrong can "
        "correct what has passed since `since`.",
    )


@strawberry.input(description="A step of the clock; the expected revision is the roundtable's.")
class AdvanceClockInput(Expecting):
    """See domain.commands.clocks.advance_clock."""

    roundtable_id: strawberry.ID = text(description="The roundtable.")
    transition: ClockTransition = text(description="The step.")


@strawberry.type
class ClockMutation:
    """What can be done with the clock of a roundtable."""

    @mutation(Roundtable, "Start, pause or end the clock, or let it go on to the next item.")
    async def advance_clock(self, info: Info, input: AdvanceClockInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_clock,
            roundtable_id=key(input.roundtable_id, "roundtableId", "Roundtable"),
            transition=input.transition,
            expected_revision=expected(input),
        )

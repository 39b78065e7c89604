"""Writes of priority cycles."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from domain.commands.steps import next_state
from domain.errors import Invalid
from domain.events.cycles import CycleAdvanced, CycleEdited, CyclePlanned
from domain.ids import new_id
from domain.lifecycle.cycles import CYCLE, CycleState, CycleTransition
from domain.lifecycle.machine import require
from domain.models.cycles import Cycle
from domain.models.topics import TopicKind
from domain.permissions import Permission
from domain.queries import cycles as queries
from domain.texts import DOCUMENT_LENGTH, REASON_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

EDITABLE = (CycleState.PLANNED, CycleState.OPEN, CycleState.SCORING)


async def plan_cycle(
    uow: UnitOfWork, *, title: str, purpose: str, opens_on: date, closes_on: date
) -> UUID:
    """Plan a priority cycle, which everybody may read; return its id."""
    uow.authorise(Permission.STEER, None, doing="planning a priority cycle")
    cycle = Cycle(
        id=new_id(),
        title=clean(title, "title", limit=TITLE_LENGTH),
        purpose=clean(purpose, "purpose", limit=DOCUMENT_LENGTH, required=False),
        opens_on=opens_on,
        closes_on=closes_on,
        created_at=uow.now,
    )
    require_order(opens_on, closes_on, "closes_on")
    await uow.add(uow.open_topic(cycle.id, TopicKind.CYCLE, public=True))
    await uow.add(cycle)
    uow.emit(cycle.id, CyclePlanned(cycle_id=cycle.id))
    return cycle.id


async def edit_cycle(
    uow: UnitOfWork,
    *,
    cycle_id: UUID,
    title: str | None = None,
    purpose: str | None = None,
    opens_on: date | None = None,
    closes_on: date | None = None,
    expected_revision: int | None,
) -> UUID:
    """Change the texts or dates of a cycle that is not decided; None leaves one as it is."""
    cycle = await uow.load(Cycle, cycle_id, Permission.STEER)
    uow.expect(cycle, expected_revision)
    require(CYCLE, cycle.state, EDITABLE, "Changing a cycle")
    if title is not None:
        cycle.title = clean(title, "title", limit=TITLE_LENGTH)
    if purpose is not None:
        cycle.purpose = clean(purpose, "purpose", limit=DOCUMENT_LENGTH, required=False)
    if opens_on is not None:
        cycle.opens_on = opens_on
    if closes_on is not None:
        cycle.closes_on = closes_on
    require_order(cycle.opens_on, cycle.closes_on, "closes_on")
    cycle.revision += 1
    uow.emit(cycle.id, CycleEdited(cycle_id=cycle.id, revision=cycle.revision))
    return cycle.id


async def advance_cycle(
    uow: UnitOfWork,
    *,
    cycle_id: UUID,
    transition: CycleTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Take a step of a cycle's life, with a reason."""
    cycle = await uow.load(Cycle, cycle_id, Permission.VIEW)
    uow.expect(cycle, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    cycle.state = await next_state(uow, CYCLE, cycle, transition, queries.facts)
    cycle.revision += 1
    uow.emit(
        cycle.id,
        CycleAdvanced(cycle_id=cycle.id, transition=transition, state=cycle.state, reason=words),
    )
    return cycle.id


def require_order(first: date, last: date, path: str) -> None:
    """Raise Invalid unless `last`, which the input names `path`, is after `first`."""
    if last <= first:
        raise Invalid(f"{last} is not after {first}. Please send a later date.", (path,))

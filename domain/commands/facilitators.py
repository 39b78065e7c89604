"""Writes of facilitation: who takes turns in it, and from whom to whom it is handed over.

Every command locks the exercise or roundtable first, whose revision counts its changes. The rights
of a facilitator follow from their place (domain.queries.people), so they change with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import func, select

from domain.commands.agenda_items import agenda
from domain.commands.comments import HOSTS
from domain.errors import Conflict, Invalid, NotFound
from domain.events import (
    EVERYONE,
    MEMBERS,
    AgendaItemEdited,
    Event,
    FacilitationEnded,
    FacilitationHandedOver,
    FacilitatorPlaced,
    FacilitatorRemoved,
)
from domain.lifecycle import ENGAGEMENT, NOT_CLOSED, ROUNDTABLE, require
from domain.models.engagements import Engagement
from domain.models.facilitators import Facilitator
from domain.models.people import Person
from domain.models.roundtables import Roundtable
from domain.permissions import Permission
from domain.queries import facilitators as queries
from domain.queries.pages import ids
from domain.unit_of_work import UnitOfWork

MOST_FACILITATORS = 20
KNOWN = select(func.count()).select_from(Person).where(Person.id == func.any(ids()))

Host: TypeAlias = Engagement | Roundtable


async def set_facilitators(
    uow: UnitOfWork, *, topic_id: UUID, person_ids: Sequence[UUID], expected_revision: int | None
) -> UUID:
    """Set who takes turns in facilitating an exercise or a roundtable, in order; return its id.

    Whoever facilitates goes on, unless they are left out: then nobody does. Agenda items name no
    longer who is left out.
    """
    host = await _load(uow, topic_id, "Setting facilitators")
    uow.expect(host, expected_revision)
    await _require_people(uow, person_ids)
    before = {each.person_id: each for each in await _rotation(uow, host)}
    removed = [each for id, each in before.items() if id not in person_ids]
    placed = [
        (id, position)
        for position, id in enumerate(person_ids, 1)
        if id not in before or before[id].position != position
    ]
    if not removed and not placed:
        return host.id
    for each in removed:
        if each.since is not None:
            _end(uow, host, each)
        await uow.session.delete(each)
        gone = FacilitatorRemoved(topic_id=host.id, person_id=each.person_id)
        _tell(uow, host, each.person_id, gone)
    for id, position in placed:
        if id in before:
            before[id].position = position
        else:
            await uow.add(Facilitator(topic_id=host.id, person_id=id, position=position))
        _tell(uow, host, id, FacilitatorPlaced(topic_id=host.id, person_id=id, position=position))
    await _forget_in_agenda(uow, host, {each.person_id for each in removed})
    host.revision += 1
    return host.id


async def hand_over_facilitation(
    uow: UnitOfWork,
    *,
    topic_id: UUID,
    person_id: UUID | None = None,
    expected_revision: int | None,
) -> UUID:
    """Let the next one in the rotation facilitate, or whom `person_id` names; return the topic.

    The first one follows the last one, and begins where nobody facilitates.
    """
    host = await _load(uow, topic_id, "Handing over")
    uow.expect(host, expected_revision)
    rotation = await _rotation(uow, host)
    if not rotation:
        raise Conflict(
            "Nobody takes turns in facilitating here. Please set the facilitators first."
        )
    present = next((n for n, each in enumerate(rotation) if each.since is not None), -1)
    if person_id is None:
        to = rotation[(present + 1) % len(rotation)].person_id
    else:
        to = person_id
        if all(each.person_id != to for each in rotation):
            raise Invalid("This person is not among the facilitators here.", ("person_id",))
    if present >= 0 and rotation[present].person_id == to:
        raise Conflict("Whoever would take over facilitates already.")
    await hand_over(uow, host, to)
    host.revision += 1
    return host.id


async def hand_over(uow: UnitOfWork, host: Host, person_id: UUID) -> None:
    """Let one of the facilitators of a host, which is locked, facilitate from now on."""
    rotation = {each.person_id: each for each in await _rotation(uow, host)}
    to = rotation[person_id]
    if to.since is not None:
        return
    previous = next((each for each in rotation.values() if each.since is not None), None)
    if previous is not None:
        previous.since = None
        await uow.session.flush()  # one facilitates at a time
        uow.rights_changed(previous.person_id)
    to.since = uow.now
    handed_over = FacilitationHandedOver(
        topic_id=host.id,
        person_id=to.person_id,
        previous_id=None if previous is None else previous.person_id,
    )
    _tell(uow, host, to.person_id, handed_over)


async def end_facilitation(uow: UnitOfWork, host: Host) -> None:
    """Let nobody facilitate a host that is closing, which is locked."""
    for each in await _rotation(uow, host):
        if each.since is not None:
            _end(uow, host, each)


async def _load(uow: UnitOfWork, topic_id: UUID, doing: str) -> Host:
    """Lock an exercise or a roundtable that is not closed."""
    topic = await uow.topic_for(topic_id, Permission.MODERATE, doing=doing.lower())
    if topic.kind not in HOSTS:
        raise Invalid(
            "An engagement exercise or a roundtable is facilitated, nothing else.", ("topic_id",)
        )
    host: Host = await uow.load(HOSTS[topic.kind], topic.id, Permission.MODERATE)
    machine = ROUNDTABLE if isinstance(host, Roundtable) else ENGAGEMENT
    require(machine, host.state, NOT_CLOSED, doing)
    return host


async def _rotation(uow: UnitOfWork, host: Host) -> list[Facilitator]:
    [rotation] = await queries.of_topics(uow.session, uow.viewer, [host.id])
    return rotation


async def _require_people(uow: UnitOfWork, person_ids: Sequence[UUID]) -> None:
    if len(person_ids) > MOST_FACILITATORS:
        raise Invalid(
            f"At most {MOST_FACILITATORS} people take turns; these are {len(person_ids)}.",
            ("person_ids",),
        )
    if len(set(person_ids)) < len(person_ids):
        raise Invalid("Somebody is named twice. Please name each once.", ("person_ids",))
    if await uow.session.scalar(KNOWN, {"ids": list(person_ids)}) != len(person_ids):
        raise NotFound("There is no person with one of these ids.", ("person_ids",))


async def _forget_in_agenda(uow: UnitOfWork, host: Host, person_ids: set[UUID]) -> None:
    """Let no agenda item be facilitated by people who take no turns any more."""
    for item in await agenda(uow, host.id):
        if item.facilitator_id in person_ids:
            item.facilitator_id = None
            item.revision += 1
            edited = AgendaItemEdited(agenda_item_id=item.id, revision=item.revision)
            uow.emit(host.id, edited, MEMBERS)


def _end(uow: UnitOfWork, host: Host, facilitator: Facilitator) -> None:
    facilitator.since = None
    ended = FacilitationEnded(topic_id=host.id, person_id=facilitator.person_id)
    _tell(uow, host, facilitator.person_id, ended)


def _tell(uow: UnitOfWork, host: Host, person_id: UUID, event: Event) -> None:
    """Tell everybody who may read the host, and the person; what they may do has changed."""
    uow.emit(host.id, event, MEMBERS if isinstance(host, Roundtable) else EVERYONE)
    uow.emit(person_id, event, MEMBERS)
    uow.rights_changed(person_id)

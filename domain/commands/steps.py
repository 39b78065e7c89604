"""The one way in which a subject takes a step of its life."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from domain.lifecycle.machine import Facts, Machine, advance
from domain.permissions import Viewer, allowed
from domain.unit_of_work import Placed, UnitOfWork

S = TypeVar("S", bound=StrEnum)
T = TypeVar("T", bound=StrEnum)

FactsOf = Callable[[Any, Viewer, Sequence[UUID]], Awaitable[Sequence[Facts]]]


async def next_state(
    uow: UnitOfWork,
    machine: Machine[S, T],
    record: Placed,
    transition: T,
    facts: FactsOf,
    *,
    state: str = "state",
) -> S:
    """Return the state to which a transition brings a record that is locked.

    `facts` reads what the machine asks; `state` is the attribute that it moves. The permission is
    that of the viewer in the record's topic. Errors as for `advance`.
    """
    topic = await uow.topic(record.topic_id)
    [found] = await facts(uow.session, uow.viewer, [record.id])
    present: S = getattr(record, state)
    return advance(
        machine,
        present,
        transition,
        found,
        lambda permission: allowed(uow.viewer, permission, topic),
    )

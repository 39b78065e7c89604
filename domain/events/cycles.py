"""What happened to priority cycles."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.events.event import Event, about


@about("cycle_id")
@dataclass(frozen=True, kw_only=True)
class CyclePlanned(Event):
    """A priority cycle was planned."""

    cycle_id: UUID


@about("cycle_id")
@dataclass(frozen=True, kw_only=True)
class CycleEdited(Event):
    """The texts or dates of a priority cycle were changed."""

    cycle_id: UUID
    revision: int


@about("cycle_id")
@dataclass(frozen=True, kw_only=True)
class CycleAdvanced(Event):
    """A priority cycle took a step of its life."""

    cycle_id: UUID
    transition: str
    state: str
    reason: str

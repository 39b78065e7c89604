"""What happened to the selection of resources for prioritised proposals."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.events.event import Event, about


@about("resource_selection_id")
@dataclass(frozen=True, kw_only=True)
class ResourceSelectionBegun(Event):
    """Options for meeting a prioritised need are looked for."""

    resource_selection_id: UUID


@about("resource_option_id")
@dataclass(frozen=True, kw_only=True)
class ResourceOptionAdded(Event):
    """An option was entered."""

    resource_option_id: UUID


@about("resource_selection_id")
@dataclass(frozen=True, kw_only=True)
class ResourceOptionRemoved(Event):
    """An option was removed, with its scores."""

    resource_selection_id: UUID
    title: str


@about("resource_selection_id")
@dataclass(frozen=True, kw_only=True)
class SoleOptionExplained(Event):
    """It was said why there is only one option."""

    resource_selection_id: UUID
    reason: str


@about("resource_option_id")
@dataclass(frozen=True, kw_only=True)
class ResourceOptionAssessed(Event):
    """Somebody scored an option, or scored it anew."""

    resource_option_id: UUID


@about("resource_selection_id")
@dataclass(frozen=True, kw_only=True)
class ResourceSelectionAdvanced(Event):
    """The selection of a resource took a step of its life.

    A selected option comes with the sum of its scores, by how many assessors, and whether no other
    one has a higher mean.
    """

    resource_selection_id: UUID
    transition: str
    state: str
    reason: str
    resource_option_id: UUID | None = None
    total: int | None = None
    assessors: int | None = None
    best_scored: bool | None = None
    specification_id: UUID | None = None

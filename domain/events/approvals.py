"""What happened to approvals of education providers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.events.event import Event, about


@about("approval_id")
@dataclass(frozen=True, kw_only=True)
class ApprovalGranted(Event):
    """A provider was approved to deliver a version of a specification."""

    approval_id: UUID
    organisation_id: UUID
    specification_id: UUID


@about("approval_id")
@dataclass(frozen=True, kw_only=True)
class ApprovalAdvanced(Event):
    """An approval took a step of its life."""

    approval_id: UUID
    transition: str
    state: str
    reason: str

"""What happens to the endorsement of a candidate."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.events.event import Event, about


@about("endorsement_id")
@dataclass(frozen=True, kw_only=True)
class EndorsementOpened(Event):
    """The board was asked whether it endorses a candidate."""

    endorsement_id: UUID
    specification_id: UUID
    content_hash: str


@about("endorsement_id")
@dataclass(frozen=True, kw_only=True)
class EndorsementRenewed(Event):
    """The board is asked about a new candidate; its positions on the one before count no more."""

    endorsement_id: UUID
    content_hash: str


@about("endorsement_id")
@dataclass(frozen=True, kw_only=True)
class EndorsementAdvanced(Event):
    """The endorsement of a candidate was concluded, or withdrawn."""

    endorsement_id: UUID
    transition: str
    state: str
    reason: str


@about("endorsement_condition_id")
@dataclass(frozen=True, kw_only=True)
class EndorsementConditionNamed(Event):
    """The board named a condition of its endorsement."""

    endorsement_condition_id: UUID
    position: int


@about("endorsement_condition_id")
@dataclass(frozen=True, kw_only=True)
class EndorsementConditionAnswered(Event):
    """The developers showed how a condition of the endorsement is met."""

    endorsement_condition_id: UUID
    revision: int


@about("endorsement_condition_id")
@dataclass(frozen=True, kw_only=True)
class EndorsementConditionMet(Event):
    """A condition of the endorsement was found to be met."""

    endorsement_condition_id: UUID
    reason: str

"""What happened to proposals."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.events.event import Event, about


@about("proposal_id")
@dataclass(frozen=True, kw_only=True)
class ProposalDrafted(Event):
    """Somebody began a proposal."""

    proposal_id: UUID


@about("proposal_id")
@dataclass(frozen=True, kw_only=True)
class ProposalEdited(Event):
    """The texts of a proposal, or whom it is for, were changed."""

    proposal_id: UUID
    revision: int


@about("proposal_id")
@dataclass(frozen=True, kw_only=True)
class GatewayCriterionAnswered(Event):
    """A proposal's answer to a gateway criterion was written or changed."""

    proposal_id: UUID
    number: int
    revision: int


@about("gateway_judgement_id")
@dataclass(frozen=True, kw_only=True)
class GatewayJudgementGiven(Event):
    """A judge said, or changed, how far a proposal meets a criterion."""

    gateway_judgement_id: UUID
    revision: int


@about("proposal_id")
@dataclass(frozen=True, kw_only=True)
class ProposalJudged(Event):
    """Every judgement that a proposal needs is in, so that each is shown."""

    proposal_id: UUID
    revision: int


@about("proposal_id")
@dataclass(frozen=True, kw_only=True)
class ProposalAdvanced(Event):
    """A proposal took a step of its life; a decision says how many criteria are how far met."""

    proposal_id: UUID
    transition: str
    state: str
    reason: str
    met: int | None = None
    partly_met: int | None = None
    not_met: int | None = None

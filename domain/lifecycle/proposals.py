"""The life of a proposal: written, submitted, judged at the gateway, and decided."""

from __future__ import annotations

from enum import StrEnum

from domain.lifecycle.machine import Machine, Move, Requirement
from domain.permissions import Permission


class ProposalState(StrEnum):
    """Where a proposal for a credential stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    GATEWAY_REVIEW = "GATEWAY_REVIEW"
    PRIORITISED = "PRIORITISED"
    NOT_PRIORITISED = "NOT_PRIORITISED"
    RETURNED = "RETURNED"
    WITHDRAWN = "WITHDRAWN"


class ProposalTransition(StrEnum):
    """A step in the life of a proposal."""

    SUBMIT = "SUBMIT"
    REVIEW = "REVIEW"
    PRIORITISE = "PRIORITISE"
    PRIORITISE_BY_BOARD = "PRIORITISE_BY_BOARD"
    DECLINE = "DECLINE"
    RETURN = "RETURN"
    WITHDRAW = "WITHDRAW"


_COMPLETE = (
    Requirement("summary_missing", "The summary is empty."),
    Requirement("professions_missing", "No profession is named that it is for."),
    Requirement("nations_missing", "No nation is named that it is for."),
    Requirement("answers_missing", "Gateway criteria without an answer: {n}."),
)
_JUDGED = Requirement("judgements_missing", "Judgements still missing: {n}.")
_MET = Requirement("criteria_not_met", "Criteria that are not met: {n}.")
_DUTIES = (
    Requirement("is_author", "Its author does not decide on a proposal."),
    Requirement("has_judged", "Who judged a proposal does not decide on it."),
    Requirement("is_recused", "Your declared interest keeps you from deciding on this proposal."),
)


def _by_author(doing: str) -> tuple[Requirement, ...]:
    return (Requirement("is_not_author", f"Only its author can {doing} a proposal."),)


PROPOSAL = Machine(
    noun="proposal",
    initial=ProposalState.DRAFT,
    moves=(
        Move(
            ProposalTransition.SUBMIT,
            (ProposalState.DRAFT,),
            ProposalState.SUBMITTED,
            Permission.VIEW,
            (Requirement("cycle_not_open", "Its cycle is not open for proposals."), *_COMPLETE),
            _by_author("submit"),
        ),
        Move(
            ProposalTransition.SUBMIT,
            (ProposalState.RETURNED,),
            ProposalState.SUBMITTED,
            Permission.VIEW,
            (Requirement("cycle_over", "Its cycle is decided."), *_COMPLETE),
            _by_author("submit"),
        ),
        Move(
            ProposalTransition.REVIEW,
            (ProposalState.SUBMITTED,),
            ProposalState.GATEWAY_REVIEW,
            Permission.STEER,
            (Requirement("cycle_not_scoring", "Its cycle is not in SCORING yet."),),
        ),
        Move(
            ProposalTransition.PRIORITISE,
            (ProposalState.GATEWAY_REVIEW,),
            ProposalState.PRIORITISED,
            Permission.STEER,
            (
                _JUDGED,
                _MET,
                Requirement(
                    "board_needed",
                    "Criteria that are only partly met: {n}. With more than one, the board "
                    "decides, by PRIORITISE_BY_BOARD.",
                ),
            ),
            _DUTIES,
        ),
        Move(
            ProposalTransition.PRIORITISE_BY_BOARD,
            (ProposalState.GATEWAY_REVIEW,),
            ProposalState.PRIORITISED,
            Permission.DECIDE,
            (_JUDGED, _MET),
            _DUTIES,
        ),
        Move(
            ProposalTransition.DECLINE,
            (ProposalState.GATEWAY_REVIEW,),
            ProposalState.NOT_PRIORITISED,
            Permission.DECIDE,
            (_JUDGED,),
            _DUTIES,
        ),
        Move(
            ProposalTransition.RETURN,
            (ProposalState.SUBMITTED, ProposalState.GATEWAY_REVIEW),
            ProposalState.RETURNED,
            Permission.STEER,
            (),
            _DUTIES,
        ),
        Move(
            ProposalTransition.WITHDRAW,
            (
                ProposalState.DRAFT,
                ProposalState.SUBMITTED,
                ProposalState.GATEWAY_REVIEW,
                ProposalState.RETURNED,
            ),
            ProposalState.WITHDRAWN,
            Permission.VIEW,
            (),
            _by_author("withdraw"),
        ),
    ),
)

# The states in which its author writes it.
WRITABLE = (ProposalState.DRAFT, ProposalState.RETURNED)
# The states in which it waits for a decision.
UNDECIDED = (ProposalState.SUBMITTED, ProposalState.GATEWAY_REVIEW)
# The decisions that end it: from then on everybody may read all of it.
DECIDED = (ProposalState.PRIORITISED, ProposalState.NOT_PRIORITISED)

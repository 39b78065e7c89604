"""What a step of a ballot's life is told beside its reason, and the steps that only say so."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from domain.errors import Invalid
from domain.events import BallotAdvanced, BallotDecided, BallotScheduled
from domain.lifecycle import BallotTransition
from domain.models.ballots import Ballot
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

QUESTION_LENGTH = 2_000

# The steps whose reason is asked for, and those that each particular goes with.
EXPLAINED = frozenset(BallotTransition) - {
    BallotTransition.SCHEDULE,
    BallotTransition.OPEN,
    BallotTransition.RESUME,
    BallotTransition.CLOSE_ROUND,
    BallotTransition.CLOSE,
}
TAKES = {
    "question": (BallotTransition.NEXT_ROUND,),
    "closes_at": (BallotTransition.EXTEND, BallotTransition.NEXT_ROUND),
    "decision": (BallotTransition.DECIDE,),
}


@dataclass(frozen=True, slots=True)
class Particulars:
    """What some steps need: a question in other words, a deadline, or what is decided."""

    question: str | None = None
    closes_at: datetime | None = None
    decision: str | None = None

    def require_fit(self, transition: BallotTransition) -> None:
        """Raise Invalid for what this step does not take."""
        for name, value in asdict(self).items():
            if value is not None and transition not in TAKES[name]:
                raise Invalid(
                    f"{transition} takes no {name.replace('_', ' ')}; that goes with "
                    f"{' or '.join(TAKES[name])}.",
                    (name,),
                )

    def reworded(self) -> str | None:
        """Return the question in other words, cleaned; None where it is to stay."""
        if self.question is None:
            return None
        return clean(self.question, "question", limit=QUESTION_LENGTH)


NO_PARTICULARS = Particulars()


def announce(
    uow: UnitOfWork,
    ballot: Ballot,
    transition: BallotTransition,
    reason: str,
    decision: str | None,
) -> None:
    """Tell everybody of a step that changes nothing but where the ballot stands."""
    match transition:
        case BallotTransition.SCHEDULE:
            uow.emit(ballot.topic_id, BallotScheduled(ballot_id=ballot.id, reason=reason))
            return
        case BallotTransition.DECIDE:
            ballot.decision = clean(decision or "", "decision", limit=REASON_LENGTH)
            uow.emit(
                ballot.topic_id,
                BallotDecided(ballot_id=ballot.id, decision=ballot.decision, reason=reason),
            )
            return
        case BallotTransition.DEFER:
            ballot.deferred_at = uow.now
    uow.emit(
        ballot.topic_id,
        BallotAdvanced(
            ballot_id=ballot.id, transition=transition, state=ballot.state, reason=reason
        ),
    )

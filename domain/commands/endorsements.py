"""Writes of endorsements: the board is asked, concludes, and its conditions are met."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from domain.commands.ballot_steps import Particulars
from domain.commands.ballots import advance_ballot, draft_ballot
from domain.commands.endorsement_renewals import OPEN, text_hash
from domain.commands.engagements import advance_engagement, create_engagement
from domain.commands.specifications import advance_specification
from domain.commands.stakeholders import add_stakeholder, declare_constituency
from domain.commands.steps import next_state
from domain.consensus.choices import BallotKind, ReasonPolicy
from domain.errors import Conflict, Invalid, NotAllowed
from domain.events.endorsements import (
    EndorsementAdvanced,
    EndorsementConditionAnswered,
    EndorsementConditionMet,
    EndorsementConditionNamed,
    EndorsementOpened,
)
from domain.lifecycle import (
    SPECIFICATION,
    BallotState,
    BallotTransition,
    EngagementTransition,
    SpecificationState,
    SpecificationTransition,
    require,
)
from domain.lifecycle.endorsements import (
    ENDORSEMENT,
    NOT_ONES_OWN,
    EndorsementTransition,
)
from domain.models.ballots import Ballot, BallotVisibility
from domain.models.comments import SubjectKind
from domain.models.endorsements import Endorsement, EndorsementCondition
from domain.models.people import Membership
from domain.models.specifications import Specification
from domain.models.stakeholders import ConstituencyKind
from domain.permissions import Permission, Role
from domain.queries import endorsements as queries
from domain.queries.authors import wrote
from domain.texts import DOCUMENT_LENGTH, REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_CONDITIONS = 50

# Who wrote or reviewed the text does not decide on it.
BOARD = (
    select(Membership.person_id)
    .select_from(Membership)
    .join(Specification, Specification.id == bindparam("specification_id"))
    .where(
        Membership.role == Role.BOARD,
        Membership.scope_id.is_(None),
        ~wrote(Membership.person_id),
    )
    .order_by(Membership.person_id)
)
OWN = select(wrote(bindparam("person_id", type_=Uuid()))).where(
    Specification.id == bindparam("specification_id")
)


async def open_endorsement(
    uow: UnitOfWork,
    *,
    specification_id: UUID,
    briefing: str,
    closes_at: datetime | None = None,
    expected_revision: int | None,
) -> UUID:
    """Ask the board whether it endorses a candidate that a review recommended; return the id.

    The board meets in an exercise of its own, whose one ballot asks for positions. Who wrote or
    reviewed the text is not among the electors.
    """
    specification = await uow.load(Specification, specification_id, Permission.STEER)
    uow.expect(specification, expected_revision)
    require(SPECIFICATION, specification.state, (SpecificationState.CANDIDATE,), "Asking the board")
    about = {"specification_id": specification.id}
    if (await uow.session.scalars(OPEN, about)).one_or_none():
        raise Conflict("The board is being asked about this specification already.")
    board = (await uow.session.scalars(BOARD, about)).all()
    if not board:
        raise Conflict(
            "Nobody could decide: the board has no member who neither wrote nor reviewed the text."
        )
    engagement_id = await _convene(uow, specification, board, briefing)
    ballot_id = await draft_ballot(
        uow,
        topic_id=engagement_id,
        kind=BallotKind.POSITIONS,
        question=f"Shall version {specification.version} of “{specification.title}” be endorsed?",
        visibility=BallotVisibility.LIVE,
        reason_policy=ReasonPolicy.REQUIRED_FOR_DISSENT,
        subject=(SubjectKind.SPECIFICATION, specification.id),
        closes_at=closes_at,
    )
    await _step_ballot(uow, ballot_id, BallotTransition.OPEN, "The board is asked.")
    endorsement = Endorsement(
        specification_id=specification.id,
        engagement_id=engagement_id,
        ballot_id=ballot_id,
        content_hash=text_hash(specification),
        created_at=uow.now,
    )
    await uow.add(endorsement)
    uow.emit(
        specification.id,
        EndorsementOpened(
            endorsement_id=endorsement.id,
            specification_id=specification.id,
            content_hash=endorsement.content_hash,
        ),
    )
    return endorsement.id


async def advance_endorsement(
    uow: UnitOfWork,
    *,
    endorsement_id: UUID,
    transition: EndorsementTransition,
    reason: str,
    conditions: Sequence[tuple[str, date]] = (),
    expected_revision: int | None,
) -> UUID:
    """Conclude what the board was asked, or withdraw the question, with a reason.

    PASS endorses the specification, with `conditions` (what, and until which day) or without; FAIL
    declines it. The ballot is decided and the exercise of the board closed in the same transaction.
    """
    endorsement = await uow.load(Endorsement, endorsement_id, Permission.STEER)
    uow.expect(endorsement, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    if conditions and transition is not EndorsementTransition.PASS:
        raise Invalid(f"{transition} takes no conditions; they go with PASS.", ("conditions",))
    endorsement.state = await next_state(uow, ENDORSEMENT, endorsement, transition, queries.facts)
    endorsement.reason = words
    endorsement.concluded_by_id, endorsement.concluded_at = uow.actor_id, uow.now
    endorsement.revision += 1
    await _name_conditions(uow, endorsement, conditions)
    uow.emit(
        endorsement.specification_id,
        EndorsementAdvanced(
            endorsement_id=endorsement.id,
            transition=transition,
            state=endorsement.state,
            reason=words,
        ),
    )
    await _end_meeting(uow, endorsement, words)
    if transition is not EndorsementTransition.WITHDRAW:
        await advance_specification(
            uow,
            specification_id=endorsement.specification_id,
            transition=_follows(transition, conditional=bool(conditions)),
            reason=words,
            expected_revision=None,
        )
    return endorsement.id


async def answer_endorsement_condition(
    uow: UnitOfWork,
    *,
    endorsement_condition_id: UUID,
    evidence: str,
    expected_revision: int | None,
) -> UUID:
    """Say how a condition of the endorsement is met, for the secretariat to judge."""
    condition = await uow.load(EndorsementCondition, endorsement_condition_id, Permission.DRAFT)
    uow.expect(condition, expected_revision)
    _require_open(condition)
    condition.evidence = clean(evidence, "evidence", limit=DOCUMENT_LENGTH)
    condition.answered_by_id = uow.actor_id
    condition.revision += 1
    uow.emit(
        condition.specification_id,
        EndorsementConditionAnswered(
            endorsement_condition_id=condition.id, revision=condition.revision
        ),
    )
    return condition.id


async def meet_endorsement_condition(
    uow: UnitOfWork, *, endorsement_condition_id: UUID, reason: str, expected_revision: int | None
) -> UUID:
    """Find that a condition of the endorsement is met; not by whoever showed how."""
    condition = await uow.load(EndorsementCondition, endorsement_condition_id, Permission.STEER)
    uow.expect(condition, expected_revision)
    _require_open(condition)
    if condition.answered_by_id is None:
        raise Conflict("Nobody has said yet how this condition is met.")
    about = {"specification_id": condition.specification_id, "person_id": uow.actor_id}
    if condition.answered_by_id == uow.actor_id:
        raise NotAllowed("You showed how this condition is met; whether it is, others say.")
    if await uow.session.scalar(OWN, about):
        raise NotAllowed(NOT_ONES_OWN.sentence)
    condition.met_at = uow.now
    condition.met_reason = clean(reason, "reason", limit=REASON_LENGTH)
    condition.revision += 1
    uow.emit(
        condition.specification_id,
        EndorsementConditionMet(endorsement_condition_id=condition.id, reason=condition.met_reason),
    )
    return condition.id


async def _convene(
    uow: UnitOfWork, specification: Specification, board: Sequence[UUID], briefing: str
) -> UUID:
    engagement_id = await create_engagement(
        uow,
        specification_id=specification.id,
        title=f"Endorsement of {specification.title}"[:300],
        purpose="The board takes its positions on the candidate.",
        briefing=clean(briefing, "briefing", limit=DOCUMENT_LENGTH),
        public=False,
    )
    constituency_id = await declare_constituency(
        uow, engagement_id=engagement_id, name="Board", kind=ConstituencyKind.OTHER
    )
    await advance_engagement(
        uow,
        engagement_id=engagement_id,
        transition=EngagementTransition.OPEN,
        reason="The board meets.",
        expected_revision=None,
    )
    await uow.session.flush()
    for person_id in board:
        await add_stakeholder(uow, person_id=person_id, constituency_id=constituency_id)
    return engagement_id


async def _end_meeting(uow: UnitOfWork, endorsement: Endorsement, reason: str) -> None:
    """Decide or cancel the ballot as the endorsement was concluded, and close its exercise."""
    ballot = await uow.session.get_one(Ballot, endorsement.ballot_id)
    if ballot.state is BallotState.CLOSED:
        await _step_ballot(
            uow,
            ballot.id,
            BallotTransition.DECIDE,
            reason,
            Particulars(decision=f"{endorsement.state}: {reason}"[:REASON_LENGTH]),
        )
    elif ballot.state is not BallotState.CANCELLED:
        await _step_ballot(uow, ballot.id, BallotTransition.CANCEL, reason)
    await advance_engagement(
        uow,
        engagement_id=endorsement.engagement_id,
        transition=EngagementTransition.CLOSE,
        reason=reason,
        expected_revision=None,
    )
    await uow.session.flush()


async def _step_ballot(
    uow: UnitOfWork,
    ballot_id: UUID,
    transition: BallotTransition,
    reason: str,
    particulars: Particulars | None = None,
) -> None:
    await advance_ballot(
        uow,
        ballot_id=ballot_id,
        transition=transition,
        reason=reason,
        expected_revision=None,
        particulars=particulars or Particulars(),
    )
    await uow.session.flush()  # what the next step loads is what this one made


async def _name_conditions(
    uow: UnitOfWork, endorsement: Endorsement, conditions: Sequence[tuple[str, date]]
) -> None:
    if len(conditions) > MOST_CONDITIONS:
        raise Invalid(
            f"At most {MOST_CONDITIONS} conditions are possible; these are {len(conditions)}.",
            ("conditions",),
        )
    for position, (body, due_on) in enumerate(conditions, 1):
        if due_on <= uow.now.date():
            raise Invalid(
                f"Condition {position} would be due on {due_on:%d %B %Y}, which is not to come. "
                "Please send a later day.",
                ("conditions", "due_on"),
            )
        condition = EndorsementCondition(
            endorsement_id=endorsement.id,
            specification_id=endorsement.specification_id,
            position=position,
            body=clean(body, "conditions", "body", limit=REASON_LENGTH),
            due_on=due_on,
            created_at=uow.now,
        )
        await uow.add(condition)
        uow.emit(
            endorsement.specification_id,
            EndorsementConditionNamed(endorsement_condition_id=condition.id, position=position),
        )
    await uow.session.flush()


def _follows(transition: EndorsementTransition, *, conditional: bool) -> SpecificationTransition:
    if transition is EndorsementTransition.FAIL:
        return SpecificationTransition.DECLINE
    if conditional:
        return SpecificationTransition.ENDORSE_WITH_CONDITIONS
    return SpecificationTransition.ENDORSE


def _require_open(condition: EndorsementCondition) -> None:
    if condition.met_at is not None:
        raise Conflict("This condition is met already.", current=condition)

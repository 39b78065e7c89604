"""Appeals against decisions of moderators, and their answers by another moderator."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, exists, select

from domain.commands.moderation import undo
from domain.errors import Conflict, NotAllowed, NotFound
from domain.events import MEMBERS, MODERATORS, AppealAnswered, AppealMade
from domain.models.moderation import Appeal, AppealOutcome, ModerationAction, ModerationDecision
from domain.permissions import Permission
from domain.texts import COMMENT_LENGTH, REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

# What takes something from its author. What gives it back, or only shows it first, does not.
APPEALABLE = (
    ModerationAction.HIDE,
    ModerationAction.MERGE,
    ModerationAction.SPLIT,
    ModerationAction.MOVE,
    ModerationAction.LOCK,
)
# Decisions are never changed, so there is nothing to lock.
DECISION = select(ModerationDecision).where(
    ModerationDecision.id == bindparam("id"), ModerationDecision.author_id == bindparam("own_id")
)
REVERSED = select(exists().where(ModerationDecision.reverses_id == bindparam("id")))
APPEALED = select(exists().where(Appeal.moderation_decision_id == bindparam("id")))


async def appeal_decision(uow: UnitOfWork, *, moderation_decision_id: UUID, words: str) -> UUID:
    """Appeal once against a decision on what one wrote oneself; return the appeal's id."""
    own = {"id": moderation_decision_id, "own_id": uow.actor_id}
    decision = (await uow.session.scalars(DECISION, own)).one_or_none()
    if decision is None:
        raise NotFound("There is no decision with this id on anything that you wrote.")
    if decision.action not in APPEALABLE or decision.reverses_id is not None:
        raise Conflict(
            f"{decision.action} is no decision to appeal against. "
            f"Those are {', '.join(APPEALABLE)}, where they do not undo another one."
        )
    if await uow.session.scalar(REVERSED, {"id": decision.id}):
        raise Conflict("This decision was undone meanwhile.")
    if await uow.session.scalar(APPEALED, {"id": decision.id}):
        raise Conflict("You have appealed against this decision already, which is possible once.")
    appeal = Appeal(
        topic_id=decision.topic_id,
        moderation_decision_id=decision.id,
        appellant_id=uow.actor_id,
        words=clean(words, "words", limit=COMMENT_LENGTH),
        created_at=uow.now,
    )
    await uow.add(appeal)
    uow.emit(
        appeal.topic_id,
        AppealMade(appeal_id=appeal.id, moderation_decision_id=decision.id, words=appeal.words),
        MODERATORS,
    )
    return appeal.id


async def answer_appeal(
    uow: UnitOfWork,
    *,
    appeal_id: UUID,
    outcome: AppealOutcome,
    answer: str,
    expected_revision: int | None,
) -> UUID:
    """Uphold the decision, or undo it, as a moderator who neither made it nor appeals against it.

    A decision that was undone meanwhile can only be said to be REVERSED.
    """
    appeal = await uow.load(Appeal, appeal_id, Permission.MODERATE)
    uow.expect(appeal, expected_revision)
    if appeal.answered_at is not None:
        raise Conflict("This appeal is answered already.", current=appeal)
    decision = await uow.session.get_one(ModerationDecision, appeal.moderation_decision_id)
    if uow.actor_id in (decision.decider_id, appeal.appellant_id):
        raise NotAllowed(
            "An appeal is answered by another moderator than the one who decided or who appeals."
        )
    words = clean(answer, "answer", limit=REASON_LENGTH)
    if await uow.session.scalar(REVERSED, {"id": decision.id}):
        if outcome is AppealOutcome.UPHELD:
            raise Conflict("The decision was undone meanwhile: it is REVERSED.", ("outcome",))
    elif outcome is AppealOutcome.REVERSED:
        await undo(uow, decision, words)
    appeal.outcome = outcome
    appeal.answer = words
    appeal.answered_by_id = uow.actor_id
    appeal.answered_at = uow.now
    appeal.revision += 1
    answered = AppealAnswered(
        appeal_id=appeal.id,
        moderation_decision_id=decision.id,
        outcome=outcome,
        answer=words,
        revision=appeal.revision,
    )
    uow.emit(appeal.topic_id, answered, MODERATORS)
    uow.emit(appeal.appellant_id, answered, MEMBERS)
    return appeal.id

"""How a decision of a moderator is stored, and told to whose words or thread it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, update

from domain.events import MEMBERS, ModerationDecided
from domain.models.comments import Comment, Thread
from domain.models.moderation import Flag, ModerationAction, ModerationDecision, WordsKind
from domain.queries.pages import ids
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

SETTLE = (
    update(Flag)
    .where(Flag.words_id == func.any(ids("words_ids")), Flag.settled_at.is_(None))
    .values(settled_at=bindparam("now"))
)


async def decide_on_thread(
    uow: UnitOfWork,
    action: ModerationAction,
    reason: str,
    thread: Thread,
    reverses_id: UUID | None = None,
) -> ModerationDecision:
    """Store a decision on a thread as a whole, and tell who opened it."""
    return await _decide(
        uow,
        action,
        reason,
        topic_id=thread.topic_id,
        author_id=thread.author_id,
        thread_id=thread.id,
        reverses_id=reverses_id,
    )


async def decide(
    uow: UnitOfWork,
    action: ModerationAction,
    reason: str,
    words: Any,
    kind: WordsKind = WordsKind.COMMENT,
    **more: Any,
) -> ModerationDecision:
    """Store a decision on words, settle the flags of those by it, and tell their author."""
    of_thread = kind is WordsKind.COMMENT
    decision = await _decide(
        uow,
        action,
        reason,
        topic_id=words.topic_id,
        author_id=author_of(words),
        thread_id=words.thread_id if of_thread else None,
        words_kind=kind,
        words_id=words.id,
        **more,
    )
    await settle(uow, [words.id])
    return decision


async def settle(uow: UnitOfWork, words_ids: Sequence[UUID]) -> None:
    """Note that what these were flagged for is decided."""
    await uow.session.execute(SETTLE, {"words_ids": words_ids, "now": uow.now})


def author_of(words: Any) -> UUID:
    """Return who is told of decisions on words: who wrote them, or whose vote they explain."""
    author_id: UUID = words.author_id if hasattr(words, "author_id") else words.person_id
    return author_id


def changed(comment: Comment, decision: ModerationDecision) -> dict[str, Any]:
    """Count a change of a comment; return what every event of one says."""
    comment.revision += 1
    return {
        "comment_id": comment.id,
        "thread_id": comment.thread_id,
        "moderation_decision_id": decision.id,
        "revision": comment.revision,
    }


async def _decide(
    uow: UnitOfWork, action: ModerationAction, reason: str, **facts: Any
) -> ModerationDecision:
    decision = ModerationDecision(
        action=action,
        reason=clean(reason, "reason", limit=REASON_LENGTH),
        decider_id=uow.actor_id,
        decided_at=uow.now,
        **facts,
    )
    await uow.add(decision)
    uow.emit(
        decision.author_id,
        ModerationDecided(moderation_decision_id=decision.id, action=action),
        MEMBERS,
    )
    return decision

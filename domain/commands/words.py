"""What anybody may ask of words that people wrote for others, and what moderators decide on them.

Those are comments, reasons of votes, objections, what requests for the floor and interests say, and
the questions of ballots. An objection that a vote raised says what the vote says: it is flagged and
hidden as that vote.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import aliased

from domain.commands.decisions import changed, decide
from domain.errors import Conflict, NotFound
from domain.events import (
    MEMBERS,
    MODERATORS,
    CommentFlagged,
    CommentHidden,
    CommentKept,
    CommentShown,
    WordsFlagged,
    WordsHidden,
    WordsKept,
    WordsShown,
)
from domain.lifecycle import BallotState
from domain.models.ballots import Ballot
from domain.models.comments import Comment, CommentStanding, HidingGround
from domain.models.floor_requests import FloorRequest
from domain.models.interests import Interest
from domain.models.moderation import Flag, ModerationAction, ModerationDecision, WordsKind
from domain.models.objections import Objection
from domain.models.votes import Vote
from domain.permissions import Permission
from domain.queries import objections, votes
from domain.queries.consensus import votes_shown
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork, noun

RECORDS: dict[WordsKind, type[Any]] = {
    WordsKind.COMMENT: Comment,
    WordsKind.VOTE: Vote,
    WordsKind.OBJECTION: Objection,
    WordsKind.FLOOR_REQUEST: FloorRequest,
    WordsKind.INTEREST: Interest,
    WordsKind.BALLOT: Ballot,
}
KINDS = {record: kind for kind, record in RECORDS.items()}

MINE = select(Flag.id).where(
    Flag.words_id == bindparam("words_id"), Flag.person_id == bindparam("own_id")
)
_REVERSAL = aliased(ModerationDecision)
STANDING_HIDE = select(ModerationDecision.id).where(
    ModerationDecision.words_id == bindparam("words_id"),
    ModerationDecision.action == ModerationAction.HIDE,
    ~exists().where(_REVERSAL.reverses_id == ModerationDecision.id),
)
OPEN_FLAGS = select(func.count()).where(
    Flag.words_id == bindparam("words_id"), Flag.settled_at.is_(None)
)


async def flag_words(uow: UnitOfWork, *, kind: WordsKind, words_id: UUID, reason: str) -> UUID:
    """Ask the moderators to look at words that are shown, once; return the id that was sent."""
    words = await _load(uow, kind, words_id, Permission.COMMENT)
    if _hidden(words) or getattr(words, "standing", None) not in (None, CommentStanding.STANDING):
        raise Conflict(
            f"A moderator has decided on this {noun(type(words))} already: it is not shown any "
            "more."
        )
    own = {"words_id": words.id, "own_id": uow.actor_id}
    if await uow.session.scalar(MINE, own) is not None:
        raise Conflict(f"You have flagged this {noun(type(words))} already; once is enough.")
    flag = Flag(
        topic_id=words.topic_id,
        words_kind=KINDS[type(words)],
        words_id=words.id,
        person_id=uow.actor_id,
        reason=clean(reason, "reason", limit=REASON_LENGTH),
        created_at=uow.now,
    )
    await uow.add(flag)
    asked: dict[str, Any] = {"flag_id": flag.id, "reason": flag.reason}
    flagged = (
        CommentFlagged(comment_id=words.id, thread_id=words.thread_id, **asked)
        if isinstance(words, Comment)
        else WordsFlagged(words_kind=flag.words_kind, words_id=words.id, **asked)
    )
    uow.emit(words.topic_id, flagged, MODERATORS)
    return words_id


async def keep_words(
    uow: UnitOfWork, *, kind: WordsKind, words_id: UUID, reason: str, expected_revision: int | None
) -> UUID:
    """Answer the flags of words by leaving them as they are; return the id that was sent."""
    words = await _load(uow, kind, words_id, Permission.MODERATE)
    uow.expect(words, expected_revision)
    if not await uow.session.scalar(OPEN_FLAGS, {"words_id": words.id}):
        raise Conflict(f"Nobody has flagged this {noun(type(words))} since it was last decided on.")
    found = KINDS[type(words)]
    decision = await decide(uow, ModerationAction.KEEP, reason, words, found)
    # Nothing was changed, so there is nothing that others would have to be told.
    kept = (
        CommentKept(
            comment_id=words.id,
            thread_id=words.thread_id,
            moderation_decision_id=decision.id,
            revision=words.revision,
        )
        if isinstance(words, Comment)
        else WordsKept(words_kind=found, words_id=words.id, moderation_decision_id=decision.id)
    )
    uow.emit(words.topic_id, kept, MODERATORS)
    return words_id


async def hide_words(
    uow: UnitOfWork,
    *,
    kind: WordsKind,
    words_id: UUID,
    ground: HidingGround,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Hide words from all but their author and the moderators; others are told the ground.

    A vote whose reason is hidden counts on. Return the id that was sent.
    """
    words = await _load(uow, kind, words_id, Permission.MODERATE)
    uow.expect(words, expected_revision)
    if isinstance(words, Ballot):
        raise Conflict(
            "What a ballot asks is not hidden. Please cancel the ballot, with a reason.",
            current=words,
        )
    if _hidden(words):
        raise Conflict(f"This {noun(type(words))} is hidden already.", current=words)
    found = KINDS[type(words)]
    if not isinstance(words, Comment):
        decision = await decide(uow, ModerationAction.HIDE, reason, words, found, ground=ground)
        words.hidden_ground = ground
        uow.emit(
            words.topic_id,
            WordsHidden(ground=ground, **_changed(words, decision)),
            MEMBERS,
        )
        return words_id
    if words.standing not in (CommentStanding.STANDING, CommentStanding.MERGED):
        raise Conflict(
            f"This comment is {words.standing} and not shown. Please hide what is shown instead.",
            current=words,
        )
    decision = await decide(uow, ModerationAction.HIDE, reason, words, ground=ground)
    words.hidden_at = uow.now
    words.hidden_by_id = uow.actor_id
    words.hidden_reason = decision.reason
    words.hidden_ground = ground
    uow.emit(
        words.topic_id,
        CommentHidden(ground=ground, reason=decision.reason, **changed(words, decision)),
    )
    return words_id


async def show_words(
    uow: UnitOfWork, *, kind: WordsKind, words_id: UUID, reason: str, expected_revision: int | None
) -> UUID:
    """Make hidden words visible again, with a reason; return the id that was sent."""
    words = await _load(uow, kind, words_id, Permission.MODERATE)
    uow.expect(words, expected_revision)
    if not _hidden(words):
        raise Conflict(f"This {noun(type(words))} is not hidden.", current=words)
    hiding = (await uow.session.execute(STANDING_HIDE, {"words_id": words.id})).scalar_one()
    await show(uow, words, reason, hiding)
    return words_id


async def show(uow: UnitOfWork, words: Any, reason: str, reverses_id: UUID) -> None:
    """Undo the decision that hid words, by another one."""
    found = KINDS[type(words)]
    decision = await decide(
        uow, ModerationAction.SHOW, reason, words, found, reverses_id=reverses_id
    )
    words.hidden_ground = None
    if isinstance(words, Comment):
        words.hidden_at = words.hidden_by_id = words.hidden_reason = None
        uow.emit(words.topic_id, CommentShown(reason=decision.reason, **changed(words, decision)))
    else:
        uow.emit(words.topic_id, WordsShown(**_changed(words, decision)), MEMBERS)


async def _load(uow: UnitOfWork, kind: WordsKind, id: UUID, permission: Permission) -> Any:
    """Lock and return words that the viewer may see and has this permission on.

    Of votes and objections only those that all members see are spoken of here: that one of them was
    flagged tells moderators that it was cast. Raises NotFound, NotAllowed, and Conflict for those
    and for whatever says nothing.
    """
    if kind in (WordsKind.VOTE, WordsKind.OBJECTION):
        kind, id = await _shown(uow, kind, id)
    words = await uow.load(RECORDS[kind], id, permission)
    match words:
        case Ballot(state=BallotState.DRAFT):
            raise NotFound("There is no ballot with this id that you may see.")
        case Vote(rationale="") | FloorRequest(about=""):
            raise Conflict(f"This {noun(type(words))} has no words.", current=words)
    return words


async def _shown(uow: UnitOfWork, kind: WordsKind, id: UUID) -> tuple[WordsKind, UUID]:
    """Return the vote or the objection that has the words, if all members of its topic see it."""
    read = votes.by_ids if kind is WordsKind.VOTE else objections.by_ids
    [seen] = await read(uow.session, uow.viewer, [id])
    if seen is None:
        raise NotFound(f"There is no {noun(RECORDS[kind])} with this id that you may see.")
    ballot = await uow.session.get_one(Ballot, seen.ballot_id)
    if not votes_shown(ballot.secrecy, ballot.visibility, ballot.state):
        raise Conflict(
            "The votes of this ballot are not shown to everybody who takes part. What is said in "
            "them can be flagged and decided on once they are."
        )
    if isinstance(seen, Objection) and seen.vote_id is not None:
        return WordsKind.VOTE, seen.vote_id
    return kind, id


def _hidden(words: Any) -> bool:
    return getattr(words, "hidden_ground", None) is not None


def _changed(words: Any, decision: ModerationDecision) -> dict[str, Any]:
    """Return what both events of words that are no comment say."""
    return {
        "words_kind": decision.words_kind,
        "words_id": words.id,
        "ballot_id": getattr(words, "ballot_id", None),
        "vote_id": words.id if isinstance(words, Vote) else None,
        "moderation_decision_id": decision.id,
    }

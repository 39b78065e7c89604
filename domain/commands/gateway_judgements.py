"""Writes of judgements at the gateway: two for each criterion, blind until all of them are in."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, func, not_, select

from domain.commands.proposals import load_proposal
from domain.errors import Conflict, NotAllowed, NotFound
from domain.events.event import MEMBERS, MODERATORS
from domain.events.proposals import GatewayJudgementGiven, ProposalJudged
from domain.lifecycle.machine import require
from domain.lifecycle.proposals import PROPOSAL, ProposalState
from domain.models.criteria import Finding
from domain.models.proposals import (
    GatewayAnswer,
    GatewayDecision,
    GatewayJudgement,
    Proposal,
)
from domain.models.topics import Topic
from domain.permissions import Permission
from domain.queries import proposals as queries
from domain.queries.interests import recused
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

ANSWERED = select(GatewayAnswer.criterion_id).where(
    GatewayAnswer.proposal_id == bindparam("proposal_id"),
    GatewayAnswer.submission == bindparam("submission"),
    GatewayAnswer.criterion_id == bindparam("criterion_id"),
)
_OF_CRITERION = (
    GatewayJudgement.proposal_id == bindparam("proposal_id"),
    GatewayJudgement.submission == bindparam("submission"),
    GatewayJudgement.criterion_id == bindparam("criterion_id"),
)
OWN = select(GatewayJudgement).where(
    *_OF_CRITERION, GatewayJudgement.judge_id == bindparam("judge_id")
)
COUNTED = (
    select(func.count(GatewayJudgement.id))
    .join(Topic, Topic.id == GatewayJudgement.proposal_id)
    .where(*_OF_CRITERION, not_(recused(GatewayJudgement.judge_id)))
)
DECIDERS = select(GatewayDecision.decider_id).where(
    GatewayDecision.proposal_id == bindparam("proposal_id")
)


async def judge_proposal(
    uow: UnitOfWork,
    *,
    proposal_id: UUID,
    criterion_id: UUID,
    finding: Finding,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Judge how far a proposal meets a criterion that it answers, or change what one judged.

    Return the id of the judgement. `expected_revision` is that of one's own judgement. With the
    last one that the proposal needs, all are shown, and none is changed any more.
    """
    proposal = await load_proposal(uow, proposal_id, Permission.JUDGE)
    require(PROPOSAL, proposal.state, (ProposalState.GATEWAY_REVIEW,), "Judging")
    await _require_independent(uow, proposal)
    place = {
        "proposal_id": proposal.id,
        "submission": proposal.submission,
        "criterion_id": criterion_id,
    }
    if (await uow.session.scalars(ANSWERED, place)).one_or_none() is None:
        raise NotFound(
            "This is no criterion that the proposal answers. Please choose from its answers.",
            ("criterion_id",),
        )
    words = clean(reason, "reason", limit=REASON_LENGTH)
    own = (await uow.session.scalars(OWN, {**place, "judge_id": uow.actor_id})).one_or_none()
    if own is None:
        if await uow.session.scalar(COUNTED, place) == queries.JUDGES:
            raise Conflict(f"This criterion has its {queries.JUDGES} judges already.")
        judgement = GatewayJudgement(
            proposal_id=proposal.id,
            submission=proposal.submission,
            criterion_id=criterion_id,
            judge_id=uow.actor_id,
            finding=finding,
            reason=words,
            created_at=uow.now,
        )
        await uow.add(judgement)
    elif proposal.judged_at is not None:
        raise Conflict("Every judgement is in and shown, so none is changed any more.", current=own)
    else:
        uow.expect(own, expected_revision)
        judgement = own
        judgement.finding, judgement.reason = finding, words
        judgement.revision += 1
    uow.emit(
        proposal.id,
        GatewayJudgementGiven(gateway_judgement_id=judgement.id, revision=judgement.revision),
        MODERATORS if proposal.judged_at is None else MEMBERS,
    )
    await _show(uow, proposal)
    return judgement.id


async def _require_independent(uow: UnitOfWork, proposal: Proposal) -> None:
    """Refuse the author, who has an interest, and who decided on an earlier submission."""
    if uow.viewer.is_person(proposal.author_id):
        raise NotAllowed("Its author does not judge a proposal.")
    (facts,) = await queries.facts(uow.session, uow.viewer, [proposal.id])
    if facts["is_recused"]:
        raise NotAllowed("Your declared interest keeps you from judging this proposal.")
    if uow.actor_id in set(await uow.session.scalars(DECIDERS, {"proposal_id": proposal.id})):
        raise NotAllowed("Who decided on a proposal before does not judge it.")


async def _show(uow: UnitOfWork, proposal: Proposal) -> None:
    """Show all judgements once the last one is in."""
    (facts,) = await queries.facts(uow.session, uow.viewer, [proposal.id])
    if proposal.judged_at is None and not facts["judgements_missing"]:
        proposal.judged_at = uow.now
        proposal.revision += 1
        uow.emit(
            proposal.id,
            ProposalJudged(proposal_id=proposal.id, revision=proposal.revision),
            MEMBERS,
        )

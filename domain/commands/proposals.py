"""Writes of proposals by their authors, and the decisions on them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select

from domain.commands.memberships import enter_role
from domain.commands.steps import next_state
from domain.errors import NotAllowed, NotFound
from domain.events.event import EVERYONE, MEMBERS, MODERATORS
from domain.events.proposals import (
    GatewayCriterionAnswered,
    ProposalAdvanced,
    ProposalDrafted,
    ProposalEdited,
)
from domain.events.resource_selections import ResourceSelectionBegun
from domain.ids import new_id
from domain.lifecycle.cycles import CYCLE, CycleState
from domain.lifecycle.machine import require
from domain.lifecycle.proposals import (
    DECIDED,
    PROPOSAL,
    WRITABLE,
    ProposalState,
    ProposalTransition,
)
from domain.models.criteria import Criterion, CriterionKind
from domain.models.cycles import Cycle
from domain.models.organisations import Nation
from domain.models.people import Profession, ScopeKind
from domain.models.proposals import (
    GatewayAnswer,
    GatewayDecision,
    Proposal,
    ProposalProfession,
)
from domain.models.resource_selections import ResourceSelection
from domain.models.topics import TopicKind
from domain.permissions import Audience, Permission, Role
from domain.queries import cycles
from domain.queries import proposals as queries
from domain.reference import OPTION_QUESTIONS
from domain.texts import (
    COMMENT_LENGTH,
    DOCUMENT_LENGTH,
    NAME_LENGTH,
    REASON_LENGTH,
    TITLE_LENGTH,
    clean,
)
from domain.unit_of_work import UnitOfWork

# Shared, so that what is submitted and the step that ends the cycle come one after the other.
CYCLE_STATE = select(Cycle.state).where(Cycle.id == bindparam("id")).with_for_update(read=True)
KNOWN_PROFESSIONS = select(Profession.id).where(Profession.id == func.any(bindparam("ids")))
FORGET_PROFESSIONS = delete(ProposalProfession).where(
    ProposalProfession.proposal_id == bindparam("proposal_id")
)
# Each decision ends the review of one submission.
DECISIONS = (
    ProposalTransition.PRIORITISE,
    ProposalTransition.PRIORITISE_BY_BOARD,
    ProposalTransition.DECLINE,
    ProposalTransition.RETURN,
)


async def draft_proposal(
    uow: UnitOfWork,
    *,
    cycle_id: UUID,
    title: str,
    area: str,
    summary: str,
    professions: Sequence[UUID],
    nations: Sequence[Nation],
) -> UUID:
    """Begin a proposal in an open cycle, as anybody who is signed in may; return its id.

    Its author alone writes it; moderators read it.
    """
    (cycle,) = await cycles.by_ids(uow.session, uow.viewer, [cycle_id])
    if cycle is None:
        raise NotFound("There is no cycle with this id that you may see.", ("cycle_id",))
    state = await uow.session.scalar(CYCLE_STATE, {"id": cycle.id})
    require(CYCLE, CycleState(str(state)), (CycleState.OPEN,), "Drafting a proposal")
    topic = uow.open_topic(new_id(), TopicKind.PROPOSAL, inside=(cycle.id,))
    proposal = Proposal(
        id=topic.id,
        cycle_id=cycle.id,
        author_id=uow.actor_id,
        title=clean(title, "title", limit=TITLE_LENGTH),
        area=clean(area, "area", limit=NAME_LENGTH),
        summary=clean(summary, "summary", limit=DOCUMENT_LENGTH, required=False),
        nations=_in_order(nations),
        created_at=uow.now,
    )
    await uow.add(topic)
    await uow.add(proposal)
    await _name_professions(uow, proposal, professions)
    await enter_role(uow, uow.actor_id, Role.STAKEHOLDER, ScopeKind.PROPOSAL, proposal.id)
    uow.emit(proposal.id, ProposalDrafted(proposal_id=proposal.id), _readers(proposal))
    return proposal.id


async def edit_proposal(
    uow: UnitOfWork,
    *,
    proposal_id: UUID,
    title: str | None = None,
    area: str | None = None,
    summary: str | None = None,
    professions: Sequence[UUID] | None = None,
    nations: Sequence[Nation] | None = None,
    expected_revision: int | None,
) -> UUID:
    """Change a draft, or a proposal that was returned; None leaves a thing as it is."""
    proposal = await _load_own(uow, proposal_id)
    uow.expect(proposal, expected_revision)
    if title is not None:
        proposal.title = clean(title, "title", limit=TITLE_LENGTH)
    if area is not None:
        proposal.area = clean(area, "area", limit=NAME_LENGTH)
    if summary is not None:
        proposal.summary = clean(summary, "summary", limit=DOCUMENT_LENGTH, required=False)
    if professions is not None:
        await uow.session.execute(FORGET_PROFESSIONS, {"proposal_id": proposal.id})
        await _name_professions(uow, proposal, professions)
    if nations is not None:
        proposal.nations = _in_order(nations)
    proposal.revision += 1
    uow.emit(
        proposal.id,
        ProposalEdited(proposal_id=proposal.id, revision=proposal.revision),
        _readers(proposal),
    )
    return proposal.id


async def answer_gateway_criterion(
    uow: UnitOfWork,
    *,
    proposal_id: UUID,
    criterion_id: UUID,
    body: str,
    expected_revision: int | None,
) -> UUID:
    """Say how a proposal meets a gateway criterion that is in force, in place of what it said."""
    proposal = await _load_own(uow, proposal_id)
    uow.expect(proposal, expected_revision)
    criterion = await uow.session.get(Criterion, criterion_id)
    if (
        criterion is None
        or criterion.kind is not CriterionKind.GATEWAY
        or criterion.retired_at is not None
    ):
        raise NotFound(
            "There is no gateway criterion with this id in force. Please choose from "
            "criteria(kind: GATEWAY).",
            ("criterion_id",),
        )
    words = clean(body, "body", limit=COMMENT_LENGTH)
    submission = proposal.submission + 1
    answer = await uow.session.get(GatewayAnswer, (proposal.id, submission, criterion.number))
    if answer is None:
        await uow.add(
            GatewayAnswer(
                proposal_id=proposal.id,
                submission=submission,
                number=criterion.number,
                criterion_id=criterion.id,
                body=words,
            )
        )
    else:
        answer.criterion_id, answer.body = criterion.id, words
    proposal.revision += 1
    uow.emit(
        proposal.id,
        GatewayCriterionAnswered(
            proposal_id=proposal.id, number=criterion.number, revision=proposal.revision
        ),
        _readers(proposal),
    )
    return proposal.id


async def advance_proposal(
    uow: UnitOfWork,
    *,
    proposal_id: UUID,
    transition: ProposalTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Take a step of a proposal's life, with a reason.

    A decision keeps the counts that it rests on. What is prioritised or declined is public from
    then on, and for what is prioritised the selection of a resource begins; what is returned is
    written on from its answers.
    """
    proposal = await load_proposal(uow, proposal_id, Permission.VIEW)
    uow.expect(proposal, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    await uow.session.execute(CYCLE_STATE, {"id": proposal.cycle_id})
    proposal.state = await next_state(uow, PROPOSAL, proposal, transition, queries.facts)
    proposal.revision += 1
    advanced = ProposalAdvanced(
        proposal_id=proposal.id, transition=transition, state=proposal.state, reason=words
    )
    if transition is ProposalTransition.SUBMIT:
        proposal.submission += 1
        proposal.submitted_at, proposal.judged_at = uow.now, None
    elif transition in DECISIONS:
        advanced = await _decide(uow, proposal, advanced)
    if transition is ProposalTransition.RETURN:
        await _write_on(uow, proposal)
    if proposal.state in DECIDED:
        (await uow.topic(proposal.id)).public = True
    for topic_id in (proposal.id, proposal.cycle_id):
        uow.emit(topic_id, advanced, _readers(proposal))
    if proposal.state is ProposalState.PRIORITISED:
        await _begin_selection(uow, proposal)
    return proposal.id


async def load_proposal(uow: UnitOfWork, id: UUID, permission: Permission) -> Proposal:
    """Lock and return a proposal that the viewer has this permission on; errors as for `load`."""
    (seen,) = await queries.by_ids(uow.session, uow.viewer, [id])
    if seen is None:
        raise NotFound("There is no proposal with this id that you may see.")
    return await uow.load(Proposal, id, permission)


async def _load_own(uow: UnitOfWork, id: UUID) -> Proposal:
    proposal = await load_proposal(uow, id, Permission.VIEW)
    if not uow.viewer.is_person(proposal.author_id):
        raise NotAllowed("Only its author writes a proposal.")
    require(PROPOSAL, proposal.state, WRITABLE, "Changing a proposal")
    return proposal


async def _decide(
    uow: UnitOfWork, proposal: Proposal, advanced: ProposalAdvanced
) -> ProposalAdvanced:
    """Keep a decision with its counts; return the event that tells of both."""
    outcome = await queries.outcome(uow.session, proposal.id)
    decision = GatewayDecision(
        proposal_id=proposal.id,
        submission=proposal.submission,
        transition=ProposalTransition(advanced.transition),
        state=proposal.state,
        reason=advanced.reason,
        met=outcome.met,
        partly_met=outcome.partly_met,
        not_met=outcome.not_met,
        decider_id=uow.actor_id,
        created_at=uow.now,
    )
    await uow.add(decision)
    return ProposalAdvanced(
        proposal_id=proposal.id,
        transition=advanced.transition,
        state=advanced.state,
        reason=advanced.reason,
        met=outcome.met,
        partly_met=outcome.partly_met,
        not_met=outcome.not_met,
    )


async def _write_on(uow: UnitOfWork, proposal: Proposal) -> None:
    """Let the answers of the next submission begin as those of the present one, which stay."""
    (answers,) = await queries.answers(uow.session, uow.viewer, [proposal.id])
    await uow.add(
        *(
            GatewayAnswer(
                proposal_id=proposal.id,
                submission=proposal.submission + 1,
                number=answer.number,
                criterion_id=answer.criterion_id,
                body=answer.body,
            )
            for answer in answers
            if answer.submission == proposal.submission
        )
    )


async def _begin_selection(uow: UnitOfWork, proposal: Proposal) -> None:
    selection = ResourceSelection(
        proposal_id=proposal.id, questions=max(OPTION_QUESTIONS), created_at=uow.now
    )
    await uow.add(selection)
    uow.emit(proposal.id, ResourceSelectionBegun(resource_selection_id=selection.id))


async def _name_professions(
    uow: UnitOfWork, proposal: Proposal, professions: Sequence[UUID]
) -> None:
    wanted = set(professions)
    known = set(await uow.session.scalars(KNOWN_PROFESSIONS, {"ids": list(wanted)}))
    if known != wanted:
        raise NotFound("One of the professions does not exist.", ("professions",))
    if wanted:
        await uow.session.execute(
            insert(ProposalProfession),
            [{"proposal_id": proposal.id, "profession_id": id} for id in sorted(wanted)],
        )


def _in_order(nations: Sequence[Nation]) -> list[str]:
    return [nation.value for nation in Nation if nation in nations]


def _readers(proposal: Proposal) -> frozenset[Audience]:
    """Return who is told of what happens to a proposal: nobody but moderators of a draft."""
    if proposal.state in DECIDED:
        return EVERYONE
    return MEMBERS if proposal.submission else MODERATORS

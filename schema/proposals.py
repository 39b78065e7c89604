"""Proposals for credentials in GraphQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain.commands import gateway_judgements
from domain.commands import proposals as commands
from domain.lifecycle.proposals import PROPOSAL, WRITABLE, ProposalState, ProposalTransition
from domain.models import proposals as models
from domain.models.criteria import Finding
from domain.models.organisations import Nation
from domain.queries import criteria, cycles, people
from domain.queries import proposals as queries
from domain.queries import resource_selections as selections
from schema.batches import derived, for_viewer
from schema.context import Info
from schema.criteria import Criterion
from schema.cycles import Cycle
from schema.fields import Expecting, Idempotent, enum, expected, mutation, perform, relation, text
from schema.interests import Interest, interests
from schema.nodes import Node, key, node
from schema.pagination import Connection
from schema.people import Person, Profession
from schema.transitions import TransitionOption, transitions

if TYPE_CHECKING:
    from schema.resource_selections import ResourceSelection

enum(
    ProposalState,
    "Where a proposal for a credential stands.",
    DRAFT="Its author writes it.",
    SUBMITTED="It was handed in, and waits for its review.",
    GATEWAY_REVIEW="It is judged by the gateway criteria.",
    PRIORITISED="It is a priority: how it is to be met is selected next.",
    NOT_PRIORITISED="It is not a priority in this cycle.",
    RETURNED="It was returned to its author, who can submit it again.",
    WITHDRAWN="Its author withdrew it.",
)
enum(
    ProposalTransition,
    "A step in the life of a proposal.",
    SUBMIT="Hand it in, with an answer to each gateway criterion.",
    REVIEW="Have it judged by the gateway criteria.",
    PRIORITISE="Make it a priority, where at most one criterion is only partly met.",
    PRIORITISE_BY_BOARD="Make it a priority by the board, where no criterion is not met.",
    DECLINE="Make it no priority in this cycle.",
    RETURN="Return it to its author, to be revised.",
    WITHDRAW="Withdraw it, as its author.",
)


@strawberry.type(description="What a proposal says to one gateway criterion.")
class GatewayAnswer:
    """An answer."""

    submission: int = text(
        description="In which submission of the proposal; what is not submitted yet is in the next."
    )
    number: int = text(description="The number of the criterion.")
    criterion: Criterion = relation(
        criteria.by_ids, "The version of it that is answered, and judged.", by="criterion_id"
    )
    body: str = text(description="What it says.")


@strawberry.type(description="A decision on one submission of a proposal, and what it rests on.")
class GatewayDecision:
    """A decision."""

    submission: int = text(description="Which submission was decided on.")
    transition: ProposalTransition = text(description="The step that was taken.")
    state: ProposalState = text(description="Where it led to.")
    reason: str = text(description="Why.")
    met: int = text(
        description="How many criteria are met, each as far as the judge says who finds it met "
        "least; 0 where not every judgement was in."
    )
    partly_met: int = text(description="How many are partly met.")
    not_met: int = text(description="How many are not met.")
    created_at: datetime = text(description="When.")
    decider: Person = relation(people.by_ids, "Who decided.", by="decider_id")


@node(
    models.GatewayJudgement,
    queries.judgements_by_ids,
    "How far one judge finds that a proposal meets one gateway criterion.",
)
class GatewayJudgement(Node):
    """A judgement."""

    proposal: Annotated[Proposal, strawberry.lazy("schema.proposals")] | None = relation(
        queries.by_ids,
        "The proposal; null where the viewer may not know of it any more.",
        by="proposal_id",
    )
    submission: int = text(description="Which submission of it was judged.")
    criterion: Criterion = relation(
        criteria.by_ids, "The version of the criterion.", by="criterion_id"
    )
    judge: Person = relation(people.by_ids, "Who judged.", by="judge_id")
    finding: Finding = text(description="How far it is met.")
    reason: str = text(description="Why.")
    recused: bool = relation(
        queries.recused_judgements,
        "Whether it does not count, because its judge declared an interest.",
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was first given.")


@node(models.Proposal, queries.by_ids, "A need for a credential, put forward in a priority cycle.")
class Proposal(Node):
    """A proposal."""

    cycle: Cycle = relation(cycles.by_ids, "The cycle.", by="cycle_id")
    author: Person = relation(people.by_ids, "Who put it forward.", by="author_id")
    title: str = text(description="The title.")
    area: str = text(description="The area of practice.")
    summary: str = text(description="The need, and what a credential would change.")
    state: ProposalState = text(description="Where it stands.")
    submission: int = text(description="How often it was submitted, 0 before the first time.")
    submitted_at: datetime | None = text(description="When it was submitted last, if it was.")
    judged_at: datetime | None = text(
        description="When every judgement of its present submission was in and all were shown."
    )
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was begun.")
    professions: list[Profession] = relation(
        queries.professions, "The professions that it is for, by name."
    )
    nations: list[Nation] = derived(
        lambda proposal: [Nation(each) for each in proposal.nations],
        "The nations that it is for.",
        reads=("nations",),
    )
    answers: list[GatewayAnswer] = relation(
        queries.answers, "Its answers to the gateway criteria, in each of its submissions."
    )
    judgements: list[GatewayJudgement] = relation(
        queries.judgements,
        "How it is judged, in each of its submissions: of a review that is going on, nothing "
        "before every judgement is in.",
    )
    viewer_judgements: list[GatewayJudgement] = relation(
        queries.judgements_of_viewer, "The viewer's own judgements of it.", personal=True
    )
    decisions: list[GatewayDecision] = relation(
        queries.decisions, "What was decided on it, the first decision first."
    )
    resource_selection: (
        Annotated[ResourceSelection, strawberry.lazy("schema.resource_selections")] | None
    ) = relation(selections.of_proposals, "How it is to be met; null before it is prioritised.")
    interests: Connection[Interest] = interests()
    available_transitions: list[TransitionOption[ProposalTransition]] = transitions(
        PROPOSAL, queries.facts, "What can happen to it next, and what stands in the way."
    )

    viewer_can_edit: bool = for_viewer(
        lambda proposal, viewer: (
            proposal.state in WRITABLE and viewer.is_person(proposal.author_id)
        ),
        "Whether the viewer can change it and its answers now.",
        reads=("state", "author_id"),
    )


@strawberry.input(description="A proposal to begin in an open cycle.")
class DraftProposalInput(Idempotent):
    """See domain.commands.proposals.draft_proposal."""

    cycle_id: strawberry.ID = text(description="The cycle.")
    title: str = text(description="The title, at most 300 characters.")
    area: str = text(description="The area of practice, at most 200 characters.")
    summary: str = text(
        description="The need, and what a credential would change; may be empty in a draft.",
        default="",
    )
    professions: list[strawberry.ID] = text(
        description="The professions that it is for.", default_factory=list
    )
    nations: list[Nation] = text(description="The nations that it is for.", default_factory=list)


@strawberry.input(description="Changes to a proposal; what is null stays as it is.")
class EditProposalInput(Expecting):
    """See domain.commands.proposals.edit_proposal."""

    proposal_id: strawberry.ID = text(description="The proposal.")
    title: str | None = text(description="The new title.", default=None)
    area: str | None = text(description="The area of practice.", default=None)
    summary: str | None = text(description="The need, and what would change.", default=None)
    professions: list[strawberry.ID] | None = text(
        description="All professions that it is for, in place of the present ones.", default=None
    )
    nations: list[Nation] | None = text(
        description="All nations that it is for, in place of the present ones.", default=None
    )


@strawberry.input(description="How a proposal meets a gateway criterion.")
class AnswerGatewayCriterionInput(Expecting):
    """See domain.commands.proposals.answer_gateway_criterion."""

    proposal_id: strawberry.ID = text(description="The proposal.")
    criterion_id: strawberry.ID = text(description="The version of the criterion that is in force.")
    body: str = text(description="The answer, at most 20,000 characters.")


@strawberry.input(
    description="A judgement; the expected revision is that of one's own, if there is one."
)
class JudgeProposalInput(Expecting):
    """See domain.commands.gateway_judgements.judge_proposal."""

    proposal_id: strawberry.ID = text(description="The proposal.")
    criterion_id: strawberry.ID = text(description="The version of the criterion that it answers.")
    finding: Finding = text(description="How far the proposal meets it.")
    reason: str = text(description="Why, at most 4,000 characters.")


@strawberry.input(description="A step in the life of a proposal, with a reason.")
class AdvanceProposalInput(Expecting):
    """See domain.commands.proposals.advance_proposal."""

    proposal_id: strawberry.ID = text(description="The proposal.")
    transition: ProposalTransition = text(description="The step.")
    reason: str = text(description="Why; it stays in the history.")


def _professions(ids: Sequence[strawberry.ID]) -> list[UUID]:
    return [key(id, "professions", "Profession") for id in ids]


@strawberry.type
class ProposalMutation:
    """What can be done with proposals."""

    @mutation(Proposal, "Begin a proposal in an open cycle.")
    async def draft_proposal(self, info: Info, input: DraftProposalInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.draft_proposal,
            cycle_id=key(input.cycle_id, "cycleId", "Cycle"),
            title=input.title,
            area=input.area,
            summary=input.summary,
            professions=_professions(input.professions),
            nations=input.nations,
        )

    @mutation(Proposal, "Change a draft, or a proposal that was returned.")
    async def edit_proposal(self, info: Info, input: EditProposalInput) -> UUID:
        """See the command."""
        professions: Any = input.professions
        return await perform(
            info,
            input,
            commands.edit_proposal,
            proposal_id=key(input.proposal_id, "proposalId", "Proposal"),
            title=input.title,
            area=input.area,
            summary=input.summary,
            professions=None if professions is None else _professions(professions),
            nations=input.nations,
            expected_revision=expected(input),
        )

    @mutation(Proposal, "Say how a proposal meets a gateway criterion.")
    async def answer_gateway_criterion(
        self, info: Info, input: AnswerGatewayCriterionInput
    ) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.answer_gateway_criterion,
            proposal_id=key(input.proposal_id, "proposalId", "Proposal"),
            criterion_id=key(input.criterion_id, "criterionId", "Criterion"),
            body=input.body,
            expected_revision=expected(input),
        )

    @mutation(GatewayJudgement, "Judge how far a proposal meets a criterion, unseen by others.")
    async def judge_proposal(self, info: Info, input: JudgeProposalInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            gateway_judgements.judge_proposal,
            proposal_id=key(input.proposal_id, "proposalId", "Proposal"),
            criterion_id=key(input.criterion_id, "criterionId", "Criterion"),
            finding=input.finding,
            reason=input.reason,
            expected_revision=expected(input),
        )

    @mutation(Proposal, "Take a step in the life of a proposal.")
    async def advance_proposal(self, info: Info, input: AdvanceProposalInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_proposal,
            proposal_id=key(input.proposal_id, "proposalId", "Proposal"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )

"""The selection of resources for prioritised proposals in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry

from domain.commands import resource_options
from domain.commands import resource_selections as commands
from domain.lifecycle.resource_selections import (
    RESOURCE_SELECTION,
    ResourceSelectionState,
    ResourceSelectionTransition,
)
from domain.models import resource_selections as models
from domain.permissions import Permission
from domain.queries import people, proposals, specifications
from domain.queries import resource_selections as queries
from domain.reference import OPTION_QUESTIONS, OptionQuestion
from schema.batches import derived
from schema.context import Info
from schema.fields import Expecting, enum, expected, mutation, perform, permitted, relation, text
from schema.nodes import Node, key, node
from schema.people import Person
from schema.proposals import Proposal
from schema.resource_options import RemoveResourceOptionInput, ResourceOption
from schema.specifications import Specification
from schema.transitions import TransitionOption, transitions

enum(
    ResourceSelectionState,
    "Where the selection of a resource for a prioritised proposal stands.",
    OPTIONS="Options are entered and scored.",
    ASSESSED="Every option is scored.",
    SELECTED="An option is selected.",
    AGREED="Who develops it, with which support and when, is agreed.",
    NONE_SUITABLE="No option is suitable.",
)
enum(
    ResourceSelectionTransition,
    "A step in the life of a resource selection.",
    ASSESS="Take no more options and scores.",
    SELECT="Decide for an option; taken by `selectResourceOption`.",
    AGREE="Agree on the development; taken by `agreeDevelopment`.",
    FIND_NONE_SUITABLE="Decide that no option is suitable.",
)


@strawberry.type(description="A question on which options are scored.")
class OptionQuestionText:
    """A question in words."""

    question: OptionQuestion = text(description="What it is about.")
    words: str = text(description="How it is asked.")


@strawberry.type(description="A step of a resource selection, and what it rests on.")
class ResourceDecision:
    """A decision."""

    transition: ResourceSelectionTransition = text(description="The step that was taken.")
    state: ResourceSelectionState = text(description="Where it led to.")
    reason: str = text(description="Why.")
    option: ResourceOption | None = relation(
        queries.options_by_ids, "The option that was selected.", by="resource_option_id"
    )
    total: int | None = text(description="What the scores of the selected option added up to.")
    assessors: int | None = text(description="How many people's scores that were.")
    best_scored: bool | None = text(
        description="Whether no other option had a higher mean score; null where none was selected."
    )
    created_at: datetime = text(description="When.")
    decider: Person = relation(people.by_ids, "Who took it.", by="decider_id")


def _questions(selection: models.ResourceSelection) -> list[OptionQuestionText]:
    asked = OPTION_QUESTIONS[selection.questions]
    return [OptionQuestionText(question=each, words=words) for each, words in asked.items()]


@node(
    models.ResourceSelection,
    queries.by_ids,
    "How a prioritised need is to be met: options, their scores, and what is agreed.",
)
class ResourceSelection(Node):
    """A resource selection."""

    proposal: Proposal = relation(proposals.by_ids, "The need that is to be met.", by="proposal_id")
    state: ResourceSelectionState = text(description="Where it stands.")
    questions: list[OptionQuestionText] = derived(
        _questions, "The questions on which its options are scored.", reads=("questions",)
    )
    options: list[ResourceOption] = relation(
        queries.options, "Its options, in the order in which they were entered."
    )
    sole_option_reason: str = text(
        description="Why there is only one option; empty where nobody said."
    )
    selected_option: ResourceOption | None = relation(
        queries.selected, "The option that is selected, if one is."
    )
    decisions: list[ResourceDecision] = relation(
        queries.decisions, "Its steps with their reasons, the first one first."
    )
    lead: Person | None = relation(
        people.by_ids, "Who leads the development, once that is agreed.", by="lead_id"
    )
    support: str = text(description="The support that is agreed; empty before.")
    starts_on: date | None = text(description="The first day of the development.")
    ends_on: date | None = text(description="The last day of the development.")
    specification: Specification | None = relation(
        specifications.by_ids,
        "What is developed; null before it is agreed, and where the viewer may not see it.",
        by="specification_id",
    )
    revision: int = text(description="Counts its changes and those of its options, from 1.")
    created_at: datetime = text(description="When it began: when the need was prioritised.")
    available_transitions: list[TransitionOption[ResourceSelectionTransition]] = transitions(
        RESOURCE_SELECTION, queries.facts, "What can happen to it next, and what stands in the way."
    )

    viewer_can_edit: bool = permitted(
        Permission.STEER,
        "Whether the viewer can enter and remove options now.",
        where=lambda selection: selection.state is ResourceSelectionState.OPTIONS,
        reads=("state",),
    )


@strawberry.input(description="Why there is only one option.")
class ExplainSoleOptionInput(Expecting):
    """See domain.commands.resource_options.explain_sole_option."""

    resource_selection_id: strawberry.ID = text(description="The resource selection.")
    reason: str = text(description="Why, at most 4,000 characters.")


@strawberry.input(description="A step that names nothing but its reason.")
class AdvanceResourceSelectionInput(Expecting):
    """See domain.commands.resource_selections.advance_resource_selection."""

    resource_selection_id: strawberry.ID = text(description="The resource selection.")
    transition: ResourceSelectionTransition = text(description="ASSESS or FIND_NONE_SUITABLE.")
    reason: str = text(description="Why; it stays in the history.")


@strawberry.input(description="The option to decide for.")
class SelectResourceOptionInput(Expecting):
    """See domain.commands.resource_selections.select_resource_option."""

    resource_selection_id: strawberry.ID = text(description="The resource selection.")
    resource_option_id: strawberry.ID = text(description="One of its options.")
    reason: str = text(description="Why; it stays in the history.")


@strawberry.input(description="What is agreed on the development of what was selected.")
class AgreeDevelopmentInput(Expecting):
    """See domain.commands.resource_selections.agree_development."""

    resource_selection_id: strawberry.ID = text(description="The resource selection.")
    lead_id: strawberry.ID = text(description="The person who leads the development.")
    support: str = text(description="The support that they get, in words.")
    starts_on: date = text(description="The first day.")
    ends_on: date = text(description="The last day; after the first one.")
    code: str | None = text(
        description="The code of a new credential; null where the option is one that exists.",
        default=None,
    )
    title: str = text(description="The title of the specification, and of a new credential.")
    public: bool = text(
        description="Whether everybody may read the specification, or only its members."
    )
    reason: str = text(description="Why; it stays in the history.")


def _selection(id: strawberry.ID) -> UUID:
    return key(id, "resourceSelectionId", "ResourceSelection")


@strawberry.type
class ResourceSelectionMutation:
    """What can be done with resource selections."""

    @mutation(ResourceSelection, "Remove an option, with its scores.")
    async def remove_resource_option(self, info: Info, input: RemoveResourceOptionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            resource_options.remove_resource_option,
            resource_option_id=key(input.resource_option_id, "resourceOptionId", "ResourceOption"),
            expected_revision=expected(input),
        )

    @mutation(ResourceSelection, "Say why there is only one option.")
    async def explain_sole_option(self, info: Info, input: ExplainSoleOptionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            resource_options.explain_sole_option,
            resource_selection_id=_selection(input.resource_selection_id),
            reason=input.reason,
            expected_revision=expected(input),
        )

    @mutation(ResourceSelection, "Take a step that names nothing but its reason.")
    async def advance_resource_selection(
        self, info: Info, input: AdvanceResourceSelectionInput
    ) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_resource_selection,
            resource_selection_id=_selection(input.resource_selection_id),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )

    @mutation(ResourceSelection, "Decide for an option.")
    async def select_resource_option(self, info: Info, input: SelectResourceOptionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.select_resource_option,
            resource_selection_id=_selection(input.resource_selection_id),
            resource_option_id=key(input.resource_option_id, "resourceOptionId", "ResourceOption"),
            reason=input.reason,
            expected_revision=expected(input),
        )

    @mutation(ResourceSelection, "Agree on the development, which begins at once.")
    async def agree_development(self, info: Info, input: AgreeDevelopmentInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.agree_development,
            resource_selection_id=_selection(input.resource_selection_id),
            lead_id=key(input.lead_id, "leadId", "Person"),
            support=input.support,
            starts_on=input.starts_on,
            ends_on=input.ends_on,
            code=input.code,
            title=input.title,
            public=input.public,
            reason=input.reason,
            expected_revision=expected(input),
        )

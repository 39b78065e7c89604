"""Options for meeting a prioritised need, and their scores, in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import resource_options as commands
from domain.models import resource_selections as models
from domain.models.resource_selections import ResourceOptionKind
from domain.queries import credentials, people
from domain.queries import resource_selections as queries
from domain.reference import OptionQuestion
from schema.context import Info
from schema.credentials import Credential
from schema.fields import Expecting, Idempotent, enum, expected, mutation, perform, relation, text
from schema.nodes import Node, key, node
from schema.people import Person

if TYPE_CHECKING:
    from schema.resource_selections import ResourceSelection

enum(
    ResourceOptionKind,
    "How an option would meet a need.",
    NEW="By a credential that is developed for it.",
    ADAPT_EXISTING="By something that exists, once it is adapted.",
    ENDORSE_EXISTING="By something that exists, as it is.",
)
enum(
    OptionQuestion,
    "What an option is scored on.",
    FIT="How well it meets the need.",
    COST="How affordable it is.",
    TIME="How soon it can be had.",
    QUALITY="How sure its quality is.",
)


@strawberry.type(description="How one assessor scores an option on one question.")
class OptionScore:
    """A score."""

    assessor: Person = relation(people.by_ids, "Who scored.", by="assessor_id")
    question: OptionQuestion = text(description="On what.")
    score: int = text(description="From 1, the worst, to 5.")
    reason: str = text(description="Why.")


@strawberry.type(description="What the scores of an option add up to.")
class OptionTotal:
    """A total."""

    total: int = text(description="The sum of its scores, without those of recused assessors.")
    assessors: int = text(description="How many people's scores that is.")


@node(models.ResourceOption, queries.options_by_ids, "One way to meet a prioritised need.")
class ResourceOption(Node):
    """An option."""

    resource_selection: Annotated[
        ResourceSelection, strawberry.lazy("schema.resource_selections")
    ] = relation(
        queries.by_ids, "The selection that it is an option in.", by="resource_selection_id"
    )
    kind: ResourceOptionKind = text(description="How it would meet the need.")
    title: str = text(description="The title.")
    description: str = text(description="What would be done.")
    credential: Credential | None = relation(
        credentials.by_ids, "The credential that exists, where it is ours.", by="credential_id"
    )
    reference: str = text(description="What exists elsewhere; empty where nothing is referred to.")
    reference_hash: str | None = text(
        description="The SHA-256, in hex, of what is referred to, as it was looked at."
    )
    created_at: datetime = text(description="When it was entered.")
    author: Person = relation(people.by_ids, "Who entered it.", by="author_id")
    scores: list[OptionScore] = relation(queries.scores, "Its scores, each assessor's together.")
    total: OptionTotal = relation(queries.totals, "What its scores add up to.")


@strawberry.input(
    description="An option to enter; the expected revision is that of the resource selection."
)
class AddResourceOptionInput(Expecting):
    """See domain.commands.resource_options.add_resource_option."""

    resource_selection_id: strawberry.ID = text(description="The resource selection.")
    kind: ResourceOptionKind = text(description="How it would meet the need.")
    title: str = text(description="The title, at most 300 characters.")
    description: str = text(description="What would be done.")
    credential_id: strawberry.ID | None = text(
        description="The credential that exists, where it is ours.", default=None
    )
    reference: str = text(
        description="What exists elsewhere: where it is found, or how it is cited.", default=""
    )
    reference_hash: str | None = text(
        description="The SHA-256, in hex, of what is referred to.", default=None
    )


@strawberry.input(
    description="An option to remove; the expected revision is that of the resource selection."
)
class RemoveResourceOptionInput(Expecting):
    """See domain.commands.resource_options.remove_resource_option."""

    resource_option_id: strawberry.ID = text(description="The option.")


@strawberry.input(description="A score on one question.")
class OptionScoreInput:
    """A score."""

    question: OptionQuestion = text(description="On what.")
    score: int = text(description="From 1, the worst, to 5.")
    reason: str = text(description="Why, at most 4,000 characters.")


@strawberry.input(description="One's scores of an option, in place of any earlier ones.")
class AssessResourceOptionInput(Idempotent):
    """See domain.commands.resource_options.assess_resource_option."""

    resource_option_id: strawberry.ID = text(description="The option.")
    scores: list[OptionScoreInput] = text(description="One score on each question.")


@strawberry.type
class ResourceOptionMutation:
    """What can be done with options."""

    @mutation(ResourceOption, "Enter a way to meet a prioritised need.")
    async def add_resource_option(self, info: Info, input: AddResourceOptionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_resource_option,
            resource_selection_id=key(
                input.resource_selection_id, "resourceSelectionId", "ResourceSelection"
            ),
            kind=input.kind,
            title=input.title,
            description=input.description,
            credential_id=None
            if input.credential_id is None
            else key(input.credential_id, "credentialId", "Credential"),
            reference=input.reference,
            reference_hash=input.reference_hash,
            expected_revision=expected(input),
        )

    @mutation(ResourceOption, "Score an option on every question.")
    async def assess_resource_option(self, info: Info, input: AssessResourceOptionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.assess_resource_option,
            resource_option_id=key(input.resource_option_id, "resourceOptionId", "ResourceOption"),
            scores=[(each.question, each.score, each.reason) for each in input.scores],
        )

"""Views of the members of organisations in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import views as commands
from domain.models import views as models
from domain.models.views import ViewState
from domain.queries import ballots, organisations, people
from domain.queries import views as queries
from schema.batches import batched, derived
from schema.consensus import ChoiceCount, Preference, choice_counts, preferences
from schema.context import Info
from schema.fields import Idempotent, enum, mutation, perform, relation, text
from schema.nodes import Node, key, node
from schema.organisations import Organisation
from schema.people import Person
from schema.votes import (
    BallotOption,
    Choice,
    Saying,
    choices_of,
    chosen_in,
    options_of,
    ratings_of,
)

if TYPE_CHECKING:
    from schema.ballots import Ballot

enum(
    ViewState,
    "Whether a view stands.",
    GIVEN="It stands, and a position that is cast consolidates it.",
    STALE="What it is about was changed since: it stands again when it is given again.",
    WITHDRAWN="Its member withdrew it, or declared an interest.",
)


@node(
    models.View,
    queries.by_ids,
    "What a member thinks that the position of their organisation should be. It is told to nobody "
    "but the member and whoever casts that position, and is never counted as a vote.",
)
class View(Node):
    """A view."""

    ballot: Annotated[Ballot, strawberry.lazy("schema.ballots")] | None = relation(
        ballots.by_ids,
        "The ballot; null where the viewer may not see it any more.",
        by="ballot_id",
    )
    organisation: Organisation = relation(
        organisations.by_ids, "The organisation whose member gave it.", by="organisation_id"
    )
    member: Person = relation(people.by_ids, "Who gave it.", by="person_id")
    rationale: str = text(description="Why; may be empty.")
    round: int = text(description="The round of the ballot that it was given in, from 1.")
    state: ViewState = text(description="Whether it stands.")
    revision: int = text(description="Counts its changes, from 1.")
    given_at: datetime = text(description="When it was last given.")

    choice: Choice | None = batched(
        choices_of,
        "What was chosen; null where it is a rating or options.",
        reads=("ballot_id", "choice"),
    )
    rating: int | None = batched(
        ratings_of, "The rating, 1 to 9; null where there is none.", reads=("ballot_id", "choice")
    )
    options: list[BallotOption] = batched(
        options_of,
        "The options that are approved, or ranked from the most preferred on.",
        reads=("ballot_id", "options"),
    )


def _counts(tally: queries.ViewTally) -> list[ChoiceCount] | None:
    return None if tally.counts is None else choice_counts(tally.kind, tally.counts)


def _preferences(tally: queries.ViewTally) -> list[Preference] | None:
    return None if tally.counts is None else preferences(tally.kind, tally.counts)


@strawberry.type(description="What the views of an organisation's members come to.")
class ViewTally:
    """See domain.queries.views.ViewTally."""

    given: int = text(description="How many views there are.")
    counts: list[ChoiceCount] | None = derived(
        _counts,
        "How many members made each choice; null for everybody but who casts the position.",
    )
    preferences: list[Preference] | None = derived(
        _preferences,
        "In a ranking, how many members prefer which option to which; else empty. Null as `counts` "
        "is.",
    )


@strawberry.input(description="A view: a choice, a rating or options, and why.")
class GiveViewInput(Saying):
    """See domain.commands.views.give_view."""


@strawberry.input(description="A view that is to stand no more.")
class WithdrawViewInput(Idempotent):
    """See domain.commands.views.withdraw_view."""

    ballot_id: strawberry.ID = text(description="The ballot; it must be open.")


@strawberry.type
class ViewMutation:
    """What can be done with views."""

    @mutation(
        View,
        "Tell one's organisation what its position should be, or tell it anew. Whoever casts the "
        "position sees who said what.",
    )
    async def give_view(self, info: Info, input: GiveViewInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.give_view,
            ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
            choice=chosen_in(input),
            options=input.options or (),
            rationale=input.rationale,
        )

    @mutation(View, "Withdraw one's view; what was said is kept.")
    async def withdraw_view(self, info: Info, input: WithdrawViewInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.withdraw_view,
            ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
        )

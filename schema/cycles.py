"""Priority cycles in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import cycles as commands
from domain.lifecycle.cycles import CYCLE, CycleState, CycleTransition
from domain.models import cycles as models
from domain.permissions import Permission
from domain.queries import cycles as queries
from domain.queries import proposals
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    perform,
    permitted,
    text,
)
from schema.interests import Interest, interests
from schema.nodes import Node, key, node
from schema.pagination import Connection, connection, listing
from schema.transitions import TransitionOption, transitions

if TYPE_CHECKING:
    from schema.proposals import Proposal

enum(
    CycleState,
    "Where a priority cycle stands.",
    PLANNED="It is announced.",
    OPEN="Proposals are taken.",
    SCORING="What was submitted is judged at the gateway.",
    DECIDED="Every proposal that was submitted is decided.",
)
enum(
    CycleTransition,
    "A step in the life of a priority cycle.",
    OPEN="Take proposals.",
    SCORE="Take no more proposals, and have those submitted judged.",
    CONCLUDE="End it, once every submitted proposal is decided.",
)


@node(
    models.Cycle,
    queries.by_ids,
    "A time in which needs for credentials are put forward.",
)
class Cycle(Node):
    """A cycle."""

    title: str = text(description="The title.")
    purpose: str = text(description="What it is for; may be empty.")
    opens_on: date = text(description="The day from which proposals are meant to be taken.")
    closes_on: date = text(description="The day until which proposals are meant to be taken.")
    state: CycleState = text(description="Where it stands.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was planned.")
    proposals: Connection[Annotated[Proposal, strawberry.lazy("schema.proposals")]] = connection(
        proposals.of_cycles,
        proposals.count_of_cycles,
        "Its proposals that the viewer may know of: what is decided is for everybody, what was "
        "never submitted for its author and for moderators.",
    )
    interests: Connection[Interest] = interests()
    available_transitions: list[TransitionOption[CycleTransition]] = transitions(
        CYCLE, queries.facts, "What can happen to it next, and what stands in the way."
    )

    viewer_can_edit: bool = permitted(
        Permission.STEER,
        "Whether the viewer can change its texts and dates now.",
        where=lambda cycle: cycle.state in commands.EDITABLE,
        reads=("state",),
    )


@strawberry.input(description="A priority cycle to plan.")
class PlanCycleInput(Idempotent):
    """See domain.commands.cycles.plan_cycle."""

    title: str = text(description="The title, at most 300 characters.")
    purpose: str = text(description="What it is for; may be empty.", default="")
    opens_on: date = text(description="The day from which proposals are to be taken.")
    closes_on: date = text(description="The last day for them; after the first one.")


@strawberry.input(description="Other texts or dates of a cycle; what is null stays as it is.")
class EditCycleInput(Expecting):
    """See domain.commands.cycles.edit_cycle."""

    cycle_id: strawberry.ID = text(description="The cycle.")
    title: str | None = text(description="The new title.", default=None)
    purpose: str | None = text(description="What it is for.", default=None)
    opens_on: date | None = text(description="The first day for proposals.", default=None)
    closes_on: date | None = text(description="The last day for them.", default=None)


@strawberry.input(description="A step in the life of a priority cycle, with a reason.")
class AdvanceCycleInput(Expecting):
    """See domain.commands.cycles.advance_cycle."""

    cycle_id: strawberry.ID = text(description="The cycle.")
    transition: CycleTransition = text(description="The step.")
    reason: str = text(description="Why; it stays in the history.")


@strawberry.type
class CycleQuery:
    """What can be asked about priority cycles."""

    cycles: Connection[Cycle] = listing(queries.listed, queries.count, "The priority cycles.")


@strawberry.type
class CycleMutation:
    """What can be done with priority cycles."""

    @mutation(Cycle, "Plan a priority cycle, which everybody may read.")
    async def plan_cycle(self, info: Info, input: PlanCycleInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.plan_cycle,
            title=input.title,
            purpose=input.purpose,
            opens_on=input.opens_on,
            closes_on=input.closes_on,
        )

    @mutation(Cycle, "Change the texts or dates of a priority cycle.")
    async def edit_cycle(self, info: Info, input: EditCycleInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_cycle,
            cycle_id=key(input.cycle_id, "cycleId", "Cycle"),
            title=input.title,
            purpose=input.purpose,
            opens_on=input.opens_on,
            closes_on=input.closes_on,
            expected_revision=expected(input),
        )

    @mutation(Cycle, "Take a step in the life of a priority cycle.")
    async def advance_cycle(self, info: Info, input: AdvanceCycleInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.advance_cycle,
            cycle_id=key(input.cycle_id, "cycleId", "Cycle"),
            transition=input.transition,
            reason=input.reason,
            expected_revision=expected(input),
        )

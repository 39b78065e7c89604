"""A candidate that was reviewed, and a board that is asked about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import update

from domain.lifecycle import SpecificationState
from domain.models.people import Membership, ScopeKind
from domain.models.specifications import Specification
from domain.permissions import Role
from tests.conftest import Ask
from tests.mutations import change
from tests.world import NOW, World

HASH = "ab" * 32
BOARD = ("nurse1", "nurse2", "nurse3")


async def put(
    world: World, state: SpecificationState, *, id: UUID | None = None, **values: Any
) -> None:
    """Have a specification in a state, that of the world if none is named."""
    async with world.database.session() as session:
        await session.execute(
            update(Specification)
            .where(Specification.id == (id or world.specification))
            .values(state=state, **values)
        )
        await session.commit()


async def recommend(world: World, id: UUID) -> None:
    """Have a specification a candidate that a review recommended."""
    await put(world, SpecificationState.CANDIDATE, id=id, content_hash=HASH)


async def candidate(world: World) -> None:
    """Have the specification a candidate that was recommended, and three people on the board."""
    await recommend(world, world.specification)
    await world.add(
        *(
            Membership(
                person_id=world.people[name],
                role=Role.BOARD,
                scope_kind=ScopeKind.BODY,
                scope_id=None,
                created_at=NOW,
            )
            for name in BOARD
        )
    )


async def asked(ask: Ask, world: World, selection: str = "id ballot { id }") -> dict[str, Any]:
    """Ask the board about the candidate; return what is selected of the endorsement."""
    await candidate(world)
    opened = await change(
        ask,
        await world.viewer("secretary"),
        "openEndorsement",
        f"endorsement {{ {selection} }}",
        specificationId=world.id("Specification", world.specification),
        briefing="Please read the report of the review.",
        expectedRevision=None,
    )
    assert "endorsement" in opened, opened
    return dict(opened["endorsement"])


async def vote(ask: Ask, world: World, ballot: str, **choices: str) -> None:
    """Take positions: each a name and a choice."""
    for name, choice in choices.items():
        cast = await change(
            ask,
            await world.viewer(name),
            "castVote",
            "vote { choice }",
            ballotId=ballot,
            choice=choice,
            rationale="As I said.",
        )
        assert cast["vote"]["choice"] == choice


async def close(ask: Ask, world: World, ballot: str) -> None:
    """Close the board's ballot."""
    closed = await change(
        ask,
        await world.viewer("secretary"),
        "advanceBallot",
        "ballot { state }",
        ballotId=ballot,
        transition="CLOSE",
        reason="All have spoken.",
        expectedRevision=None,
    )
    assert closed["ballot"]["state"] == "CLOSED"


async def conclude(
    ask: Ask, world: World, endorsement: str, transition: str, **more: Any
) -> dict[str, Any]:
    """Conclude the endorsement; return its state and the specification's, or the refusal."""
    return await change(
        ask,
        await world.viewer("secretary"),
        "advanceEndorsement",
        "endorsement { state reason concludedBy { name } specification { state } "
        "ballot { state decision } engagement { state } "
        "conditions { id position body dueOn metAt } }",
        endorsementId=endorsement,
        transition=transition,
        reason="The board has spoken.",
        expectedRevision=None,
        **more,
    )

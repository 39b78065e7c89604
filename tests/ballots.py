"""Ballots for tests: drafted and opened by the world's moderator, voted in by its stakeholders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.commands.ballots import advance_ballot, draft_ballot
from domain.commands.votes import Casting, cast_vote
from domain.consensus.choices import LISTED, BallotKind
from domain.lifecycle import BallotTransition
from domain.models.ballots import BallotVisibility, TallyRow
from domain.unit_of_work import UnitOfWork
from tests.world import World

VOTERS = [
    f"{group}{number}"
    for group in ("nurse", "pharmacist", "physiotherapist")
    for number in (1, 2, 3)
]
OPTIONS = ("The first one", "The second one", "The third one")


async def draft(
    world: World,
    kind: BallotKind = BallotKind.SENSE_CHECK,
    visibility: BallotVisibility = BallotVisibility.LIVE,
    **more: Any,
) -> UUID:
    """Draft a ballot in the exercise, or in the topic named, with three options if it has any."""
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        return await draft_ballot(
            uow,
            **{
                "topic_id": world.engagement,
                "kind": kind,
                "question": "Shall it be so?",
                "visibility": visibility,
                "options": OPTIONS if kind in LISTED else (),
                **more,
            },
        )


async def advance(
    world: World, ballot: UUID, transition: BallotTransition, reason: str = ""
) -> None:
    """Open or close a ballot as its moderator."""
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await advance_ballot(
            uow, ballot_id=ballot, transition=transition, reason=reason, expected_revision=None
        )


async def opened(
    world: World,
    kind: BallotKind = BallotKind.SENSE_CHECK,
    visibility: BallotVisibility = BallotVisibility.LIVE,
    **more: Any,
) -> UUID:
    """Draft a ballot and open it."""
    ballot = await draft(world, kind, visibility, **more)
    await advance(world, ballot, BallotTransition.OPEN)
    return ballot


async def close(world: World, ballot: UUID) -> None:
    """Close a ballot."""
    await advance(world, ballot, BallotTransition.CLOSE, "Everybody was asked.")


async def vote(
    world: World,
    name: str,
    ballot: UUID,
    choice: str | None = None,
    rationale: str = "",
    key: str | None = None,
    fingerprint: str = "",
    options: tuple[int, ...] = (),
    *,
    safety: bool = False,
) -> UUID:
    """Cast a vote as somebody."""
    return await cast_vote(
        world.database,
        Casting(
            viewer=await world.viewer(name),
            ballot_id=ballot,
            choice=choice,
            options=options,
            safety=safety,
            rationale=rationale,
            idempotency_key=key,
            fingerprint=fingerprint,
        ),
    )


async def counts(world: World, ballot: UUID) -> dict[UUID, list[int]]:
    """Return the counts of each constituency as the tallies keep them."""
    async with world.database.read() as session:
        rows = await session.execute(
            select(TallyRow.constituency_id, TallyRow.counts).where(TallyRow.ballot_id == ballot)
        )
        return {row.constituency_id: list(row.counts) for row in rows}

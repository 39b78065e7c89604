"""Ballots for tests: drafted and opened by the world's moderator, voted in by its stakeholders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.commands.ballot_steps import Particulars
from domain.commands.ballots import advance_ballot, draft_ballot
from domain.commands.votes import Casting, cast_vote
from domain.consensus.choices import LISTED, BallotKind
from domain.consensus.rounds import RoundPlan
from domain.lifecycle import BallotState, BallotTransition
from domain.models.ballots import Ballot, BallotVisibility, TallyRow
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
    world: World,
    ballot: UUID,
    transition: BallotTransition,
    reason: str = "",
    **particulars: Any,
) -> None:
    """Take a step of a ballot's life as its moderator."""
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await advance_ballot(
            uow,
            ballot_id=ballot,
            transition=transition,
            reason=reason,
            expected_revision=None,
            particulars=Particulars(**particulars),
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


async def set_back(world: World, ballot: UUID, *columns: str) -> None:
    """Let the times of a ballot have come: each named one is a second ago."""
    async with world.database.session() as session:
        found = await session.get_one(Ballot, ballot)
        for column in columns:
            setattr(found, column, datetime.now(UTC) - timedelta(seconds=1))
        await session.commit()


async def next_round(world: World, ballot: UUID, **particulars: Any) -> None:
    """End a round and begin the next one."""
    await advance(world, ballot, BallotTransition.CLOSE_ROUND)
    await advance(world, ballot, BallotTransition.NEXT_ROUND, "Think again.", **particulars)


# The steps that lead a draft to each state.
STEPS: dict[BallotState, tuple[BallotTransition, ...]] = {
    BallotState.DRAFT: (),
    BallotState.SCHEDULED: (BallotTransition.SCHEDULE,),
    BallotState.OPEN: (BallotTransition.OPEN,),
    BallotState.DEFERRED: (BallotTransition.OPEN, BallotTransition.DEFER),
    BallotState.ROUND_CLOSED: (BallotTransition.OPEN, BallotTransition.CLOSE_ROUND),
    BallotState.CLOSED: (BallotTransition.OPEN, BallotTransition.CLOSE),
    BallotState.DECIDED: (BallotTransition.OPEN, BallotTransition.CLOSE, BallotTransition.DECIDE),
    BallotState.DROPPED: (
        BallotTransition.OPEN,
        BallotTransition.CLOSE_ROUND,
        BallotTransition.DROP,
    ),
    BallotState.CANCELLED: (BallotTransition.OPEN, BallotTransition.CANCEL),
}


async def brought_to(world: World, state: BallotState, **more: Any) -> UUID:
    """Draft a ballot and lead it to a state; nurse1 disagrees as soon as it is open."""
    later = datetime.now(UTC) + timedelta(days=1)
    ballot = await draft(world, round_plan=RoundPlan(most_rounds=3), opens_at=later, **more)
    for step in STEPS[state]:
        decided = {"decision": "So be it."} if step is BallotTransition.DECIDE else {}
        await advance(world, ballot, step, "It is time.", **decided)
        if step is BallotTransition.OPEN:
            await vote(world, "nurse1", ballot, "DISAGREE")
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
    cast = await cast_vote(
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
    return cast.vote_id


async def counts(world: World, ballot: UUID) -> dict[UUID, list[int]]:
    """Return the counts of each constituency as the tallies keep them."""
    async with world.database.read() as session:
        rows = await session.execute(
            select(TallyRow.constituency_id, TallyRow.counts).where(TallyRow.ballot_id == ballot)
        )
        return {row.constituency_id: list(row.counts) for row in rows}

"""Rounds: everybody votes anew, and what was is kept beside what is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.consensus.choices import BallotKind
from domain.consensus.rounds import RoundDisposition, RoundPlan
from domain.consensus.stability import square, stability
from domain.errors import Conflict, Invalid
from domain.lifecycle import BallotState, BallotTransition
from domain.models.ballots import Ballot, BallotVisibility
from domain.models.rounds import Round
from domain.models.topics import StoredEvent
from domain.models.votes import CastVote, Vote
from domain.permissions import Audience
from tests.ballots import advance, close, counts, next_round, opened, vote
from tests.world import World

THREE = RoundPlan(most_rounds=3)
T = BallotTransition


async def read(world: World, ballot: UUID) -> tuple[Ballot, list[Round]]:
    async with world.database.session() as session:
        rounds = await session.scalars(
            select(Round).where(Round.ballot_id == ballot).order_by(Round.number)
        )
        return await session.get_one(Ballot, ballot), list(rounds)


async def votes(world: World, ballot: UUID) -> list[tuple[int, int, int]]:
    """Return the round, the choice and the castings of each vote."""
    async with world.database.read() as session:
        rows = await session.execute(
            select(Vote.round, Vote.choice, Vote.revision)
            .where(Vote.ballot_id == ballot)
            .order_by(Vote.id)
        )
        return [(row.round, row.choice, row.revision) for row in rows]


async def test_in_the_next_round_everybody_votes_anew_and_what_was_stays(world: World) -> None:
    ballot = await opened(world, round_plan=THREE)
    first = await vote(world, "nurse1", ballot, "AGREE", "At first.")
    await vote(world, "nurse1", ballot, "DISAGREE")
    await vote(world, "nurse2", ballot, "AGREE")
    await next_round(world, ballot)

    nurses = world.constituencies["Nurses"]
    assert (await counts(world, ballot))[nurses] == [0, 0, 0]
    second = await vote(world, "nurse1", ballot, "AGREE")

    assert second != first
    assert await votes(world, ballot) == [(1, 1, 2), (1, 0, 1), (2, 0, 1)]
    assert (await counts(world, ballot))[nurses] == [1, 0, 0]
    async with world.database.read() as session:
        kept = await session.scalars(
            select(CastVote.choice).where(CastVote.vote_id == first).order_by(CastVote.revision)
        )
        assert list(kept) == [0, 1]
    found, [one, two] = await read(world, ballot)
    assert (found.state, found.round) == (BallotState.OPEN, 2)
    assert one.outcome is not None
    assert one.outcome["by_constituency"][0]["counts"] == [1, 1, 0]
    assert (one.disposition, one.reason) == (RoundDisposition.KEPT, "Think again.")
    assert (two.question, two.outcome, two.closed_at) == (found.question, None, None)


async def test_an_item_is_reworded_between_rounds_and_each_keeps_its_words(world: World) -> None:
    ballot = await opened(world, round_plan=THREE)
    await next_round(world, ballot, question="Or rather so?")

    found, [one, two] = await read(world, ballot)
    assert (one.question, one.disposition) == ("Shall it be so?", RoundDisposition.REWORDED)
    assert found.question == two.question == "Or rather so?"


@pytest.mark.parametrize("question", ["", " ", "x" * 2_001])
async def test_other_words_are_words(world: World, question: str) -> None:
    ballot = await opened(world, round_plan=THREE)
    await advance(world, ballot, T.CLOSE_ROUND)

    with pytest.raises(Invalid) as refusal:
        await advance(world, ballot, T.NEXT_ROUND, "Again.", question=question)

    assert refusal.value.path == ("question",)
    found, rounds = await read(world, ballot)
    assert (found.state, len(rounds)) == (BallotState.ROUND_CLOSED, 1)


async def test_a_dropped_item_keeps_what_its_round_came_to_and_takes_no_votes(
    world: World,
) -> None:
    ballot = await opened(world, round_plan=THREE)
    await vote(world, "nurse1", ballot, "DISAGREE")
    await advance(world, ballot, T.CLOSE_ROUND)
    await advance(world, ballot, T.DROP, "Nobody wants it.")

    found, [only] = await read(world, ballot)
    assert found.state is BallotState.DROPPED
    assert found.outcome is not None
    assert found.outcome["turnout"] == {"voted": 1, "eligible": 9}
    assert (only.disposition, only.reason) == (RoundDisposition.DROPPED, "Nobody wants it.")
    with pytest.raises(Conflict, match="it is DROPPED"):
        await vote(world, "nurse2", ballot, "AGREE")
    with pytest.raises(Conflict, match="Nothing follows"):
        await advance(world, ballot, T.NEXT_ROUND, "After all.")


@pytest.mark.parametrize("step", [T.NEXT_ROUND, T.DROP])
async def test_what_becomes_of_an_item_has_a_reason(world: World, step: BallotTransition) -> None:
    ballot = await opened(world, round_plan=THREE)
    await advance(world, ballot, T.CLOSE_ROUND)

    with pytest.raises(Invalid) as refusal:
        await advance(world, ballot, step)

    assert refusal.value.path == ("reason",)


async def test_between_rounds_nobody_votes_and_the_last_round_ends_with_the_ballot(
    world: World,
) -> None:
    ballot = await opened(world, round_plan=RoundPlan(most_rounds=2))
    with pytest.raises(Conflict, match="NEXT_ROUND is not possible: this ballot is OPEN"):
        await advance(world, ballot, T.NEXT_ROUND, "Too soon.")
    await advance(world, ballot, T.CLOSE_ROUND)
    with pytest.raises(Conflict, match="it is ROUND_CLOSED"):
        await vote(world, "nurse1", ballot, "AGREE")
    await advance(world, ballot, T.NEXT_ROUND, "Again.")

    with pytest.raises(Conflict, match="its last round"):
        await advance(world, ballot, T.CLOSE_ROUND)
    await vote(world, "nurse1", ballot, "AGREE")
    await close(world, ballot)
    found, [_, two] = await read(world, ballot)
    assert found.outcome == two.outcome
    assert found.outcome is not None
    assert found.outcome["round"] == 2


async def test_the_deadline_of_a_round_is_its_own(world: World) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    ballot = await opened(world, round_plan=THREE, closes_at=soon)
    await advance(world, ballot, T.CLOSE_ROUND)
    with pytest.raises(Invalid) as refusal:
        await advance(world, ballot, T.NEXT_ROUND, "x", closes_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert refusal.value.path == ("closes_at",)

    later = soon + timedelta(days=1)
    await advance(world, ballot, T.NEXT_ROUND, "Again.", closes_at=later)
    assert (await read(world, ballot))[0].closes_at == later
    await next_round(world, ballot)
    assert (await read(world, ballot))[0].closes_at is None


async def test_the_rule_stays_frozen_from_the_first_vote_of_the_first_round(world: World) -> None:
    ballot = await opened(world, round_plan=THREE)
    await vote(world, "nurse1", ballot, "AGREE")
    before = (await read(world, ballot))[0].rule_hash
    await next_round(world, ballot)
    await vote(world, "nurse1", ballot, "PASS")

    assert (await read(world, ballot))[0].rule_hash == before is not None


async def test_shifts_count_who_answered_in_both_rounds_as_they_last_did(world: World) -> None:
    ballot = await opened(world, BallotKind.SENSE_CHECK, round_plan=THREE)
    for name, choice in (("nurse1", "AGREE"), ("nurse2", "AGREE"), ("nurse3", "DISAGREE")):
        await vote(world, name, ballot, choice)
    await next_round(world, ballot)
    for name, choice in (
        ("nurse1", "AGREE"),
        ("nurse2", "PASS"),
        ("nurse2", "DISAGREE"),
        ("nurse2", "DISAGREE"),
        ("nurse3", "DISAGREE"),
        ("pharmacist1", "AGREE"),  # had no answer before
    ):
        await vote(world, name, ballot, choice)

    _, [_, two] = await read(world, ballot)
    assert square(two.shifts) == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    found = stability(square(two.shifts))
    assert found is not None
    assert (found.kept, found.of, found.changed) == (2, 3, 1)


async def told(world: World, kind: str) -> dict[Audience, dict[str, Any]]:
    async with world.database.read() as session:
        rows = await session.scalars(select(StoredEvent).where(StoredEvent.kind == kind))
        return {row.audience: row.data for row in rows}


async def test_everybody_is_told_of_rounds_and_moderators_alone_what_one_came_to(
    world: World,
) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE, round_plan=THREE)
    await vote(world, "nurse1", ballot, "AGREE")
    await next_round(world, ballot, question="Or so?")

    ended = await told(world, "ROUND_CLOSED")
    assert set(ended) == set(Audience)
    assert ended[Audience.MODERATORS]["outcome"]["turnout"]["voted"] == 1
    for reader in (Audience.MEMBERS, Audience.PUBLIC):
        assert ended[reader] == {"ballot_id": str(ballot), "number": 1, "reason": ""}
    assert (await told(world, "ROUND_OPENED"))[Audience.PUBLIC] == {
        "ballot_id": str(ballot),
        "number": 2,
        "question": "Or so?",
        "disposition": "REWORDED",
        "reason": "Think again.",
    }

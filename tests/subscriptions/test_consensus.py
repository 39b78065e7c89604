"""Votes and consensus as they move; and a blind ballot, of which nothing moves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.commands import ballots
from domain.consensus.choices import BallotKind
from domain.lifecycle import BallotTransition
from domain.models.ballots import BallotVisibility
from domain.permissions import ANYONE
from domain.unit_of_work import UnitOfWork
from tests.ballots import vote
from tests.subscriptions.live import Live
from tests.world import World

VOTES = """
subscription ($ballot: ID!, $after: String) {
  votes(ballotId: $ballot, after: $after) {
    __typename
    ... on VotesSnapshot { cursor sequence ballot { state votes { nodes { choice } } } }
    ... on VoteEvent { cursor sequence kind vote { choice voter { name } } ballot { state } }
    ... on Reset { message }
  }
}
"""
CONSENSUS = """
subscription ($ballot: ID!) {
  consensus(ballotId: $ballot) {
    __typename
    ... on ConsensusUpdate {
      cursor sequence
      ballot {
        state
        consensus { status turnout { voted eligible } byConstituency { inFavour of } }
      }
    }
    ... on Reset { message }
  }
}
"""


async def open_ballot(world: World, visibility: BallotVisibility) -> UUID:
    moderator = await world.viewer("moderator")
    async with UnitOfWork(world.database, moderator) as uow:
        ballot = await ballots.draft_ballot(
            uow,
            topic_id=world.engagement,
            kind=BallotKind.SENSE_CHECK,
            question="Is this right?",
            visibility=visibility,
        )
    await advance(world, ballot, BallotTransition.OPEN)
    return ballot


async def advance(world: World, ballot: UUID, transition: BallotTransition) -> None:
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        await ballots.advance_ballot(
            uow,
            ballot_id=ballot,
            transition=transition,
            reason="It is time.",
            expected_revision=None,
        )


async def cast(world: World, name: str, ballot: UUID, choice: str) -> None:
    await vote(world, name, ballot, choice, "Because.")


async def test_members_see_each_vote_of_a_live_ballot(live: Live, world: World) -> None:
    ballot = await open_ballot(world, BallotVisibility.LIVE)
    id = world.id("Ballot", ballot)
    await cast(world, "nurse1", ballot, "AGREE")

    async with live.subscribe(await world.viewer("nurse2"), VOTES, ballot=id) as messages:
        snapshot = await messages.next()
        await cast(world, "pharmacist1", ballot, "DISAGREE")
        voted = await messages.next()
        await advance(world, ballot, BallotTransition.CLOSE)
        closed = await messages.next()

    assert snapshot["ballot"]["votes"]["nodes"] == [{"choice": "AGREE"}]
    assert voted["vote"] == {"choice": "DISAGREE", "voter": {"name": "Pharmacist1"}}
    assert voted["sequence"] == snapshot["sequence"] + 1
    assert closed["kind"] == "BALLOT_CLOSED"
    assert closed["ballot"]["state"] == "CLOSED"


async def test_consensus_moves_with_every_vote_and_the_newest_wins(
    live: Live, world: World
) -> None:
    ballot = await open_ballot(world, BallotVisibility.LIVE)
    id = world.id("Ballot", ballot)
    names = [f"{kind}{n}" for kind in ("nurse", "pharmacist", "physiotherapist") for n in (1, 2, 3)]

    async with live.subscribe(await world.viewer("nurse1"), CONSENSUS, ballot=id) as messages:
        first = await messages.next()
        for name in names:
            await cast(world, name, ballot, "AGREE")
        newest = first
        while newest["ballot"]["consensus"]["turnout"]["voted"] < len(names):
            newest = await messages.next()

    assert first["ballot"]["consensus"]["status"] == "NOT_ENOUGH_VOTES"
    assert newest["ballot"]["consensus"]["status"] == "CONSENSUS"
    assert newest["ballot"]["consensus"]["byConstituency"] == [{"inFavour": 3, "of": 3}] * 3


async def blind_bytes(
    live: Live, world: World, name: str | None, ballot: UUID, *, vote: bool
) -> list[dict[str, Any]]:
    """Return everything that a viewer is sent until the ballot is cancelled by a comment later."""
    viewer = await world.viewer(name) if name else ANYONE
    id = world.id("Ballot", ballot)
    async with (
        live.subscribe(viewer, VOTES, ballot=id) as voting,
        live.subscribe(viewer, CONSENSUS, ballot=id) as standing,
    ):
        found = [await voting.next(), await standing.next()]
        if vote:
            await cast(world, "physiotherapist1", ballot, "DISAGREE")
        again = await open_ballot(world, BallotVisibility.LIVE)
        async with live.subscribe(viewer, VOTES, ballot=world.id("Ballot", again)) as other:
            found.append(await other.next())
    return found


@pytest.mark.parametrize("name", ["nurse1", None])
async def test_nobody_can_tell_whether_somebody_voted_in_a_blind_ballot(
    live: Live, world: World, name: str | None
) -> None:
    ballot = await open_ballot(world, BallotVisibility.AFTER_CLOSE)

    without = await blind_bytes(live, world, name, ballot, vote=False)
    with_vote = await blind_bytes(live, world, name, ballot, vote=True)

    steps = [
        after["sequence"] - before["sequence"]
        for before, after in zip(without, with_vote, strict=True)
    ]
    # The second run stands behind the one ballot that the first one opened, and behind no vote.
    assert len(set(steps)) == 1
    for before, after in zip(without, with_vote, strict=True):
        assert {k: v for k, v in before.items() if k not in {"cursor", "sequence"}} == {
            k: v for k, v in after.items() if k not in {"cursor", "sequence"}
        }


async def test_a_ballot_that_is_not_ones_to_see_cannot_be_followed(
    live: Live, world: World
) -> None:
    async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
        draft = await ballots.draft_ballot(
            uow,
            topic_id=world.engagement,
            kind=BallotKind.RATING,
            question="Not yet.",
            visibility=BallotVisibility.LIVE,
        )

    error = await live.refused(
        await world.viewer("nurse1"), VOTES, ballot=world.id("Ballot", draft)
    )

    assert error["extensions"]["code"] == "NOT_FOUND"

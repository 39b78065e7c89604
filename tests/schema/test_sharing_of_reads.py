"""Who has the same rights and asks in the same tick shares statements, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from domain.models.ballots import BallotVisibility
from domain.models.votes import Vote
from tests.ballots import opened, vote
from tests.counting import counting
from tests.subscriptions.live import Live, process
from tests.world import World

BALLOT = """
query ($id: ID!) {
  node(id: $id) {
    ... on Ballot {
      question author { name }
      viewerVote { choice }
      viewerCanVote
      threads { totalCount }
    }
  }
}
"""
VOTE = "query ($id: ID!) { node(id: $id) { ... on Vote { choice } } }"
EXERCISE = (
    "query ($id: ID!) { node(id: $id) { ... on Engagement { title ballots { totalCount } } } }"
)


async def ask(live: Live, world: World, name: str, document: str, id: str) -> Any:
    result = await live.execute(await world.viewer(name), document, id=id)
    assert "errors" not in result, result
    return result["data"]["node"]


async def asked(live: Live, world: World, names: list[str], document: str, id: str) -> list[Any]:
    """Return what people are told who ask the same at the same time."""
    viewers = [await world.viewer(name) for name in names]
    results = await asyncio.gather(*(live.execute(each, document, id=id) for each in viewers))
    assert not any("errors" in result for result in results), results
    return [result["data"]["node"] for result in results]


async def test_equal_rights_share_statements(world: World) -> None:
    id = world.id("Engagement", world.engagement)
    names = ["nurse1", "nurse2", "pharmacist1"]
    async with process(world.database) as live:
        await ask(live, world, "nurse1", EXERCISE, id)
        viewers = [await world.viewer(name) for name in names]
        with counting(world.database) as alone:
            await live.execute(viewers[0], EXERCISE, id=id)
        with counting(world.database) as together:
            await asyncio.gather(*(live.execute(each, EXERCISE, id=id) for each in viewers))

    assert together == alone


async def test_what_is_somebodys_own_is_told_to_them_alone(world: World) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    await vote(world, "nurse1", ballot, "AGREE")
    await vote(world, "pharmacist1", ballot, "DISAGREE")
    names = ["nurse1", "nurse2", "pharmacist1"]
    async with process(world.database) as live:
        for _ in range(2):  # not knowing, and then knowing, which reads are personal
            found = await asked(live, world, names, BALLOT, world.id("Ballot", ballot))
            own = [each.pop("viewerVote") for each in found]

            assert own == [{"choice": "AGREE"}, None, {"choice": "DISAGREE"}]
            assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("names", [["nurse1", "nurse2"], ["nurse2", "nurse1"]])
async def test_a_vote_that_is_not_shown_is_its_voters(world: World, names: list[str]) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    await vote(world, "nurse1", ballot, "AGREE")
    async with world.database.read() as session:
        id = (await session.scalars(select(Vote.id).where(Vote.ballot_id == ballot))).one()

    async with process(world.database) as live:
        found = await asked(live, world, names, VOTE, world.id("Vote", id))

    assert dict(zip(names, found, strict=True)) == {"nurse1": {"choice": "AGREE"}, "nurse2": None}


async def test_other_rights_are_read_apart(world: World) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    document = "query ($id: ID!) { node(id: $id) { ... on Ballot { consensus { status } } } }"
    names = ["nurse1", "moderator", "nurse2"]
    async with process(world.database) as live:
        found = await asked(live, world, names, document, world.id("Ballot", ballot))

    assert [each["consensus"] for each in found] == [None, {"status": "WITHHELD"}, None]

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


async def test_the_same_question_of_equal_rights_is_executed_once(world: World) -> None:
    id = world.id("Engagement", world.engagement)
    viewers = [await world.viewer(name) for name in ("nurse1", "nurse2", "pharmacist1")]
    async with process(world.database) as live:
        same = await asyncio.gather(*(live.execute(each, EXERCISE, id=id) for each in viewers))
        other = await live.execute(viewers[0], EXERCISE, id=id)

    assert same[0] is same[1] is same[2]
    assert other == same[0]
    assert other is not same[0]


async def test_other_variables_are_another_question(world: World) -> None:
    document = "query ($first: Int) { specifications(first: $first) { nodes { title } } }"
    nurse, other = await world.viewer("nurse1"), await world.viewer("nurse2")
    async with process(world.database) as live:
        one, none = await asyncio.gather(
            live.execute(nurse, document, first=1), live.execute(other, document, first=0)
        )

    assert len(one["data"]["specifications"]["nodes"]) == 1
    assert none["errors"][0]["extensions"]["code"] == "INVALID"


async def test_mutations_are_never_one(world: World) -> None:
    document = """
    mutation ($input: OpenThreadInput!) {
      openThread(input: $input) { ... on OpenThreadPayload { thread { id author { name } } } }
    }
    """
    nurse = await world.viewer("nurse1")
    input = {
        "topicId": world.id("Engagement", world.engagement),
        "subjectId": world.id("Section", world.sections[0]),
        "body": "Twice the same.",
    }
    async with process(world.database) as live:
        made = await asyncio.gather(*(live.execute(nurse, document, input=input) for _ in range(2)))

    first, second = (each["data"]["openThread"]["thread"]["id"] for each in made)
    assert first != second


async def test_who_goes_away_takes_nothing_from_the_others(world: World) -> None:
    id = world.id("Engagement", world.engagement)
    viewers = [await world.viewer(name) for name in ("nurse1", "nurse2", "pharmacist1")]
    async with process(world.database) as live:
        asking = [asyncio.ensure_future(live.execute(each, EXERCISE, id=id)) for each in viewers]
        for _ in range(3):
            await asyncio.sleep(0)
        asking[0].cancel()
        told = await asyncio.gather(*asking, return_exceptions=True)

    assert isinstance(told[0], asyncio.CancelledError)
    assert (
        told[1]
        == told[2]
        == {"data": {"node": {"title": "Tell us what you think", "ballots": {"totalCount": 0}}}}
    )

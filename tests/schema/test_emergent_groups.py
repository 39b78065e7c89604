"""Emergent groups through the API: what is told of them, and to whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console
from sqlalchemy import select

from api import importer, polis
from domain.ids import new_id
from domain.models.ballots import BallotVisibility
from domain.models.engagements import Engagement
from domain.models.people import Person
from domain.models.stakeholders import Stakeholder
from domain.models.topics import Topic, TopicKind
from domain.permissions import ANYONE, Viewer
from tests.ballots import VOTERS, close, opened, vote
from tests.conftest import Ask
from tests.counting import counting
from tests.polis import REAL
from tests.world import NOW, World

GROUPS = """
query ($id: ID!) {
  node(id: $id) {
    ... on Engagement {
      emergentGroups {
        formula version participants silhouette
        groups {
          label size composition { constituency { name } count }
          representative { ballot { question } choice share representativeness }
        }
        bridging { ballot { question } choice groupInformedConsensus }
      }
    }
  }
}
"""
PHYSIOTHERAPISTS = 12


async def emerging(ask: Ask, world: World, viewer: Viewer) -> Any:
    found = await ask(viewer, GROUPS, id=world.id("Engagement", world.engagement))
    return found["node"]["emergentGroups"]


async def joined(world: World, count: int) -> list[str]:
    """Let so many more physiotherapists take part; return their names."""
    names = [f"newcomer{number}" for number in range(count)]
    for name in names:
        id = world.people[name] = new_id()
        await world.add(
            Topic(id=id, kind=TopicKind.PERSON, scopes=[id]),
            Person(id=id, name=name, email=f"{name}@example.org", created_at=NOW),
            Stakeholder(
                engagement_id=world.engagement,
                person_id=id,
                constituency_id=world.constituencies["Physiotherapists"],
                created_at=NOW,
            ),
        )
    return names


async def divided(
    world: World, visibility: BallotVisibility = BallotVisibility.LIVE, newcomers: int = 0
) -> list[UUID]:
    """Let newcomers join, and ask three questions."""
    return await asked(world, await joined(world, newcomers), visibility)


async def asked(
    world: World, newcomers: list[str], visibility: BallotVisibility = BallotVisibility.LIVE
) -> list[UUID]:
    """Ask three questions on which newcomers differ from the others, but for the last one."""
    ballots = []
    for number in range(3):
        ballot = await opened(world, visibility=visibility, question=f"Question {number}?")
        ballots.append(ballot)
        for name in VOTERS:
            await vote(world, name, ballot, "AGREE")
        for name in newcomers:
            await vote(world, name, ballot, "AGREE" if number == 2 else "DISAGREE")
    return ballots


async def test_groups_with_their_composition_and_bridging_statements(
    ask: Ask, world: World
) -> None:
    await divided(world, newcomers=PHYSIOTHERAPISTS)

    found = await emerging(ask, world, await world.viewer("nurse1"))

    assert (found["formula"], found["version"]) == ("polis_group_informed", 1)
    assert (found["participants"], found["silhouette"]) == (21, 1)
    newcomers, others = found["groups"]
    assert (newcomers["label"], newcomers["size"]) == ("A", PHYSIOTHERAPISTS)
    assert (others["label"], others["size"]) == ("B", 9)
    for group in (newcomers, others):
        # Of the others 3 are in each constituency, and no newcomer is elsewhere.
        assert [share["constituency"]["name"] for share in group["composition"]] == [
            "Nurses",
            "Pharmacists",
            "Physiotherapists",
        ]
        assert [share["count"] for share in group["composition"]] == [None] * 3
    assert {
        (each["ballot"]["question"], each["choice"]) for each in newcomers["representative"]
    } == {("Question 0?", "DISAGREE"), ("Question 1?", "DISAGREE")}
    assert found["bridging"] == [
        {
            "ballot": {"question": "Question 2?"},
            "choice": "AGREE",
            "groupInformedConsensus": pytest.approx(13 / 14 * 10 / 11),
        }
    ]


async def test_small_groups_have_no_size_and_nothing_that_tells_it(ask: Ask, world: World) -> None:
    await divided(world, newcomers=4)

    found = await emerging(ask, world, await world.viewer("nurse1"))

    assert found["participants"] == 13
    for group in found["groups"]:
        assert (group["size"], group["representative"]) == (None, [])
        assert {share["count"] for share in group["composition"]} == {None}


@pytest.mark.parametrize(
    ("visibility", "closed", "told"),
    [
        (BallotVisibility.LIVE, False, {"nurse3", "moderator"}),
        (BallotVisibility.AFTER_CLOSE, False, set()),
        (BallotVisibility.AFTER_CLOSE, True, {"nurse3", "moderator"}),
    ],
)
async def test_they_are_told_to_those_who_may_know_the_results(
    ask: Ask, world: World, *, visibility: BallotVisibility, closed: bool, told: set[str | None]
) -> None:
    ballots = await divided(world, visibility, newcomers=5)
    if closed:
        for ballot in ballots:
            await close(world, ballot)

    for name in (None, "nurse3", "moderator"):
        found = await emerging(ask, world, ANYONE if name is None else await world.viewer(name))
        assert len(found["groups"]) == (2 if name in told else 0)
        assert found["participants"] == (14 if name in told else 0)


async def test_a_changed_vote_moves_its_voter_to_another_group(ask: Ask, world: World) -> None:
    ballots = await divided(world, newcomers=PHYSIOTHERAPISTS)
    viewer = await world.viewer("nurse1")
    before = await emerging(ask, world, viewer)
    for ballot in ballots[:2]:
        await vote(world, "nurse1", ballot, "DISAGREE")

    after = await emerging(ask, world, viewer)

    assert [group["size"] for group in before["groups"]] == [12, 9]
    assert [group["size"] for group in after["groups"]] == [13, 8]


async def test_the_statements_do_not_grow_with_the_ballots(ask: Ask, world: World) -> None:
    viewer = await world.viewer("nurse1")
    newcomers = await joined(world, 5)
    await asked(world, newcomers)
    with counting(world.database) as few:
        await emerging(ask, world, viewer)
    for _ in range(2):
        await asked(world, newcomers)
    with counting(world.database) as many:
        await emerging(ask, world, viewer)
    assert set(many) == set(few)


@pytest.mark.skipif(not REAL.exists(), reason="the shared data is not beside this checkout")
async def test_an_imported_conversation_has_its_groups(ask: Ask, world: World) -> None:
    conversation = polis.read(REAL / "london.youth.policing")
    await importer.run(world.database, conversation, console=Console(quiet=True))
    async with world.database.read() as session:
        statement = select(Engagement.id).where(Engagement.id != world.engagement)
        engagement = (await session.scalars(statement)).one()

    found = await emerging(ask, replace(world, engagement=engagement), await world.viewer("admin"))

    assert found["participants"] == 24
    assert [group["size"] for group in found["groups"]] == [9, 9, None, None]
    assert [bool(group["representative"]) for group in found["groups"]] == [
        True,
        True,
        False,
        False,
    ]
    bridging = [each["groupInformedConsensus"] for each in found["bridging"]]
    assert bridging == sorted(bridging, reverse=True)
    assert len(bridging) == 12

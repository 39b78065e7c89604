"""What representatives and members are told as it happens: views, and positions."""

from __future__ import annotations

import pytest

from domain.models.ballots import BallotVisibility
from domain.permissions import Viewer
from tests.ballots import vote
from tests.organisations import asked, give, organised
from tests.subscriptions.live import Live
from tests.world import World

ACTIVITY = """
subscription ($topic: ID!) {
  activity(topicId: $topic) {
    ... on ActivityEvent {
      kind actor { name }
      subject {
        ... on View { choice member { name } }
        ... on Vote { choice organisation { name } consolidated { given } }
      }
    }
  }
}
"""


@pytest.fixture(autouse=True)
async def _organisations(world: World) -> None:
    await organised(world)


async def test_the_representative_is_told_of_each_view_as_it_is_given(
    live: Live, world: World
) -> None:
    ballot = await asked(world, visibility=BallotVisibility.AFTER_CLOSE)

    async def own(name: str) -> tuple[Viewer, str]:
        return await world.viewer(name), world.id("Person", world.people[name])

    (nurse, topic), (member, other) = await own("nurse1"), await own("nurse2")
    async with (
        live.subscribe(nurse, ACTIVITY, topic=topic) as representative,
        live.subscribe(member, ACTIVITY, topic=other) as giver,
    ):
        for messages in (representative, giver):
            await messages.next()
        await give(world, "nurse2", ballot, "DISAGREE")
        told = [await representative.next(), await giver.next()]
    expected = {
        "kind": "VIEW_GIVEN",
        "actor": {"name": "Nurse2"},
        "subject": {"choice": "DISAGREE", "member": {"name": "Nurse2"}},
    }
    assert told == [expected, expected]


async def test_members_follow_whose_positions_are_cast(live: Live, world: World) -> None:
    ballot = await asked(world)
    await give(world, "nurse2", ballot, "DISAGREE")
    topic = world.id("Engagement", world.engagement)
    async with live.subscribe(await world.viewer("nurse3"), ACTIVITY, topic=topic) as messages:
        await messages.next()
        await vote(world, "nurse1", ballot, "AGREE")
        told = await messages.next()
    assert told == {
        "kind": "VOTE_CAST",
        "actor": {"name": "Nurse1"},
        "subject": {
            "choice": "AGREE",
            "organisation": {"name": "A Fictional College"},
            "consolidated": {"given": 1},
        },
    }

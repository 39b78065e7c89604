"""Who is here: members see each other, and nobody else sees anybody."""

from __future__ import annotations

import pytest

from domain.commands import stakeholders
from domain.permissions import ANYONE
from domain.unit_of_work import UnitOfWork
from tests.subscriptions.live import Live
from tests.world import World

PRESENCE = """
subscription ($topic: ID!) {
  presence(topicId: $topic) {
    __typename
    ... on PresenceSnapshot { entries { person { name } role location } }
    ... on PresenceChange { move entry { person { name } role typing handRaised connectionId } }
  }
}
"""
UPDATE = """
mutation ($input: UpdatePresenceInput!) {
  updatePresence(input: $input) {
    __typename
    ... on UpdatePresencePayload { connectionId }
    ... on Error { code message path }
  }
}
"""
LEAVE = """
mutation ($input: LeaveInput!) {
  leave(input: $input) { __typename ... on Error { code } }
}
"""


async def test_members_see_who_comes_types_and_leaves(live: Live, world: World) -> None:
    topic = world.id("Engagement", world.engagement)
    nurse, moderator = await world.viewer("nurse1"), await world.viewer("moderator")
    here = {"topicId": topic, "connectionId": "window-1"}

    async with live.subscribe(moderator, PRESENCE, topic=topic) as messages:
        snapshot = await messages.next()
        await live.execute(nurse, UPDATE, input={**here, "location": "section 1"})
        joined = await messages.next()
        await live.execute(nurse, UPDATE, input={**here, "typing": True, "handRaised": True})
        changed = await messages.next()
        await live.execute(nurse, LEAVE, input=here)
        left = await messages.next()

    assert snapshot == {"__typename": "PresenceSnapshot", "entries": []}
    assert joined["move"] == "JOINED"
    assert joined["entry"]["person"] == {"name": "Nurse1"}
    assert joined["entry"]["role"] == "Nurses"
    assert changed["entry"] == {
        "person": {"name": "Nurse1"},
        "role": "Nurses",
        "typing": True,
        "handRaised": True,
        "connectionId": "window-1",
    }
    assert left["move"] == "LEFT"


@pytest.mark.parametrize("name", [None, "stranger"])
async def test_who_is_no_member_sees_nobody_and_cannot_be_here(
    live: Live, world: World, name: str | None
) -> None:
    topic = world.id("Engagement", world.engagement)
    viewer = await world.viewer(name) if name else ANYONE

    async with live.subscribe(viewer, PRESENCE, topic=topic) as messages:
        result = await messages.result()
    update = await live.execute(viewer, UPDATE, input={"topicId": topic, "connectionId": "w"})

    assert result["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"
    assert update["data"]["updatePresence"]["code"] == "NOT_ALLOWED"


async def test_who_stops_being_a_member_is_told_no_more(live: Live, world: World) -> None:
    topic = world.id("Engagement", world.engagement)
    nurse, other = await world.viewer("nurse1"), await world.viewer("nurse2")

    async with live.subscribe(nurse, PRESENCE, topic=topic) as messages:
        await messages.next()
        async with UnitOfWork(world.database, await world.viewer("moderator")) as uow:
            await stakeholders.remove_stakeholder(
                uow, stakeholder_id=world.stakeholders["nurse1"], reason="Has moved on."
            )
        await live.execute(other, UPDATE, input={"topicId": topic, "connectionId": "w"})
        result = await messages.result()

    assert result["errors"][0]["extensions"]["code"] == "NOT_ALLOWED"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"connectionId": ""}, ["connectionId"]),
        ({"connectionId": "x" * 101}, ["connectionId"]),
        ({"connectionId": "a\nb"}, ["connectionId"]),
        ({"location": "x" * 201}, ["location"]),
        ({"location": "\x00"}, ["location"]),
    ],
)
async def test_what_cannot_be_told_is_refused(
    live: Live, world: World, changes: dict[str, str], path: list[str]
) -> None:
    input = {"topicId": world.id("Engagement", world.engagement), "connectionId": "w", **changes}

    result = await live.execute(await world.viewer("nurse1"), UPDATE, input=input)

    assert result["data"]["updatePresence"]["code"] == "INVALID"
    assert result["data"]["updatePresence"]["path"] == path

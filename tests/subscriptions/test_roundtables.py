"""A roundtable as it is followed: the clock, the speaking queue and the agenda through events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.api.furnished import Furnished, furnished
from tests.conftest import Server
from tests.subscriptions.folding import ACTIVITY, Model
from tests.subscriptions.live import Live, process

FOLLOW = """
subscription ($topic: ID!) {
  activity(topicId: $topic) {
    ... on ActivitySnapshot { topic { ...Shown } }
    ... on ActivityEvent {
      kind at
      subject {
        ...Shown
        ... on FloorRequest { person { name } roundtable { ...Shown } }
      }
    }
  }
}
fragment Shown on Roundtable {
  clock { state since item { title plannedMinutes secondsSpent } }
  floor { person { name } givenAt }
  speakingQueue { person { name } constituency { name } about createdAt }
}
"""


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Furnished]:
    async with furnished(server) as made:
        yield made


@pytest.fixture
async def live(place: Furnished) -> AsyncIterator[Live]:
    async with process(place.world.database) as running:
        yield running


async def test_the_clock_is_followed_through_events_without_a_tick(
    live: Live, place: Furnished
) -> None:
    roundtable = {"roundtableId": place.ids["roundtable"], "expectedRevision": None}
    await place.change("moderator", "addAgendaItem", **roundtable, title="Second", plannedMinutes=5)
    guest = await place.viewer("pharmacist1")

    async with live.subscribe(guest, FOLLOW, topic=place.ids["roundtable"]) as messages:
        clocks = [(await messages.next())["topic"]["clock"]]
        for transition in ("START", "PAUSE", "START", "NEXT", "END"):
            await place.change("moderator", "advanceClock", **roundtable, transition=transition)
            event = await messages.next()
            assert event["kind"] == "CLOCK_ADVANCED"
            clocks.append(event["subject"]["clock"])

    first, second = "First of all", "Second"
    assert [(each["state"], (each["item"] or {}).get("title")) for each in clocks] == [
        ("NOT_STARTED", None),
        ("RUNNING", first),
        ("PAUSED", first),
        ("RUNNING", first),
        ("RUNNING", second),
        ("ENDED", None),
    ]
    since = [each["since"] for each in clocks]
    assert since[0] is None
    assert since[1:] == sorted(set(since[1:]))
    spent = [each["item"]["secondsSpent"] for each in clocks[1:4]]
    assert spent[0] == 0 < spent[1] == spent[2]
    assert clocks[4]["item"] == {"title": second, "plannedMinutes": 5, "secondsSpent": 0}


async def test_the_speaking_queue_is_followed_through_events(live: Live, place: Furnished) -> None:
    roundtable = {"roundtableId": place.ids["roundtable"]}
    guest = await place.viewer("pharmacist1")

    def names(shown: dict[str, Any]) -> tuple[str | None, list[str]]:
        floor = shown["floor"]
        return (
            floor and floor["person"]["name"],
            [request["person"]["name"] for request in shown["speakingQueue"]],
        )

    async with live.subscribe(guest, FOLLOW, topic=place.ids["roundtable"]) as messages:
        before = (await messages.next())["topic"]
        asked = await place.change("moderator", "requestFloor", **roundtable, about="Time")
        await place.change("moderator", "giveFloor", floorRequestId=asked)
        await place.change("moderator", "giveFloor", floorRequestId=place.ids["floor request"])
        requested, given = await messages.take(2)
        ended, given_next = await messages.take(2)
        await place.change("pharmacist1", "endFloor", floorRequestId=place.ids["floor request"])
        yielded = await messages.next()

    assert before["speakingQueue"] == [
        {
            "person": {"name": "Pharmacist1"},
            "constituency": {"name": "Pharmacists"},
            "about": "How it is to be taught",
            "createdAt": before["speakingQueue"][0]["createdAt"],
        }
    ]
    told = [requested, given, ended, given_next, yielded]
    assert [(event["kind"], event["subject"]["person"]["name"]) for event in told] == [
        ("FLOOR_REQUESTED", "Moderator"),
        ("FLOOR_GIVEN", "Moderator"),
        ("FLOOR_ENDED", "Moderator"),
        ("FLOOR_GIVEN", "Pharmacist1"),
        ("FLOOR_ENDED", "Pharmacist1"),
    ]
    assert names(before) == (None, ["Pharmacist1"])
    assert names(given_next["subject"]["roundtable"]) == ("Pharmacist1", [])
    assert names(yielded["subject"]["roundtable"]) == (None, [])


async def test_a_meeting_that_is_followed_from_its_beginning_looks_as_to_a_newcomer_at_each_step(
    live: Live, place: Furnished
) -> None:
    ids = place.ids
    roundtable = {"roundtableId": ids["roundtable"]}
    revised = {**roundtable, "expectedRevision": None}
    item = {"agendaItemId": ids["agenda item"], "expectedRevision": None}
    request = {"floorRequestId": ids["floor request"]}
    guest = await place.viewer("pharmacist1")
    model = Model()

    async def newcomer() -> Model:
        fresh = Model()
        async with live.subscribe(guest, ACTIVITY, topic=ids["roundtable"]) as others:
            fresh.take(await others.next())
        return fresh

    async with live.subscribe(guest, ACTIVITY, topic=ids["roundtable"]) as messages:
        model.take(await messages.next())

        async def step(name: str, mutation: str, **input: Any) -> str:
            id = await place.change(name, mutation, **input)
            fresh = await newcomer()
            before = model.seen()
            while model.cursor != fresh.cursor:
                model.take(await messages.next())
            assert model.seen() == fresh.seen() != before, mutation
            return id

        second = await step(
            "moderator", "addAgendaItem", **revised, title="Second", plannedMinutes=5
        )
        third = await step(
            "moderator", "addAgendaItem", **revised, title="Third", plannedMinutes=5, position=1
        )
        await step("moderator", "moveAgendaItem", **item, position=1)
        await step("moderator", "editAgendaItem", **item, title="Other words")
        await step("moderator", "removeAgendaItem", agendaItemId=third, expectedRevision=None)
        await step("moderator", "advanceClock", **revised, transition="START")
        await step("moderator", "advanceClock", **revised, transition="PAUSE")
        await step("moderator", "advanceClock", **revised, transition="NEXT")
        await step(
            "moderator",
            "editAgendaItem",
            agendaItemId=second,
            plannedMinutes=9,
            expectedRevision=None,
        )
        await step("moderator", "setSlowMode", **roundtable, seconds=60)
        asked = await step("moderator", "requestFloor", **roundtable)
        await step("moderator", "giveFloor", floorRequestId=asked)
        await step("moderator", "giveFloor", **request)
        await step("pharmacist1", "endFloor", **request)
        again = await step("pharmacist1", "requestFloor", **roundtable, about="Once more")
        await step("pharmacist1", "withdrawFloorRequest", floorRequestId=again)
        await step("moderator", "requestFloor", **roundtable)
        speaking = await step("pharmacist1", "requestFloor", **roundtable)
        await step("moderator", "giveFloor", floorRequestId=speaking)
        await step("moderator", "advanceRoundtable", **revised, transition="CLOSE", reason="Over.")

    closed = model.seen()
    assert closed["state"] == "CLOSED"
    assert (closed["clock"]["state"], closed["clock"]["item"]) == ("ENDED", None)
    assert (closed["floor"], closed["speakingQueue"]) == (None, [])
    assert [each["floorState"] for each in closed["floorRequests"]] == [
        "FINISHED",
        "FINISHED",
        "WITHDRAWN",
        "WITHDRAWN",
        "FINISHED",
    ]

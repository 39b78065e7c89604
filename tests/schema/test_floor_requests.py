"""The speaking queue of a roundtable through the API: who waits, who speaks, and who has spoken."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from domain.permissions import Audience
from schema.nodes import parse
from tests.conftest import Ask
from tests.mutations import change
from tests.roundtables import Held, held
from tests.world import World

REQUEST = "floorRequest { state givenAt endedAt }"
SHOWN = "floor { person { name } } speakingQueue { person { name } }"
VIEWER = "viewerCanRequestFloor viewerFloorRequest { about viewerCanWithdraw }"


@pytest.fixture
async def roundtable(ask: Ask, world: World) -> Held:
    return await held(ask, world, "nurse1", "nurse2", "pharmacist1")


async def floor(roundtable: Held) -> tuple[str | None, list[str]]:
    """Return who speaks and who waits."""
    shown = await roundtable.show(SHOWN)
    speaking = shown["floor"]
    return (
        speaking["person"]["name"] if speaking else None,
        [request["person"]["name"] for request in shown["speakingQueue"]],
    )


async def give(roundtable: Held, request: str, by: str = "moderator") -> dict[str, Any]:
    return await roundtable.do(by, "giveFloor", REQUEST, floorRequestId=request)


async def end(roundtable: Held, request: str, by: str) -> dict[str, Any]:
    return await roundtable.do(by, "endFloor", REQUEST, floorRequestId=request)


async def kinds(roundtable: Held) -> list[str]:
    """Return what those invited were told of the queue, in order."""
    events = await roundtable.world.events(parse(roundtable.id, "id")[1])
    return [kind for kind, audience in events if "FLOOR" in kind and audience is Audience.MEMBERS]


async def test_those_who_ask_wait_in_the_order_of_asking_with_whom_they_speak_for(
    roundtable: Held,
) -> None:
    for name in ("pharmacist1", "moderator", "nurse1"):
        await roundtable.ask_floor(name)

    shown = await roundtable.show(
        "speakingQueue { person { name } constituency { name } about state createdAt givenAt }",
        "nurse2",
    )

    queue = shown["speakingQueue"]
    asked = [request.pop("createdAt") for request in queue]
    assert asked == sorted(asked)
    assert queue == [
        {
            "person": {"name": name.title()},
            "constituency": constituency and {"name": constituency},
            "about": f"{name} asks",
            "state": "WAITING",
            "givenAt": None,
        }
        for name, constituency in (
            ("pharmacist1", "Pharmacists"),
            ("moderator", None),
            ("nurse1", "Nurses"),
        )
    ]


async def test_a_person_waits_in_one_place_and_may_ask_again_while_speaking(
    roundtable: Held,
) -> None:
    first = await roundtable.ask_floor("nurse1")
    twice = await roundtable.do("nurse1", "requestFloor")
    await give(roundtable, first)

    again = await roundtable.do("nurse1", "requestFloor", "floorRequest { about }")

    assert twice["message"] == "You are waiting for the floor already."
    assert again["floorRequest"] == {"about": ""}
    assert await floor(roundtable) == ("Nurse1", ["Nurse1"])


async def test_somebody_who_asks_twice_at_once_waits_once(roundtable: Held) -> None:
    answers = await asyncio.gather(*(roundtable.do("nurse1", "requestFloor") for _ in range(4)))

    assert sorted(answer.get("code", "") for answer in answers) == ["", *["CONFLICT"] * 3]
    assert await floor(roundtable) == (None, ["Nurse1"])


async def test_a_moderator_gives_the_floor_to_anybody_who_waits_and_who_had_it_has_finished(
    roundtable: Held,
) -> None:
    first, second = [await roundtable.ask_floor(name) for name in ("nurse1", "nurse2")]

    given = await give(roundtable, second)
    then = await floor(roundtable)
    await give(roundtable, first)
    repeated = await give(roundtable, first)

    assert given["floorRequest"]["state"] == "SPEAKING"
    assert given["floorRequest"]["givenAt"] is not None
    assert then == ("Nurse2", ["Nurse1"])
    assert await floor(roundtable) == ("Nurse1", [])
    assert repeated["message"] == (
        "This request for the floor is SPEAKING; it would have to be WAITING."
    )
    history = await roundtable.show("floorRequests { totalCount nodes { state endedAt } }")
    assert history["floorRequests"]["totalCount"] == 2
    assert [node["state"] for node in history["floorRequests"]["nodes"]] == [
        "SPEAKING",
        "FINISHED",
    ]
    assert await kinds(roundtable) == [
        *["FLOOR_REQUESTED"] * 2,
        *("FLOOR_GIVEN", "FLOOR_ENDED", "FLOOR_GIVEN"),
    ]


async def test_one_person_speaks_whatever_is_given_at_once(roundtable: Held) -> None:
    for _ in range(5):
        requests = [
            await roundtable.ask_floor(name) for name in ("nurse1", "nurse2", "pharmacist1")
        ]

        given = await asyncio.gather(*(give(roundtable, request) for request in requests))

        assert [answer.get("code") for answer in given] == [None] * 3
        history = await roundtable.show("floorRequests(last: 3) { nodes { state } }")
        states = [node["state"] for node in history["floorRequests"]["nodes"]]
        assert sorted(states) == ["FINISHED", "FINISHED", "SPEAKING"]


async def test_a_turn_is_ended_by_who_speaks_or_by_a_moderator(roundtable: Held) -> None:
    first, second = [await roundtable.ask_floor(name) for name in ("nurse1", "nurse2")]
    waiting = await end(roundtable, first, "nurse1")
    await give(roundtable, first)
    by_other = await end(roundtable, first, "nurse2")

    yielded = await end(roundtable, first, "nurse1")
    await give(roundtable, second)
    ended = await end(roundtable, second, "moderator")

    assert waiting["code"] == "CONFLICT"
    assert by_other["code"] == "NOT_ALLOWED"
    assert yielded["floorRequest"]["state"] == ended["floorRequest"]["state"] == "FINISHED"
    assert yielded["floorRequest"]["endedAt"] > yielded["floorRequest"]["givenAt"]
    assert await floor(roundtable) == (None, [])


async def test_who_asked_and_nobody_else_withdraws_the_request(roundtable: Held) -> None:
    request = await roundtable.ask_floor("nurse1")

    codes = [
        (await roundtable.do(name, "withdrawFloorRequest", floorRequestId=request)).get("code")
        for name in ("nurse2", "moderator", "nurse3", "nurse1", "nurse1")
    ]

    assert codes == ["NOT_ALLOWED", "NOT_ALLOWED", "NOT_FOUND", None, "CONFLICT"]
    assert await floor(roundtable) == (None, [])
    assert await kinds(roundtable) == ["FLOOR_REQUESTED", "FLOOR_REQUEST_WITHDRAWN"]


async def test_who_is_not_invited_any_more_leaves_the_queue_and_the_floor(
    ask: Ask, world: World, roundtable: Held
) -> None:
    requests = {
        name: await roundtable.ask_floor(name) for name in ("nurse1", "nurse2", "pharmacist1")
    }
    await give(roundtable, requests["nurse1"])
    await roundtable.ask_floor("nurse1")

    await roundtable.do(
        "moderator", "withdrawInvitation", invitationId=roundtable.invitations["nurse1"]
    )
    without_first = await floor(roundtable)
    await roundtable.do(
        "nurse2", "answerInvitation", invitationId=roundtable.invitations["nurse2"], accept=False
    )
    without_second = await floor(roundtable)
    await change(
        ask,
        await world.viewer("moderator"),
        "removeStakeholder",
        "__typename",
        stakeholderId=world.id("Stakeholder", world.stakeholders["pharmacist1"]),
        reason="Asked to leave.",
    )

    assert without_first == (None, ["Nurse2", "Pharmacist1"])
    assert without_second == (None, ["Pharmacist1"])
    assert await floor(roundtable) == (None, [])
    history = await roundtable.show("floorRequests { nodes { state person { name } } }")
    assert [
        (node["person"]["name"], node["state"]) for node in history["floorRequests"]["nodes"]
    ] == [
        ("Nurse1", "FINISHED"),
        ("Nurse2", "WITHDRAWN"),
        ("Pharmacist1", "WITHDRAWN"),
        ("Nurse1", "WITHDRAWN"),
    ]


async def test_nobody_waits_who_is_not_invited_whatever_comes_first(ask: Ask, world: World) -> None:
    for _ in range(5):
        roundtable = await held(ask, world, "nurse1")
        asked, withdrawn = await asyncio.gather(
            roundtable.do("nurse1", "requestFloor"),
            roundtable.do(
                "moderator", "withdrawInvitation", invitationId=roundtable.invitations["nurse1"]
            ),
        )

        assert "code" not in withdrawn
        assert asked.get("code") in {None, "NOT_ALLOWED", "NOT_FOUND"}
        assert await floor(roundtable) == (None, [])


async def test_closing_a_roundtable_empties_its_queue(roundtable: Held) -> None:
    first, second = [await roundtable.ask_floor(name) for name in ("nurse1", "nurse2")]
    await give(roundtable, first)

    await roundtable.step("CLOSE")
    late = [
        await roundtable.do("nurse1", "requestFloor"),
        await give(roundtable, second),
        await end(roundtable, first, "nurse1"),
    ]

    assert await floor(roundtable) == (None, [])
    assert (await kinds(roundtable))[-2:] == ["FLOOR_ENDED", "FLOOR_REQUEST_WITHDRAWN"]
    assert {answer["message"] for answer in late} == {
        "Speaking is possible while the roundtable is OPEN; it is CLOSED."
    }


async def test_a_viewer_sees_what_is_theirs_to_do(ask: Ask, world: World, roundtable: Held) -> None:
    planned = await held(ask, world, "nurse1", opened=False)
    before = await roundtable.show(VIEWER, "nurse1")
    request = await roundtable.ask_floor("nurse1")

    waiting = await roundtable.show(VIEWER, "nurse1")
    others = await roundtable.show("speakingQueue { viewerCanWithdraw viewerCanEnd }", "moderator")
    await give(roundtable, request)
    ending = {
        name: (await roundtable.show("floor { viewerCanEnd }", name))["floor"]["viewerCanEnd"]
        for name in ("nurse1", "nurse2", "moderator")
    }

    assert (await planned.show(VIEWER, "nurse1"))["viewerCanRequestFloor"] is False
    assert before == {"viewerCanRequestFloor": True, "viewerFloorRequest": None}
    assert waiting == {
        "viewerCanRequestFloor": False,
        "viewerFloorRequest": {"about": "nurse1 asks", "viewerCanWithdraw": True},
    }
    assert others == {"speakingQueue": [{"viewerCanWithdraw": False, "viewerCanEnd": False}]}
    assert ending == {"nurse1": True, "nurse2": False, "moderator": True}
    assert (await roundtable.show(VIEWER))["viewerCanRequestFloor"] is True

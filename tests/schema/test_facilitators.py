"""Facilitators who take turns, through the API: whose turn it is, and what they may do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from domain.commands.facilitators import set_facilitators
from domain.errors import Invalid
from domain.models.people import Membership, ScopeKind
from domain.models.topics import BODY_ID, StoredEvent
from domain.permissions import ANYONE, Audience, Role
from domain.unit_of_work import UnitOfWork
from schema.nodes import key
from tests.conftest import Ask
from tests.mutations import change
from tests.roundtables import Held, held
from tests.world import NOW, World

SHOWN = "revision facilitator { name } facilitators { position since person { name } }"
TOPIC = f"topic {{ ... on Roundtable {{ {SHOWN} }} ... on Engagement {{ {SHOWN} }} }}"
STEP = {"reason": "It is time.", "expectedRevision": None}


@pytest.fixture
async def roundtable(ask: Ask, world: World) -> Held:
    return await held(ask, world, "nurse1", "nurse2")


async def rotate(held: Held, *names: str, by: str = "moderator", **more: Any) -> dict[str, Any]:
    """Set the facilitators of a roundtable."""
    people = [held.world.id("Person", held.world.people[name]) for name in names]
    return await held.do(by, "setFacilitators", TOPIC, topicId=held.id, personIds=people, **more)


async def hand_over(
    held: Held, to: str | None = None, by: str = "moderator", **more: Any
) -> dict[str, Any]:
    """Hand a roundtable over, to the next facilitator or to one by name."""
    person = None if to is None else held.world.id("Person", held.world.people[to])
    return await held.do(
        by, "handOverFacilitation", TOPIC, topicId=held.id, personId=person, **more
    )


async def assign(held: Held, item: str, name: str | None) -> dict[str, Any]:
    """Name who is to facilitate an agenda item."""
    person = None if name is None else held.world.id("Person", held.world.people[name])
    return await held.do(
        "moderator",
        "assignFacilitator",
        "agendaItem { revision facilitator { name } }",
        agendaItemId=item,
        personId=person,
    )


async def present(held: Held) -> str | None:
    """Return the name of who facilitates, as somebody who is invited sees it."""
    shown = await held.show("facilitator { name }", "nurse1")
    return shown["facilitator"] and str(shown["facilitator"]["name"])


async def told(held: Held, kinds: str = "FACILITAT") -> list[tuple[str, str]]:
    """Return which events the members of a roundtable were told, and about whom."""
    names = {str(id): name for name, id in held.world.people.items()}
    async with held.world.database.session() as session:
        found = await session.scalars(
            select(StoredEvent)
            .where(
                StoredEvent.topic_id == key(held.id, "id", "Roundtable"),
                StoredEvent.audience == Audience.MEMBERS,
                StoredEvent.kind.startswith(kinds),
            )
            .order_by(StoredEvent.sequence)
        )
        return [(each.kind, names[each.data["person_id"]]) for each in found]


async def test_the_rotation_is_shown_to_everybody_and_nobody_facilitates_at_first(
    roundtable: Held,
) -> None:
    done = await rotate(roundtable, "nurse1", "provider")
    shown = await roundtable.show(SHOWN, "nurse2")
    assert done["topic"] == shown
    assert shown["facilitator"] is None
    assert shown["facilitators"] == [
        {"position": 1, "since": None, "person": {"name": "Nurse1"}},
        {"position": 2, "since": None, "person": {"name": "Provider"}},
    ]
    assert await told(roundtable) == [
        ("FACILITATOR_PLACED", "nurse1"),
        ("FACILITATOR_PLACED", "provider"),
    ]


async def test_facilitation_goes_from_one_to_the_next_and_from_the_last_to_the_first(
    roundtable: Held,
) -> None:
    await rotate(roundtable, "nurse1", "provider", "nurse2")
    found = []
    for to in (None, None, None, None, "nurse2", "provider"):
        done = await hand_over(roundtable, to)
        found.append(done["topic"]["facilitator"]["name"])
        assert [each["since"] is not None for each in done["topic"]["facilitators"]].count(
            True
        ) == 1
    assert found == ["Nurse1", "Provider", "Nurse2", "Nurse1", "Nurse2", "Provider"]
    assert (await told(roundtable, "FACILITATION"))[-1] == ("FACILITATION_HANDED_OVER", "provider")


async def test_whoever_facilitates_moderates_for_as_long_and_nowhere_else(
    roundtable: Held, world: World
) -> None:
    await rotate(roundtable, "nurse1", "nurse2")
    before = await roundtable.do("nurse1", "setSlowMode", seconds=30)
    await hand_over(roundtable)
    during = await roundtable.do("nurse1", "setSlowMode", seconds=30)
    elsewhere = await change(
        roundtable.ask,
        await world.viewer("nurse1"),
        "setEngagementSlowMode",
        "engagement { id }",
        engagementId=world.id("Engagement", world.engagement),
        seconds=30,
    )
    await hand_over(roundtable, by="nurse1")
    after = await roundtable.do("nurse1", "setSlowMode", seconds=30)

    assert [each.get("code") for each in (before, during, elsewhere, after)] == [
        "NOT_ALLOWED",
        None,
        "NOT_ALLOWED",
        "NOT_ALLOWED",
    ]
    assert await present(roundtable) == "Nurse2"


async def test_whoever_facilitates_holds_the_agenda_the_clock_the_floor_and_ballots(
    roundtable: Held,
) -> None:
    await rotate(roundtable, "nurse1")
    await hand_over(roundtable)
    asked = await roundtable.ask_floor("nurse2")
    steps = [
        await roundtable.do("nurse1", "addAgendaItem", title="One", plannedMinutes=5),
        await roundtable.do("nurse1", "advanceClock", transition="START"),
        await roundtable.do("nurse1", "giveFloor", floorRequestId=asked),
        await roundtable.do(
            "nurse1",
            "draftBallot",
            topicId=roundtable.id,
            kind="POSITIONS",
            question="So?",
            visibility="LIVE",
        ),
        await roundtable.do("nurse1", "advanceRoundtable", transition="CLOSE", reason="Enough."),
    ]
    assert not [each for each in steps if "code" in each]


async def test_who_waits_for_their_turn_may_look_on(roundtable: Held, world: World) -> None:
    assert (await roundtable.do("provider", "setSlowMode", seconds=5))["code"] == "NOT_FOUND"
    await rotate(roundtable, "provider")
    assert await roundtable.show("title", "provider") == {"title": "By invitation"}
    assert (await roundtable.do("provider", "setSlowMode", seconds=5))["code"] == "NOT_ALLOWED"
    await rotate(roundtable)
    viewer = await world.viewer("provider")
    data = await roundtable.ask(viewer, f'{{ node(id: "{roundtable.id}") {{ id }} }}')
    assert data == {"node": None}


async def test_that_the_rights_of_both_have_changed_is_told_where_it_is_handed_over(
    roundtable: Held, world: World
) -> None:
    await rotate(roundtable, "nurse1", "nurse2")
    await hand_over(roundtable)
    async with world.database.session() as session:
        body = select(StoredEvent).where(
            StoredEvent.topic_id == BODY_ID, StoredEvent.kind == "RIGHTS_CHANGED"
        )
        before = len((await session.scalars(body)).all())
        await hand_over(roundtable)
        changes = (await session.scalars(body.order_by(StoredEvent.sequence))).all()[before:]
    assert {each.data["person_id"] for each in changes} == {
        str(world.people["nurse1"]),
        str(world.people["nurse2"]),
    }
    held_now = (await world.viewer("nurse1")).grants, (await world.viewer("nurse2")).grants
    topic = key(roundtable.id, "id", "Roundtable")
    assert [Role.MODERATOR in each[topic] for each in held_now] == [False, True]


async def test_who_moderates_by_a_role_goes_on_when_their_turn_is_over(
    roundtable: Held, world: World
) -> None:
    await world.add(_moderator(world, roundtable))
    await rotate(roundtable, "nurse2", "nurse1")
    for _ in range(2):
        await hand_over(roundtable)
    assert await present(roundtable) == "Nurse1"
    assert "code" not in await roundtable.do("nurse2", "setSlowMode", seconds=5)


def _moderator(world: World, roundtable: Held) -> Membership:
    return Membership(
        person_id=world.people["nurse2"],
        role=Role.MODERATOR,
        scope_kind=ScopeKind.ROUNDTABLE,
        scope_id=key(roundtable.id, "id", "Roundtable"),
        created_at=NOW,
    )


async def test_the_clock_hands_over_where_an_item_names_its_facilitator(roundtable: Held) -> None:
    items = [await roundtable.add_item(title) for title in ("One", "Two", "Three", "Four")]
    await rotate(roundtable, "nurse1", "nurse2")
    for item, name in zip(items, ("nurse2", None, "nurse1", "nurse1"), strict=True):
        await assign(roundtable, item, name)
    found = []
    for transition in ("START", "PAUSE", "START", "NEXT", "NEXT", "NEXT", "END"):
        done = await roundtable.do(
            "moderator", "advanceClock", "roundtable { id }", transition=transition
        )
        assert "code" not in done, done
        found.append(await present(roundtable))
    assert found == ["Nurse2", "Nurse2", "Nurse2", "Nurse2", "Nurse1", "Nurse1", "Nurse1"]
    assert await told(roundtable, "FACILITATION") == [
        ("FACILITATION_HANDED_OVER", "nurse2"),
        ("FACILITATION_HANDED_OVER", "nurse1"),
    ]


async def test_a_facilitator_lets_the_clock_hand_over_to_the_next_one(roundtable: Held) -> None:
    items = [await roundtable.add_item(title) for title in ("One", "Two")]
    await rotate(roundtable, "nurse1", "nurse2")
    for item, name in zip(items, ("nurse1", "nurse2"), strict=True):
        await assign(roundtable, item, name)
    await roundtable.do("moderator", "advanceClock", transition="START")
    handed = await roundtable.do("nurse1", "advanceClock", transition="NEXT")
    refused = await roundtable.do("nurse1", "advanceClock", transition="END")

    assert "code" not in handed
    assert refused["code"] == "NOT_ALLOWED"
    assert await present(roundtable) == "Nurse2"


async def test_who_is_left_out_facilitates_no_more_and_no_agenda_item_names_them(
    roundtable: Held,
) -> None:
    item = await roundtable.add_item("One")
    await rotate(roundtable, "nurse1", "nurse2")
    await hand_over(roundtable)
    await assign(roundtable, item, "nurse1")
    done = await rotate(roundtable, "nurse2")
    shown = await roundtable.show("agendaItems { revision facilitator { name } }")

    assert done["topic"]["facilitator"] is None
    assert [each["person"]["name"] for each in done["topic"]["facilitators"]] == ["Nurse2"]
    assert shown["agendaItems"] == [{"revision": 3, "facilitator": None}]
    assert (await told(roundtable))[-3:] == [
        ("FACILITATION_ENDED", "nurse1"),
        ("FACILITATOR_REMOVED", "nurse1"),
        ("FACILITATOR_PLACED", "nurse2"),
    ]
    assert (await roundtable.do("nurse1", "setSlowMode", seconds=5))["code"] == "NOT_ALLOWED"


async def test_whoever_facilitates_goes_on_in_another_order(roundtable: Held) -> None:
    await rotate(roundtable, "nurse1", "nurse2")
    await hand_over(roundtable)
    await rotate(roundtable, "nurse2", "nurse1")
    assert await present(roundtable) == "Nurse1"
    assert (await hand_over(roundtable))["topic"]["facilitator"] == {"name": "Nurse2"}


async def test_setting_the_same_rotation_again_changes_nothing(roundtable: Held) -> None:
    first = await rotate(roundtable, "nurse1", "nurse2")
    before = await told(roundtable)
    assert await rotate(roundtable, "nurse1", "nurse2") == first
    assert await told(roundtable) == before
    item = await roundtable.add_item("One")
    named = [await assign(roundtable, item, "nurse1") for _ in range(2)]
    assert named[0] == named[1]


async def test_closing_a_roundtable_ends_its_facilitation(roundtable: Held) -> None:
    await rotate(roundtable, "nurse1")
    await hand_over(roundtable)
    await roundtable.step("CLOSE")
    assert await present(roundtable) is None
    assert (await told(roundtable))[-1] == ("FACILITATION_ENDED", "nurse1")
    for refused in (await hand_over(roundtable), await rotate(roundtable)):
        assert refused["code"] == "CONFLICT"
        assert "it is CLOSED" in refused["message"]


async def test_an_exercise_is_facilitated_until_it_is_closed(ask: Ask, world: World) -> None:
    topic = world.id("Engagement", world.engagement)
    people = [world.id("Person", world.people[name]) for name in ("nurse1", "nurse2")]
    moderator, nurse = await world.viewer("moderator"), await world.viewer("nurse1")
    place = {"topicId": topic, "expectedRevision": None}
    await change(ask, moderator, "setFacilitators", TOPIC, **place, personIds=people)
    done = await change(ask, moderator, "handOverFacilitation", TOPIC, **place)
    assert done["topic"]["facilitator"] == {"name": "Nurse1"}
    query = (
        "query ($id: ID!) { node(id: $id) { ... on Engagement "
        "{ facilitator { id } facilitators { position } } } }"
    )
    everybody = (await ask(ANYONE, query, id=topic))["node"]
    assert everybody == {
        "facilitator": {"id": people[0]},
        "facilitators": [{"position": 1}, {"position": 2}],
    }
    events = [kind for kind, _ in await world.events(world.engagement)]
    assert events.count("FACILITATION_HANDED_OVER") == len(Audience)

    slow = {"engagementId": topic, "seconds": 5}
    for viewer, code in ((nurse, "NOT_ALLOWED"), (await world.viewer("nurse1"), None)):
        answer = await change(ask, viewer, "setEngagementSlowMode", "__typename", **slow)
        assert answer.get("code") == code
    close = {"engagementId": topic, "transition": "CLOSE", **STEP}
    closing = await world.viewer("nurse1")
    closed = await change(
        ask, closing, "advanceEngagement", "engagement { facilitator { id } }", **close
    )
    assert closed == {"engagement": {"facilitator": None}}
    assert Role.MODERATOR not in (await world.viewer("nurse1")).grants[world.engagement]


async def test_of_two_who_hand_over_at_once_one_is_told_to_look_again(roundtable: Held) -> None:
    await rotate(roundtable, "nurse1", "nurse2", "provider")
    revision = (await roundtable.show("revision"))["revision"]
    answers = await asyncio.gather(
        *(hand_over(roundtable, expectedRevision=revision) for _ in range(2))
    )
    assert sorted(each.get("code", "") for each in answers) == ["", "CONFLICT"]
    assert await present(roundtable) == "Nurse1"


async def test_refusals_say_what_would_be_right(roundtable: Held, world: World) -> None:
    item = await roundtable.add_item("One")
    empty = await hand_over(roundtable)
    unnamed = await assign(roundtable, item, "nurse1")
    await rotate(roundtable, "nurse1")
    stranger = await hand_over(roundtable, "nurse2")
    await hand_over(roundtable)
    again = [await hand_over(roundtable), await hand_over(roundtable, "nurse1")]
    twice = await rotate(roundtable, "nurse1", "nurse1")
    many = await rotate(roundtable, *["nurse1"] * 21)
    unknown = await roundtable.do(
        "moderator",
        "setFacilitators",
        topicId=roundtable.id,
        personIds=[world.id("Person", world.engagement)],
    )
    elsewhere = await roundtable.do(
        "moderator",
        "setFacilitators",
        topicId=world.id("Specification", world.specification),
        personIds=[],
    )
    stale = await rotate(roundtable, expectedRevision=1)
    others = [await rotate(roundtable, by="nurse2"), await hand_over(roundtable, by="nurse2")]

    found = [(each["code"], each["message"], each["path"]) for each in (empty, unnamed, stranger)]
    assert found == [
        (
            "CONFLICT",
            "Nobody takes turns in facilitating here. Please set the facilitators first.",
            [],
        ),
        (
            "INVALID",
            "This person is not among the facilitators of the roundtable. Please set them first.",
            ["personId"],
        ),
        ("INVALID", "This person is not among the facilitators here.", ["personId"]),
    ]
    assert {each["message"] for each in again} == {"Whoever would take over facilitates already."}
    assert (twice["message"], twice["path"]) == (
        "Somebody is named twice. Please name each once.",
        ["personIds"],
    )
    assert many["message"] == "At most 20 people take turns; these are 21."
    assert (unknown["code"], unknown["path"]) == ("NOT_FOUND", ["personIds"])
    assert elsewhere["code"] == "NOT_FOUND"
    async with UnitOfWork(world.database, await world.viewer("admin")) as uow:
        with pytest.raises(Invalid, match="exercise or a roundtable is facilitated"):
            await set_facilitators(
                uow, topic_id=world.specification, person_ids=[], expected_revision=None
            )
    assert stale["code"] == "CONFLICT"
    assert [each["code"] for each in others] == ["NOT_ALLOWED", "NOT_ALLOWED"]

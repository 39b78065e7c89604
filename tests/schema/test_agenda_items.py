"""The agenda of a roundtable through the API: who may change it, and what it keeps."""

from __future__ import annotations

from typing import Any

import pytest

from domain.commands.agenda_items import MOST_ITEMS
from domain.permissions import Audience
from schema.nodes import parse
from tests.conftest import Ask
from tests.roundtables import Held, held
from tests.world import World

ITEM = "agendaItem { position title plannedMinutes secondsSpent revision roundtable { revision } }"


@pytest.fixture
async def roundtable(ask: Ask, world: World) -> Held:
    return await held(ask, world, "nurse1")


async def titles(roundtable: Held) -> list[str]:
    """Return the titles in their order; fail where positions have a gap."""
    items = (await roundtable.show("agendaItems { position title }"))["agendaItems"]
    assert [item["position"] for item in items] == list(range(1, len(items) + 1))
    return [item["title"] for item in items]


async def test_a_moderator_adds_items_where_they_belong_and_those_invited_hear_of_it(
    roundtable: Held,
) -> None:
    await roundtable.add_item("Second")
    first = await roundtable.do(
        "moderator", "addAgendaItem", ITEM, title=" First ", plannedMinutes=10, position=1
    )

    assert first["agendaItem"] == {
        "position": 1,
        "title": "First",
        "plannedMinutes": 10,
        "secondsSpent": 0,
        "revision": 1,
        "roundtable": {"revision": 4},
    }
    assert await titles(roundtable) == ["First", "Second"]
    events = await roundtable.world.events(parse(roundtable.id, "id")[1])
    assert events.count(("AGENDA_ITEM_ADDED", Audience.MEMBERS)) == 2
    assert (await roundtable.show("agendaItems { title }", "nurse1")) == {
        "agendaItems": [{"title": "First"}, {"title": "Second"}]
    }


async def test_an_edit_changes_what_it_names_and_asks_for_the_revision_of_the_item(
    roundtable: Held,
) -> None:
    id = await roundtable.add_item("One")

    async def edit(**input: Any) -> dict[str, Any]:
        return await roundtable.do("moderator", "editAgendaItem", ITEM, agendaItemId=id, **input)

    retitled = await edit(title="Other words", expectedRevision=1)
    planned = await edit(plannedMinutes=20, expectedRevision=2)
    stale = await edit(title="Too late", expectedRevision=2)

    assert retitled["agendaItem"]["plannedMinutes"] == 5
    assert (planned["agendaItem"]["title"], planned["agendaItem"]["plannedMinutes"]) == (
        "Other words",
        20,
    )
    assert stale["code"] == "CONFLICT"


async def test_items_are_moved_and_removed_without_leaving_a_gap(roundtable: Held) -> None:
    ids = [await roundtable.add_item(title) for title in ("One", "Two", "Three")]
    revision = (await roundtable.show("revision"))["revision"]

    async def move(position: int, expected: int) -> dict[str, Any]:
        return await roundtable.do(
            "moderator",
            "moveAgendaItem",
            agendaItemId=ids[2],
            position=position,
            expectedRevision=expected,
        )

    await move(1, revision)
    stale = await move(2, revision)
    nowhere = await move(4, revision + 1)
    moved = await titles(roundtable)
    removed = await roundtable.do(
        "moderator", "removeAgendaItem", "roundtable { revision }", agendaItemId=ids[0]
    )
    gone = await roundtable.do("moderator", "removeAgendaItem", agendaItemId=ids[0])

    assert moved == ["Three", "One", "Two"]
    assert stale["code"] == "CONFLICT"
    assert nowhere["path"] == ["position"]
    assert removed["roundtable"]["revision"] == revision + 2
    assert await titles(roundtable) == ["Three", "Two"]
    assert gone["code"] == "NOT_FOUND"


async def test_what_has_been_under_discussion_stays_on_the_agenda(roundtable: Held) -> None:
    ids = [await roundtable.add_item(title) for title in ("One", "Two", "Three")]
    await roundtable.do("moderator", "advanceClock", transition="START")
    await roundtable.do("moderator", "advanceClock", transition="NEXT")

    codes = [
        (await roundtable.do("moderator", "removeAgendaItem", agendaItemId=id)).get("code")
        for id in ids
    ]

    assert codes == ["CONFLICT", "CONFLICT", None]


async def test_an_agenda_is_settled_once_its_clock_has_ended_or_its_roundtable_is_closed(
    ask: Ask, world: World, roundtable: Held
) -> None:
    item = await roundtable.add_item("One")
    await roundtable.do("moderator", "advanceClock", transition="START")
    await roundtable.do("moderator", "advanceClock", transition="END")
    closed = await held(ask, world)
    await closed.step("CLOSE")

    late = await roundtable.do("moderator", "editAgendaItem", agendaItemId=item, title="x")
    too_late = await closed.do("moderator", "addAgendaItem", title="x", plannedMinutes=1)

    assert late["message"].endswith("it is ENDED.")
    assert too_late["message"] == (
        "Changing the agenda is possible while the roundtable is PLANNED or OPEN; it is CLOSED."
    )


async def test_an_agenda_has_an_end(roundtable: Held) -> None:
    for number in range(MOST_ITEMS):
        await roundtable.add_item(f"{number}")

    more = await roundtable.do("moderator", "addAgendaItem", title="x", plannedMinutes=1)

    assert more["message"] == "An agenda has at most 50 items."


async def test_guests_read_the_agenda_and_others_do_not_know_of_it(roundtable: Held) -> None:
    item = await roundtable.add_item("One")

    by_guest = await roundtable.do("nurse1", "removeAgendaItem", agendaItemId=item)
    by_outsider = await roundtable.do("nurse2", "removeAgendaItem", agendaItemId=item)

    assert by_guest["code"] == "NOT_ALLOWED"
    assert by_outsider["code"] == "NOT_FOUND"

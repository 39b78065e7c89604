"""The clock of a roundtable through the API: what follows what, and whose time it counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.lifecycle import ClockTransition
from tests.conftest import Ask
from tests.roundtables import Held, held
from tests.world import World

CLOCK = "clock { state since asOf item { title secondsSpent } }"
POSSIBLE = "clock { availableTransitions { transition allowed reasons missing } }"


@pytest.fixture
async def roundtable(ask: Ask, world: World) -> Held:
    made = await held(ask, world, "nurse1")
    for title in ("One", "Two"):
        await made.add_item(title)
    return made


async def turn(roundtable: Held, *transitions: str) -> dict[str, Any]:
    """Take steps, each of which must be possible; return the clock after the last one."""
    done: dict[str, Any] = {}
    for transition in transitions:
        done = await roundtable.do(
            "moderator", "advanceClock", f"roundtable {{ {CLOCK} }}", transition=transition
        )
        assert "code" not in done, done
    return dict(done["roundtable"]["clock"])


def between(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Return the seconds from the time of one clock to that of another."""
    times = [datetime.fromisoformat(each["since"]) for each in (one, other)]
    return (times[1] - times[0]).total_seconds()


@pytest.mark.parametrize(
    ("before", "possible"),
    [
        ((), {"START"}),
        (("START",), {"PAUSE", "NEXT", "END"}),
        (("START", "PAUSE"), {"START", "NEXT", "END"}),
        (("START", "PAUSE", "START"), {"PAUSE", "NEXT", "END"}),
        (("START", "PAUSE", "NEXT"), {"PAUSE", "END"}),
        (("START", "NEXT", "PAUSE"), {"START", "END"}),
        (("START", "END"), set()),
    ],
)
async def test_what_is_possible_is_said_and_everything_else_is_refused_and_changes_nothing(
    roundtable: Held, before: tuple[str, ...], possible: set[str]
) -> None:
    if before:
        await turn(roundtable, *before)
    shown = await roundtable.show(f"revision {POSSIBLE}")

    codes = {
        transition: (await roundtable.do("moderator", "advanceClock", transition=transition)).get(
            "code"
        )
        for transition in set(ClockTransition) - possible
    }

    options = shown["clock"]["availableTransitions"]
    assert {each["transition"] for each in options if each["allowed"]} == possible
    assert set(codes.values()) == {"CONFLICT"}
    assert await roundtable.show(f"revision {POSSIBLE}") == shown


async def test_a_clock_starts_in_an_open_roundtable_that_has_an_agenda(
    ask: Ask, world: World
) -> None:
    planned = await held(ask, world, opened=False)
    empty = await held(ask, world)
    await planned.add_item("One")

    too_early = await planned.do("moderator", "advanceClock", transition="START")
    without = await empty.do("moderator", "advanceClock", transition="START")

    assert too_early["message"] == "The roundtable is not open."
    assert without["message"] == "The roundtable has no agenda item."


async def test_nothing_follows_the_last_item_but_the_end(roundtable: Held) -> None:
    await turn(roundtable, "START", "NEXT")

    refused = await roundtable.do("moderator", "advanceClock", transition="NEXT")
    ended = await turn(roundtable, "END")

    assert refused["message"] == "No agenda item follows the present one."
    assert (ended["state"], ended["item"]) == ("ENDED", None)


async def test_time_is_counted_while_the_clock_runs_and_for_the_item_it_runs_on(
    roundtable: Held,
) -> None:
    started = await turn(roundtable, "START")
    paused = await turn(roundtable, "PAUSE")
    resumed = await turn(roundtable, "START")
    following = await turn(roundtable, "NEXT")
    ended = await turn(roundtable, "END")
    items = (await roundtable.show("agendaItems { secondsSpent }"))["agendaItems"]

    first = between(started, paused)
    assert started["item"] == {"title": "One", "secondsSpent": 0}
    assert paused["item"]["secondsSpent"] == resumed["item"]["secondsSpent"] == first > 0
    assert following["item"] == {"title": "Two", "secondsSpent": 0}
    assert [item["secondsSpent"] for item in items] == pytest.approx(
        [first + between(resumed, following), between(following, ended)]
    )
    assert datetime.fromisoformat(started["asOf"]) >= datetime.fromisoformat(started["since"])


async def test_a_pause_takes_no_time_from_the_item(roundtable: Held) -> None:
    paused = await turn(roundtable, "START", "PAUSE")
    await turn(roundtable, "NEXT")

    items = (await roundtable.show("agendaItems { secondsSpent }"))["agendaItems"]
    assert items == [{"secondsSpent": paused["item"]["secondsSpent"]}, {"secondsSpent": 0}]


async def test_an_item_that_is_moved_behind_the_present_one_is_discussed_again(
    roundtable: Held,
) -> None:
    items = (await roundtable.show("agendaItems { id }"))["agendaItems"]
    first = await turn(roundtable, "START", "PAUSE")
    await turn(roundtable, "NEXT")
    await roundtable.do("moderator", "moveAgendaItem", agendaItemId=items[0]["id"], position=2)

    again = await turn(roundtable, "NEXT")
    resting = await turn(roundtable, "PAUSE")

    assert again["item"] == first["item"]
    assert resting["item"]["secondsSpent"] == pytest.approx(
        first["item"]["secondsSpent"] + between(again, resting)
    )


async def test_of_two_moderators_who_press_at_once_the_second_is_told(roundtable: Held) -> None:
    await turn(roundtable, "START")
    revision = (await roundtable.show("revision"))["revision"]

    async def next_item() -> dict[str, Any]:
        return await roundtable.do(
            "moderator", "advanceClock", transition="NEXT", expectedRevision=revision
        )

    first, second = await next_item(), await next_item()

    assert "code" not in first
    assert second["code"] == "CONFLICT"
    assert second["path"] == ["expectedRevision"]


async def test_closing_a_roundtable_ends_a_clock_that_was_started(
    ask: Ask, world: World, roundtable: Held
) -> None:
    started = await turn(roundtable, "START")
    unused = await held(ask, world)
    await unused.add_item("One")

    await roundtable.step("CLOSE")
    await unused.step("CLOSE")

    ended = await roundtable.show(f"{CLOCK} agendaItems {{ secondsSpent }}")
    assert (ended["clock"]["state"], ended["clock"]["item"]) == ("ENDED", None)
    assert ended["agendaItems"][0]["secondsSpent"] == between(started, ended["clock"])
    assert (await unused.show(CLOCK))["clock"]["state"] == "NOT_STARTED"


async def test_the_clock_is_the_moderators_to_set_and_says_so(roundtable: Held) -> None:
    by_guest = await roundtable.do("nurse1", "advanceClock", transition="START")
    by_outsider = await roundtable.do("nurse2", "advanceClock", transition="START")
    shown = await roundtable.show(POSSIBLE, "nurse1")

    assert by_guest["code"] == "NOT_ALLOWED"
    assert by_outsider["code"] == "NOT_FOUND"
    assert shown["clock"]["availableTransitions"] == [
        {
            "transition": "START",
            "allowed": False,
            "reasons": [
                (
                    "START of this clock needs the permission MODERATE, "
                    "which comes with the role ADMIN or SECRETARIAT or MODERATOR."
                )
            ],
            "missing": [],
        }
    ]

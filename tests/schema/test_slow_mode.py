"""Slow mode of a roundtable: who has to wait between two comments, and for how long."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from domain.models.comments import Comment
from domain.permissions import Audience
from schema.nodes import parse
from tests.conftest import Ask
from tests.counting import counting
from tests.roundtables import Held, held
from tests.world import NOW, World


def engagement(world: World) -> str:
    return world.id("Engagement", world.engagement)


async def say(
    roundtable: Held, name: str, thread: str | None = None, **more: Any
) -> dict[str, Any]:
    """Add a comment to a thread, or open one about the specification."""
    if thread is not None:
        return await roundtable.do(name, "addComment", threadId=thread, body="More.")
    subject = roundtable.world.id("Specification", roundtable.world.specification)
    return await roundtable.do(
        name,
        "openThread",
        "thread { id }",
        **{"topicId": roundtable.id, "subjectId": subject, "body": "A word.", **more},
    )


async def test_slow_mode_asks_a_participant_and_no_moderator_to_wait(
    ask: Ask, world: World
) -> None:
    roundtable = await held(ask, world, "nurse1", "nurse2")
    set_ = await roundtable.do(
        "moderator", "setSlowMode", "roundtable { slowModeSeconds revision }", seconds=60
    )

    first = await say(roundtable, "nurse1")
    thread = first["thread"]["id"]
    again = await say(roundtable, "nurse1")
    reply = await say(roundtable, "nurse1", thread)
    other = await say(roundtable, "nurse2", thread)
    moderator = [await say(roundtable, "moderator", thread) for _ in range(2)]
    elsewhere = [await say(roundtable, "nurse1", topicId=engagement(world)) for _ in range(2)]

    assert set_["roundtable"] == {"slowModeSeconds": 60, "revision": 3}
    assert again["code"] == reply["code"] == "CONFLICT"
    assert again["message"] in {
        f"Slow mode is on in this roundtable. Please write again in {seconds} seconds."
        for seconds in range(30, 61)
    }
    assert not [each for each in (other, *moderator, *elsewhere) if "code" in each]


async def test_slow_mode_lets_a_participant_write_again_after_the_time_or_once_it_is_off(
    ask: Ask, world: World
) -> None:
    roundtable = await held(ask, world, "nurse1")
    await roundtable.do("moderator", "setSlowMode", seconds=60)
    await say(roundtable, "nurse1")
    async with world.database.session() as session:
        comment = (await session.scalars(select(Comment))).one()
        comment.created_at -= timedelta(seconds=60)
        await session.commit()

    after_the_time = await say(roundtable, "nurse1")
    too_soon = await say(roundtable, "nurse1")
    await roundtable.do("moderator", "setSlowMode", seconds=0)
    once_off = await say(roundtable, "nurse1")

    assert "code" not in after_the_time
    assert too_soon["code"] == "CONFLICT"
    assert "code" not in once_off


async def test_of_comments_sent_at_once_slow_mode_takes_one(ask: Ask, world: World) -> None:
    roundtable = await held(ask, world, "nurse1")
    await roundtable.do("moderator", "setSlowMode", seconds=60)

    answers = await asyncio.gather(*(say(roundtable, "nurse1") for _ in range(5)))

    assert sorted(answer.get("code", "") for answer in answers) == ["", *["CONFLICT"] * 4]


async def test_slow_mode_costs_nothing_where_it_is_off(ask: Ask, world: World) -> None:
    roundtable = await held(ask, world, "nurse1")
    engaged = {"topicId": engagement(world)}

    async def cost(**more: Any) -> int:
        with counting(world.database) as statements:
            assert "code" not in await say(roundtable, "nurse1", **more)
        return len(statements)

    elsewhere, off = await cost(**engaged), await cost()
    await roundtable.do("moderator", "setSlowMode", seconds=1)
    async with world.database.session() as session:
        await session.execute(update(Comment).values(created_at=NOW))
        await session.commit()
    on = await cost()

    assert elsewhere == off == on - 2


async def test_slow_mode_that_is_set_again_is_told_once(ask: Ask, world: World) -> None:
    roundtable = await held(ask, world, "nurse1")
    for _ in range(2):
        await roundtable.do("moderator", "setSlowMode", seconds=60)
    by_guest = await roundtable.do("nurse1", "setSlowMode", seconds=0)
    await roundtable.step("CLOSE")
    late = await roundtable.do("moderator", "setSlowMode", seconds=0)

    events = await world.events(parse(roundtable.id, "id")[1])
    assert events.count(("SLOW_MODE_SET", Audience.MEMBERS)) == 1
    assert by_guest["code"] == "NOT_ALLOWED"
    assert late["code"] == "CONFLICT"

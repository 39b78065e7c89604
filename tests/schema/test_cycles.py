"""Priority cycles through the API: planned by the secretariat, read by everybody."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import update

from domain.models.criteria import Criterion
from domain.permissions import ANYONE, Audience
from schema.nodes import parse
from tests.conftest import Ask
from tests.priorities import priorities
from tests.world import NOW, World


def key(id: str) -> UUID:
    return parse(id, "id")[1]


async def test_everybody_reads_the_cycles(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)

    data = await ask(
        ANYONE,
        "{ cycles { totalCount nodes { id title purpose opensOn closesOn state revision "
        "viewerCanEdit proposals { totalCount } } } }",
    )

    assert data["cycles"] == {
        "totalCount": 1,
        "nodes": [
            {
                "id": made.cycle,
                "title": "Spring",
                "purpose": "To find what is needed most.",
                "opensOn": "2026-03-01",
                "closesOn": "2026-05-31",
                "state": "OPEN",
                "revision": 2,
                "viewerCanEdit": False,
                "proposals": {"totalCount": 0},
            }
        ],
    }
    assert await world.events(key(made.cycle)) == [
        (kind, audience)
        for audience in sorted(Audience)
        for kind in ("CYCLE_PLANNED", "CYCLE_ADVANCED")
    ]


async def test_a_cycle_is_edited_until_it_is_decided(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    edit = {"cycleId": made.cycle, "title": "Spring and summer", "closesOn": "2026-08-31"}

    edited = await made.do(
        "secretary", "editCycle", "title purpose opensOn closesOn", **edit, expectedRevision=2
    )

    assert edited["title"] == "Spring and summer"
    assert (edited["opensOn"], edited["closesOn"]) == ("2026-03-01", "2026-08-31")
    assert edited["purpose"] == "To find what is needed most."
    stale = await made.do("secretary", "editCycle", **edit, expectedRevision=2)
    assert (stale["code"], stale["path"]) == ("CONFLICT", ["expectedRevision"])

    proposal = await made.submitted()
    await made.move_cycle("SCORE")
    await made.step(proposal, "WITHDRAW", "nurse1")
    assert (await made.move_cycle("CONCLUDE"))["state"] == "DECIDED"
    late = await made.do("secretary", "editCycle", **edit)
    assert late["message"] == (
        "Changing a cycle is possible while the priority cycle is PLANNED or OPEN or SCORING; "
        "it is DECIDED."
    )


@pytest.mark.parametrize("mutation", ["planCycle", "editCycle"])
async def test_the_last_day_is_after_the_first_one(ask: Ask, world: World, mutation: str) -> None:
    made = await priorities(ask, world)
    input = {"title": "Autumn", "opensOn": "2026-09-01", "closesOn": "2026-09-01"}
    if mutation == "editCycle":
        input["cycleId"] = made.cycle

    refused = await made.do("secretary", mutation, **input)

    assert (refused["code"], refused["path"]) == ("INVALID", ["closesOn"])
    assert refused["message"] == ("2026-09-01 is not after 2026-09-01. Please send a later date.")


async def test_only_who_steers_the_body_plans_edits_and_advances_cycles(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)

    for name in ("nurse1", "board", "judge1"):
        for refused in (
            await made.do(
                name, "planCycle", title="x", opensOn="2026-01-01", closesOn="2026-02-01"
            ),
            await made.do(name, "editCycle", cycleId=made.cycle, title="x"),
            await made.move_cycle("SCORE", name),
        ):
            assert refused["code"] == "NOT_ALLOWED", (name, refused)


async def test_a_step_says_what_is_missing(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    assert (await made.options(made.cycle, "Cycle", "secretary"))["SCORE"] == {
        "transition": "SCORE",
        "allowed": False,
        "reasons": [],
        "missing": ["No proposal was submitted."],
    }
    assert (await made.move_cycle("SCORE"))["message"] == "No proposal was submitted."

    await made.draft()
    assert (await made.move_cycle("SCORE"))["message"] == "No proposal was submitted."

    proposal = await made.submitted()
    assert (await made.move_cycle("SCORE"))["state"] == "SCORING"
    refused = await made.move_cycle("CONCLUDE")
    assert refused["message"] == "Submitted proposals not yet decided: 1."

    await made.step(proposal, "WITHDRAW", "nurse1")
    assert (await made.options(made.cycle, "Cycle", "secretary"))["CONCLUDE"]["allowed"] is True
    assert (await made.move_cycle("CONCLUDE"))["state"] == "DECIDED"
    done = await made.move_cycle("OPEN")
    assert done["code"] == "CONFLICT"
    assert done["message"].endswith("Nothing follows that.")


async def test_a_cycle_without_gateway_criteria_does_not_open(ask: Ask, world: World) -> None:
    made = await priorities(ask, world, opened=False)
    async with world.database.session() as session:
        await session.execute(update(Criterion).values(retired_at=NOW))
        await session.commit()

    assert (await made.move_cycle("OPEN"))["message"] == "No gateway criterion is in force."

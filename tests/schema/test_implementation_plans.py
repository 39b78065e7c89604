"""Implementation plans and the launch through the API, by hand and on its day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.commands.due import launch_what_is_due
from domain.ids import new_id
from domain.lifecycle import SpecificationState
from domain.models.endorsements import Endorsement, EndorsementCondition
from domain.models.implementation_plans import ImplementationPlan
from domain.models.specifications import Specification
from domain.models.topics import Topic, TopicKind
from domain.permissions import ANYONE
from tests.candidates import HASH, asked, put
from tests.conftest import Ask
from tests.mutations import change
from tests.world import NOW, World

TODAY = datetime.now(UTC).date()
POINTS = "points { position kind body answer }"


def day(days: int) -> str:
    return f"{TODAY + timedelta(days=days):%Y-%m-%d}"


async def plan(ask: Ask, world: World, by: str = "secretary", **more: Any) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(by),
        "planImplementation",
        f"implementationPlan {{ id launchOn teachOutOn resources pilot {POINTS} }}",
        specificationId=world.id("Specification", world.specification),
        **{"launchOn": day(0), "resources": "Two lecturers.", **more},
    )


async def edit(ask: Ask, world: World, id: str, **more: Any) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer("secretary"),
        "editImplementationPlan",
        "implementationPlan { launchOn teachOutOn pilot pilotEvaluation revision }",
        implementationPlanId=id,
        **{"expectedRevision": None, **more},
    )


async def add(ask: Ask, world: World, id: str, kind: str, answer: str = "") -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer("secretary"),
        "addImplementationPoint",
        "implementationPoint { id position kind body answer }",
        implementationPlanId=id,
        kind=kind,
        body="Placements are scarce.",
        answer=answer,
    )


async def step(ask: Ask, world: World, transition: str) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer("secretary"),
        "advanceSpecification",
        "specification { state teachOutOn "
        "availableTransitions { transition allowed reasons missing } }",
        specificationId=world.id("Specification", world.specification),
        transition=transition,
        reason="It is ready.",
        expectedRevision=None,
    )


async def missing(ask: Ask, world: World, transition: str) -> list[str]:
    data = await ask(
        await world.viewer("secretary"),
        "query ($id: ID!) { node(id: $id) { ... on Specification "
        "{ availableTransitions { transition allowed missing } } } }",
        id=world.id("Specification", world.specification),
    )
    [found] = [
        each for each in data["node"]["availableTransitions"] if each["transition"] == transition
    ]
    assert found["allowed"] is not bool(found["missing"])
    return list(found["missing"])


async def launched_before(world: World) -> Specification:
    """Have an earlier version that is launched."""
    id = new_id()
    before = Specification(
        id=id,
        credential_id=world.credential,
        version=0,
        title="The one before",
        summary="",
        state=SpecificationState.LAUNCHED,
        created_at=NOW,
    )
    await world.add(
        Topic(id=id, kind=TopicKind.SPECIFICATION, scopes=[id, world.credential], public=True),
        before,
    )
    return before


@pytest.fixture
async def endorsed(world: World) -> World:
    await put(world, SpecificationState.ENDORSED, content_hash=HASH)
    return world


async def test_a_plan_says_what_stands_in_the_way_of_the_launch(ask: Ask, endorsed: World) -> None:
    assert await missing(ask, endorsed, "SCHEDULE") == [
        "It has no implementation plan.",
        "The implementation plan names no resources.",
    ]
    made = await plan(ask, endorsed, resources="", pilot="One ward for a month.")
    id = made["implementationPlan"]["id"]
    await add(ask, endorsed, id, "ENABLER")
    barrier = await add(ask, endorsed, id, "BARRIER")
    assert barrier["implementationPoint"]["position"] == 2
    assert await missing(ask, endorsed, "SCHEDULE") == [
        "The implementation plan names no resources.",
        "Its pilot is not evaluated.",
        "Barriers without an answer: 1.",
    ]

    await edit(ask, endorsed, id, resources="Two lecturers.", pilotEvaluation="It went well.")
    answered = await change(
        ask,
        await endorsed.viewer("secretary"),
        "editImplementationPoint",
        "implementationPoint { answer revision implementationPlan { launchOn } }",
        implementationPointId=barrier["implementationPoint"]["id"],
        answer="Three providers share theirs.",
        expectedRevision=1,
    )

    assert answered["implementationPoint"] == {
        "answer": "Three providers share theirs.",
        "revision": 2,
        "implementationPlan": {"launchOn": day(0)},
    }
    assert await missing(ask, endorsed, "SCHEDULE") == []


async def test_a_launch_is_scheduled_taken_back_and_made(ask: Ask, endorsed: World) -> None:
    await plan(ask, endorsed)
    early = await step(ask, endorsed, "LAUNCH")
    scheduled = await step(ask, endorsed, "SCHEDULE")
    back = await step(ask, endorsed, "UNSCHEDULE")
    await step(ask, endorsed, "SCHEDULE")
    launched = await step(ask, endorsed, "LAUNCH")

    assert early["message"].startswith("LAUNCH is not possible: this specification is ENDORSED.")
    assert scheduled["specification"]["state"] == "SCHEDULED"
    assert back["specification"]["state"] == "ENDORSED"
    assert launched["specification"]["state"] == "LAUNCHED"


async def test_nothing_is_launched_before_its_day(ask: Ask, endorsed: World) -> None:
    await plan(ask, endorsed, launchOn=day(2))
    await step(ask, endorsed, "SCHEDULE")

    refused = await step(ask, endorsed, "LAUNCH")

    assert refused["message"] == "The day of its launch has not come."
    assert await launch_what_is_due(endorsed.database) == 0


async def test_what_is_scheduled_launches_itself_on_its_day_once(ask: Ask, endorsed: World) -> None:
    await plan(ask, endorsed)
    await step(ask, endorsed, "SCHEDULE")

    assert await launch_what_is_due(endorsed.database) == 1
    assert await launch_what_is_due(endorsed.database) == 0
    kinds = [kind for kind, _ in await endorsed.events(endorsed.specification)]
    assert kinds.count("SPECIFICATION_ADVANCED") == 6  # two steps, each to three audiences


async def test_a_launch_with_open_conditions_is_refused_and_waits(
    ask: Ask, endorsed: World
) -> None:
    await plan(ask, endorsed)
    await step(ask, endorsed, "SCHEDULE")
    made = await _condition(ask, endorsed)

    refused = await step(ask, endorsed, "LAUNCH")

    assert refused["message"] == "Conditions of the endorsement still open: 1."
    assert await launch_what_is_due(endorsed.database) == 0
    async with endorsed.database.session() as session:
        await session.execute(
            update(EndorsementCondition).where(EndorsementCondition.id == made).values(met_at=NOW)
        )
        await session.commit()
    assert await launch_what_is_due(endorsed.database) == 1


async def test_the_version_before_is_taught_out(ask: Ask, endorsed: World) -> None:
    before = await launched_before(endorsed)
    made = await plan(ask, endorsed)
    assert await missing(ask, endorsed, "SCHEDULE") == [
        "The version that is launched now has no last day of teaching."
    ]
    await edit(ask, endorsed, made["implementationPlan"]["id"], teachOutOn=day(365))
    await step(ask, endorsed, "SCHEDULE")
    await step(ask, endorsed, "LAUNCH")

    data = await ask(
        ANYONE,
        "query ($id: ID!) { node(id: $id) { ... on Specification { state teachOutOn } } }",
        id=endorsed.id("Specification", before.id),
    )

    assert data["node"] == {"state": "SUPERSEDED", "teachOutOn": day(365)}


async def test_a_day_that_passed_meanwhile_is_no_day_of_launch(ask: Ask, endorsed: World) -> None:
    await plan(ask, endorsed)
    async with endorsed.database.session() as session:
        await session.execute(
            update(ImplementationPlan).values(launch_on=TODAY - timedelta(days=1))
        )
        await session.commit()

    assert await missing(ask, endorsed, "SCHEDULE") == ["The day of its launch has passed."]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"launchOn": day(-1)}, "Please send a day to come."),
        ({"launchOn": day(3), "teachOutOn": day(3)}, "which is not after the launch on"),
    ],
)
async def test_days_in_the_wrong_order_are_refused(
    ask: Ask, endorsed: World, days: dict[str, str], said: str
) -> None:
    refused = await plan(ask, endorsed, **days)

    assert refused["code"] == "INVALID"
    assert said in refused["message"]


async def test_there_is_one_plan_for_a_specification(ask: Ask, endorsed: World) -> None:
    await plan(ask, endorsed)

    refused = await plan(ask, endorsed)

    assert refused["message"] == (
        "This specification has an implementation plan already. Please edit that one."
    )


async def test_an_evaluation_is_of_a_pilot(ask: Ask, endorsed: World) -> None:
    made = await plan(ask, endorsed)

    refused = await edit(
        ask, endorsed, made["implementationPlan"]["id"], pilotEvaluation="It went well."
    )

    assert refused["path"] == ["pilot"]


async def test_a_plan_that_was_changed_meanwhile_is_not_overwritten(
    ask: Ask, endorsed: World
) -> None:
    made = await plan(ask, endorsed)

    refused = await edit(
        ask, endorsed, made["implementationPlan"]["id"], resources="None.", expectedRevision=9
    )

    assert refused["path"] == ["expectedRevision"]


async def test_the_plan_of_what_is_scheduled_stays(ask: Ask, endorsed: World) -> None:
    made = await plan(ask, endorsed)
    await step(ask, endorsed, "SCHEDULE")

    refused = await edit(ask, endorsed, made["implementationPlan"]["id"], launchOn=day(5))
    more = await add(ask, endorsed, made["implementationPlan"]["id"], "ENABLER")

    assert refused["code"] == more["code"] == "CONFLICT"
    assert "it is SCHEDULED" in refused["message"]


@pytest.mark.parametrize("by", ["developer", "nurse1", "stranger"])
async def test_only_the_secretariat_plans_the_implementation(
    ask: Ask, endorsed: World, by: str
) -> None:
    assert (await plan(ask, endorsed, by))["code"] == "NOT_ALLOWED"


async def _condition(ask: Ask, world: World) -> Any:
    """Add a condition to the specification, however it came there."""
    await put(world, SpecificationState.CANDIDATE)
    made = await asked(ask, world)
    await put(world, SpecificationState.SCHEDULED)
    async with world.database.session() as session:
        endorsement = (await session.scalars(select(Endorsement.id))).one()
    assert made
    condition = EndorsementCondition(
        endorsement_id=endorsement,
        specification_id=world.specification,
        position=1,
        body="More.",
        due_on=TODAY,
        created_at=NOW,
    )
    await world.add(condition)
    return condition.id

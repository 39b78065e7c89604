"""Evaluations through the API: from their design to the report, without small numbers."""

from __future__ import annotations

from typing import Any

import pytest

from domain.permissions import ANYONE
from tests.conftest import Ask
from tests.mutations import change
from tests.world import World

POINTS = (
    "query ($id: ID!) { node(id: $id) { ... on Evaluation { state measures { name unit "
    "dataPoints { period peopleGroup people value suppressed } } } } }"
)


async def design(ask: Ask, world: World, by: str = "secretary", **more: Any) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(by),
        "designEvaluation",
        "evaluation { id state credential { code } }",
        **{
            "title": "What it is worth",
            "purpose": "To know what to do next.",
            "startsOn": "2026-01-01",
            "endsOn": "2026-12-31",
            **more,
        },
    )


async def do(ask: Ask, world: World, mutation: str, selection: str, **input: Any) -> dict[str, Any]:
    return await change(ask, await world.viewer("secretary"), mutation, selection, **input)


async def step(ask: Ask, world: World, id: str, transition: str, **more: Any) -> dict[str, Any]:
    return await do(
        ask,
        world,
        "advanceEvaluation",
        "evaluation { state publishedAt }",
        evaluationId=id,
        transition=transition,
        reason="It is time.",
        **{"expectedRevision": None, **more},
    )


async def measure(ask: Ask, world: World, id: str) -> dict[str, Any]:
    return await do(
        ask,
        world,
        "addMeasure",
        "measure { id position kind evaluation { title } }",
        evaluationId=id,
        kind="COLLECTIVE",
        name="Waiting time",
        unit="days",
    )


async def record(
    ask: Ask, world: World, measure_id: str, group: str, people: int, value: str = "12.5"
) -> dict[str, Any]:
    return await do(
        ask,
        world,
        "recordDataPoint",
        "dataPoint { id people value measure { name } }",
        measureId=measure_id,
        period="2026",
        peopleGroup=group,
        people=people,
        value=value,
        source="Returns of the providers.",
    )


async def collecting(ask: Ask, world: World) -> tuple[str, str]:
    """Return the ids of an evaluation that collects, and of its measure."""
    id = str((await design(ask, world))["evaluation"]["id"])
    measure_id = str((await measure(ask, world, id))["measure"]["id"])
    await step(ask, world, id, "COLLECT")
    return id, measure_id


async def published(ask: Ask, world: World, people: dict[str, int]) -> str:
    id, measure_id = await collecting(ask, world)
    for group, count in people.items():
        assert "dataPoint" in await record(ask, world, measure_id, group, count)
    for transition in ("ANALYSE", "DRAFT"):
        await step(ask, world, id, transition)
    await do(
        ask,
        world,
        "editEvaluation",
        "evaluation { report }",
        evaluationId=id,
        report="It is worth a lot.",
        nextCycle="More of it.",
        expectedRevision=None,
    )
    done = await step(ask, world, id, "PUBLISH")
    assert done["evaluation"]["state"] == "PUBLISHED"
    assert done["evaluation"]["publishedAt"] is not None
    return id


async def told(ask: Ask, world: World, id: str, by: str | None = None) -> dict[str, Any]:
    viewer = ANYONE if by is None else await world.viewer(by)
    data = await ask(viewer, POINTS, id=id)
    return {
        point["peopleGroup"]: (point["people"], point["value"])
        for each in data["node"]["measures"]
        for point in each["dataPoints"]
    }


async def test_an_evaluation_is_for_its_members_until_it_is_published(
    ask: Ask, world: World
) -> None:
    id, _ = await collecting(ask, world)
    before = await ask(ANYONE, POINTS, id=id)
    listed = await ask(ANYONE, "{ evaluations(first: 5) { totalCount } }")
    later = await published(ask, world, {"Nurses": 20})
    after = await ask(
        ANYONE,
        "query ($id: ID!) { node(id: $id) { ... on Evaluation { report nextCycle } } "
        "evaluations(first: 5) { totalCount nodes { id } } }",
        id=later,
    )

    assert before["node"] is None
    assert listed["evaluations"]["totalCount"] == 0
    assert after["node"] == {"report": "It is worth a lot.", "nextCycle": "More of it."}
    assert after["evaluations"] == {"totalCount": 1, "nodes": [{"id": later}]}


async def test_small_numbers_are_told_to_moderators_alone(ask: Ask, world: World) -> None:
    id = await published(ask, world, {"Nurses": 20, "Pharmacists": 3, "Others": 8})

    assert await told(ask, world, id) == {
        "Nurses": (20, "12.5000"),
        # With one small group hidden alone, whoever knows the total would know it.
        "Others": (None, None),
        "Pharmacists": (None, None),
    }
    assert await told(ask, world, id, "secretary") == {
        "Nurses": (20, "12.5000"),
        "Others": (8, "12.5000"),
        "Pharmacists": (3, "12.5000"),
    }


async def test_a_data_point_by_its_id_tells_no_more_than_among_the_others(
    ask: Ask, world: World
) -> None:
    id, measure_id = await collecting(ask, world)
    await record(ask, world, measure_id, "Nurses", 20)
    small = (await record(ask, world, measure_id, "Others", 8))["dataPoint"]["id"]
    await record(ask, world, measure_id, "Pharmacists", 3)
    query = (
        "query ($id: ID!) { node(id: $id) { ... on DataPoint { people value suppressed source } } }"
    )
    before = await ask(ANYONE, query, id=small)
    for transition in ("ANALYSE", "DRAFT"):
        await step(ask, world, id, transition)
    await do(
        ask,
        world,
        "editEvaluation",
        "evaluation { id }",
        evaluationId=id,
        report="r",
        nextCycle="n",
        expectedRevision=None,
    )
    await step(ask, world, id, "PUBLISH")
    after = await ask(ANYONE, query, id=small)

    assert before["node"] is None
    assert after["node"] == {
        "people": None,
        "value": None,
        "suppressed": True,
        "source": "Returns of the providers.",
    }


async def test_a_point_that_is_recorded_again_takes_the_place_of_the_first(
    ask: Ask, world: World
) -> None:
    id, measure_id = await collecting(ask, world)
    first = await record(ask, world, measure_id, "Nurses", 20)
    second = await record(ask, world, measure_id, "Nurses", 21, "13")

    assert first["dataPoint"]["id"] == second["dataPoint"]["id"]
    assert await told(ask, world, id, "secretary") == {"Nurses": (21, "13.0000")}


async def test_steps_say_what_is_missing(ask: Ask, world: World) -> None:
    id = str((await design(ask, world))["evaluation"]["id"])
    none = await step(ask, world, id, "COLLECT")
    measure_id = str((await measure(ask, world, id))["measure"]["id"])
    early = await record(ask, world, measure_id, "Nurses", 20)
    await step(ask, world, id, "COLLECT")
    late = await measure(ask, world, id)
    empty = await step(ask, world, id, "ANALYSE")
    await record(ask, world, measure_id, "Nurses", 20)
    for transition in ("ANALYSE", "DRAFT"):
        await step(ask, world, id, transition)
    blank = await step(ask, world, id, "PUBLISH")
    resumed = await step(ask, world, id, "RESUME")

    assert none["message"] == "No measure is named."
    assert early["message"] == (
        "Recording data is possible while the evaluation is COLLECTING; it is DESIGN."
    )
    assert late["code"] == "CONFLICT"
    assert empty["message"] == "Measures without a data point: 1."
    assert blank["message"] == (
        "Its report is empty. It does not say what changes in the next cycle."
    )
    assert resumed["evaluation"]["state"] == "COLLECTING"


async def test_a_published_evaluation_stays(ask: Ask, world: World) -> None:
    id = await published(ask, world, {"Nurses": 20})

    refused = await do(
        ask,
        world,
        "editEvaluation",
        "evaluation { id }",
        evaluationId=id,
        report="Otherwise.",
        expectedRevision=None,
    )

    assert refused["code"] == "CONFLICT"


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"endsOn": "2026-01-01"}, ["endsOn"]),
        ({"smallestCount": 1}, ["smallestCount"]),
        ({"title": " "}, ["title"]),
    ],
)
async def test_a_design_that_cannot_be_is_refused(
    ask: Ask, world: World, wrong: dict[str, Any], path: list[str]
) -> None:
    refused = await design(ask, world, **wrong)

    assert (refused["code"], refused["path"]) == ("INVALID", path)


@pytest.mark.parametrize(
    ("people", "value", "path"), [(-1, "1", ["people"]), (9, "1e15", ["value"])]
)
async def test_figures_that_cannot_be_are_refused(
    ask: Ask, world: World, people: int, value: str, path: list[str]
) -> None:
    _, measure_id = await collecting(ask, world)

    refused = await record(ask, world, measure_id, "Nurses", people, value)

    assert (refused["code"], refused["path"]) == ("INVALID", path)


async def test_one_credential_can_be_evaluated(ask: Ask, world: World) -> None:
    credential = world.id("Credential", world.credential)
    made = await design(ask, world, credentialId=credential)
    data = await ask(
        await world.viewer("secretary"),
        "query ($id: ID!) { node(id: $id) { ... on Credential "
        "{ evaluations(first: 5) { totalCount nodes { title } } } } }",
        id=credential,
    )

    assert made["evaluation"]["credential"] == {"code": "PAIN"}
    assert data["node"]["evaluations"] == {
        "totalCount": 1,
        "nodes": [{"title": "What it is worth"}],
    }


@pytest.mark.parametrize("by", ["developer", "nurse1", "stranger"])
async def test_evaluations_are_designed_by_the_secretariat(ask: Ask, world: World, by: str) -> None:
    assert (await design(ask, world, by))["code"] == "NOT_ALLOWED"


async def test_what_was_changed_meanwhile_is_not_overwritten(ask: Ask, world: World) -> None:
    id, _ = await collecting(ask, world)

    refused = await step(ask, world, id, "ANALYSE", expectedRevision=99)

    assert refused["path"] == ["expectedRevision"]

"""How plans are judged, through the API: who is told what, and when, and what comes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.lifecycle.delivery_plans import PlanConditionTransition
from domain.models.criteria import Finding
from domain.permissions import ANYONE
from tests.conftest import Ask
from tests.mutations import change
from tests.plans import (
    STANDARDS,
    TODAY,
    Step,
    answer,
    approval_of,
    approved,
    assign,
    before_panel,
    condition,
    in_check,
    in_review,
    judge,
    overdue,
    staff,
    step,
    step_condition,
)
from tests.world import World

REVIEWS = "standardsReviews { reviewer { name } handedInAt viewerCanJudge judgements { finding } }"


@pytest.fixture(autouse=True)
async def everybody(world: World) -> None:
    await staff(world)


async def read(ask: Ask, world: World, name: str | None, plan: UUID, selection: str) -> Any:
    """Return what somebody is told of a plan; nothing of it for None."""
    viewer = ANYONE if name is None else await world.viewer(name)
    data = await ask(
        viewer,
        f"query ($id: ID!) {{ node(id: $id) {{ ... on DeliveryPlan {{ {selection} }} }} }}",
        id=world.id("DeliveryPlan", plan),
    )
    return data["node"]


async def options(ask: Ask, world: World, name: str, plan: UUID) -> dict[str, Any]:
    """Return each transition with its reasons and what is missing."""
    found = await read(
        ask, world, name, plan, "availableTransitions { transition allowed reasons missing }"
    )
    return {
        each["transition"]: (each["allowed"], each["reasons"], each["missing"])
        for each in found["availableTransitions"]
    }


async def test_answers_of_the_check_are_told_to_the_provider_when_it_is_over(
    ask: Ask, world: World
) -> None:
    plan = await in_check(world)
    await answer(world, plan, failing=(2,))
    items = "thresholdItems { standard { number title } passed note answeredBy { name } }"

    by_body = (await read(ask, world, "secretary", plan, items))["thresholdItems"]
    early = (await read(ask, world, "provider", plan, items))["thresholdItems"]
    await step(world, "secretary", plan, Step.RETURN)
    told = (await read(ask, world, "provider", plan, items))["thresholdItems"]

    assert [each["standard"]["title"] for each in by_body] == [
        item.title for item in STANDARDS.threshold
    ]
    assert by_body[1] == {
        "standard": {"number": 2, "title": STANDARDS.threshold[1].title},
        "passed": False,
        "note": "Not here.",
        "answeredBy": {"name": "Secretary"},
    }
    assert [each["passed"] for each in early] == [None] * len(STANDARDS.threshold)
    assert told == by_body


async def test_reviews_are_blind_until_both_are_in_and_the_providers_after_the_panel(
    ask: Ask, world: World
) -> None:
    plan = await in_review(world)
    ids = {name: await assign(world, plan, name) for name in ("reviewer1", "reviewer2")}
    await judge(world, "reviewer1", ids["reviewer1"])

    async def told(name: str) -> list[bool]:
        found = await read(ask, world, name, plan, REVIEWS)
        return [each["judgements"] is not None for each in found["standardsReviews"]]

    for name in ("reviewer2", "reviewer3", "secretary", "board1", "admin"):
        assert await told(name) == [False, name == "reviewer2"], name
    assert await told("reviewer1") == [True, False]
    assert await told("provider") == []

    await judge(world, "reviewer2", ids["reviewer2"])
    for name in ("reviewer1", "reviewer2", "reviewer3", "secretary", "board1", "admin"):
        assert await told(name) == [True, True], name
    assert await told("provider") == []

    await step(world, "secretary", plan, Step.CONVENE)
    assert await told("provider") == []
    await step(world, "provider", plan, Step.WITHDRAW)
    assert await told("provider") == [True, True]
    assert await read(ask, world, "nurse1", plan, "id") is None
    assert await read(ask, world, None, plan, "id") is None


async def test_a_review_is_written_and_handed_in_through_the_api(ask: Ask, world: World) -> None:
    plan = await in_review(world)
    secretary, reviewer = await world.viewer("secretary"), await world.viewer("reviewer1")
    asked = await change(
        ask,
        secretary,
        "assignReviewer",
        "standardsReview { id submission reviewer { name } deliveryPlan { title } }",
        deliveryPlanId=world.id("DeliveryPlan", plan),
        personId=world.id("Person", world.people["reviewer1"]),
    )
    review = {"standardsReviewId": asked["standardsReview"]["id"]}
    for number in range(1, len(STANDARDS.standards) + 1):
        judged = await change(
            ask,
            reviewer,
            "judgeStandard",
            "standardsReview { viewerCanJudge judgements "
            "{ standard { number title guidance } finding reason } }",
            **review,
            number=number,
            finding="PARTLY_MET",
            reason=f"For {number}.",
        )
    handed_in = await change(
        ask, reviewer, "handInReview", "standardsReview { viewerCanJudge handedInAt }", **review
    )

    assert asked["standardsReview"]["deliveryPlan"] == {"title": "How we deliver it"}
    assert judged["standardsReview"]["viewerCanJudge"] is True
    last = judged["standardsReview"]["judgements"][-1]
    assert (last["finding"], last["reason"]) == ("PARTLY_MET", f"For {number}.")
    assert last["standard"]["title"] == STANDARDS.standards[-1].title
    assert handed_in["standardsReview"]["viewerCanJudge"] is False
    assert handed_in["standardsReview"]["handedInAt"] is not None


async def test_the_lifecycle_explains_to_each_what_it_enforces(ask: Ask, world: World) -> None:
    plan = await before_panel(world, Finding.NOT_MET)

    panellist = await options(ask, world, "board1", plan)
    other = await options(ask, world, "board3", plan)
    provider = await options(ask, world, "provider", plan)

    not_met = f"Standards judged as not met: {len(STANDARDS.standards)}."
    assert panellist["APPROVE"] == (False, [], [not_met])
    assert panellist["APPROVE_WITH_CONDITIONS"] == (False, [], ["No condition is named."])
    assert panellist["REFUSE"] == (True, [], [])
    assert other["REFUSE"][1] == ["Only who sits on the panel of this plan decides on it."]
    assert provider["WITHDRAW"] == (True, [], [])
    assert provider["REFUSE"][1] == [
        (
            "REFUSE of this delivery plan needs the permission DECIDE, which comes with the role "
            "BOARD."
        ),
        "Who wrote a plan or works for its provider does not judge it.",
        "Only who sits on the panel of this plan decides on it.",
    ]


async def test_conditions_are_told_to_the_provider_when_the_panel_has_decided(
    ask: Ask, world: World
) -> None:
    plan = await before_panel(world)
    id = world.id("PlanCondition", await condition(world, plan))
    conditions = "panellists { name } conditions { body dueOn state overdue }"
    node = "query ($id: ID!) { node(id: $id) { id } }"

    early = await read(ask, world, "provider", plan, conditions)
    hidden = await ask(await world.viewer("provider"), node, id=id)
    by_board = await read(ask, world, "board3", plan, conditions)
    await step(world, "board2", plan, Step.APPROVE_WITH_CONDITIONS)
    await overdue(world)
    told = await read(ask, world, "provider", plan, conditions)
    stranger = await ask(await world.viewer("stranger"), node, id=id)

    assert early["conditions"] == []
    assert [each["name"] for each in early["panellists"]] == ["Board1", "Board2"]
    assert hidden["node"] is None
    assert [each["overdue"] for each in by_board["conditions"]] == [False]
    assert [each["overdue"] for each in told["conditions"]] == [True]
    assert stranger["node"] is None


async def test_an_approval_is_public_though_its_plan_is_not(ask: Ask, world: World) -> None:
    plan = await approved(world)
    approval = await approval_of(world, plan)
    links = """
    query ($id: ID!, $credential: ID!) {
      approvals(state: ACTIVE) { totalCount nodes { id } }
      suspended: approvals(state: SUSPENDED) { totalCount }
      node(id: $id) { ... on Approval {
        state startsOn endsOn deliveryPlan { id approval { id } } decisions { reason }
        organisation { name approvals { totalCount nodes { id } } }
        specification { version approvals { totalCount nodes { id } } }
        availableTransitions { transition allowed reasons }
      } }
      credential: node(id: $credential) { ... on Credential {
        approvals { totalCount nodes { id } }
      } }
    }
    """
    ids = {
        "id": world.id("Approval", approval.id),
        "credential": world.id("Credential", world.credential),
    }

    by_public = await ask(ANYONE, links, **ids)
    by_provider = await ask(await world.viewer("provider"), links, **ids)

    one = {"totalCount": 1, "nodes": [{"id": ids["id"]}]}
    found = by_public["node"]
    assert by_public["approvals"] == by_public["credential"]["approvals"] == one
    assert by_public["suspended"] == {"totalCount": 0}
    assert found["organisation"] == {"name": "Fictional University", "approvals": one}
    assert found["specification"] == {"version": 1, "approvals": one}
    assert (found["state"], found["startsOn"]) == ("ACTIVE", str(TODAY))
    assert found["deliveryPlan"] is None
    assert not any(each["allowed"] for each in found["availableTransitions"])
    assert by_provider["node"]["deliveryPlan"]["approval"] == {"id": ids["id"]}


async def test_the_board_suspends_an_approval_for_a_reason_that_everybody_may_read(
    ask: Ask, world: World
) -> None:
    approval = await approval_of(world, await approved(world))
    step_ = {
        "approvalId": world.id("Approval", approval.id),
        "transition": "SUSPEND",
        "reason": "Learners complained.",
    }
    selection = "approval { state revision decisions { person { name } transition reason } }"
    board = await world.viewer("board1")

    stale = await change(ask, board, "advanceApproval", selection, **step_, expectedRevision=7)
    public = await ask(ANYONE, "{ approvals { nodes { decisions { reason } } } }")
    found = await change(ask, board, "advanceApproval", selection, **step_, expectedRevision=1)
    told = await ask(ANYONE, "{ approvals { nodes { decisions { reason } } } }")

    assert stale["code"] == "CONFLICT"
    assert public["approvals"]["nodes"] == [{"decisions": []}]
    assert found["approval"] == {
        "state": "SUSPENDED",
        "revision": 2,
        "decisions": [
            {
                "person": {"name": "Board1"},
                "transition": "SUSPEND",
                "reason": "Learners complained.",
            }
        ],
    }
    assert told["approvals"]["nodes"] == [{"decisions": [{"reason": "Learners complained."}]}]


async def test_decisions_on_a_plan_are_explained_years_later(ask: Ask, world: World) -> None:
    plan = await before_panel(world, Finding.PARTLY_MET)
    await step(world, "board1", plan, Step.REFUSE, "It would not be safe.")

    found = await read(
        ask,
        world,
        "provider",
        plan,
        "decisions { person { name } transition state reason met partlyMet notMet panel } "
        "standards { number title }",
    )
    assert found["decisions"][-1] == {
        "person": {"name": "Board1"},
        "transition": "REFUSE",
        "state": "REFUSED",
        "reason": "It would not be safe.",
        "met": 0,
        "partlyMet": 2 * len(STANDARDS.standards),
        "notMet": 0,
        "panel": 1,
    }
    assert [each["title"] for each in found["standards"]] == [
        standard.title for standard in STANDARDS.standards
    ]


async def test_a_condition_is_answered_and_accepted_through_the_api(ask: Ask, world: World) -> None:
    plan = await before_panel(world)
    key = await condition(world, plan)
    id = world.id("PlanCondition", key)
    await step(world, "board1", plan, Step.APPROVE_WITH_CONDITIONS)
    await step_condition(world, "provider", key, PlanConditionTransition.EVIDENCE)

    async def take(name: str, transition: str) -> dict[str, Any]:
        return await change(
            ask,
            await world.viewer(name),
            "advancePlanCondition",
            "planCondition { state evidence answer availableTransitions { transition } "
            "deliveryPlan { state } }",
            planConditionId=id,
            transition=transition,
            reason="It is enough.",
            expectedRevision=None,
        )

    by_provider = await take("provider", "ACCEPT")
    accepted = await take("secretary", "ACCEPT")

    assert by_provider["code"] == "NOT_ALLOWED"
    assert accepted["planCondition"] == {
        "state": "MET",
        "evidence": "Here it is.",
        "answer": "It is enough.",
        "availableTransitions": [],
        "deliveryPlan": {"state": "APPROVED_WITH_CONDITIONS"},
    }

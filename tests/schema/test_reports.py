"""Reports of exercises through the API: what is stated, what is counted, and who may read it."""

from __future__ import annotations

from typing import Any

from domain.consensus.choices import BallotKind
from domain.lifecycle import EngagementTransition
from domain.models.ballots import BallotVisibility
from domain.permissions import ANYONE, Audience, Viewer
from tests.ballots import close, opened, vote
from tests.conftest import Ask
from tests.counting import counting
from tests.mutations import change
from tests.world import World

REPORT = """
query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Engagement { report {
  statement { revision panelSelection consensusDefinition anonymity feedback changes deviations
    conflictsOfInterest funding author { name } }
  statements { revision funding }
  panel { constituency { name } stakeholders organisations }
  items { fixedAt roundtableTitle ballot { question state ruleHash consensus {
    status overall { inFavour of counts { choice count } } byConstituency { voted } } } }
  discussions { subjectKind threads comments people }
  dispositions { thread { subjectKind } themes { name } disposition { kind reason } }
} } } }
"""
STATEMENT = "reportStatement { id revision funding panelSelection }"


async def report(ask: Ask, world: World, viewer: Viewer) -> Any:
    id = world.id("Engagement", world.engagement)
    [node] = (await ask(viewer, REPORT, ids=[id]))["nodes"]
    return node["report"]


async def state(ask: Ask, world: World, who: str = "moderator", **input: Any) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(who),
        "stateReport",
        STATEMENT,
        **{"engagementId": world.id("Engagement", world.engagement), **input},
    )


async def close_exercise(ask: Ask, world: World) -> None:
    answer = await change(
        ask,
        await world.viewer("moderator"),
        "advanceEngagement",
        "engagement { state }",
        engagementId=world.id("Engagement", world.engagement),
        transition=EngagementTransition.CLOSE.value,
        reason="Six weeks are over.",
        expectedRevision=None,
    )
    assert answer == {"engagement": {"state": "CLOSED"}}


async def test_a_report_says_what_was_asked_of_whom_and_what_it_came_to(
    ask: Ask, world: World
) -> None:
    ballot = await opened(world, BallotKind.POSITIONS)
    for name in ("nurse1", "nurse2", "pharmacist1"):
        await vote(world, name, ballot, "YES")
    await close(world, ballot)
    await state(ask, world, expectedRevision=0, panelSelection=" By call. ", funding="The body.")
    opened_thread = await change(
        ask,
        await world.viewer("nurse1"),
        "openThread",
        "thread { id }",
        topicId=world.id("Engagement", world.engagement),
        subjectId=world.id("Section", world.sections[0]),
        body="Say more.",
    )
    moderator = await world.viewer("moderator")
    decided = await change(
        ask,
        moderator,
        "setDisposition",
        "thread { id }",
        threadId=opened_thread["thread"]["id"],
        kind="NOTED",
        reason="It is said elsewhere.",
        expectedRevision=None,
    )
    assert decided == opened_thread

    found = await report(ask, world, await world.viewer("moderator"))

    assert found["statement"]["panelSelection"] == "By call."
    assert found["statement"]["anonymity"] == ""
    assert found["statement"]["author"] == {"name": "Moderator"}
    assert found["panel"][0] == {
        "constituency": {"name": "Nurses"},
        "stakeholders": 3,
        "organisations": 0,
    }
    [item] = found["items"]
    assert item["fixedAt"] is not None
    assert item["ballot"]["consensus"]["overall"]["counts"][0] == {"choice": "YES", "count": 3}
    assert [group["voted"] for group in item["ballot"]["consensus"]["byConstituency"]] == [2, 1, 0]
    assert found["discussions"] == [
        {"subjectKind": "SECTION", "threads": 1, "comments": 1, "people": 1}
    ]
    assert found["dispositions"] == [
        {
            "thread": {"subjectKind": "SECTION"},
            "themes": [],
            "disposition": {"kind": "NOTED", "reason": "It is said elsewhere."},
        }
    ]


async def test_what_is_stated_is_kept_in_every_version_and_told_as_an_event(
    ask: Ask, world: World
) -> None:
    await state(ask, world, expectedRevision=None, funding="One.")
    second = await state(ask, world, expectedRevision=1, funding="Two.")

    found = await report(ask, world, await world.viewer("moderator"))
    assert second["reportStatement"]["revision"] == 2
    assert found["statements"] == [
        {"revision": 2, "funding": "Two."},
        {"revision": 1, "funding": "One."},
    ]
    assert await world.events(world.engagement) == [
        ("REPORT_STATED", Audience.MODERATORS),
        ("REPORT_STATED", Audience.MODERATORS),
    ]


async def test_what_was_stated_meanwhile_is_not_overwritten(ask: Ask, world: World) -> None:
    await state(ask, world, expectedRevision=0, funding="One.")

    late = await state(ask, world, expectedRevision=0, funding="Mine.")
    unsaid = await state(ask, world, funding="Mine.")
    found = await report(ask, world, await world.viewer("moderator"))

    assert late["code"] == "CONFLICT"
    assert "it has revision 1, you saw 0" in late["message"].replace("the statement", "it")
    assert unsaid["path"] == ["expectedRevision"]
    assert [each["funding"] for each in found["statements"]] == ["One."]


async def test_only_moderators_state_what_a_report_says(ask: Ask, world: World) -> None:
    member = await state(ask, world, "nurse1", expectedRevision=None)
    long = await state(ask, world, expectedRevision=None, deviations="x" * 20_001)

    assert member["code"] == "NOT_ALLOWED"
    assert (long["code"], long["path"]) == ("INVALID", ["deviations"])
    assert (await report(ask, world, await world.viewer("moderator")))["statements"] == []


async def test_a_report_is_for_moderators_until_the_exercise_is_closed(
    ask: Ask, world: World
) -> None:
    nurse = await world.viewer("nurse1")
    before = [await report(ask, world, viewer) for viewer in (nurse, ANYONE)]
    await state(ask, world, expectedRevision=None, funding="The body.")
    await close_exercise(ask, world)
    after = [await report(ask, world, viewer) for viewer in (nurse, ANYONE)]
    await state(ask, world, expectedRevision=1, funding="The body, as is public.")

    assert before == [None, None]
    assert [each["statement"]["funding"] for each in after] == ["The body.", "The body."]
    assert ("REPORT_STATED", Audience.PUBLIC) in await world.events(world.engagement)


async def test_a_blind_ballot_is_withheld_from_moderators_too(ask: Ask, world: World) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    before = await report(ask, world, await world.viewer("moderator"))
    await vote(world, "nurse1", ballot, "AGREE")
    after = await report(ask, world, await world.viewer("moderator"))

    [item] = after["items"]
    assert item["fixedAt"] is None
    assert item["ballot"]["consensus"]["status"] == "WITHHELD"
    assert item["ballot"]["consensus"]["overall"] is None
    assert before["items"][0]["fixedAt"] is None


async def test_a_report_of_many_ballots_costs_as_many_statements_as_of_one(
    ask: Ask, world: World
) -> None:
    moderator = await world.viewer("moderator")
    costs = []
    for more in (1, 6):
        for _ in range(more):
            await vote(world, "nurse1", await opened(world), "AGREE")
        with counting(world.database) as statements:
            await report(ask, world, moderator)
        costs.append(len(statements))

    assert costs[0] == costs[1]

"""Ballots through the API: what moderators do with them, and what others get to know."""

from __future__ import annotations

from typing import Any

import pytest

from domain.consensus.choices import BallotKind
from domain.models.ballots import BallotVisibility
from domain.permissions import ANYONE
from tests.ballots import close, draft, opened
from tests.conftest import Ask
from tests.world import World

DRAFT = """
mutation ($input: DraftBallotInput!) {
  draftBallot(input: $input) {
    __typename
    ... on DraftBallotPayload { ballot {
      id kind question state visibility reasonPolicy electorateGrows revision
      topic { __typename } subjectKind subjectRevision subject { __typename id }
      author { name } rule { name version parameters { name number enabled } }
      choices { choice rating needsReason }
      availableTransitions { transition allowed reasons missing }
      viewerCanModerate viewerCanVote
    } }
    ... on Error { code message path }
  }
}
"""
EDIT = """
mutation ($input: EditBallotInput!) {
  editBallot(input: $input) {
    ... on EditBallotPayload { ballot { question revision ruleHash
      rule { parameters { name number enabled } } } }
    ... on Error { code message path }
  }
}
"""
ADVANCE = """
mutation ($input: AdvanceBallotInput!) {
  advanceBallot(input: $input) {
    ... on AdvanceBallotPayload { ballot { state revision openedAt closedAt
      availableTransitions { transition allowed missing } } }
    ... on Error { code message path }
    ... on Conflict { current { ... on Ballot { state } } }
  }
}
"""
BALLOT = "query ($id: ID!) { node(id: $id) { ... on Ballot { state viewerCanVote } } }"


def wanted(world: World, **more: Any) -> dict[str, Any]:
    return {
        "topicId": world.id("Engagement", world.engagement),
        "kind": "POSITIONS",
        "question": "Is it ready?",
        "visibility": "LIVE",
        **more,
    }


async def test_a_moderator_drafts_a_ballot_about_a_section(ask: Ask, world: World) -> None:
    section = world.id("Section", world.sections[0])
    data = await ask(
        await world.viewer("moderator"),
        DRAFT,
        input=wanted(
            world,
            subjectId=section,
            reasonPolicy="REQUIRED_FOR_DISSENT",
            rule={
                "name": "datatracker",
                "version": 1,
                "parameters": [
                    {"name": "per_constituency", "enabled": True},
                    {"name": "quorum_percent", "number": 60},
                ],
            },
        ),
    )

    ballot = data["draftBallot"]["ballot"]
    ballot.pop("id")
    assert ballot == {
        "kind": "POSITIONS",
        "question": "Is it ready?",
        "state": "DRAFT",
        "visibility": "LIVE",
        "reasonPolicy": "REQUIRED_FOR_DISSENT",
        "electorateGrows": False,
        "revision": 1,
        "topic": {"__typename": "Engagement"},
        "subjectKind": "SECTION",
        "subjectRevision": 1,
        "subject": {"__typename": "Section", "id": section},
        "author": {"name": "Moderator"},
        "rule": {
            "name": "datatracker",
            "version": 1,
            "parameters": [
                {"name": "constituency_quorum_percent", "number": 50, "enabled": None},
                {"name": "minimum_votes", "number": 3, "enabled": None},
                {"name": "per_constituency", "number": None, "enabled": True},
                {"name": "quorum_percent", "number": 60, "enabled": None},
                {"name": "threshold_denominator", "number": 3, "enabled": None},
                {"name": "threshold_numerator", "number": 2, "enabled": None},
            ],
        },
        "choices": [
            {"choice": "YES", "rating": None, "needsReason": False},
            {"choice": "NO_OBJECTION", "rating": None, "needsReason": False},
            {"choice": "DISCUSS", "rating": None, "needsReason": True},
            {"choice": "ABSTAIN", "rating": None, "needsReason": False},
            {"choice": "RECUSE", "rating": None, "needsReason": False},
        ],
        "availableTransitions": [
            {
                "transition": "SCHEDULE",
                "allowed": False,
                "reasons": [],
                "missing": ["It has no time of opening."],
            },
            {"transition": "OPEN", "allowed": True, "reasons": [], "missing": []},
        ],
        "viewerCanModerate": True,
        "viewerCanVote": False,
    }


@pytest.mark.parametrize("name", ["nurse1", "developer", "stranger"])
async def test_only_moderators_draft(ask: Ask, world: World, name: str) -> None:
    data = await ask(await world.viewer(name), DRAFT, input=wanted(world))

    assert data["draftBallot"]["code"] == "NOT_ALLOWED"


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"name": "comet", "version": 1}, ["rule", "name"]),
        (
            {"name": "datatracker", "version": 1, "parameters": [{"name": "quorum_percent"}]},
            ["rule", "parameters"],
        ),
        (
            {
                "name": "datatracker",
                "version": 1,
                "parameters": [{"name": "quorum_percent", "number": 101}],
            },
            ["rule", "quorumPercent"],
        ),
    ],
)
async def test_a_rule_that_cannot_be_is_refused(
    ask: Ask, world: World, rule: dict[str, Any], path: list[str]
) -> None:
    data = await ask(await world.viewer("moderator"), DRAFT, input=wanted(world, rule=rule))

    assert (data["draftBallot"]["code"], data["draftBallot"]["path"]) == ("INVALID", path)


async def test_a_repeated_key_drafts_one_ballot(ask: Ask, world: World) -> None:
    moderator = await world.viewer("moderator")
    input = wanted(world, idempotencyKey="d-1")

    assert await ask(moderator, DRAFT, input=input) == await ask(moderator, DRAFT, input=input)


async def test_an_edit_changes_what_it_names_and_expects_a_revision(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await draft(world))
    moderator = await world.viewer("moderator")
    input = {"ballotId": ballot, "question": "Or so?", "expectedRevision": 1}

    edited = (await ask(moderator, EDIT, input=input))["editBallot"]["ballot"]
    stale = (await ask(moderator, EDIT, input=input))["editBallot"]
    blank = (await ask(moderator, EDIT, input={"ballotId": ballot}))["editBallot"]

    assert (edited["question"], edited["revision"]) == ("Or so?", 2)
    assert (stale["code"], stale["path"]) == ("CONFLICT", ["expectedRevision"])
    assert (blank["code"], blank["path"]) == ("INVALID", ["expectedRevision"])


async def test_a_moderator_opens_and_closes_it(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await draft(world))
    moderator = await world.viewer("moderator")

    async def step(transition: str, revision: int) -> dict[str, Any]:
        input = {
            "ballotId": ballot,
            "transition": transition,
            "reason": "It is time.",
            "expectedRevision": revision,
        }
        answer: dict[str, Any] = (await ask(moderator, ADVANCE, input=input))["advanceBallot"]
        return answer

    first = (await step("OPEN", 1))["ballot"]
    second = (await step("CLOSE", 2))["ballot"]
    third = await step("CLOSE", 3)

    assert (first["state"], first["closedAt"]) == ("OPEN", None)
    assert first["availableTransitions"] == [
        {
            "transition": "EXTEND",
            "allowed": False,
            "missing": ["It has no deadline that could be extended."],
        },
        {"transition": "DEFER", "allowed": True, "missing": []},
        {
            "transition": "CLOSE_ROUND",
            "allowed": False,
            "missing": ["This is its last round, which ends with it."],
        },
        {"transition": "CLOSE", "allowed": True, "missing": []},
        {"transition": "CANCEL", "allowed": True, "missing": []},
    ]
    assert (second["state"], second["revision"], second["availableTransitions"]) == (
        "CLOSED",
        3,
        [{"transition": "DECIDE", "allowed": True, "missing": []}],
    )
    assert second["openedAt"] < second["closedAt"]
    assert (third["code"], third["path"]) == ("CONFLICT", ["transition"])


@pytest.mark.parametrize(
    ("name", "knows"),
    [
        ("moderator", True),
        ("secretary", True),
        ("admin", True),
        ("nurse1", False),
        ("developer", False),
        ("stranger", False),
        (None, False),
    ],
)
async def test_a_draft_is_there_for_moderators_alone(
    ask: Ask, world: World, name: str | None, *, knows: bool
) -> None:
    drafted = world.id("Ballot", await draft(world))
    open = world.id("Ballot", await opened(world))
    viewer = ANYONE if name is None else await world.viewer(name)

    assert ((await ask(viewer, BALLOT, id=drafted))["node"] is not None) is knows
    assert (await ask(viewer, BALLOT, id=open))["node"]["state"] == "OPEN"


@pytest.mark.parametrize(
    ("name", "can"), [("nurse1", True), ("moderator", False), ("developer", False), (None, False)]
)
async def test_electors_can_vote_while_it_is_open(
    ask: Ask, world: World, name: str | None, *, can: bool
) -> None:
    id = await opened(world, BallotKind.RATING, BallotVisibility.AFTER_CLOSE)
    ballot = world.id("Ballot", id)
    viewer = ANYONE if name is None else await world.viewer(name)

    assert (await ask(viewer, BALLOT, id=ballot))["node"]["viewerCanVote"] is can
    await close(world, id)
    assert (await ask(viewer, BALLOT, id=ballot))["node"]["viewerCanVote"] is False


async def test_a_thread_can_be_held_about_a_ballot(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await opened(world))
    await ask(
        await world.viewer("nurse1"),
        "mutation ($input: OpenThreadInput!) { openThread(input: $input) { __typename } }",
        input={
            "topicId": world.id("Engagement", world.engagement),
            "subjectId": ballot,
            "body": "What does the question mean?",
        },
    )

    data = await ask(
        await world.viewer("nurse2"),
        "query ($id: ID!) { node(id: $id) { ... on Ballot { threads { totalCount nodes { "
        "subject { __typename id } comments { nodes { body } } } } } } }",
        id=ballot,
    )

    assert data["node"]["threads"] == {
        "totalCount": 1,
        "nodes": [
            {
                "subject": {"__typename": "Ballot", "id": ballot},
                "comments": {"nodes": [{"body": "What does the question mean?"}]},
            }
        ],
    }

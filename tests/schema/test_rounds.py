"""Rounds through the API: what was, beside what is, for those who may know it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.consensus.rounds import Feedback, RoundPlan
from domain.lifecycle import BallotTransition
from domain.models.ballots import BallotVisibility
from domain.permissions import ANYONE
from tests.ballots import advance, close, next_round, opened, vote
from tests.conftest import Ask
from tests.world import World

ROUNDS = """
query ($id: ID!) {
  node(id: $id) {
    ... on Ballot {
      round mostRounds feedback stopsWhenStable stopsOnConsensus
      viewerVote { choice round }
      viewerEarlierVote { choice round }
      consensus { status reasons stability { kept of changed stable chiSquare } }
      rounds {
        number question disposition reason closedAt
        consensus {
          status turnout { voted eligible } overall { counts { count } }
          byConstituency { constituency { name } counts { count } }
          stability { kept of }
        }
      }
    }
  }
}
"""
BLIND = BallotVisibility.AFTER_CLOSE
SOON = (datetime.now(UTC) + timedelta(days=1)).isoformat()


async def seen(ask: Ask, world: World, name: str | None, ballot: UUID) -> dict[str, Any]:
    viewer = ANYONE if name is None else await world.viewer(name)
    found: dict[str, Any] = (await ask(viewer, ROUNDS, id=world.id("Ballot", ballot)))["node"]
    return found


async def held(world: World, feedback: Feedback, visibility: BallotVisibility = BLIND) -> UUID:
    """Hold a first round, in which a nurse and a pharmacist vote, and begin the second one."""
    ballot = await opened(
        world, visibility=visibility, round_plan=RoundPlan(most_rounds=3, feedback=feedback)
    )
    await vote(world, "nurse1", ballot, "AGREE")
    await vote(world, "pharmacist1", ballot, "DISAGREE")
    await next_round(world, ballot)
    return ballot


async def test_a_voter_sees_their_earlier_answer_beside_the_present_one(
    ask: Ask, world: World
) -> None:
    ballot = await held(world, Feedback.NONE)
    before = await seen(ask, world, "nurse1", ballot)
    await vote(world, "nurse1", ballot, "PASS")
    after = await seen(ask, world, "nurse1", ballot)

    assert (before["round"], before["viewerVote"]) == (2, None)
    assert after["viewerVote"] == {"choice": "PASS", "round": 2}
    assert before["viewerEarlierVote"] == after["viewerEarlierVote"]
    assert before["viewerEarlierVote"] == {"choice": "AGREE", "round": 1}
    assert (await seen(ask, world, "nurse2", ballot))["viewerEarlierVote"] is None


def groups(result: dict[str, Any]) -> dict[str, list[int]]:
    return {
        each["constituency"]["name"]: [count["count"] for count in each["counts"]]
        for each in result["byConstituency"]
    }


EVERY_GROUP = {"Nurses": [1, 0, 0], "Pharmacists": [0, 1, 0], "Physiotherapists": [0, 0, 0]}


@pytest.mark.parametrize("feedback", Feedback)
@pytest.mark.parametrize("name", ["nurse2", "pharmacist3", "moderator", "developer", None])
async def test_what_is_fed_back_of_a_blind_round_is_what_was_laid_down(
    ask: Ask, world: World, name: str | None, feedback: Feedback
) -> None:
    ballot = await held(world, feedback)
    found = await seen(ask, world, name, ballot)
    [one, two] = found["rounds"]

    assert two["consensus"] is None
    elector = name in ("nurse2", "pharmacist3")
    if name == "moderator" or (feedback is Feedback.ALL_GROUPS and name is not None):
        assert groups(one["consensus"]) == EVERY_GROUP
        assert one["consensus"]["turnout"] == {"voted": 2, "eligible": 9}
    elif feedback is Feedback.OWN_GROUP and elector:
        own = "Nurses" if name == "nurse2" else "Pharmacists"
        assert groups(one["consensus"]) == {own: EVERY_GROUP[own]}
        assert one["consensus"]["status"] == "WITHHELD"
        assert one["consensus"]["overall"] is None
        assert one["consensus"]["turnout"] == {"voted": 1, "eligible": 3}
    else:
        assert one["consensus"] is None
    # Of the round that lasts, feedback says nothing.
    expected = "WITHHELD" if name == "moderator" else None
    assert (found["consensus"] and found["consensus"]["status"]) == expected


@pytest.mark.parametrize("name", ["nurse2", "developer"])
async def test_once_it_is_closed_every_round_is_told_to_members(
    ask: Ask, world: World, name: str
) -> None:
    ballot = await held(world, Feedback.NONE)
    await vote(world, "nurse1", ballot, "AGREE")
    await close(world, ballot)
    [one, two] = (await seen(ask, world, name, ballot))["rounds"]

    assert groups(one["consensus"]) == EVERY_GROUP
    assert groups(two["consensus"])["Nurses"] == [1, 0, 0]
    assert (one["consensus"]["stability"], two["consensus"]["stability"]) == (
        None,
        {"kept": 1, "of": 1},
    )


async def test_the_public_is_told_of_the_last_round_alone_and_no_stability(
    ask: Ask, world: World
) -> None:
    ballot = await held(world, Feedback.ALL_GROUPS)
    await vote(world, "nurse1", ballot, "AGREE")
    await close(world, ballot)
    found = await seen(ask, world, None, ballot)

    assert [each["consensus"] for each in found["rounds"]] == [None, None]
    assert found["consensus"]["status"] == "WITHHELD"
    assert found["consensus"]["stability"] is None


async def test_between_rounds_a_blind_result_is_the_moderators_alone(
    ask: Ask, world: World
) -> None:
    ballot = await opened(world, visibility=BLIND, round_plan=RoundPlan(most_rounds=2))
    await vote(world, "nurse1", ballot, "AGREE")
    await advance(world, ballot, BallotTransition.CLOSE_ROUND)

    moderator = (await seen(ask, world, "moderator", ballot))["consensus"]
    assert moderator["status"] == "NOT_ENOUGH_VOTES"
    assert (await seen(ask, world, "nurse1", ballot))["consensus"] is None


async def test_stability_stands_beside_agreement_and_suggests_what_was_laid_down(
    ask: Ask, world: World
) -> None:
    plan = RoundPlan(most_rounds=2, stops_when_stable=True, stops_on_consensus=True)
    ballot = await opened(world, round_plan=plan)
    electors = [name for name in world.stakeholders if not name.startswith("physio")]
    for name in electors:
        await vote(world, name, ballot, "AGREE")
    first = (await seen(ask, world, "nurse1", ballot))["consensus"]
    await next_round(world, ballot)
    for name in electors[:-1]:
        await vote(world, name, ballot, "AGREE")
    second = (await seen(ask, world, "nurse1", ballot))["consensus"]

    assert (first["status"], first["stability"]) == ("CONSENSUS", None)
    assert first["reasons"][-1].startswith("Consensus is reached")
    kept = len(electors) - 1
    assert second["stability"] == {
        "kept": kept,
        "of": kept,
        "changed": 0,
        "stable": True,
        "chiSquare": None,
    }
    assert [reason.split(":")[0] for reason in second["reasons"][-3:]] == [
        "Consensus is reached",
        "The answers are stable",
        "This is the last of 2 rounds.",
    ]


DRAFT = """
mutation ($input: DraftBallotInput!) {
  draftBallot(input: $input) {
    ... on DraftBallotPayload { ballot { mostRounds feedback stopsWhenStable opensAt closesAt } }
    ... on Error { code message path }
  }
}
"""


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"roundPlan": {"mostRounds": 11}}, ["roundPlan", "mostRounds"]),
        ({"roundPlan": {"stopsWhenStable": True}}, ["roundPlan", "stopsWhenStable"]),
        ({"opensAt": SOON, "closesAt": SOON}, ["closesAt"]),
    ],
)
async def test_a_draft_that_contradicts_itself_is_refused_where_it_does(
    ask: Ask, world: World, more: dict[str, Any], path: list[str]
) -> None:
    answer = await ask(await world.viewer("moderator"), DRAFT, input=wanted(world, **more))

    assert (answer["draftBallot"]["code"], answer["draftBallot"]["path"]) == ("INVALID", path)


async def test_a_draft_says_how_many_rounds_it_may_have(ask: Ask, world: World) -> None:
    plan = {"mostRounds": 3, "feedback": "OWN_GROUP", "stopsWhenStable": True}
    answer = await ask(
        await world.viewer("moderator"), DRAFT, input=wanted(world, roundPlan=plan, closesAt=SOON)
    )

    ballot = answer["draftBallot"]["ballot"]
    assert datetime.fromisoformat(ballot.pop("closesAt")) == datetime.fromisoformat(SOON)
    assert ballot == {**plan, "opensAt": None}


def wanted(world: World, **more: Any) -> dict[str, Any]:
    """Return the input of a draft."""
    return {
        "topicId": world.id("Engagement", world.engagement),
        "kind": "SENSE_CHECK",
        "question": "Shall it be so?",
        "visibility": "LIVE",
        **more,
    }

"""Votes through the API: casting and changing them, and to whom they are shown."""

from __future__ import annotations

from base64 import b64decode
from typing import Any
from uuid import UUID

import pytest

from domain.consensus.choices import BallotKind
from domain.lifecycle import BallotTransition
from domain.models.ballots import BallotVisibility
from domain.permissions import ANYONE
from tests.ballots import VOTERS, advance, close, opened, vote
from tests.conftest import Ask
from tests.mutations import change
from tests.world import World

CAST = """
mutation ($input: CastVoteInput!) {
  castVote(input: $input) {
    __typename
    ... on CastVotePayload { vote {
      id choice rating rationale revision castAt
      voter { name } constituency { name } ballot { id viewerVote { id } }
      history { choice rating rationale revision }
    } }
    ... on Error { code message path }
  }
}
"""
VOTES = """
query ($id: ID!) {
  node(id: $id) {
    ... on Ballot {
      viewerVote { choice }
      votes { totalCount nodes { choice rating voter { name } } }
    }
  }
}
"""
VOTE = "query ($id: ID!) { node(id: $id) { ... on Vote { choice rationale } } }"


async def cast(ask: Ask, world: World, name: str, **input: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await ask(await world.viewer(name), CAST, input=input))["castVote"]
    return answer


async def test_an_elector_casts_a_vote_and_changes_it(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await opened(world))

    first = await cast(ask, world, "nurse1", ballotId=ballot, choice="AGREE")
    second = await cast(
        ask, world, "nurse1", ballotId=ballot, choice="DISAGREE", rationale="I read it again."
    )

    assert first["vote"]["id"] == second["vote"]["id"]
    changed = second["vote"]
    assert changed.pop("castAt") > first["vote"]["castAt"]
    assert changed == {
        "id": first["vote"]["id"],
        "choice": "DISAGREE",
        "rating": None,
        "rationale": "I read it again.",
        "revision": 2,
        "voter": {"name": "Nurse1"},
        "constituency": {"name": "Nurses"},
        "ballot": {"id": ballot, "viewerVote": {"id": first["vote"]["id"]}},
        "history": [{"choice": "AGREE", "rating": None, "rationale": "", "revision": 1}],
    }


async def test_a_rating_is_a_number_or_unable_to_score(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await opened(world, BallotKind.RATING))

    rated = await cast(ask, world, "nurse1", ballotId=ballot, rating=9)
    unable = await cast(ask, world, "nurse2", ballotId=ballot, choice="UNABLE_TO_SCORE")

    assert (rated["vote"]["choice"], rated["vote"]["rating"]) == (None, 9)
    assert (unable["vote"]["choice"], unable["vote"]["rating"]) == ("UNABLE_TO_SCORE", None)


@pytest.mark.parametrize(
    ("kind", "input", "path", "sentence"),
    [
        (BallotKind.RATING, {}, "choice", "either a choice, a rating or options"),
        (
            BallotKind.RATING,
            {"choice": "UNABLE_TO_SCORE", "rating": 1},
            "choice",
            "either a choice, a rating or options",
        ),
        (BallotKind.RATING, {"rating": 0}, "rating", "from 1 to 9; 0 is not"),
        (BallotKind.RATING, {"rating": 10}, "rating", "from 1 to 9; 10 is not"),
        (BallotKind.RATING, {"choice": "AGREE"}, "choice", "'AGREE' is neither"),
        (BallotKind.SENSE_CHECK, {"rating": 5}, "choice", "AGREE, DISAGREE or PASS"),
        (BallotKind.POSITIONS, {"choice": "DISCUSS"}, "rationale", "needs a reason"),
        (BallotKind.POSITIONS, {"choice": "YES", "rationale": "\x00"}, "rationale", "U+0000"),
        (
            BallotKind.POSITIONS,
            {"choice": "YES", "idempotencyKey": ""},
            "idempotencyKey",
            "1 to 200",
        ),
    ],
)
async def test_what_cannot_be_a_vote_is_refused_with_a_sentence(
    ask: Ask, world: World, kind: BallotKind, input: dict[str, Any], path: str, sentence: str
) -> None:
    ballot = world.id("Ballot", await opened(world, kind))

    refusal = await cast(ask, world, "nurse1", ballotId=ballot, **input)

    assert (refusal["code"], refusal["path"]) == ("INVALID", [path])
    assert sentence in refusal["message"]


@pytest.mark.parametrize("name", ["moderator", "developer", "stranger"])
async def test_only_electors_vote(ask: Ask, world: World, name: str) -> None:
    ballot = world.id("Ballot", await opened(world))

    refusal = await cast(ask, world, name, ballotId=ballot, choice="AGREE")

    assert refusal["code"] == "NOT_ALLOWED"


async def test_an_id_of_something_else_is_not_found(ask: Ask, world: World) -> None:
    refusal = await cast(
        ask, world, "nurse1", ballotId=world.id("Engagement", world.engagement), choice="AGREE"
    )

    assert (refusal["code"], refusal["path"]) == ("NOT_FOUND", ["ballotId"])


async def test_a_repeated_request_casts_one_vote_and_another_one_conflicts(
    ask: Ask, world: World
) -> None:
    ballot = world.id("Ballot", await opened(world))
    input = {"ballotId": ballot, "choice": "AGREE", "idempotencyKey": "v-1"}

    first = await cast(ask, world, "nurse1", **input)
    again = await cast(ask, world, "nurse1", **input)
    other = await cast(ask, world, "nurse1", **{**input, "choice": "PASS"})

    assert first == again
    assert first["vote"]["revision"] == 1
    assert (other["code"], other["path"]) == ("CONFLICT", ["idempotencyKey"])


async def test_one_key_of_two_people_is_two_keys(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await opened(world))
    input = {"ballotId": ballot, "choice": "AGREE", "idempotencyKey": "v-1"}

    first = await cast(ask, world, "nurse1", **input)
    second = await cast(ask, world, "nurse2", **input)

    assert first["vote"]["id"] != second["vote"]["id"]


@pytest.mark.parametrize(
    ("name", "visibility", "closed", "shown"),
    [
        ("nurse2", BallotVisibility.LIVE, False, True),
        ("developer", BallotVisibility.LIVE, False, True),
        ("moderator", BallotVisibility.LIVE, False, True),
        ("stranger", BallotVisibility.LIVE, False, False),
        (None, BallotVisibility.LIVE, False, False),
        ("nurse2", BallotVisibility.AFTER_CLOSE, False, False),
        ("developer", BallotVisibility.AFTER_CLOSE, False, False),
        ("moderator", BallotVisibility.AFTER_CLOSE, False, False),
        ("admin", BallotVisibility.AFTER_CLOSE, False, False),
        (None, BallotVisibility.AFTER_CLOSE, False, False),
        ("nurse2", BallotVisibility.AFTER_OWN_VOTE, False, False),
        ("moderator", BallotVisibility.AFTER_OWN_VOTE, False, False),
        (None, BallotVisibility.AFTER_OWN_VOTE, False, False),
        ("nurse2", BallotVisibility.AFTER_OWN_VOTE, True, True),
        ("nurse2", BallotVisibility.AFTER_CLOSE, True, True),
        ("moderator", BallotVisibility.AFTER_CLOSE, True, True),
        ("stranger", BallotVisibility.AFTER_CLOSE, True, False),
        ("nurse2", BallotVisibility.LIVE, True, True),
        (None, BallotVisibility.LIVE, True, False),
    ],
)
async def test_votes_are_shown_to_members_when_live_or_closed_and_never_to_the_public(
    ask: Ask,
    world: World,
    name: str | None,
    visibility: BallotVisibility,
    *,
    closed: bool,
    shown: bool,
) -> None:
    ballot = await opened(world, visibility=visibility)
    cast = await vote(world, "nurse1", ballot, "DISAGREE", "A canary.")
    if closed:
        await close(world, ballot)
    viewer = ANYONE if name is None else await world.viewer(name)

    votes = (await ask(viewer, VOTES, id=world.id("Ballot", ballot)))["node"]
    single = (await ask(viewer, VOTE, id=world.id("Vote", cast)))["node"]

    expected = [{"choice": "DISAGREE", "rating": None, "voter": {"name": "Nurse1"}}]
    assert votes == {
        "viewerVote": None,
        "votes": {"totalCount": 1, "nodes": expected} if shown else {"totalCount": 0, "nodes": []},
    }
    assert single == ({"choice": "DISAGREE", "rationale": "A canary."} if shown else None)


async def test_voters_always_see_their_own_vote(ask: Ask, world: World) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_CLOSE)
    cast = await vote(world, "nurse1", ballot, "DISAGREE", "Mine.")
    voter = await world.viewer("nurse1")

    votes = (await ask(voter, VOTES, id=world.id("Ballot", ballot)))["node"]
    single = (await ask(voter, VOTE, id=world.id("Vote", cast)))["node"]

    assert votes == {
        "viewerVote": {"choice": "DISAGREE"},
        "votes": {"totalCount": 0, "nodes": []},
    }
    assert single == {"choice": "DISAGREE", "rationale": "Mine."}


OPTIONS = """
query ($id: ID!) {
  node(id: $id) {
    ... on Ballot {
      kind choices { choice } options { ordinal text }
      viewerVote { choice rating options { text } history { options { ordinal } } }
      consensus { status overall {
        winners voted counts { choice option count } preferences { option over count }
      } }
    }
  }
}
"""


async def test_a_ranking_shows_its_options_and_who_prefers_which(ask: Ask, world: World) -> None:
    drafted = await ask(
        await world.viewer("moderator"),
        "mutation ($input: DraftBallotInput!) { draftBallot(input: $input) "
        "{ ... on DraftBallotPayload { ballot { id } } } }",
        input={
            "topicId": world.id("Engagement", world.engagement),
            "kind": "RANKING",
            "question": "Which first?",
            "visibility": "LIVE",
            "options": ["Online", "At work"],
        },
    )
    id = drafted["draftBallot"]["ballot"]["id"]
    await advance(world, UUID(b64decode(id).decode().split(":")[1]), BallotTransition.OPEN)
    await cast(ask, world, "nurse1", ballotId=id, options=[1])
    for name in VOTERS:
        answer = await cast(ask, world, name, ballotId=id, options=[2, 1])
        assert answer["__typename"] == "CastVotePayload"

    shown = (await ask(await world.viewer("nurse1"), OPTIONS, id=id))["node"]
    assert shown == {
        "kind": "RANKING",
        "choices": [],
        "options": [{"ordinal": 1, "text": "Online"}, {"ordinal": 2, "text": "At work"}],
        "viewerVote": {
            "choice": None,
            "rating": None,
            "options": [{"text": "At work"}, {"text": "Online"}],
            "history": [{"options": [{"ordinal": 1}]}],
        },
        "consensus": {
            "status": "CONSENSUS",
            "overall": {
                "winners": [2],
                "voted": 9,
                "counts": [
                    {"choice": None, "option": 1, "count": 9},
                    {"choice": None, "option": 2, "count": 9},
                ],
                "preferences": [
                    {"option": 1, "over": 2, "count": 0},
                    {"option": 2, "over": 1, "count": 9},
                ],
            },
        },
    }


async def test_a_multiple_choice_counts_who_approves_each_option(ask: Ask, world: World) -> None:
    id = world.id("Ballot", await opened(world, BallotKind.MULTIPLE_CHOICE))
    for name in VOTERS:
        await cast(ask, world, name, ballotId=id, options=[1] if name == "nurse1" else [3, 1])

    overall = (await ask(await world.viewer("nurse1"), OPTIONS, id=id))["node"]["consensus"]
    assert overall["overall"] == {
        "winners": [1],
        "voted": 9,
        "counts": [
            {"choice": None, "option": option, "count": count}
            for option, count in ((1, 9), (2, 0), (3, 8))
        ],
        "preferences": [],
    }


async def test_a_vote_is_one_thing(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await opened(world))
    for given in ({}, {"choice": "AGREE", "options": [1]}, {"rating": 1, "options": []}):
        answer = await cast(ask, world, "nurse1", ballotId=ballot, **given)
        assert answer["message"] == "Please send either a choice, a rating or options."


async def test_a_vote_on_behalf_of_somebody_shows_both(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await opened(world))
    nurse1, nurse2 = await world.viewer("nurse1"), await world.viewer("nurse2")
    ids = {name: world.id("Person", world.people[name]) for name in ("nurse1", "nurse2")}
    proxies = "ballot { viewerProxy { name } viewerVotesFor { name } }"

    named = await change(ask, nurse1, "nameProxy", proxies, ballotId=ballot, proxyId=ids["nurse2"])
    assert named == {"ballot": {"viewerProxy": {"name": "Nurse2"}, "viewerVotesFor": []}}
    shown = "vote { voter { name } castBy { name } history { castBy { name } } " + proxies + " }"
    by_proxy = {"ballotId": ballot, "choice": "AGREE", "onBehalfOfId": ids["nurse1"]}
    cast = await change(ask, nurse2, "castVote", shown, **by_proxy)
    assert cast["vote"] == {
        "voter": {"name": "Nurse1"},
        "castBy": {"name": "Nurse2"},
        "history": [],
        "ballot": {"viewerProxy": None, "viewerVotesFor": [{"name": "Nurse1"}]},
    }
    withdrawn = await change(ask, nurse1, "withdrawProxy", proxies, ballotId=ballot)
    assert withdrawn == {"ballot": {"viewerProxy": None, "viewerVotesFor": []}}
    own = await change(ask, nurse1, "castVote", shown, ballotId=ballot, choice="PASS")
    assert own["vote"]["castBy"] is None
    assert own["vote"]["history"] == [{"castBy": {"name": "Nurse2"}}]
    refused = await change(ask, nurse2, "castVote", shown, **by_proxy)
    assert (refused["code"], refused["path"]) == ("NOT_ALLOWED", ["onBehalfOfId"])

"""Votes through the API: casting and changing them, and to whom they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from domain.consensus.choices import BallotKind
from domain.models.ballots import BallotVisibility
from domain.permissions import ANYONE
from tests.ballots import close, opened, vote
from tests.conftest import Ask
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
        (BallotKind.RATING, {}, "choice", "either a choice or a rating"),
        (
            BallotKind.RATING,
            {"choice": "UNABLE_TO_SCORE", "rating": 1},
            "choice",
            "either a choice or a rating",
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

"""Rules through the API: each is chosen by its name, and one that contradicts itself is refused."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from domain.consensus.choices import BallotKind
from domain.lifecycle import BallotTransition
from domain.models.ballots import Ballot
from schema.nodes import key
from tests.ballots import advance, vote
from tests.conftest import Ask
from tests.world import World

DRAFT = """
mutation ($input: DraftBallotInput!) {
  draftBallot(input: $input) {
    ... on DraftBallotPayload { ballot { id rule { name parameters { name number enabled } } } }
    ... on Error { code message path }
  }
}
"""
STATUS = "query ($id: ID!) { node(id: $id) { ... on Ballot { consensus { status reasons } } } }"


async def drafted(
    ask: Ask, world: World, kind: BallotKind, name: str, **parameters: int | bool
) -> Any:
    rule = {
        "name": name,
        "version": 1,
        "parameters": [
            {"name": each, "enabled" if isinstance(value, bool) else "number": value}
            for each, value in parameters.items()
        ],
    }
    input = {
        "topicId": world.id("Engagement", world.engagement),
        "kind": kind.value,
        "question": "Shall it be so?",
        "visibility": "LIVE",
        "rule": rule,
    }
    return (await ask(await world.viewer("moderator"), DRAFT, input=input))["draftBallot"]


@pytest.mark.parametrize(
    ("kind", "name", "parameters", "choices", "status", "reason"),
    [
        (BallotKind.RATING, "rand_ucla", {}, "88887", "CONSENSUS", None),
        (
            BallotKind.RATING,
            "rand_ucla",
            {"classic_disagreement": True},
            "77711",
            "NO_CONSENSUS",
            "The panel disagrees: 2 of 5 rate 1 to 3, and 3 rate 7 to 9.",
        ),
        (BallotKind.RATING, "median_iqr", {"iqr_at_most": 0}, "77778", "CONSENSUS", None),
        (
            BallotKind.RATING,
            "median_iqr",
            {"median_at_least": 9},
            "88889",
            "NO_CONSENSUS",
            "The median is 8, not 9 or above.",
        ),
        (BallotKind.SENSE_CHECK, "majority", {}, "AAADD", "CONSENSUS", None),
        (
            BallotKind.SENSE_CHECK,
            "majority",
            {"threshold_numerator": 2, "threshold_denominator": 3, "strict": False},
            "AAADD",
            "NO_CONSENSUS",
            "3 of 5 in favour, not 2/3.",
        ),
        (
            BallotKind.SENSE_CHECK,
            "majority",
            {"of_eligible": True},
            "AAADD",
            "NO_CONSENSUS",
            "3 of 9 in favour, not more than 1/2.",
        ),
    ],
)
async def test_a_ballot_is_judged_by_the_rule_that_was_chosen(
    ask: Ask,
    world: World,
    kind: BallotKind,
    name: str,
    parameters: dict[str, Any],
    choices: str,
    status: str,
    reason: str | None,
) -> None:
    found = await drafted(ask, world, kind, name, per_constituency=False, **parameters)
    ballot = key(found["ballot"]["id"], "id", "Ballot")
    await advance(world, ballot, BallotTransition.OPEN)
    voters = ("nurse1", "nurse2", "pharmacist1", "pharmacist2", "physiotherapist1")
    for voter, choice in zip(voters, choices, strict=True):
        await vote(world, voter, ballot, {"A": "AGREE", "D": "DISAGREE"}.get(choice, choice))

    node = (await ask(await world.viewer("nurse1"), STATUS, id=found["ballot"]["id"]))["node"]

    assert node["consensus"]["status"] == status
    assert node["consensus"]["reasons"] == ([] if reason is None else [reason])
    shown = {each["name"]: each for each in found["ballot"]["rule"]["parameters"]}
    for each, value in parameters.items():
        assert shown[each]["enabled" if isinstance(value, bool) else "number"] == value


@pytest.mark.parametrize(
    ("kind", "name", "parameters", "path"),
    [
        (
            BallotKind.SENSE_CHECK,
            "majority",
            {"threshold_numerator": 101, "threshold_denominator": 100},
            "thresholdNumerator",
        ),
        (BallotKind.SENSE_CHECK, "majority", {"strict": False}, "thresholdNumerator"),
        (BallotKind.SENSE_CHECK, "majority", {"strict": 1}, "strict"),
        (BallotKind.SENSE_CHECK, "comet", {}, "name"),
        (BallotKind.RATING, "median_iqr", {"median_at_least": 5}, "medianAtLeast"),
        (BallotKind.RATING, "median_iqr", {"iqr_at_most": 9}, "iqrAtMost"),
        (BallotKind.RATING, "rand_ucla", {"threshold_percent": 70}, "thresholdPercent"),
    ],
)
async def test_a_rule_that_contradicts_itself_is_refused_and_nothing_is_written(
    ask: Ask, world: World, kind: BallotKind, name: str, parameters: dict[str, Any], path: str
) -> None:
    found = await drafted(ask, world, kind, name, **parameters)

    assert (found["code"], found["path"]) == ("INVALID", ["rule", path])
    async with world.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Ballot)) == 0
    assert await world.events(world.engagement) == []

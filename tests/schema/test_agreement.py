"""The agreement of those who voted in an exercise, and to whom it is told."""

from __future__ import annotations

from typing import Any

import pytest

from domain.consensus.choices import BallotKind
from domain.models.ballots import BallotVisibility
from domain.permissions import ANYONE, Viewer
from tests.ballots import close, opened, vote
from tests.conftest import Ask
from tests.world import World

AGREEMENT = """
query ($id: ID!) {
  node(id: $id) {
    ... on Engagement {
      ratingAgreement { ...figures }
      senseCheckAgreement { ...figures }
    }
  }
}
fragment figures on Agreement {
  items raters complete kendallW fleissKappa
  krippendorffAlpha { nominal ordinal interval ratio }
}
"""
NOTHING = {
    "items": 0,
    "raters": 0,
    "complete": 0,
    "kendallW": None,
    "fleissKappa": None,
    "krippendorffAlpha": {"nominal": None, "ordinal": None, "interval": None, "ratio": None},
}


async def agreement(ask: Ask, world: World, viewer: Viewer, field: str = "ratingAgreement") -> Any:
    found = await ask(viewer, AGREEMENT, id=world.id("Engagement", world.engagement))
    return found["node"][field]


async def rated(world: World, visibility: BallotVisibility, *ratings: str) -> Any:
    ballot = await opened(world, BallotKind.RATING, visibility)
    for name, rating in zip(("nurse1", "nurse2", "pharmacist1"), ratings, strict=False):
        await vote(world, name, ballot, rating)
    return ballot


async def test_the_agreement_over_several_ballots(ask: Ask, world: World) -> None:
    await rated(world, BallotVisibility.LIVE, "1", "2", "9")
    await rated(world, BallotVisibility.LIVE, "5", "5", "UNABLE_TO_SCORE")
    await rated(world, BallotVisibility.LIVE, "9", "8")

    found = await agreement(ask, world, await world.viewer("nurse3"))

    assert (found["items"], found["raters"], found["complete"]) == (3, 3, 2)
    assert found["kendallW"] == 1
    assert found["fleissKappa"] == pytest.approx(1 / 7)
    assert found["krippendorffAlpha"]["interval"] == pytest.approx(1 - 6 * 116 / 892)


@pytest.mark.parametrize(
    ("visibility", "closed", "told"),
    [
        (BallotVisibility.LIVE, False, {"nurse3", "moderator"}),
        (BallotVisibility.LIVE, True, {"nurse3", "moderator"}),
        (BallotVisibility.AFTER_CLOSE, False, set()),
        (BallotVisibility.AFTER_CLOSE, True, {"nurse3", "moderator"}),
    ],
)
async def test_it_is_told_to_those_who_may_know_the_results(
    ask: Ask, world: World, *, visibility: BallotVisibility, closed: bool, told: set[str | None]
) -> None:
    ballot = await rated(world, visibility, "1", "2", "9")
    if closed:
        await close(world, ballot)

    for name in (None, "stranger", "nurse3", "moderator"):
        viewer = ANYONE if name is None else await world.viewer(name)
        found = await agreement(ask, world, viewer)
        assert (found["items"], found["raters"]) == ((1, 3) if name in told else (0, 0))
        if name not in told:
            assert found == NOTHING


async def test_who_passes_a_sense_check_gives_no_answer(ask: Ask, world: World) -> None:
    for answers in (("AGREE", "AGREE", "PASS"), ("DISAGREE", "AGREE", "AGREE")):
        ballot = await opened(world)
        for name, answer in zip(("nurse1", "nurse2", "nurse3"), answers, strict=True):
            await vote(world, name, ballot, answer)
    viewer = await world.viewer("nurse1")

    found = await agreement(ask, world, viewer, "senseCheckAgreement")

    assert (found["items"], found["raters"], found["complete"]) == (2, 3, 2)
    assert found["krippendorffAlpha"]["nominal"] == pytest.approx(0)
    assert await agreement(ask, world, viewer) == NOTHING


async def test_each_group_of_a_rating_has_its_tastle_wierman(ask: Ask, world: World) -> None:
    ballot = await opened(world, BallotKind.RATING)
    for name, rating in (("nurse1", "7"), ("nurse2", "7"), ("nurse3", "7"), ("pharmacist1", "7")):
        await vote(world, name, ballot, rating)
    await vote(world, "pharmacist2", ballot, "3")

    found = await ask(
        await world.viewer("nurse1"),
        "query ($id: ID!) { node(id: $id) { ... on Ballot { consensus { "
        "overall { tastleWierman } byConstituency { tastleWierman } } } } }",
        id=world.id("Ballot", ballot),
    )

    consensus = found["node"]["consensus"]
    assert 0.5 < consensus["overall"]["tastleWierman"] < 1
    assert [group["tastleWierman"] for group in consensus["byConstituency"]] == [1, None, None]

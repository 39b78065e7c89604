"""How close a result is, is for moderators alone and never told while a ballot is blind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.lifecycle import BallotState
from domain.models.ballots import BallotVisibility
from domain.permissions import ANYONE, Audience
from domain.queries.consensus import margins_shown
from tests.ballots import close, opened, vote
from tests.conftest import Ask
from tests.world import World

FLIPS = """
query ($id: ID!) {
  node(id: $id) {
    ... on Ballot {
      consensus { overall { fewestToFlip } byConstituency { fewestToFlip } }
    }
  }
}
"""


async def asked(ask: Ask, world: World, name: str | None, ballot: UUID) -> Any:
    viewer = ANYONE if name is None else await world.viewer(name)
    node = (await ask(viewer, FLIPS, id=world.id("Ballot", ballot)))["node"]
    return node["consensus"]


async def voted(world: World, visibility: BallotVisibility) -> UUID:
    ballot = await opened(world, visibility=visibility)
    for name in ("nurse1", "nurse2", "nurse3", "pharmacist1", "pharmacist2"):
        await vote(world, name, ballot, "AGREE")
    return ballot


async def test_a_moderator_sees_how_few_votes_would_turn_a_result(ask: Ask, world: World) -> None:
    ballot = await voted(world, BallotVisibility.LIVE)
    expected = {
        "overall": {"fewestToFlip": 2},  # of 5 in favour, 2 that change leave 60 %
        "byConstituency": [{"fewestToFlip": 1}, {"fewestToFlip": 1}, {"fewestToFlip": 3}],
    }
    assert await asked(ask, world, "moderator", ballot) == expected
    await close(world, ballot)
    assert await asked(ask, world, "moderator", ballot) == expected


@pytest.mark.parametrize("name", [None, "stranger", "nurse1", "developer"])
async def test_nobody_else_does(ask: Ask, world: World, name: str | None) -> None:
    ballot = await voted(world, BallotVisibility.LIVE)
    await close(world, ballot)
    found = await asked(ask, world, name, ballot)
    assert found["overall"] == {"fewestToFlip": None}
    assert found["byConstituency"] == [{"fewestToFlip": None}] * 3


async def test_while_blind_not_even_a_moderator_does(ask: Ask, world: World) -> None:
    ballot = await voted(world, BallotVisibility.AFTER_CLOSE)
    found = await asked(ask, world, "moderator", ballot)
    assert found == {"overall": None, "byConstituency": []}


def test_margins_are_shown_to_moderators_where_the_result_is() -> None:
    shown = {
        (reader, visibility, state)
        for reader in Audience
        for visibility in BallotVisibility
        for state in BallotState
        if margins_shown(reader, visibility, state)
    }
    unseen = {BallotState.DRAFT, BallotState.SCHEDULED}
    blind = {BallotState.OPEN, BallotState.DEFERRED, BallotState.CANCELLED}
    live = {(Audience.MODERATORS, BallotVisibility.LIVE, state) for state in BallotState}
    hiding = set(BallotVisibility) - {BallotVisibility.LIVE}
    after = {(Audience.MODERATORS, each, state) for each in hiding for state in BallotState}
    assert {each for each in live | after if each[2] not in unseen} - shown == {
        (Audience.MODERATORS, each, state) for each in hiding for state in blind
    }
    assert shown <= live | after
    assert unseen.isdisjoint(state for _, _, state in shown)

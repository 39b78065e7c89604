"""Receipts: told once, to the voter alone, and found in the list of a closed ballot."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from domain.consensus.receipts import commitment, issue
from domain.ids import new_id
from domain.models.ballots import BallotSecrecy
from domain.permissions import ANYONE
from tests.ballots import close, opened
from tests.conftest import Ask
from tests.mutations import change
from tests.world import World

RECEIPT = "vote { id revision } receipt { commitment salt }"
RECEIPTS = "query ($id: ID!) { node(id: $id) { ... on Ballot { receipts } } }"


async def cast(
    ask: Ask, world: World, name: str, id: str, choice: str, **more: str
) -> dict[str, Any]:
    viewer = await world.viewer(name)
    return await change(ask, viewer, "castVote", RECEIPT, ballotId=id, choice=choice, **more)


@pytest.mark.parametrize("secrecy", [BallotSecrecy.NAMED, BallotSecrecy.CONFIDENTIAL])
async def test_each_voter_finds_the_latest_receipt_in_the_list_of_the_closed_ballot(
    ask: Ask, world: World, secrecy: BallotSecrecy
) -> None:
    ballot = await opened(world, secrecy=secrecy)
    id = world.id("Ballot", ballot)
    first = (await cast(ask, world, "nurse1", id, "AGREE"))["receipt"]
    latest = [
        (await cast(ask, world, name, id, choice))["receipt"]
        for name, choice in (("nurse1", "PASS"), ("nurse2", "AGREE"), ("pharmacist1", "DISAGREE"))
    ]
    before = await ask(await world.viewer("moderator"), RECEIPTS, id=id)
    await close(world, ballot)

    assert before["node"]["receipts"] is None
    for viewer in (ANYONE, await world.viewer("nurse1")):
        found = (await ask(viewer, RECEIPTS, id=id))["node"]["receipts"]
        assert found == sorted(each["commitment"] for each in latest)
    assert first["commitment"] not in found
    words = f"concordat receipt 1\n{ballot}\nPASS\n{latest[0]['salt']}"
    assert latest[0]["commitment"] == sha256(words.encode()).hexdigest()


async def test_a_repeated_request_has_no_receipt_and_replaces_none(ask: Ask, world: World) -> None:
    ballot = await opened(world)
    id = world.id("Ballot", ballot)
    first, again = [
        await cast(ask, world, "nurse1", id, "AGREE", idempotencyKey="once") for _ in range(2)
    ]
    await close(world, ballot)

    assert again == {"vote": first["vote"], "receipt": None}
    found = (await ask(ANYONE, RECEIPTS, id=id))["node"]["receipts"]
    assert found == [first["receipt"]["commitment"]]


async def test_a_refused_vote_leaves_no_receipt(ask: Ask, world: World) -> None:
    ballot = await opened(world)
    id = world.id("Ballot", ballot)
    assert (await cast(ask, world, "stranger", id, "AGREE"))["code"] == "NOT_ALLOWED"
    await close(world, ballot)
    assert (await cast(ask, world, "nurse1", id, "AGREE"))["code"] == "CONFLICT"

    assert (await ask(ANYONE, RECEIPTS, id=id))["node"]["receipts"] == []


def test_receipts_are_all_different_and_say_what_was_chosen() -> None:
    ballot = new_id()
    receipts = [issue(ballot, "AGREE") for _ in range(100)]
    assert (
        len({each.salt for each in receipts}) == len({each.commitment for each in receipts}) == 100
    )
    assert all(len(each.salt) == 64 for each in receipts)
    assert receipts[0].commitment == commitment(ballot, "AGREE", receipts[0].salt)
    assert receipts[0].commitment != commitment(ballot, "DISAGREE", receipts[0].salt)

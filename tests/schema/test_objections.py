"""Objections through the API, and to whom they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from domain.consensus.choices import BallotKind
from domain.models.ballots import BallotVisibility
from domain.permissions import ANYONE
from tests.ballots import close, opened
from tests.conftest import Ask
from tests.mutations import change
from tests.world import World

SHOWN = """
objection {
  id body safety state reason revision
  person { name } constituency { name } vote { choice }
  ballot { consensus { status openObjections openSafetyObjections } }
  availableTransitions { transition allowed reasons missing }
}
"""
LISTED = """
query ($id: ID!) {
  node(id: $id) { ... on Ballot { objections { totalCount nodes { body person { name } } } } }
}
"""


async def object_(ask: Ask, world: World, ballot: str, **more: Any) -> dict[str, Any]:
    nurse = await world.viewer("nurse1")
    return await change(
        ask, nurse, "raiseObjection", SHOWN, ballotId=ballot, body="It hurts.", **more
    )


async def test_an_objection_shows_what_can_become_of_it(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await opened(world, BallotKind.CONSENT))
    raised = (await object_(ask, world, ballot, safety=True))["objection"]
    id = raised.pop("id")

    assert raised == {
        "body": "It hurts.",
        "safety": True,
        "state": "RAISED",
        "reason": "",
        "revision": 1,
        "person": {"name": "Nurse1"},
        "constituency": {"name": "Nurses"},
        "vote": None,
        "ballot": {
            "consensus": {
                "status": "NOT_ENOUGH_VOTES",
                "openObjections": 1,
                "openSafetyObjections": 1,
            }
        },
        "availableTransitions": [
            *(
                {
                    "transition": transition,
                    "allowed": False,
                    "reasons": [
                        (
                            f"{transition} of this objection needs the permission MODERATE, "
                            "which comes with the role ADMIN or SECRETARIAT or MODERATOR."
                        )
                    ],
                    "missing": [],
                }
                for transition in ("QUALIFY", "DISQUALIFY")
            ),
            {"transition": "WITHDRAW", "allowed": True, "reasons": [], "missing": []},
        ],
    }
    step = {"objectionId": id, "reason": "It is so.", "expectedRevision": 1}
    moderator = await world.viewer("moderator")
    judged = await change(ask, moderator, "advanceObjection", SHOWN, **step, transition="QUALIFY")
    options = judged["objection"].pop("availableTransitions")
    assert [each["transition"] for each in options if each["allowed"]] == ["INTEGRATE", "OVERRULE"]
    assert options[-1]["reasons"] == ["Only who raised an objection can withdraw it."]
    assert (judged["objection"]["state"], judged["objection"]["reason"]) == (
        "QUALIFIED",
        "It is so.",
    )


async def test_a_repeated_request_raises_one_objection(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await opened(world, BallotKind.CONSENT))
    first, second = [await object_(ask, world, ballot, idempotencyKey="k") for _ in range(2)]
    assert first["objection"]["id"] == second["objection"]["id"]
    listed = (await ask(await world.viewer("nurse2"), LISTED, id=ballot))["node"]["objections"]
    assert listed == {
        "totalCount": 1,
        "nodes": [{"body": "It hurts.", "person": {"name": "Nurse1"}}],
    }


async def test_a_step_says_which_revision_it_expects(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await opened(world, BallotKind.CONSENT))
    raised = await object_(ask, world, ballot)
    refusal = await change(
        ask,
        await world.viewer("nurse1"),
        "advanceObjection",
        SHOWN,
        objectionId=raised["objection"]["id"],
        transition="WITHDRAW",
    )
    assert (refusal["code"], refusal["path"]) == ("INVALID", ["expectedRevision"])


@pytest.mark.parametrize("name", [None, "stranger", "nurse2", "moderator"])
async def test_while_a_ballot_is_blind_only_its_author_sees_an_objection(
    ask: Ask, world: World, name: str | None
) -> None:
    key = await opened(world, BallotKind.CONSENT, BallotVisibility.AFTER_CLOSE)
    ballot = world.id("Ballot", key)
    raised = await object_(ask, world, ballot)
    viewer = ANYONE if name is None else await world.viewer(name)
    member = name in ("nurse2", "moderator")
    single = "query ($id: ID!) { node(id: $id) { id } }"

    async def shown() -> tuple[bool, int]:
        node = (await ask(viewer, single, id=raised["objection"]["id"]))["node"]
        listed = (await ask(viewer, LISTED, id=ballot))["node"]["objections"]
        return node is not None, listed["totalCount"]

    assert await shown() == (False, 0)
    await close(world, key)
    assert await shown() == (member, int(member))

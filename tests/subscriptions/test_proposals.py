"""What those who follow a proposal are told of it, and when."""

from __future__ import annotations

from tests.conftest import Ask
from tests.priorities import priorities
from tests.subscriptions.live import Live
from tests.world import World

ACTIVITY = """
subscription ($topic: ID!) {
  activity(topicId: $topic) {
    ... on ActivitySnapshot { topic { ... on Proposal { title state } } }
    ... on ActivityEvent {
      kind reason actor { name }
      subject { ... on Proposal { state } ... on GatewayJudgement { finding } }
    }
  }
}
"""


async def test_its_readers_learn_of_judgements_once_all_of_them_are_in(
    live: Live, ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()

    async with live.subscribe(await world.viewer("nurse1"), ACTIVITY, topic=proposal) as messages:
        snapshot = await messages.next()
        await made.judge_all(proposal)
        await made.step(proposal, "PRIORITISE", "secretary", reason="It is needed.")
        judged, advanced = await messages.take(2)

    assert snapshot["topic"] == {"title": "Acute stroke", "state": "GATEWAY_REVIEW"}
    assert judged["kind"] == "PROPOSAL_JUDGED"
    assert advanced == {
        "kind": "PROPOSAL_ADVANCED",
        "reason": "It is needed.",
        "actor": {"name": "Secretary"},
        "subject": {"state": "PRIORITISED"},
    }


async def test_moderators_learn_who_judged_and_not_what(live: Live, ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()

    async with live.subscribe(
        await world.viewer("secretary"), ACTIVITY, topic=proposal
    ) as messages:
        await messages.next()
        await made.judge(proposal, 1, "judge1", "NOT_MET")
        given = await messages.next()

    assert given == {
        "kind": "GATEWAY_JUDGEMENT_GIVEN",
        "reason": None,
        "actor": {"name": "Judge1"},
        "subject": None,
    }


async def test_a_draft_is_told_to_nobody_who_may_not_read_it(
    live: Live, ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal = (await made.draft())["id"]

    for name in ("stranger", "board"):
        viewer = await world.viewer(name)
        async with live.subscribe(viewer, ACTIVITY, topic=proposal) as messages:
            result = await messages.result()
        assert result.get("data") is None
        [error] = result["errors"]
        assert error["extensions"]["code"] == "NOT_FOUND"
        assert error["message"] == "There is no topic with this id that you may see."

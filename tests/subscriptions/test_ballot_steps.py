"""Each step of a ballot reaches those who follow it, and so does what the process does itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from api.chores import DEADLINES, repeating
from domain.commands.due import step_what_is_due
from domain.consensus.rounds import RoundPlan
from domain.lifecycle import BallotTransition
from domain.models.comments import SubjectKind
from domain.permissions import ANYONE
from tests.ballots import advance, draft, opened, set_back, vote
from tests.commands.test_stale_votes import heading, perform
from tests.schema.test_reminders import remind
from tests.subscriptions.live import Live
from tests.world import World

ACTIVITY = """
subscription ($topic: ID!) {
  activity(topicId: $topic) {
    __typename
    ... on ActivitySnapshot { sequence }
    ... on ActivityEvent {
      sequence kind reason actor { id } subject { id ... on Ballot { state round } }
    }
  }
}
"""
CONSENSUS = """
subscription ($ballot: ID!) {
  consensus(ballotId: $ballot) {
    ... on ConsensusUpdate {
      ballot { state round consensus { turnout { voted } stability { kept of } } }
    }
  }
}
"""
SOON = datetime.now(UTC) + timedelta(days=1)
LATER = SOON + timedelta(days=1)
T = BallotTransition


async def test_each_step_of_a_ballot_is_told_to_everybody_with_its_reason(
    live: Live, world: World
) -> None:
    ballot = await draft(
        world,
        round_plan=RoundPlan(most_rounds=2),
        opens_at=SOON,
        closes_at=SOON + timedelta(hours=1),
        subject=(SubjectKind.SECTION, world.sections[0]),
    )
    told: list[tuple[str, str, int]] = []

    async def step(transition: BallotTransition, **particulars: Any) -> None:
        await advance(world, ballot, transition, f"Because of {transition}.", **particulars)

    topic = world.id("Engagement", world.engagement)
    async with live.subscribe(ANYONE, ACTIVITY, topic=topic) as messages:
        await messages.next()

        async def hear() -> None:
            event = await messages.next()
            assert event["subject"]["id"] == world.id("Ballot", ballot)
            told.append((event["kind"], event["subject"]["state"], event["subject"]["round"]))
            if "REMINDED" not in event["kind"] and "STALE" not in event["kind"]:
                assert event["reason"].startswith("Because of ")

        for transition, particulars in (
            (T.SCHEDULE, {}),
            (T.OPEN, {}),
            (T.EXTEND, {"closes_at": LATER}),
            (T.DEFER, {}),
            (T.RESUME, {}),
            (T.CLOSE_ROUND, {}),
            (T.NEXT_ROUND, {}),
        ):
            await step(transition, **particulars)
            if transition is not T.OPEN:
                await hear()
            else:
                told.append(((await messages.next())["kind"], "OPEN", 1))
        await remind(world, ballot)
        await hear()
        await perform(world, heading)
        await hear()
        await step(T.CLOSE)
        await hear()
        await step(T.DECIDE, decision="So be it.")
        await hear()

    assert told == [
        ("BALLOT_SCHEDULED", "SCHEDULED", 1),
        ("BALLOT_OPENED", "OPEN", 1),
        ("BALLOT_EXTENDED", "OPEN", 1),
        ("BALLOT_ADVANCED", "DEFERRED", 1),
        ("BALLOT_ADVANCED", "OPEN", 1),
        ("ROUND_CLOSED", "ROUND_CLOSED", 1),
        ("ROUND_OPENED", "OPEN", 2),
        ("ELECTORS_REMINDED", "OPEN", 2),
        ("VOTES_MADE_STALE", "OPEN", 2),
        ("BALLOT_CLOSED", "CLOSED", 2),
        ("BALLOT_DECIDED", "DECIDED", 2),
    ]


async def test_consensus_begins_anew_with_each_round(live: Live, world: World) -> None:
    ballot = await opened(world, round_plan=RoundPlan(most_rounds=2))
    await vote(world, "nurse1", ballot, "AGREE")

    async with live.subscribe(
        await world.viewer("nurse2"), CONSENSUS, ballot=world.id("Ballot", ballot)
    ) as messages:
        seen = [(await messages.next())["ballot"]]
        await advance(world, ballot, T.CLOSE_ROUND)
        await advance(world, ballot, T.NEXT_ROUND, "Again.")
        while seen[-1]["round"] == 1:
            seen.append((await messages.next())["ballot"])
        assert seen[-1]["consensus"] == {"turnout": {"voted": 0}, "stability": None}
        await vote(world, "nurse1", ballot, "PASS")
        while not seen[-1]["consensus"]["turnout"]["voted"]:
            seen.append((await messages.next())["ballot"])

    assert seen[0]["consensus"]["turnout"] == {"voted": 1}
    assert seen[-1]["consensus"] == {"turnout": {"voted": 1}, "stability": {"kept": 0, "of": 1}}


async def test_a_running_process_opens_and_closes_what_is_due(live: Live, world: World) -> None:
    opening = await draft(world, opens_at=SOON, closes_at=LATER)
    await advance(world, opening, T.SCHEDULE)
    topic = world.id("Engagement", world.engagement)
    stepping = repeating("deadlines", DEADLINES, partial(step_what_is_due, world.database))

    async with live.subscribe(ANYONE, ACTIVITY, topic=topic) as messages:
        await messages.next()
        async with stepping:
            await set_back(world, opening, "opens_at")
            began = await messages.next()
            await set_back(world, opening, "closes_at")
            ended = await messages.next()

    assert (began["kind"], began["actor"]) == ("BALLOT_OPENED", None)
    assert (ended["kind"], ended["actor"]) == ("BALLOT_CLOSED", None)
    assert ended["reason"] == "The deadline has passed."
    assert ended["subject"]["state"] == "CLOSED"

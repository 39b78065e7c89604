"""A ballot that shows itself to those who have voted in it, while others follow it blindly."""

from __future__ import annotations

from typing import Any

import pytest

from domain.models.ballots import BallotVisibility
from tests.ballots import close, opened, vote
from tests.counting import counting
from tests.schema.test_consensus import CONSENSUS as STANDING
from tests.subscriptions.live import Live, Messages
from tests.subscriptions.test_consensus import CONSENSUS, VOTES
from tests.world import World

PERSONAL = CONSENSUS.replace("state\n", "state viewerVote { id }\n", 1)


async def until(messages: Messages, voted: int) -> dict[str, Any]:
    """Return the first message that shows so many votes."""
    while True:
        message = await messages.next()
        consensus = message["ballot"]["consensus"]
        if consensus is not None and consensus["turnout"]["voted"] == voted:
            return message


@pytest.mark.parametrize("document", [CONSENSUS, PERSONAL])
async def test_the_stream_of_a_voter_begins_to_show_it_and_goes_on(
    live: Live, world: World, document: str
) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_OWN_VOTE)
    id = world.id("Ballot", ballot)

    async with live.subscribe(await world.viewer("nurse1"), document, ballot=id) as messages:
        first = await messages.next()
        await vote(world, "nurse2", ballot, "AGREE")
        await vote(world, "nurse1", ballot, "DISAGREE")
        own = await until(messages, 2)
        await vote(world, "pharmacist1", ballot, "AGREE")
        later = await until(messages, 3)

    assert first["ballot"]["consensus"] is None
    # The numbers of moderators, which grew with each vote, are not told.
    assert first["sequence"] == own["sequence"] == later["sequence"]
    assert first["cursor"] == own["cursor"] == later["cursor"]


async def test_what_others_are_sent_is_the_same_to_the_byte_whether_or_not_others_voted(
    live: Live, world: World
) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_OWN_VOTE)
    id = world.id("Ballot", ballot)
    waiting = await world.viewer("nurse2")

    async with (
        live.subscribe(await world.viewer("nurse1"), CONSENSUS, ballot=id) as entitled,
        live.subscribe(waiting, CONSENSUS, ballot=id) as consensus,
        live.subscribe(waiting, VOTES, ballot=id) as votes,
    ):
        before = [await consensus.result(), await votes.result()]
        await vote(world, "nurse1", ballot, "AGREE", "A canary.")
        await vote(world, "pharmacist1", ballot, "DISAGREE", "A canary.")
        await until(entitled, 2)
        async with (
            live.subscribe(waiting, CONSENSUS, ballot=id) as again,
            live.subscribe(waiting, VOTES, ballot=id) as anew,
        ):
            after = [await again.result(), await anew.result()]
        # The next thing that they are told is that it was closed: there was nothing in between.
        await close(world, ballot)
        closed = [await consensus.next(), await votes.next()]

    assert after == before
    assert [each["ballot"]["state"] for each in closed] == ["CLOSED", "CLOSED"]
    assert closed[1]["kind"] == "BALLOT_CLOSED"


async def test_those_who_have_voted_share_executions_and_reads(live: Live, world: World) -> None:
    ballot = await opened(world, visibility=BallotVisibility.AFTER_OWN_VOTE)
    for name in ("nurse1", "nurse2"):
        await vote(world, name, ballot, "AGREE")
    one, other = await world.viewer("nurse1"), await world.viewer("nurse2")
    nobody = await world.viewer("nurse3")

    assert one.rights == other.rights != nobody.rights
    with counting(world.database) as statements:
        found = await live.execute(one, STANDING, ids=[world.id("Ballot", ballot)])
    assert found["data"]["nodes"][0]["consensus"]["turnout"] == {"voted": 2, "eligible": 9}
    assert len(statements) <= 3


async def test_having_voted_is_a_right_only_where_it_opens_something(world: World) -> None:
    ballots = {each: await opened(world, visibility=each) for each in BallotVisibility}
    for ballot in ballots.values():
        await vote(world, "nurse1", ballot, "AGREE")
    during = await world.viewer("nurse1")
    await close(world, ballots[BallotVisibility.AFTER_OWN_VOTE])
    afterwards = await world.viewer("nurse1")

    assert during.voted_in == {ballots[BallotVisibility.AFTER_OWN_VOTE]}
    assert afterwards.voted_in == frozenset()

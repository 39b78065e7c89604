"""Consensus through the API: its figures, its place in the stream, and who is told what."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from domain.consensus.choices import BallotKind
from domain.consensus.rules import default_rule, rule_hash
from domain.lifecycle import HELD, BallotState
from domain.models.ballots import BallotVisibility
from domain.models.topics import StoredEvent
from domain.permissions import ANYONE, Audience, Viewer
from domain.queries.consensus import Disclosure, disclosed
from tests.ballots import brought_to, close, opened, vote
from tests.conftest import Ask
from tests.counting import counting
from tests.world import World

CONSENSUS = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Ballot {
      ruleHash
      consensus {
        status reasons ruleHash asOf suppressed
        turnout { voted eligible }
        overall { ...group }
        byConstituency { ...group }
      }
    }
  }
}
fragment group on GroupConsensus {
  constituency { name } status counts { choice rating count }
  eligible voted inFavour of intervalLow intervalHigh median suppressed
}
"""


async def standing(ask: Ask, world: World, viewer: Viewer, *ballots: Any) -> list[Any]:
    ids = [world.id("Ballot", ballot) for ballot in ballots]
    return [node["consensus"] for node in (await ask(viewer, CONSENSUS, ids=ids))["nodes"]]


async def test_members_see_every_figure_of_a_live_ballot(ask: Ask, world: World) -> None:
    ballot = await opened(world, BallotKind.RATING)
    for name, rating in (("nurse1", "9"), ("nurse2", "7"), ("nurse3", "2"), ("pharmacist1", "8")):
        await vote(world, name, ballot, rating)
    await vote(world, "pharmacist2", ballot, "UNABLE_TO_SCORE")

    [found] = await standing(ask, world, await world.viewer("nurse1"), ballot)

    assert found["status"] == "NO_CONSENSUS"
    assert found["turnout"] == {"voted": 5, "eligible": 9}
    assert found["ruleHash"] == rule_hash(default_rule(BallotKind.RATING))
    assert found["asOf"] == 6  # opened, and five votes
    assert any(reason.startswith("Nurses: ") for reason in found["reasons"])
    overall = found["overall"]
    assert overall["constituency"] is None
    assert (overall["inFavour"], overall["of"], overall["median"]) == (3, 4, 7.5)
    assert 0 < overall["intervalLow"] < 0.75 < overall["intervalHigh"] < 1
    assert [
        (group["constituency"]["name"], group["status"], group["voted"], group["eligible"])
        for group in found["byConstituency"]
    ] == [
        ("Nurses", "NO_CONSENSUS", 3, 3),
        ("Pharmacists", "NOT_ENOUGH_VOTES", 2, 3),
        ("Physiotherapists", "NOT_ENOUGH_VOTES", 0, 3),
    ]
    nurses, pharmacists, _ = found["byConstituency"]
    assert [count["rating"] for count in nurses["counts"] if count["count"]] == [2, 7, 9]
    assert pharmacists["counts"][-1] == {"choice": "UNABLE_TO_SCORE", "rating": None, "count": 1}
    assert pharmacists["intervalLow"] is pharmacists["intervalHigh"] is None


async def test_the_status_follows_every_vote(ask: Ask, world: World) -> None:
    ballot = await opened(world, BallotKind.POSITIONS)
    viewer = await world.viewer("nurse1")
    statuses = []
    for name, choice in (
        ("nurse1", "YES"),
        ("nurse2", "NO_OBJECTION"),
        ("nurse3", "NO_OBJECTION"),
        ("pharmacist1", "NO_OBJECTION"),
        ("pharmacist2", "YES"),
        ("pharmacist3", "YES"),
        ("physiotherapist1", "DISCUSS"),
        ("physiotherapist1", "ABSTAIN"),
    ):
        await vote(world, name, ballot, choice, "Because.")
        [found] = await standing(ask, world, viewer, ballot)
        statuses.append(found["status"])

    assert statuses == [*["NO_CONSENSUS"] * 5, "CONSENSUS", "NO_CONSENSUS", "CONSENSUS"]


async def test_what_a_closed_ballot_came_to_is_read_as_it_was_stored(
    ask: Ask, world: World
) -> None:
    ballot = await opened(world)
    await vote(world, "nurse1", ballot, "AGREE")
    member = await world.viewer("nurse2")
    [live] = await standing(ask, world, member, ballot)
    await close(world, ballot)

    [closed] = await standing(ask, world, member, ballot)
    [public] = await standing(ask, world, ANYONE, ballot)

    assert closed == live
    # The public was told of the opening alone; and who a single voter is, members know.
    assert public == {
        **closed,
        "asOf": 1,
        "status": "WITHHELD",
        "reasons": ["Fewer than 5 people have voted."],
        "overall": None,
        "byConstituency": [],
        "suppressed": True,
    }


async def test_the_public_is_told_only_counts_that_are_not_small(ask: Ask, world: World) -> None:
    ballot = await opened(world, smallest_count=3)
    for name in ("nurse1", "nurse2", "pharmacist1", "pharmacist2", "physiotherapist1"):
        await vote(world, name, ballot, "AGREE")
    for name in ("nurse3", "pharmacist3"):
        await vote(world, name, ballot, "DISAGREE")
    await vote(world, "physiotherapist2", ballot, "PASS")
    await close(world, ballot)

    [member] = await standing(ask, world, await world.viewer("nurse1"), ballot)
    [public] = await standing(ask, world, ANYONE, ballot)

    assert not member["suppressed"]
    assert [each["count"] for each in member["overall"]["counts"]] == [5, 2, 1]
    assert public["suppressed"]
    assert public["status"] == member["status"]
    overall = public["overall"]
    assert [each["count"] for each in overall["counts"]] == [5, None, None]
    assert (overall["voted"], overall["inFavour"], overall["of"]) == (8, None, None)
    for group in public["byConstituency"]:
        assert {each["count"] for each in group["counts"]} == {None}
        assert (group["status"], group["suppressed"], group["eligible"]) == ("WITHHELD", True, 3)
    async with world.database.read() as session:
        told = await session.scalars(
            select(StoredEvent.data).where(
                StoredEvent.kind == "BALLOT_CLOSED", StoredEvent.audience == Audience.PUBLIC
            )
        )
    [data] = told
    assert data["outcome"]["overall"]["counts"] == [5, None, None]


READERS = {
    None: Audience.PUBLIC,
    "stranger": Audience.PUBLIC,
    "provider": Audience.PUBLIC,
    "nurse1": Audience.MEMBERS,
    "nurse2": Audience.MEMBERS,
    "developer": Audience.MEMBERS,
    "moderator": Audience.MODERATORS,
    "secretary": Audience.MODERATORS,
    "admin": Audience.MODERATORS,
}


@pytest.mark.parametrize("visibility", BallotVisibility)
@pytest.mark.parametrize("state", BallotState)
async def test_each_role_is_told_what_the_guard_discloses_in_each_state(
    ask: Ask, world: World, state: BallotState, visibility: BallotVisibility
) -> None:
    ballot = await brought_to(world, state, visibility=visibility)

    told = {}
    for name in READERS:
        viewer = ANYONE if name is None else await world.viewer(name)
        [node] = (await ask(viewer, CONSENSUS, ids=[world.id("Ballot", ballot)]))["nodes"]
        found = node and node["consensus"]
        told[name] = found and (found["status"], found["turnout"]["voted"], found["overall"])

    for name, reader in READERS.items():
        match disclosed(reader, visibility, state, voted=name == "nurse1"):
            case Disclosure.NOTHING:
                assert told[name] is None
            case Disclosure.TURNOUT:
                assert told[name] == ("WITHHELD", 1, None)
            case Disclosure.EVERYTHING:
                status, voted, overall = told[name]
                if reader is Audience.PUBLIC:
                    assert (status, voted, overall) == ("WITHHELD", 1, None)
                    continue
                assert (status, voted) == ("NOT_ENOUGH_VOTES", 1)
                assert [count["count"] for count in overall["counts"]] == [0, 1, 0]


LIVE, BLIND = BallotVisibility.LIVE, BallotVisibility.AFTER_CLOSE
OWN = BallotVisibility.AFTER_OWN_VOTE
NOTHING, TURNOUT, EVERYTHING = Disclosure.NOTHING, Disclosure.TURNOUT, Disclosure.EVERYTHING


@pytest.mark.parametrize(
    ("visibility", "state", "expected"),
    [
        # for the public, for members, for moderators
        (LIVE, BallotState.DRAFT, (NOTHING, NOTHING, NOTHING)),
        (BLIND, BallotState.DRAFT, (NOTHING, NOTHING, NOTHING)),
        (OWN, BallotState.DRAFT, (NOTHING, NOTHING, NOTHING)),
        (LIVE, BallotState.OPEN, (NOTHING, EVERYTHING, EVERYTHING)),
        (BLIND, BallotState.OPEN, (NOTHING, NOTHING, TURNOUT)),
        (OWN, BallotState.OPEN, (NOTHING, NOTHING, TURNOUT)),
        (LIVE, BallotState.CLOSED, (EVERYTHING, EVERYTHING, EVERYTHING)),
        (BLIND, BallotState.CLOSED, (EVERYTHING, EVERYTHING, EVERYTHING)),
        (OWN, BallotState.CLOSED, (EVERYTHING, EVERYTHING, EVERYTHING)),
    ],
)
def test_the_guard_discloses_by_audience_visibility_and_state(
    visibility: BallotVisibility, state: BallotState, expected: tuple[Disclosure, ...]
) -> None:
    assert tuple(disclosed(reader, visibility, state) for reader in Audience) == expected
    assert disclosed(None, visibility, state) is Disclosure.NOTHING


@pytest.mark.parametrize("state", BallotState)
@pytest.mark.parametrize("visibility", BallotVisibility)
def test_a_vote_of_ones_own_opens_an_open_ballot_that_says_so_and_changes_nothing_else(
    visibility: BallotVisibility, state: BallotState
) -> None:
    for reader in Audience:
        without = disclosed(reader, visibility, state)
        after_it = disclosed(reader, visibility, state, voted=True)
        opened_by_it = visibility is OWN and state in HELD and reader is not Audience.PUBLIC
        assert after_it is (EVERYTHING if opened_by_it else without)


async def test_the_consensus_of_many_ballots_takes_as_many_statements_as_that_of_one(
    ask: Ask, world: World
) -> None:
    ballots = [await opened(world, kind) for kind in BallotKind for _ in range(3)]
    viewer = await world.viewer("nurse1")
    with counting(world.database) as one:
        await standing(ask, world, viewer, ballots[0])
    with counting(world.database) as many:
        await standing(ask, world, viewer, *ballots)

    # Which they are: what two ticks read may be one statement or two.
    assert set(many) == set(one)

"""Official positions through the API, with the views that they consolidate."""

from __future__ import annotations

from typing import Any

import pytest

from domain.consensus.choices import BallotKind
from domain.permissions import ANYONE
from tests.ballots import opened, vote
from tests.conftest import Ask
from tests.counting import counting
from tests.mutations import change
from tests.organisations import asked, give, organised
from tests.world import World

SHOWN = """
view {
  choice rating options { ordinal text } rationale round state revision
  member { name } organisation { name } ballot { question }
}
"""
BALLOT = """
query ($id: ID!) { node(id: $id) { ... on Ballot {
  votesBy viewerCanVote viewerCanGiveView viewerView { rationale }
  views { totalCount nodes { member { name } choice } }
  viewTally { given counts { choice option count } preferences { option over count } }
  votes { nodes {
    organisation { name }
    consolidated { given counts { choice count } }
    history { consolidated { given counts { count } } }
  } }
} } }
"""
pytestmark = pytest.mark.usefixtures("organisations")


@pytest.fixture
async def organisations(world: World) -> None:
    await organised(world)


async def show(ask: Ask, world: World, name: str | None, ballot: str) -> dict[str, Any]:
    viewer = ANYONE if name is None else await world.viewer(name)
    return dict((await ask(viewer, BALLOT, id=ballot))["node"])


async def test_a_member_gives_a_view_and_withdraws_it(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await asked(world))
    nurse = await world.viewer("nurse2")
    given = await change(
        ask, nurse, "giveView", SHOWN, ballotId=ballot, choice="DISAGREE", rationale=" Too much. "
    )
    assert given["view"] == {
        "choice": "DISAGREE",
        "rating": None,
        "options": [],
        "rationale": "Too much.",
        "round": 1,
        "state": "GIVEN",
        "revision": 1,
        "member": {"name": "Nurse2"},
        "organisation": {"name": "A Fictional College"},
        "ballot": {"question": "Shall it be so?"},
    }
    withdrawn = await change(ask, nurse, "withdrawView", SHOWN, ballotId=ballot)
    assert withdrawn["view"] == {**given["view"], "state": "WITHDRAWN", "revision": 2}


async def test_a_repeated_request_gives_one_view(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await asked(world))
    nurse = await world.viewer("nurse2")
    input = {"ballotId": ballot, "choice": "AGREE", "idempotencyKey": "once"}
    views = [
        await change(ask, nurse, "giveView", "view { id revision }", **input) for _ in range(2)
    ]
    assert views[0] == views[1]
    assert views[0]["view"]["revision"] == 1


async def test_a_refusal_says_what_would_be_right(ask: Ask, world: World) -> None:
    ballot = world.id("Ballot", await asked(world))
    refused = await change(
        ask, await world.viewer("nurse1"), "giveView", SHOWN, ballotId=ballot, choice="AGREE"
    )
    assert refused == {
        "code": "NOT_ALLOWED",
        "message": "You cast the position of your organisation. Please cast your vote.",
        "path": [],
    }
    nothing = await change(ask, await world.viewer("nurse2"), "giveView", SHOWN, ballotId=ballot)
    assert (nothing["code"], nothing["path"]) == ("INVALID", ["choice"])


async def test_a_ballot_says_to_each_what_is_theirs(ask: Ask, world: World) -> None:
    ballot = await asked(world)
    await give(world, "nurse2", ballot, "AGREE", "Yes.")
    await give(world, "nurse3", ballot, "DISAGREE")
    await vote(world, "nurse1", ballot, "AGREE")
    await give(world, "nurse3", ballot, "AGREE")
    await vote(world, "nurse1", ballot, "AGREE", "As all of us say.")
    id = world.id("Ballot", ballot)

    [nothing, own, all_of_them, moderators] = [
        await show(ask, world, name, id) for name in (None, "nurse2", "nurse1", "moderator")
    ]
    counts = [
        {"choice": "AGREE", "count": 2},
        {"choice": "DISAGREE", "count": 0},
        {"choice": "PASS", "count": 0},
    ]
    position = {"organisation": {"name": "A Fictional College"}}
    shown_to_others = {
        **position,
        "consolidated": {"given": 2, "counts": None},
        "history": [{"consolidated": {"given": 2, "counts": None}}],
    }
    hidden = {
        "votesBy": "ORGANISATIONS",
        "viewerCanVote": False,
        "viewerCanGiveView": False,
        "viewerView": None,
        "views": {"totalCount": 0, "nodes": []},
        "viewTally": None,
        "votes": {"nodes": []},
    }
    assert nothing == hidden
    assert moderators == {**hidden, "votes": {"nodes": [shown_to_others]}}
    assert own == {
        **moderators,
        "viewerCanGiveView": True,
        "viewerView": {"rationale": "Yes."},
    }
    assert all_of_them == {
        **hidden,
        "viewerCanVote": True,
        "views": {
            "totalCount": 2,
            "nodes": [
                {"member": {"name": name}, "choice": "AGREE"} for name in ("Nurse2", "Nurse3")
            ],
        },
        "viewTally": {
            "given": 2,
            "counts": [{**each, "option": None} for each in counts],
            "preferences": [],
        },
        "votes": {
            "nodes": [
                {
                    **position,
                    "consolidated": {"given": 2, "counts": counts},
                    "history": [
                        {
                            "consolidated": {
                                "given": 2,
                                "counts": [{"count": 1}, {"count": 1}, {"count": 0}],
                            }
                        }
                    ],
                }
            ]
        },
    }


async def test_views_on_a_ranking_say_who_prefers_what(ask: Ask, world: World) -> None:
    ballot = await asked(world, BallotKind.RANKING)
    await give(world, "nurse2", ballot, None, options=(3, 1))
    shown = await show(ask, world, "nurse1", world.id("Ballot", ballot))
    tally = shown["viewTally"]
    assert [each["count"] for each in tally["counts"]] == [1, 0, 1]
    assert {(each["option"], each["over"]) for each in tally["preferences"] if each["count"]} == {
        (3, 1),
        (3, 2),
        (1, 2),
    }


async def test_where_people_vote_a_vote_is_no_position(ask: Ask, world: World) -> None:
    ballot = await opened(world)
    await vote(world, "nurse1", ballot, "AGREE")
    shown = await show(ask, world, "moderator", world.id("Ballot", ballot))
    assert shown["votesBy"] == "PEOPLE"
    assert shown["votes"]["nodes"] == [{"organisation": None, "consolidated": None, "history": []}]


async def test_what_positions_consolidate_is_read_at_once_however_many_there_are(
    ask: Ask, world: World
) -> None:
    viewer = await world.viewer("moderator")
    numbers = []
    for names in (["nurse1"], ["nurse1", "pharmacist1"]):
        ballot = await asked(world)
        for name in names:
            await vote(world, name, ballot, "AGREE")
        with counting(world.database) as statements:
            await ask(viewer, BALLOT, id=world.id("Ballot", ballot))
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]

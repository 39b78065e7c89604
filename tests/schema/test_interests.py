"""Declared interests through the API."""

from __future__ import annotations

from domain.permissions import ANYONE
from tests.ballots import opened, vote
from tests.conftest import Ask
from tests.mutations import change
from tests.world import World

SHOWN = """
interest {
  id person { name } subjectKind subject { __typename } body mitigation withdrawnAt
  viewerCanWithdraw
}
"""
LISTED = """
query ($id: ID!) {
  node(id: $id) { ... on Engagement { interests { totalCount nodes { body } } } }
}
"""


async def test_an_interest_is_declared_listed_for_members_and_withdrawn(
    ask: Ask, world: World
) -> None:
    nurse, ballot = await world.viewer("nurse1"), await opened(world)
    cast = await vote(world, "nurse1", ballot, "AGREE")
    engagement = world.id("Engagement", world.engagement)
    asked = {"topicId": engagement, "body": "I sell it.", "mitigation": "RECUSE"}

    declared = (await change(ask, nurse, "declareInterest", SHOWN, **asked))["interest"]
    id = declared.pop("id")
    assert declared == {
        "person": {"name": "Nurse1"},
        "subjectKind": None,
        "subject": None,
        "body": "I sell it.",
        "mitigation": "RECUSE",
        "withdrawnAt": None,
        "viewerCanWithdraw": True,
    }
    shown = (
        "query ($id: ID!) { node(id: $id) { ... on Vote { recused ballot { viewerCanVote } } } }"
    )
    own = world.id("Vote", cast)
    assert (await ask(nurse, shown, id=own))["node"] == {
        "recused": True,
        "ballot": {"viewerCanVote": False},
    }
    for viewer, listed in ((await world.viewer("nurse2"), ["I sell it."]), (ANYONE, [])):
        found = (await ask(viewer, LISTED, id=engagement))["node"]["interests"]
        assert [each["body"] for each in found["nodes"]] == listed
        assert found["totalCount"] == len(listed)

    withdrawn = (await change(ask, nurse, "withdrawInterest", SHOWN, interestId=id))["interest"]
    assert withdrawn["withdrawnAt"] is not None
    assert withdrawn["viewerCanWithdraw"] is False
    assert (await ask(nurse, shown, id=own))["node"]["recused"] is False


async def test_an_interest_in_a_section_names_it(ask: Ask, world: World) -> None:
    declared = await change(
        ask,
        await world.viewer("nurse1"),
        "declareInterest",
        SHOWN,
        topicId=world.id("Engagement", world.engagement),
        subjectId=world.id("Section", world.sections[0]),
        body="I wrote it.",
        mitigation="NONE",
    )
    assert declared["interest"]["subjectKind"] == "SECTION"
    assert declared["interest"]["subject"] == {"__typename": "Section"}

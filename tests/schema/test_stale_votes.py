"""A voter sees that what they voted on was changed, and everybody that the vote does not count."""

from __future__ import annotations

from typing import Any

from domain.models.comments import SubjectKind
from tests.ballots import opened, vote
from tests.conftest import Ask
from tests.world import World

EDITS = {
    "editSection": {"heading": "Other purposes"},
    "addBlock": {"kind": "PARAGRAPH", "text": "More."},
    "editBlock": {"text": "Other words."},
    "removeBlock": {},
    "editSpecification": {"summary": "Something else."},
}
STANDING = """
query ($id: ID!) {
  node(id: $id) {
    ... on Ballot {
      viewerVote { choice stale } viewerCanVote subjectRevision
      votes { nodes { stale } } consensus { turnout { voted } }
    }
  }
}
"""


async def test_each_edit_of_a_text_can_be_material(ask: Ask, world: World) -> None:
    ballot = await opened(world, subject=(SubjectKind.SPECIFICATION, world.specification))
    nurse, developer = await world.viewer("nurse1"), await world.viewer("developer")
    ids = {
        "sectionId": world.id("Section", world.sections[0]),
        "blockId": world.id("Block", world.blocks[1]),
        "specificationId": world.id("Specification", world.specification),
    }

    async def standing() -> dict[str, Any]:
        found: dict[str, Any] = (await ask(nurse, STANDING, id=world.id("Ballot", ballot)))["node"]
        return found

    for number, (mutation, fields) in enumerate(EDITS.items(), 2):
        await vote(world, "nurse1", ballot, "AGREE")
        assert (await standing())["viewerVote"] == {"choice": "AGREE", "stale": False}
        noun = "block" if mutation in ("editBlock", "removeBlock") else "section"
        subject = "specificationId" if mutation == "editSpecification" else f"{noun}Id"
        name = mutation[0].upper() + mutation[1:]
        answer = await ask(
            developer,
            f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ __typename }} }}",
            input={subject: ids[subject], **fields, "expectedRevision": None, "material": True},
        )
        assert answer[mutation] == {"__typename": f"{name}Payload"}
        assert await standing() == {
            "viewerVote": {"choice": "AGREE", "stale": True},
            "viewerCanVote": True,
            "subjectRevision": number,
            "votes": {"nodes": [{"stale": True}]},
            "consensus": {"turnout": {"voted": 0}},
        }

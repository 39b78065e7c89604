"""Periodic reviews through the API: begun by somebody or by the day, brought to each outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.commands.due import review_what_is_due
from domain.ids import new_id
from domain.lifecycle import EngagementState, SpecificationState
from domain.models.engagements import Engagement
from domain.models.people import Membership, ScopeKind
from domain.models.topics import Topic, TopicKind
from domain.permissions import ANYONE, Role
from tests.candidates import put
from tests.conftest import Ask
from tests.mutations import change
from tests.world import NOW, World

TODAY = datetime.now(UTC).date()
REVIEW = (
    "periodicReview { id state reason decidedBy { name } nextReviewOn mergedInto { code } "
    "successor { version state sections { heading blocks { text originId } } } "
    "specification { state teachOutOn reviewOn } }"
)


def day(days: int) -> str:
    return f"{TODAY + timedelta(days=days):%Y-%m-%d}"


@pytest.fixture
async def launched(world: World) -> World:
    """The world with its specification launched, and somebody on the board."""
    await put(world, SpecificationState.LAUNCHED)
    await world.add(
        Membership(
            person_id=world.people["nurse1"],
            role=Role.BOARD,
            scope_kind=ScopeKind.BODY,
            scope_id=None,
            created_at=NOW,
        )
    )
    return world


async def trigger(ask: Ask, world: World, by: str = "secretary") -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(by),
        "triggerPeriodicReview",
        REVIEW,
        specificationId=world.id("Specification", world.specification),
        trigger="SAFETY",
        cause="An incident was reported.",
    )


async def add(ask: Ask, world: World, review: str, by: str = "secretary") -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(by),
        "addReviewEvidence",
        "reviewEvidence { source body author { name } periodicReview { id } }",
        periodicReviewId=review,
        source="The incident register",
        body="It could have been avoided.",
    )


async def step(
    ask: Ask, world: World, review: str, transition: str, by: str = "secretary", **more: Any
) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(by),
        "advancePeriodicReview",
        REVIEW,
        periodicReviewId=review,
        transition=transition,
        reason="As was found.",
        **{"expectedRevision": None, **more},
    )


async def exercise(world: World, state: EngagementState = EngagementState.CLOSED) -> str:
    """Have an exercise about the specification."""
    id = new_id()
    scopes = [id, world.specification, world.credential]
    await world.add(
        Topic(id=id, kind=TopicKind.ENGAGEMENT, scopes=scopes, public=True),
        Engagement(
            id=id,
            specification_id=world.specification,
            title="Is it still needed?",
            purpose="To find out.",
            briefing="Read this.",
            state=state,
            created_at=NOW,
        ),
    )
    return world.id("Engagement", id)


async def consulted(ask: Ask, world: World) -> str:
    """Bring a review as far as its outcome."""
    review = str((await trigger(ask, world))["periodicReview"]["id"])
    await step(ask, world, review, "COLLECT")
    await add(ask, world, review)
    consulting = await step(ask, world, review, "CONSULT", engagementId=await exercise(world))
    assert consulting["periodicReview"]["state"] == "CONSULTING"
    return review


async def test_a_specification_is_reconfirmed_until_the_next_review(
    ask: Ask, launched: World
) -> None:
    review = await consulted(ask, launched)

    done = await step(ask, launched, review, "RECONFIRM", nextReviewOn=day(900))

    assert done["periodicReview"]["state"] == "RECONFIRMED"
    assert done["periodicReview"]["decidedBy"] == {"name": "Secretary"}
    assert done["periodicReview"]["specification"] == {
        "state": "LAUNCHED",
        "teachOutOn": None,
        "reviewOn": day(900),
    }


@pytest.mark.parametrize(
    ("transition", "state"),
    [("REVISE_MINOR", "MINOR_REVISION"), ("REVISE_MAJOR", "MAJOR_REVISION")],
)
async def test_a_revision_begins_the_next_version_with_the_text_of_this_one(
    ask: Ask, launched: World, transition: str, state: str
) -> None:
    review = await consulted(ask, launched)

    done = await step(ask, launched, review, transition)

    assert done["periodicReview"]["state"] == state
    successor = done["periodicReview"]["successor"]
    assert (successor["version"], successor["state"]) == (2, "IN_DEVELOPMENT")
    first = launched.id("Block", launched.blocks[0])
    assert successor["sections"][0] == {
        "heading": "Purpose",
        "blocks": [
            {"text": "Purpose, block 1.", "originId": first},
            {
                "text": "Purpose, block 2.",
                "originId": launched.id("Block", launched.blocks[1]),
            },
        ],
    }


async def test_the_board_retires_a_specification_which_is_taught_out(
    ask: Ask, launched: World
) -> None:
    review = await consulted(ask, launched)

    refused = await step(ask, launched, review, "RETIRE", teachOutOn=day(300))
    done = await step(ask, launched, review, "RETIRE", "nurse1", teachOutOn=day(300))

    assert refused["code"] == "NOT_ALLOWED"
    assert "which comes with the role BOARD" in refused["message"]
    assert done["periodicReview"]["specification"]["state"] == "RETIRED"
    assert done["periodicReview"]["specification"]["teachOutOn"] == day(300)


async def test_the_board_merges_a_specification_into_another_credential(
    ask: Ask, launched: World
) -> None:
    review = await consulted(ask, launched)
    other = await change(
        ask,
        await launched.viewer("secretary"),
        "createCredential",
        "credential { id }",
        code="OTHER",
        title="Another",
        area="Elsewhere",
    )
    own = launched.id("Credential", launched.credential)

    into = {"teachOutOn": day(300)}
    refused = await step(ask, launched, review, "MERGE", "nurse1", mergedIntoId=own, **into)
    done = await step(
        ask, launched, review, "MERGE", "nurse1", mergedIntoId=other["credential"]["id"], **into
    )

    assert refused["path"] == ["mergedIntoId"]
    assert done["periodicReview"]["mergedInto"] == {"code": "OTHER"}
    assert done["periodicReview"]["specification"]["state"] == "RETIRED"


async def test_steps_say_what_they_need(ask: Ask, launched: World) -> None:
    review = str((await trigger(ask, launched))["periodicReview"]["id"])
    await step(ask, launched, review, "COLLECT")
    empty = await step(ask, launched, review, "CONSULT", engagementId=await exercise(launched))
    await add(ask, launched, review)
    nothing = await step(ask, launched, review, "CONSULT")
    elsewhere = await step(
        ask, launched, review, "CONSULT", engagementId=launched.id("Engagement", new_id())
    )
    held = await exercise(launched, EngagementState.OPEN)
    await step(ask, launched, review, "CONSULT", engagementId=held)
    early = await step(ask, launched, review, "RECONFIRM", nextReviewOn=day(9))

    assert empty["message"] == "No evidence has been collected."
    assert (nothing["code"], nothing["message"]) == ("INVALID", "CONSULT needs: engagement.")
    assert elsewhere["code"] == "NOT_FOUND"
    assert early["message"] == "The exercise of its consultation is not closed."


async def test_days_are_to_come_and_go_with_their_steps(ask: Ask, launched: World) -> None:
    review = await consulted(ask, launched)

    past = await step(ask, launched, review, "RECONFIRM", nextReviewOn=day(0))
    odd = await step(ask, launched, review, "RECONFIRM", nextReviewOn=day(9), teachOutOn=day(9))
    stale = await step(ask, launched, review, "RECONFIRM", nextReviewOn=day(9), expectedRevision=77)

    assert past["path"] == ["nextReviewOn"]
    assert odd["message"] == "RECONFIRM takes no teach out on; that goes with MERGE or RETIRE."
    assert stale["path"] == ["expectedRevision"]


async def test_who_wrote_it_does_not_say_that_it_is_current(ask: Ask, launched: World) -> None:
    review = await consulted(ask, launched)
    await launched.add(
        Membership(
            person_id=launched.people["secretary"],
            role=Role.DEVELOPER,
            scope_kind=ScopeKind.SPECIFICATION,
            scope_id=launched.specification,
            created_at=NOW,
        )
    )

    refused = await step(ask, launched, review, "RECONFIRM", nextReviewOn=day(9))

    assert refused["code"] == "NOT_ALLOWED"
    assert refused["message"].startswith("You wrote or reviewed this text")


async def test_one_review_is_under_way_at_a_time(ask: Ask, launched: World) -> None:
    await trigger(ask, launched)

    refused = await trigger(ask, launched)

    assert refused["code"] == "CONFLICT"


async def test_only_what_is_launched_is_reviewed(ask: Ask, world: World) -> None:
    refused = await trigger(ask, world)

    assert refused["message"] == (
        "Reviewing it is possible while the specification is LAUNCHED; it is CONSULTATION."
    )


async def test_the_review_of_what_was_superseded_meanwhile_has_no_outcome(
    ask: Ask, launched: World
) -> None:
    review = await consulted(ask, launched)
    await put(launched, SpecificationState.SUPERSEDED)

    refused = await step(ask, launched, review, "RECONFIRM", nextReviewOn=day(9))

    assert refused["message"] == "The specification is not launched any more."


async def test_a_review_begins_on_its_day_once(ask: Ask, launched: World) -> None:
    await put(launched, SpecificationState.LAUNCHED, review_on=TODAY + timedelta(days=1))
    assert await review_what_is_due(launched.database) == 0
    await put(launched, SpecificationState.LAUNCHED, review_on=TODAY)

    assert await review_what_is_due(launched.database) == 1
    assert await review_what_is_due(launched.database) == 0
    data = await ask(
        ANYONE,
        "query ($id: ID!) { node(id: $id) { ... on Specification "
        "{ periodicReviews(first: 5) { totalCount nodes { trigger state } } } } }",
        id=launched.id("Specification", launched.specification),
    )
    assert data["node"]["periodicReviews"] == {
        "totalCount": 1,
        "nodes": [{"trigger": "SCHEDULE", "state": "TRIGGERED"}],
    }


@pytest.mark.parametrize("by", ["developer", "nurse2", "stranger"])
async def test_reviews_are_begun_by_the_secretariat(ask: Ask, launched: World, by: str) -> None:
    assert (await trigger(ask, launched, by))["code"] == "NOT_ALLOWED"


async def test_evidence_is_brought_by_those_who_take_part(ask: Ask, launched: World) -> None:
    review = str((await trigger(ask, launched))["periodicReview"]["id"])

    brought = await add(ask, launched, review, "developer")
    refused = await add(ask, launched, review, "stranger")

    assert brought["reviewEvidence"]["author"] == {"name": "Developer"}
    assert refused["code"] == "NOT_ALLOWED"


async def test_nothing_is_added_to_a_review_that_is_over(ask: Ask, launched: World) -> None:
    review = await consulted(ask, launched)
    await step(ask, launched, review, "RECONFIRM", nextReviewOn=day(9))

    refused = await add(ask, launched, review)

    assert refused["code"] == "CONFLICT"


async def test_a_version_continues_only_one_of_its_own_credential(
    ask: Ask, launched: World
) -> None:
    refused = await change(
        ask,
        await launched.viewer("secretary"),
        "createSpecification",
        "specification { id }",
        credentialId=launched.id("Credential", launched.credential),
        title="The next one",
        public=True,
        continuesId=launched.id("Specification", new_id()),
    )

    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["continuesId"])

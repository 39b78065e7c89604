"""Endorsements through the API: the board is asked, concludes, and its conditions are met."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from domain.lifecycle import SpecificationState
from domain.models.people import Membership, ScopeKind
from domain.permissions import ANYONE, Audience, Role
from tests.candidates import asked, candidate, close, conclude, put, vote
from tests.conftest import Ask
from tests.mutations import change
from tests.world import NOW, World

OPTIONS = "availableTransitions { transition allowed reasons missing }"
LATER = "2126-01-01"


async def open_(ask: Ask, world: World, by: str = "secretary", **more: Any) -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(by),
        "openEndorsement",
        "endorsement { id state }",
        specificationId=world.id("Specification", world.specification),
        briefing="Please read the report.",
        **{"expectedRevision": None, **more},
    )


async def look(ask: Ask, world: World, endorsement: str, by: str = "secretary") -> dict[str, Any]:
    data = await ask(
        await world.viewer(by),
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Endorsement {{ {OPTIONS} }} }} }}",
        id=endorsement,
    )
    return {each["transition"]: each for each in data["node"]["availableTransitions"]}


async def condition(ask: Ask, world: World) -> tuple[str, str]:
    """Endorse the candidate with one condition; return the ids of both."""
    made = await asked(ask, world)
    await vote(ask, world, made["ballot"]["id"], nurse1="YES", nurse2="NO_OBJECTION")
    await close(ask, world, made["ballot"]["id"])
    named = [{"body": "Add two references.", "dueOn": LATER}]
    passed = await conclude(ask, world, made["id"], "PASS", conditions=named)
    assert passed["endorsement"]["specification"]["state"] == "ENDORSED_WITH_CONDITIONS"
    return made["id"], passed["endorsement"]["conditions"][0]["id"]


async def answer(ask: Ask, world: World, id: str, by: str = "developer") -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(by),
        "answerEndorsementCondition",
        "endorsementCondition { evidence answeredBy { name } }",
        endorsementConditionId=id,
        evidence="They are in section two.",
        expectedRevision=None,
    )


async def meet(ask: Ask, world: World, id: str, by: str = "secretary") -> dict[str, Any]:
    return await change(
        ask,
        await world.viewer(by),
        "meetEndorsementCondition",
        "endorsementCondition { metAt metReason }",
        endorsementConditionId=id,
        reason="Both are there.",
        expectedRevision=None,
    )


async def test_the_board_endorses_a_candidate(ask: Ask, world: World) -> None:
    made = await asked(
        ask, world, "id state contentHash engagement { state public } ballot { id kind state }"
    )
    assert made.pop("engagement") == {"state": "OPEN", "public": False}
    ballot = made["ballot"].pop("id")
    assert (made["state"], made["ballot"]) == ("OPEN", {"kind": "POSITIONS", "state": "OPEN"})
    await vote(ask, world, ballot, nurse1="YES", nurse2="NO_OBJECTION")
    await close(ask, world, ballot)

    passed = await conclude(ask, world, made["id"], "PASS")

    assert passed["endorsement"] == {
        "state": "PASSED",
        "reason": "The board has spoken.",
        "concludedBy": {"name": "Secretary"},
        "specification": {"state": "ENDORSED"},
        "ballot": {"state": "DECIDED", "decision": "PASSED: The board has spoken."},
        "engagement": {"state": "CLOSED"},
        "conditions": [],
    }


async def test_the_board_declines_a_candidate(ask: Ask, world: World) -> None:
    made = await asked(ask, world)
    await vote(ask, world, made["ballot"]["id"], nurse1="YES", nurse2="DISCUSS", nurse3="YES")
    await close(ask, world, made["ballot"]["id"])

    options = await look(ask, world, made["id"])
    refused = await conclude(ask, world, made["id"], "PASS")
    failed = await conclude(ask, world, made["id"], "FAIL")

    assert options["PASS"]["missing"] == ["The board's positions do not carry it."]
    assert options["FAIL"]["allowed"]
    assert (refused["code"], refused["message"]) == (
        "CONFLICT",
        "The board's positions do not carry it.",
    )
    assert failed["endorsement"]["specification"] == {"state": "DECLINED"}


async def test_nothing_is_concluded_while_the_ballot_is_held(ask: Ask, world: World) -> None:
    made = await asked(ask, world)
    await vote(ask, world, made["ballot"]["id"], nurse1="YES", nurse2="YES", nurse3="YES")

    for transition in ("PASS", "FAIL"):
        refused = await conclude(ask, world, made["id"], transition)

        assert refused["code"] == "CONFLICT"
        assert "The board's ballot is not closed." in refused["message"]


async def test_what_is_carried_cannot_be_declined(ask: Ask, world: World) -> None:
    made = await asked(ask, world)
    await vote(ask, world, made["ballot"]["id"], nurse1="YES", nurse2="YES", nurse3="YES")
    await close(ask, world, made["ballot"]["id"])

    refused = await conclude(ask, world, made["id"], "FAIL")

    assert refused["message"] == "The board's positions carry it."


async def test_the_question_can_be_withdrawn(ask: Ask, world: World) -> None:
    made = await asked(ask, world)

    withdrawn = await conclude(ask, world, made["id"], "WITHDRAW")
    again = await open_(ask, world)

    assert withdrawn["endorsement"]["state"] == "WITHDRAWN"
    assert withdrawn["endorsement"]["ballot"]["state"] == "CANCELLED"
    assert withdrawn["endorsement"]["engagement"] == {"state": "CLOSED"}
    assert withdrawn["endorsement"]["specification"] == {"state": "CANDIDATE"}
    assert again["endorsement"]["state"] == "OPEN"


async def test_who_wrote_the_text_is_not_asked(ask: Ask, world: World) -> None:
    await world.add(
        Membership(
            person_id=world.people["nurse1"],
            role=Role.DEVELOPER,
            scope_kind=ScopeKind.SPECIFICATION,
            scope_id=world.specification,
            created_at=NOW,
        )
    )
    made = await asked(ask, world, "ballot { consensus { turnout { eligible } } }")

    assert made["ballot"]["consensus"]["turnout"]["eligible"] == 2


async def test_who_wrote_the_text_does_not_conclude(ask: Ask, world: World) -> None:
    made = await asked(ask, world)
    await vote(ask, world, made["ballot"]["id"], nurse1="YES", nurse2="YES", nurse3="YES")
    await close(ask, world, made["ballot"]["id"])
    await world.add(
        Membership(
            person_id=world.people["secretary"],
            role=Role.DEVELOPER,
            scope_kind=ScopeKind.SPECIFICATION,
            scope_id=world.specification,
            created_at=NOW,
        )
    )

    options = await look(ask, world, made["id"])
    refused = await conclude(ask, world, made["id"], "PASS")

    sentence = "You wrote or reviewed this text; what becomes of it is for others to say."
    assert (options["PASS"]["reasons"], options["PASS"]["missing"]) == ([sentence], [])
    assert (refused["code"], refused["message"]) == ("NOT_ALLOWED", sentence)


async def test_only_a_candidate_is_endorsed(ask: Ask, world: World) -> None:
    await candidate(world)
    await put(world, SpecificationState.REVISING, content_hash=None)

    refused = await open_(ask, world)

    assert refused["message"] == (
        "Asking the board is possible while the specification is CANDIDATE; it is REVISING."
    )


async def test_the_board_is_asked_once_at_a_time(ask: Ask, world: World) -> None:
    await asked(ask, world)

    refused = await open_(ask, world)

    assert refused["message"] == "The board is being asked about this specification already."


async def test_without_a_board_nobody_could_decide(ask: Ask, world: World) -> None:
    await candidate(world)
    async with world.database.session() as session:
        for name in ("nurse1", "nurse2", "nurse3"):
            [held] = (
                await session.scalars(
                    Membership.__table__.select()
                    .with_only_columns(Membership.id)
                    .where(Membership.person_id == world.people[name])
                )
            ).all()
            await session.delete(await session.get_one(Membership, held))
        await session.commit()

    refused = await open_(ask, world)

    assert refused["code"] == "CONFLICT"
    assert refused["message"].startswith("Nobody could decide:")


@pytest.mark.parametrize("by", ["nurse1", "developer", "stranger"])
async def test_only_the_secretariat_asks_the_board(ask: Ask, world: World, by: str) -> None:
    await candidate(world)

    refused = await open_(ask, world, by)

    assert refused["code"] == "NOT_ALLOWED"


async def test_the_board_is_not_asked_about_what_was_changed_meanwhile(
    ask: Ask, world: World
) -> None:
    await candidate(world)

    refused = await open_(ask, world, expectedRevision=17)

    assert refused["path"] == ["expectedRevision"]


async def test_strangers_see_that_the_board_is_asked_but_not_how_it_votes(
    ask: Ask, world: World
) -> None:
    made = await asked(ask, world)

    data = await ask(
        ANYONE,
        "query ($id: ID!) { node(id: $id) { ... on Endorsement "
        "{ state specification { version } ballot { id } engagement { id } } } }",
        id=made["id"],
    )

    assert data["node"] == {
        "state": "OPEN",
        "specification": {"version": 1},
        "ballot": None,
        "engagement": None,
    }


async def test_conditions_are_answered_by_developers_and_found_met_by_others(
    ask: Ask, world: World
) -> None:
    _, id = await condition(ask, world)

    early = await meet(ask, world, id)
    answered = await answer(ask, world, id)
    met = await meet(ask, world, id)
    again = await meet(ask, world, id)

    assert early["message"] == "Nobody has said yet how this condition is met."
    assert answered["endorsementCondition"] == {
        "evidence": "They are in section two.",
        "answeredBy": {"name": "Developer"},
    }
    assert met["endorsementCondition"]["metAt"] is not None
    assert again["message"] == "This condition is met already."


async def test_nobody_judges_their_own_answer_to_a_condition(ask: Ask, world: World) -> None:
    _, id = await condition(ask, world)
    await answer(ask, world, id, "secretary")

    refused = await meet(ask, world, id)

    assert refused["code"] == "NOT_ALLOWED"
    assert refused["message"] == "You showed how this condition is met; whether it is, others say."


@pytest.mark.parametrize("by", ["nurse1", "stranger"])
async def test_conditions_are_not_for_others(ask: Ask, world: World, by: str) -> None:
    _, id = await condition(ask, world)

    assert (await answer(ask, world, id, by))["code"] == "NOT_ALLOWED"
    assert (await meet(ask, world, id, by))["code"] == "NOT_ALLOWED"


async def test_conditions_go_with_pass_and_are_due_later(ask: Ask, world: World) -> None:
    made = await asked(ask, world)
    await vote(ask, world, made["ballot"]["id"], nurse1="YES", nurse2="YES", nurse3="YES")
    await close(ask, world, made["ballot"]["id"])
    yesterday = f"{NOW - timedelta(days=1):%Y-%m-%d}"

    elsewhere = await conclude(
        ask, world, made["id"], "WITHDRAW", conditions=[{"body": "More.", "dueOn": LATER}]
    )
    past = await conclude(
        ask, world, made["id"], "PASS", conditions=[{"body": "More.", "dueOn": yesterday}]
    )

    assert elsewhere["message"] == "WITHDRAW takes no conditions; they go with PASS."
    assert past["code"] == "INVALID"
    assert "which is not to come" in past["message"]


async def test_everybody_who_may_read_the_specification_is_told(ask: Ask, world: World) -> None:
    await condition(ask, world)

    kinds = [kind for kind, to in await world.events(world.specification) if to is Audience.PUBLIC]

    assert kinds == [
        "ENDORSEMENT_OPENED",
        "ENDORSEMENT_CONDITION_NAMED",
        "ENDORSEMENT_ADVANCED",
        "SPECIFICATION_ADVANCED",
    ]

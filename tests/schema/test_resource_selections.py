"""How a prioritised need is met, through the API: options, scores, the decision, the agreement."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from domain.models.people import Membership, ScopeKind
from domain.permissions import Audience, Role
from schema.nodes import parse
from tests.conftest import Ask
from tests.priorities import QUESTIONS, Priorities, employ, priorities
from tests.world import NOW, World

HASH = "a" * 64
SELECTION = "ResourceSelection"


async def refusals(made: Priorities, selection: str, step: str, name: str) -> dict[str, Any]:
    """Return what stands in the way of a step for somebody."""
    option = (await made.options(selection, SELECTION, name))[step]
    return {key: option[key] for key in ("allowed", "reasons", "missing")}


async def test_options_are_entered_by_who_steers_and_read_by_everybody(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal, selection = await made.prioritised()

    await made.add_option(selection)
    await made.add_option(
        selection,
        "Adapt ours",
        kind="ADAPT_EXISTING",
        credentialId=world.id("Credential", world.credential),
    )
    await made.add_option(
        selection,
        "Endorse theirs",
        kind="ENDORSE_EXISTING",
        reference="https://example.org/theirs",
        referenceHash=HASH,
    )

    seen = await made.show(
        selection,
        SELECTION,
        "state revision questions { question words } options { kind title description reference "
        "referenceHash credential { code } author { id } resourceSelection { id } } "
        "proposal { resourceSelection { id } } viewerCanEdit decisions { reason }",
        None,
    )
    assert [
        (each["kind"], each["title"], each["credential"], each["reference"], each["referenceHash"])
        for each in seen["options"]
    ] == [
        ("NEW", "Begin anew", None, "", None),
        ("ADAPT_EXISTING", "Adapt ours", {"code": "PAIN"}, "", None),
        ("ENDORSE_EXISTING", "Endorse theirs", None, "https://example.org/theirs", HASH),
    ]
    assert [each["question"] for each in seen["questions"]] == list(QUESTIONS)
    assert (seen["state"], seen["revision"], seen["viewerCanEdit"]) == ("OPTIONS", 4, False)
    assert seen["proposal"]["resourceSelection"]["id"] == selection
    for name in ("board", "judge1", "nurse1"):
        assert (await made.add_option(selection, name=name))["code"] == "NOT_ALLOWED"
    stale = await made.add_option(selection, expectedRevision=3)
    assert stale["path"] == ["expectedRevision"]
    events = await world.events(parse(proposal, "id")[1])
    assert events.count(("RESOURCE_OPTION_ADDED", Audience.PUBLIC)) == 3


@pytest.mark.parametrize(
    ("input", "path"),
    [
        ({"kind": "NEW", "reference": "x", "referenceHash": HASH}, "kind"),
        ({"kind": "NEW", "credentialId": "credential"}, "kind"),
        ({"kind": "ADAPT_EXISTING"}, "credentialId"),
        (
            {
                "kind": "ADAPT_EXISTING",
                "credentialId": "credential",
                "reference": "x",
                "referenceHash": HASH,
            },
            "credentialId",
        ),
        ({"kind": "ENDORSE_EXISTING", "reference": "x"}, "referenceHash"),
        (
            {"kind": "ENDORSE_EXISTING", "reference": "x", "referenceHash": "A" * 64},
            "referenceHash",
        ),
        (
            {"kind": "ENDORSE_EXISTING", "credentialId": "credential", "referenceHash": HASH},
            "referenceHash",
        ),
        ({"kind": "ENDORSE_EXISTING", "credentialId": "nothing"}, "credentialId"),
        ({"kind": "NEW", "title": " "}, "title"),
        ({"kind": "NEW", "description": ""}, "description"),
    ],
)
async def test_an_option_names_what_its_kind_needs(
    ask: Ask, world: World, input: dict[str, Any], path: str
) -> None:
    made = await priorities(ask, world)
    _, selection = await made.prioritised()
    keys = {"credential": world.credential, "nothing": UUID(int=7)}
    if "credentialId" in input:
        input = input | {"credentialId": world.id("Credential", keys[input["credentialId"]])}

    refused = await made.add_option(selection, **input)

    assert refused["path"] == [path], refused


async def test_an_option_is_removed_with_its_scores(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    _, selection = await made.prioritised()
    option = (await made.add_option(selection))["id"]
    await made.assess(option, "judge1")

    assert (await made.do("board", "removeResourceOption", resourceOptionId=option))["code"] == (
        "NOT_ALLOWED"
    )
    removed = await made.do(
        "secretary", "removeResourceOption", "options { id } revision", resourceOptionId=option
    )

    assert removed == {"id": selection, "options": [], "revision": 4}
    again = await made.do("secretary", "removeResourceOption", resourceOptionId=option)
    assert again["message"] == "There is no option with this id that you may see."


async def test_assessors_score_every_question_once_and_may_score_anew(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    _, selection = await made.prioritised()
    option = (await made.add_option(selection))["id"]

    first = await made.assess(option, "judge1", 5, 4, 3, 2)
    assert first["total"] == {"total": 14, "assessors": 1}
    anew = await made.assess(option, "judge1", 1, 1, 1, 1)
    assert anew["total"] == {"total": 4, "assessors": 1}
    second = await made.assess(option, "judge2", 5, 5, 5, 5)
    assert second["total"] == {"total": 24, "assessors": 2}

    seen = await made.show(
        option, "ResourceOption", "scores { assessor { name } question score reason }", None
    )
    assert len(seen["scores"]) == 8
    assert seen["scores"][0] == {
        "assessor": {"name": None},
        "question": "COST",
        "score": 1,
        "reason": "judge1 on COST.",
    }


@pytest.mark.parametrize(
    ("questions", "points", "message"),
    [
        (QUESTIONS[:3], 3, "Please score each question once: FIT, COST, TIME, QUALITY."),
        (
            (*QUESTIONS[:3], "FIT"),
            3,
            "Please score each question once: FIT, COST, TIME, QUALITY.",
        ),
        (QUESTIONS, 0, "A score is a whole number from 1 to 5; 0 is not."),
        (QUESTIONS, 6, "A score is a whole number from 1 to 5; 6 is not."),
    ],
)
async def test_scores_are_complete_and_in_their_range(
    ask: Ask, world: World, questions: tuple[str, ...], points: int, message: str
) -> None:
    made = await priorities(ask, world)
    _, selection = await made.prioritised()
    option = (await made.add_option(selection))["id"]
    scores = [{"question": each, "score": points, "reason": "x"} for each in questions]

    refused = await made.assess(option, "judge1", scores=scores)

    assert (refused["code"], refused["message"]) == ("INVALID", message)


async def test_who_may_not_score_is_told_why(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal, selection = await made.prioritised()
    option = (await made.add_option(selection))["id"]
    for name in ("nurse1", "secretary"):
        await world.add(_also(world, name, Role.REVIEWER))
    await made.declare("judge3", proposal)

    for name, message in (
        ("nurse1", "The author of the proposal does not score how it is met."),
        ("secretary", "Who entered an option does not score it."),
        ("judge3", "Your declared interest keeps you from scoring options here."),
    ):
        refused = await made.assess(option, name)
        assert (refused["code"], refused["message"]) == ("NOT_ALLOWED", message)
    assert "the permission JUDGE" in (await made.assess(option, "board"))["message"]


async def test_a_step_waits_for_options_that_two_assessors_scored(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    _, selection = await made.prioritised()
    assert (await made.advance(selection, "ASSESS"))["message"] == "No option is entered."
    option = (await made.add_option(selection))["id"]
    await made.assess(option, "judge1")
    lacks = [
        "There is only one option, and no reason why.",
        "Options not yet scored by two assessors: 1.",
    ]
    assert await refusals(made, selection, "ASSESS", "secretary") == {
        "allowed": False,
        "reasons": [],
        "missing": lacks,
    }
    assert (await made.advance(selection, "ASSESS"))["message"] == " ".join(lacks)

    explained = await made.do(
        "secretary",
        "explainSoleOption",
        "soleOptionReason",
        resourceSelectionId=selection,
        reason="Nothing like it exists.",
    )
    assert explained["soleOptionReason"] == "Nothing like it exists."
    assert (await made.do("board", "explainSoleOption", resourceSelectionId=selection, reason="x"))[
        "code"
    ] == "NOT_ALLOWED"
    await made.assess(option, "judge2")
    interest = await made.declare("judge2", made.cycle)
    assert (await made.advance(selection, "ASSESS"))["message"] == lacks[1]
    withdrawn = await made.do("judge2", "withdrawInterest", interestId=interest)
    assert "code" not in withdrawn
    assert (await made.advance(selection, "ASSESS", "board"))["code"] == "NOT_ALLOWED"
    assert (await made.advance(selection, "ASSESS"))["state"] == "ASSESSED"

    late = await made.add_option(selection)
    assert late["message"] == (
        "Changing or scoring options is possible while the resource selection is OPTIONS; "
        "it is ASSESSED."
    )
    assert (await made.assess(option, "judge1"))["code"] == "CONFLICT"


async def assessed(made: Priorities) -> tuple[str, str, str, str]:
    """Bring a selection to ASSESSED; return proposal, selection, better and worse option."""
    proposal, selection = await made.prioritised()
    better = str((await made.add_option(selection, "Better"))["id"])
    worse = str((await made.add_option(selection, "Worse"))["id"])
    for name in ("judge1", "judge2"):
        await made.assess(better, name, 5, 5, 5, 5)
        await made.assess(worse, name, 1, 1, 1, 1)
    # A third assessor makes the sum greater, and not the mean.
    await made.assess(worse, "judge3", 5, 5, 5, 5)
    assert (await made.advance(selection, "ASSESS"))["state"] == "ASSESSED"
    return proposal, selection, better, worse


async def test_the_board_decides_for_an_option_by_its_scores(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    _, selection, better, _ = await assessed(made)
    assert (await made.select(selection, better, "secretary"))["code"] == "NOT_ALLOWED"

    decided = await made.select(selection, better)

    assert decided["state"] == "SELECTED"
    assert decided["selectedOption"] == {"title": "Better"}
    assert decided["decisions"][-1] == {
        "transition": "SELECT",
        "total": 40,
        "assessors": 2,
        "bestScored": True,
        "reason": "The best.",
        "option": {"title": "Better"},
    }


async def test_a_decision_says_so_where_another_option_is_scored_better(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal, selection, _, worse = await assessed(made)

    decided = await made.select(selection, worse, reason="It is the only one we can afford.")

    assert decided["decisions"][-1] == {
        "transition": "SELECT",
        "total": 28,
        "assessors": 3,
        "bestScored": False,
        "reason": "It is the only one we can afford.",
        "option": {"title": "Worse"},
    }
    events = await world.events(parse(proposal, "id")[1])
    assert events[-1][0] == "RESOURCE_SELECTION_ADVANCED"


async def test_an_option_of_another_selection_is_not_decided_for(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    _, selection, _, _ = await assessed(made)

    refused = await made.select(selection, world.id("ResourceOption", UUID(int=7)))

    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["resourceOptionId"])


async def test_who_proposed_entered_or_scored_does_not_decide(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal, selection, better, _ = await assessed(made)
    for name in ("nurse1", "secretary", "judge1"):
        await world.add(_also(world, name, Role.BOARD))
    await world.add(_also(world, "nurse1", Role.SECRETARIAT))
    await made.declare("chair", proposal)
    sentences = {
        "nurse1": "The author of the proposal does not decide how it is met.",
        "secretary": "Who entered an option does not decide between the options.",
        "judge1": "Who assessed an option does not decide between the options.",
        "chair": "Your declared interest keeps you from deciding on this.",
    }

    for name, sentence in sentences.items():
        for step in ("SELECT", "FIND_NONE_SUITABLE"):
            assert await refusals(made, selection, step, name) == {
                "allowed": False,
                "reasons": [sentence],
                "missing": [],
            }
        for refused in (
            await made.select(selection, better, name),
            await made.advance(selection, "FIND_NONE_SUITABLE", name),
        ):
            assert (refused["code"], refused["message"]) == ("NOT_ALLOWED", sentence)
    assert (await made.select(selection, better))["state"] == "SELECTED"
    agreed = await made.agree(selection, "nurse1")
    assert agreed["message"] == sentences["nurse1"]


async def test_steps_that_name_something_are_taken_by_their_own_mutations(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    _, selection = await made.prioritised()

    for step, mutation in (("SELECT", "selectResourceOption"), ("AGREE", "agreeDevelopment")):
        refused = await made.advance(selection, step, "board")
        assert refused["message"] == (f"{step} names more than a reason. Please send {mutation}.")
    early = await made.agree(selection)
    assert early["message"] == (
        "AGREE is not possible: this resource selection is OPTIONS. "
        "Possible now: ASSESS, FIND_NONE_SUITABLE."
    )


async def test_that_no_option_is_suitable_ends_the_selection(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    _, selection = await made.prioritised()
    assert (await made.advance(selection, "FIND_NONE_SUITABLE"))["code"] == "NOT_ALLOWED"
    stale = await made.advance(selection, "FIND_NONE_SUITABLE", "board", expectedRevision=7)
    assert stale["path"] == ["expectedRevision"]
    empty = await made.advance(selection, "FIND_NONE_SUITABLE", "board", reason="")
    assert empty["path"] == ["reason"]

    assert (await made.advance(selection, "FIND_NONE_SUITABLE", "board"))["state"] == (
        "NONE_SUITABLE"
    )

    after = await made.advance(selection, "ASSESS")
    assert after["message"].endswith("Nothing follows that.")


async def test_an_agreement_begins_a_new_credential_and_its_first_version(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal, selection = await made.selected()

    agreed = await made.agree(
        selection,
        more="lead { name } support startsOn endsOn decisions { transition reason } "
        "specification { id version title summary state public resourceSelection { id } "
        "credential { code title area resourceSelections { id proposal { id } } } }",
    )

    specification = agreed["specification"].pop("id")
    assert agreed["specification"] == {
        "version": 1,
        "title": "Acute stroke",
        "summary": "Too few see somebody in time.",
        "state": "IN_DEVELOPMENT",
        "public": True,
        "resourceSelection": {"id": selection},
        "credential": {
            "code": "STROKE-1",
            "title": "Acute stroke",
            "area": "Stroke",
            "resourceSelections": [{"id": selection, "proposal": {"id": proposal}}],
        },
    }
    assert agreed["state"] == "AGREED"
    assert agreed["lead"] == {"name": "Nurse2"}
    assert agreed["support"] == "A day a week."
    assert (agreed["startsOn"], agreed["endsOn"]) == ("2026-06-01", "2027-05-31")
    assert [each["transition"] for each in agreed["decisions"]] == ["ASSESS", "SELECT", "AGREE"]
    seen = await made.show(specification, "Specification", "viewerCanDraft", "nurse2")
    assert seen["viewerCanDraft"] is True
    again = await made.agree(selection)
    assert again["message"].endswith("Nothing follows that.")


async def test_an_agreement_begins_the_next_version_of_a_credential_that_exists(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    credential = world.id("Credential", world.credential)
    _, selection = await made.selected(kind="ADAPT_EXISTING", credentialId=credential)

    refused = await made.agree(selection)
    assert (refused["code"], refused["path"]) == ("INVALID", ["code"])
    agreed = await made.agree(
        selection, more="specification { version credential { code } }", code=None
    )

    assert agreed["specification"] == {"version": 2, "credential": {"code": "PAIN"}}


async def test_a_specification_that_is_not_public_is_not_shown_through_its_agreement(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    _, selection = await made.selected()
    await made.agree(selection, public=False)

    for name, shown in ((None, False), ("stranger", False), ("nurse2", True), ("board", True)):
        seen = await made.show(selection, SELECTION, "state specification { title }", name)
        assert seen["state"] == "AGREED"
        assert (seen["specification"] is not None) == shown


@pytest.mark.parametrize(
    ("input", "path", "message"),
    [
        ({"endsOn": "2026-06-01"}, "endsOn", "2026-06-01 is not after 2026-06-01."),
        ({"support": " "}, "support", "The support is empty."),
        ({"reason": ""}, "reason", "The reason is empty."),
        ({"code": None}, "code", "A new credential needs a code, as in PELVIC-1."),
        ({"code": "PAIN"}, "code", "PAIN is the code of Pelvic health already."),
        ({"code": "x"}, "code", "A code has 2 to 20 characters"),
        ({"title": ""}, "title", "The title is empty."),
        ({"leadId": "nobody"}, "leadId", "There is no person with this id."),
        ({"expectedRevision": 1}, "expectedRevision", "This was changed meanwhile"),
    ],
)
async def test_what_is_agreed_is_complete_and_nothing_is_begun_before(
    ask: Ask, world: World, input: dict[str, Any], path: str, message: str
) -> None:
    made = await priorities(ask, world)
    _, selection = await made.selected()
    if "leadId" in input:
        input = {"leadId": world.id("Person", UUID(int=7))}

    refused = await made.agree(selection, **input)

    assert refused["path"] == [path], refused
    assert refused["message"].startswith(message)
    seen = await made.show(selection, SELECTION, "state support lead { id } startsOn", "secretary")
    assert seen == {"state": "SELECTED", "support": "", "lead": None, "startsOn": None}
    data = await ask(await world.viewer("admin"), "{ credentials { totalCount } }")
    assert data["credentials"]["totalCount"] == 1


async def test_only_who_steers_agrees(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    await employ(world, "other", Role.SECRETARIAT)
    proposal, selection = await made.selected()
    assert (await made.agree(selection, "board"))["code"] == "NOT_ALLOWED"
    await made.declare("secretary", proposal)
    assert (await made.agree(selection))["message"] == (
        "Your declared interest keeps you from deciding on this."
    )

    assert (await made.agree(selection, "other"))["state"] == "AGREED"


def _also(world: World, name: str, role: Role) -> Membership:
    """Return another role in the whole body for somebody."""
    return Membership(
        person_id=world.people[name], role=role, scope_kind=ScopeKind.BODY, created_at=NOW
    )

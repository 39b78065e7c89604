"""Proposals through the API: written by anybody, judged blind, decided by somebody else."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.models.criteria import Criterion, CriterionKind
from domain.models.people import Membership, ScopeKind
from domain.permissions import Role
from schema.nodes import parse
from tests.conftest import Ask
from tests.priorities import Priorities, employ, priorities
from tests.world import NOW, World

JUDGEMENTS = "judgements { finding reason submission recused judge { name } criterion { number } }"
OWN = "viewerJudgements { finding judge { name } }"
DECISIONS = "decisions { submission transition state reason met partlyMet notMet decider { name } }"


async def listed(made: Priorities, name: str | None) -> list[str]:
    """Return the titles of the proposals that somebody finds in the cycle."""
    seen = await made.show(made.cycle, "Cycle", "proposals { totalCount nodes { title } }", name)
    found = [node["title"] for node in seen["proposals"]["nodes"]]
    assert seen["proposals"]["totalCount"] == len(found)
    return found


async def missing(made: Priorities, proposal: str, step: str, name: str) -> list[str]:
    return list((await made.options(proposal, "Proposal", name))[step]["missing"])


async def told(world: World, proposal: str, audience: str) -> list[str]:
    """Return the kinds of events of a proposal that an audience is told of."""
    events = await world.events(parse(proposal, "id")[1])
    return [kind for kind, reader in events if reader == audience]


async def test_anybody_who_is_signed_in_drafts_a_proposal_while_the_cycle_is_open(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world, opened=False)
    early = await made.draft("stranger")
    assert early["message"] == (
        "Drafting a proposal is possible while the priority cycle is OPEN; it is PLANNED."
    )
    await made.move_cycle("OPEN")

    drafted = await made.draft(
        "stranger",
        "title area summary state submission submittedAt nations professions { name } "
        "author { name } cycle { id } viewerCanEdit resourceSelection { id } "
        "availableTransitions { transition allowed reasons missing }",
    )

    id = drafted.pop("id")
    assert drafted.pop("availableTransitions") == [
        {
            "transition": "SUBMIT",
            "allowed": False,
            "reasons": [],
            "missing": ["Gateway criteria without an answer: 3."],
        },
        {"transition": "WITHDRAW", "allowed": True, "reasons": [], "missing": []},
    ]
    assert drafted == {
        "title": "Acute stroke",
        "area": "Stroke",
        "summary": "Too few see somebody in time.",
        "state": "DRAFT",
        "submission": 0,
        "submittedAt": None,
        "nations": ["ENGLAND", "WALES"],
        "professions": [{"name": "Nurse"}, {"name": "Paramedic"}],
        "author": {"name": "Stranger"},
        "cycle": {"id": made.cycle},
        "viewerCanEdit": True,
        "resourceSelection": None,
    }
    assert await world.events(parse(id, "id")[1]) == [("PROPOSAL_DRAFTED", "MODERATORS")]


async def test_a_draft_is_its_authors_and_the_moderators_alone(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal = (await made.draft())["id"]

    for name in ("nurse1", "secretary", "admin"):
        assert await made.show(proposal, "Proposal", "title", name) is not None
        assert await listed(made, name) == ["Acute stroke"]
    for other in (None, "stranger", "nurse2", "board", "judge1", "observer"):
        assert await made.show(proposal, "Proposal", "title", other) is None
        assert await listed(made, other) == []
    for mutation, input in (
        ("editProposal", {"title": "x"}),
        ("advanceProposal", {"transition": "WITHDRAW", "reason": "x"}),
        (
            "judgeProposal",
            {"criterionId": made.criteria[0], "finding": "MET", "reason": "x"},
        ),
    ):
        refused = await made.do("judge1", mutation, proposalId=proposal, **input)
        assert refused["message"] == "There is no proposal with this id that you may see."

    await made.step(proposal, "WITHDRAW", "nurse1")
    assert await made.show(proposal, "Proposal", "title", "board") is None


async def test_only_its_author_writes_a_proposal(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal = (await made.draft(professions=[], nations=[]))["id"]

    edited = await made.do(
        "nurse1",
        "editProposal",
        "title area summary nations professions { name } revision",
        proposalId=proposal,
        area="Acute stroke",
        professions=made.professions[:1],
        nations=["WALES", "ENGLAND"],
        expectedRevision=1,
    )

    assert edited == {
        "id": proposal,
        "title": "Acute stroke",
        "area": "Acute stroke",
        "summary": "Too few see somebody in time.",
        "nations": ["ENGLAND", "WALES"],
        "professions": [{"name": "Nurse"}],
        "revision": 2,
    }
    stale = await made.do(
        "nurse1", "editProposal", proposalId=proposal, title="x", expectedRevision=1
    )
    assert stale["path"] == ["expectedRevision"]
    other = await made.do("secretary", "editProposal", proposalId=proposal, title="x")
    assert (other["code"], other["message"]) == (
        "NOT_ALLOWED",
        "Only its author writes a proposal.",
    )
    for step in ("SUBMIT", "WITHDRAW"):
        refused = await made.step(proposal, step, "secretary")
        assert refused["code"] == "NOT_ALLOWED"
        assert refused["message"] == f"Only its author can {step.lower()} a proposal."
    nobody = [world.id("Profession", UUID(int=7))]
    unknown = await made.do("nurse1", "editProposal", proposalId=proposal, professions=nobody)
    assert unknown["message"] == "One of the professions does not exist."


async def test_answers_are_to_the_gateway_criteria_in_force(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal = (await made.draft())["id"]
    endorsement = Criterion(
        number=4,
        version=1,
        kind=CriterionKind.ENDORSEMENT,
        title="Of a candidate",
        guidance="Later.",
        in_force_since=NOW,
    )
    await world.add(endorsement)
    await made.answer(proposal)
    assert await missing(made, proposal, "SUBMIT", "nurse1") == []

    revised = await made.do(
        "secretary",
        "reviseCriterion",
        number=2,
        title="Criterion 2, in other words",
        guidance="Look more closely.",
        expectedVersion=1,
    )

    assert await missing(made, proposal, "SUBMIT", "nurse1") == [
        "Gateway criteria without an answer: 1."
    ]
    for criterion in (made.criteria[1], world.id("Criterion", endorsement.id)):
        refused = await made.do(
            "nurse1",
            "answerGatewayCriterion",
            proposalId=proposal,
            criterionId=criterion,
            body="Still so.",
        )
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["criterionId"])
    answered = await made.do(
        "nurse1",
        "answerGatewayCriterion",
        "answers { number submission body criterion { version } }",
        proposalId=proposal,
        criterionId=revised["id"],
        body="Even so.",
    )
    assert answered["answers"][1] == {
        "number": 2,
        "submission": 1,
        "body": "Even so.",
        "criterion": {"version": 2},
    }
    assert [answer["number"] for answer in answered["answers"]] == [1, 2, 3]
    assert (await made.step(proposal, "SUBMIT", "nurse1"))["state"] == "SUBMITTED"


async def test_what_is_incomplete_is_not_submitted(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal = (await made.draft(summary="", professions=[], nations=[]))["id"]
    lacks = [
        "The summary is empty.",
        "No profession is named that it is for.",
        "No nation is named that it is for.",
        "Gateway criteria without an answer: 3.",
    ]

    assert await missing(made, proposal, "SUBMIT", "nurse1") == lacks
    refused = await made.step(proposal, "SUBMIT", "nurse1")
    assert (refused["code"], refused["message"]) == ("CONFLICT", " ".join(lacks))


async def test_what_is_submitted_is_shown_to_members_and_changed_by_nobody(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal = await made.submitted()

    seen = await made.show(proposal, "Proposal", "state submission submittedAt", "judge1")
    assert (seen["state"], seen["submission"]) == ("SUBMITTED", 1)
    assert seen["submittedAt"] is not None
    assert await made.show(proposal, "Proposal", "title", "stranger") is None
    refused = await made.do("nurse1", "editProposal", proposalId=proposal, title="x")
    assert refused["message"] == (
        "Changing a proposal is possible while the proposal is DRAFT or RETURNED; it is SUBMITTED."
    )
    planned = ("CYCLE_PLANNED", "CYCLE_ADVANCED")
    assert await world.events(parse(made.cycle, "id")[1]) == [
        *((kind, "MEMBERS") for kind in (*planned, "PROPOSAL_ADVANCED")),
        *((kind, "MODERATORS") for kind in (*planned, "PROPOSAL_ADVANCED")),
        *((kind, "PUBLIC") for kind in planned),
    ]


async def test_nothing_is_submitted_first_or_reviewed_outside_its_time(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal = await made.submitted()
    late = (await made.draft("nurse2"))["id"]
    await made.answer(late, "nurse2")
    assert (await made.step(proposal, "REVIEW", "secretary"))["message"] == (
        "Its cycle is not in SCORING yet."
    )
    await made.move_cycle("SCORE")

    assert (await made.step(late, "SUBMIT", "nurse2"))["message"] == (
        "Its cycle is not open for proposals."
    )
    assert (await made.step(proposal, "REVIEW", "board"))["code"] == "NOT_ALLOWED"
    assert (await made.step(proposal, "REVIEW", "secretary"))["state"] == "GATEWAY_REVIEW"
    skipped = await made.step(late, "PRIORITISE", "secretary")
    assert skipped["message"] == (
        "PRIORITISE is not possible: this proposal is DRAFT. Possible now: SUBMIT, WITHDRAW."
    )


async def test_nobody_reads_anothers_judgement_before_all_are_in(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()
    first = await made.judge(proposal, 1, "judge1", "NOT_MET")
    for number in (2, 3):
        await made.judge(proposal, number, "judge1")
    readers = ("nurse1", "judge1", "judge2", "secretary", "admin", "board", "observer")

    for name in readers:
        seen = await made.show(proposal, "Proposal", f"{JUDGEMENTS} {OWN} judgedAt", name)
        assert seen["judgements"] == []
        assert len(seen["viewerJudgements"]) == (3 if name == "judge1" else 0)
        assert seen["judgedAt"] is None
        judgement = await made.show(first["id"], "GatewayJudgement", "finding", name)
        assert (judgement is not None) == (name == "judge1")
    # Nor does what is missing tell that a criterion is not met.
    options = await made.options(proposal, "Proposal", "chair")
    assert options["PRIORITISE_BY_BOARD"]["missing"] == ["Judgements still missing: 3."]

    changed = await made.judge(proposal, 1, "judge1", "PARTLY_MET", expectedRevision=1)
    assert changed["id"] == first["id"]
    assert (await made.judge(proposal, 1, "judge1", expectedRevision=1))["code"] == "CONFLICT"
    for number in (1, 2, 3):
        await made.judge(proposal, number, "judge2")

    for name in readers:
        seen = await made.show(proposal, "Proposal", f"{JUDGEMENTS} judgedAt", name)
        assert [
            (each["criterion"]["number"], each["judge"]["name"], each["finding"])
            for each in seen["judgements"]
        ] == [
            (1, "Judge1", "PARTLY_MET"),
            (1, "Judge2", "MET"),
            (2, "Judge1", "MET"),
            (2, "Judge2", "MET"),
            (3, "Judge1", "MET"),
            (3, "Judge2", "MET"),
        ]
        assert seen["judgedAt"] is not None
    assert await made.show(proposal, "Proposal", "title", "stranger") is None
    frozen = await made.judge(proposal, 1, "judge1")
    assert frozen["message"] == "Every judgement is in and shown, so none is changed any more."
    assert await told(world, proposal, "MEMBERS") == [
        "PROPOSAL_ADVANCED",
        "PROPOSAL_ADVANCED",
        "PROPOSAL_JUDGED",
    ]


async def test_who_may_not_judge_is_told_why(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    await employ(world, "writer", Role.REVIEWER)
    submitted = await made.submitted()
    early = await made.judge(submitted, 1, "judge1")
    assert early["message"] == (
        "Judging is possible while the proposal is GATEWAY_REVIEW; it is SUBMITTED."
    )
    own = await made.submitted("writer")
    await made.move_cycle("SCORE")
    for proposal in (submitted, own):
        await made.step(proposal, "REVIEW", "secretary")

    refused = await made.judge(own, 1, "writer")
    assert (refused["code"], refused["message"]) == (
        "NOT_ALLOWED",
        "Its author does not judge a proposal.",
    )
    for name in ("secretary", "admin", "board", "nurse1"):
        refused = await made.judge(submitted, 1, name)
        assert refused["code"] == "NOT_ALLOWED"
        assert "the permission JUDGE" in refused["message"]
    unanswered = await made.judge(submitted, 1, "judge1", criterionId=made.professions[0])
    assert unanswered["path"] == ["criterionId"]
    await made.declare("judge3", submitted)
    refused = await made.judge(submitted, 1, "judge3")
    assert refused["message"] == "Your declared interest keeps you from judging this proposal."
    for name in ("judge1", "judge2"):
        await made.judge(submitted, 1, name)
    third = await made.judge(submitted, 1, "writer")
    assert (third["code"], third["message"]) == (
        "CONFLICT",
        "This criterion has its 2 judges already.",
    )


@pytest.mark.parametrize("where", ["proposal", "cycle"])
async def test_an_interest_takes_a_judgement_out_of_the_count(
    ask: Ask, world: World, where: str
) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()
    await made.judge_all(proposal, "NOT_MET")
    assert "Criteria that are not met: 1." in await missing(
        made, proposal, "PRIORITISE_BY_BOARD", "chair"
    )

    await made.declare("judge2", made.cycle if where == "cycle" else proposal)

    assert await missing(made, proposal, "PRIORITISE_BY_BOARD", "chair") == [
        "Judgements still missing: 3."
    ]
    for number in (1, 2, 3):
        assert "code" not in await made.judge(proposal, number, "judge3")
    seen = await made.show(proposal, "Proposal", JUDGEMENTS, "nurse1")
    assert {each["judge"]["name"]: each["recused"] for each in seen["judgements"]} == {
        "Judge1": False,
        "Judge2": True,
        "Judge3": False,
    }
    decided = await made.step(proposal, "PRIORITISE", "secretary", DECISIONS)
    assert decided["decisions"][0]["met"] == 3


async def test_a_reviewer_of_one_proposal_judges_that_one_alone(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    first = await made.submitted()
    second = await made.submitted("nurse2")
    await made.move_cycle("SCORE")
    for proposal in (first, second):
        await made.step(proposal, "REVIEW", "secretary")
    granted = await made.do(
        "secretary",
        "grantRole",
        "roles { scopeKind scope { id } }",
        personId=world.id("Person", world.people["stranger"]),
        role="REVIEWER",
        scopeKind="PROPOSAL",
        scopeId=first,
    )
    assert "code" not in granted

    assert (await made.judge(first, 1, "stranger"))["finding"] == "MET"
    assert (await made.judge(second, 1, "stranger"))["code"] == "NOT_FOUND"


async def test_what_is_met_is_prioritised_with_its_counts_and_is_public_then(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()
    await made.judge_all(proposal, "PARTLY_MET")
    assert await made.show(proposal, "Proposal", "title", None) is None

    decided = await made.step(
        proposal,
        "PRIORITISE",
        "secretary",
        f"state {DECISIONS} resourceSelection {{ state proposal {{ id }} }}",
    )

    assert decided == {
        "id": proposal,
        "state": "PRIORITISED",
        "decisions": [
            {
                "submission": 1,
                "transition": "PRIORITISE",
                "state": "PRIORITISED",
                "reason": "As it stands.",
                "met": 2,
                "partlyMet": 1,
                "notMet": 0,
                "decider": {"name": "Secretary"},
            }
        ],
        "resourceSelection": {"state": "OPTIONS", "proposal": {"id": proposal}},
    }
    seen = await made.show(proposal, "Proposal", f"title {JUDGEMENTS} answers {{ body }}", None)
    assert len(seen["judgements"]) == 6
    assert len(seen["answers"]) == 3
    assert await listed(made, None) == ["Acute stroke"]
    assert await told(world, proposal, "PUBLIC") == [
        "PROPOSAL_ADVANCED",
        "RESOURCE_SELECTION_BEGUN",
    ]
    assert (await made.move_cycle("CONCLUDE"))["state"] == "DECIDED"


async def test_with_more_than_one_criterion_partly_met_the_board_decides(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()
    await made.judge_all(proposal, "PARTLY_MET", "PARTLY_MET")
    sentence = (
        "Criteria that are only partly met: 2. With more than one, the board decides, by "
        "PRIORITISE_BY_BOARD."
    )

    assert await missing(made, proposal, "PRIORITISE", "secretary") == [sentence]
    assert (await made.step(proposal, "PRIORITISE", "secretary"))["message"] == sentence
    for name in ("secretary", "admin", "judge3"):
        refused = await made.step(proposal, "PRIORITISE_BY_BOARD", name)
        assert refused["code"] == "NOT_ALLOWED"
        assert "which comes with the role BOARD." in refused["message"]
    decided = await made.step(proposal, "PRIORITISE_BY_BOARD", "board", f"state {DECISIONS}")
    assert decided["state"] == "PRIORITISED"
    assert decided["decisions"][0]["partlyMet"] == 2


async def test_what_one_judge_finds_not_met_is_not_prioritised(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()
    assert (await made.step(proposal, "DECLINE", "board"))["message"] == (
        "Judgements still missing: 6."
    )
    await made.judge_all(proposal, "NOT_MET")

    for step, name in (("PRIORITISE", "secretary"), ("PRIORITISE_BY_BOARD", "board")):
        refused = await made.step(proposal, step, name)
        assert (refused["code"], refused["message"]) == (
            "CONFLICT",
            "Criteria that are not met: 1.",
        )
    assert (await made.step(proposal, "DECLINE", "secretary"))["code"] == "NOT_ALLOWED"
    declined = await made.step(
        proposal, "DECLINE", "board", f"state {DECISIONS} resourceSelection {{ id }}"
    )
    assert declined["state"] == "NOT_PRIORITISED"
    assert declined["decisions"][0]["notMet"] == 1
    assert declined["resourceSelection"] is None
    assert await listed(made, None) == ["Acute stroke"]


async def test_author_judge_and_decider_are_different_people(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    await employ(world, "writer", Role.SECRETARIAT)
    proposal = await made.reviewed("writer")
    for name in ("judge1", "secretary"):
        await world.add(_also(world, name, Role.BOARD))
    await made.judge_all(proposal)
    await made.declare("chair", proposal)

    for step, name, sentence in (
        ("PRIORITISE", "writer", "Its author does not decide on a proposal."),
        ("RETURN", "writer", "Its author does not decide on a proposal."),
        ("PRIORITISE_BY_BOARD", "judge1", "Who judged a proposal does not decide on it."),
        ("DECLINE", "judge1", "Who judged a proposal does not decide on it."),
        (
            "DECLINE",
            "chair",
            "Your declared interest keeps you from deciding on this proposal.",
        ),
    ):
        option = (await made.options(proposal, "Proposal", name))[step]
        assert (option["allowed"], option["reasons"]) == (False, [sentence])
        refused = await made.step(proposal, step, name)
        assert (refused["code"], refused["message"]) == ("NOT_ALLOWED", sentence)
    assert (await made.step(proposal, "PRIORITISE", "secretary"))["state"] == "PRIORITISED"


async def test_a_returned_proposal_is_revised_and_judged_again_and_its_past_stays(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()
    await made.judge(proposal, 1, "judge1", "NOT_MET")

    returned = await made.step(
        proposal, "RETURN", "secretary", f"state {DECISIONS} {JUDGEMENTS}", reason="Not yet."
    )

    assert returned["state"] == "RETURNED"
    assert returned["decisions"][0] == {
        "submission": 1,
        "transition": "RETURN",
        "state": "RETURNED",
        "reason": "Not yet.",
        "met": 0,
        "partlyMet": 0,
        "notMet": 0,
        "decider": {"name": "Secretary"},
    }
    assert [each["finding"] for each in returned["judgements"]] == ["NOT_MET"]
    assert await made.show(proposal, "Proposal", "title", None) is None
    await made.do("nurse1", "editProposal", proposalId=proposal, summary="Better said.")
    await made.do(
        "nurse1",
        "answerGatewayCriterion",
        proposalId=proposal,
        criterionId=made.criteria[0],
        body="Better answered.",
    )
    again = await made.step(
        proposal, "SUBMIT", "nurse1", "state submission answers { submission number body }"
    )
    assert (again["state"], again["submission"]) == ("SUBMITTED", 2)
    assert [(each["submission"], each["body"]) for each in again["answers"]] == [
        (1, "How it meets criterion 1."),
        (1, "How it meets criterion 2."),
        (1, "How it meets criterion 3."),
        (2, "Better answered."),
        (2, "How it meets criterion 2."),
        (2, "How it meets criterion 3."),
    ]
    await made.step(proposal, "REVIEW", "secretary")
    await world.add(_also(world, "secretary", Role.REVIEWER))
    decided_before = await made.judge(proposal, 1, "secretary")
    assert decided_before["message"] == "Who decided on a proposal before does not judge it."
    await made.judge_all(proposal)
    assert (await made.step(proposal, "PRIORITISE", "secretary"))["state"] == "PRIORITISED"


async def test_a_proposal_is_withdrawn_before_it_is_decided_and_then_stays_with_its_readers(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()

    withdrawn = await made.step(proposal, "WITHDRAW", "nurse1")

    assert withdrawn["state"] == "WITHDRAWN"
    assert await made.show(proposal, "Proposal", "title", "board") is not None
    assert await made.show(proposal, "Proposal", "title", "stranger") is None
    after = await made.step(proposal, "SUBMIT", "nurse1")
    assert after["message"].endswith("Nothing follows that.")
    judged = await made.judge(proposal, 1, "judge1")
    assert judged["code"] == "CONFLICT"


async def test_a_stale_revision_or_an_empty_reason_takes_no_step(ask: Ask, world: World) -> None:
    made = await priorities(ask, world)
    proposal = await made.submitted()

    stale = await made.step(proposal, "WITHDRAW", "nurse1", expectedRevision=1)
    assert (stale["code"], stale["path"]) == ("CONFLICT", ["expectedRevision"])
    empty = await made.step(proposal, "WITHDRAW", "nurse1", reason=" ")
    assert (empty["code"], empty["path"]) == ("INVALID", ["reason"])


async def test_a_returned_proposal_is_not_submitted_to_a_cycle_that_is_over(
    ask: Ask, world: World
) -> None:
    made = await priorities(ask, world)
    proposal = await made.reviewed()
    await made.step(proposal, "RETURN", "secretary")
    await made.move_cycle("CONCLUDE")

    refused = await made.step(proposal, "SUBMIT", "nurse1")

    assert refused["message"] == "Its cycle is decided."
    assert (await made.step(proposal, "WITHDRAW", "nurse1"))["state"] == "WITHDRAWN"


def _also(world: World, name: str, role: Role) -> Membership:
    """Return another role in the whole body for somebody."""
    return Membership(
        person_id=world.people[name], role=role, scope_kind=ScopeKind.BODY, created_at=NOW
    )

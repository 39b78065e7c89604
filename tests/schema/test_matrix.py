"""Who may do what and who sees what: every role, every mutation, every guarded field and state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.permissions import GRANTS, NOT_INHERITED, Permission, Role
from tests.api.furnished import DRAFT_QUESTION, HOMES, Furnished, furnished, rows
from tests.api.inputs import MUTATIONS, document
from tests.conftest import Server
from tests.subscriptions.live import Live, process

# Each place with what contains it, and where each role of the furnished world is held.
PLACES = {
    "body": (),
    "credential": (),
    "specification": ("credential",),
    "engagement": ("specification", "credential"),
    "roundtable": ("engagement", "specification", "credential"),
    "private": ("specification", "credential"),
    "plan": ("organisation",),
    "cycle": (),
    "draft proposal": ("cycle",),
    "judged proposal": (),
}
HELD: dict[str, list[tuple[Role, str]]] = {
    role.value: [(role, kind.lower())] for role, kind in HOMES.items()
}
INVITED = "pharmacist1"
HELD |= {
    "nurse1": [
        (Role.STAKEHOLDER, "engagement"),
        (Role.STAKEHOLDER, "draft proposal"),
        (Role.STAKEHOLDER, "judged proposal"),
    ],
    "nurse2": [
        (Role.STAKEHOLDER, "engagement"),
        (Role.ORGANISATION_REPRESENTATIVE, "organisation"),
    ],
    INVITED: [(Role.STAKEHOLDER, "engagement"), (Role.STAKEHOLDER, "roundtable")],
    "stranger": [],
}
# Who drafts a specification takes part in the exercises about it, and in nothing inside those.
for drafter in (Role.DEVELOPER_LEAD, Role.DEVELOPER):
    HELD[drafter] += [(drafter, "engagement"), (drafter, "private")]
SIGNED_IN = frozenset(HELD)
VISITOR = "(visitor)"
EVERYBODY = SIGNED_IN | {VISITOR}
NOBODY: frozenset[str] = frozenset()
ELECTORS = frozenset({"nurse1", "nurse2", INVITED})


def holders(permission: Permission, place: str) -> frozenset[str]:
    """Return who has a permission at a place, by the table of grants."""
    return frozenset(
        name
        for name, roles in HELD.items()
        if any(
            permission in GRANTS[role]
            and (home in ("body", place) or (home in PLACES[place] and role not in NOT_INHERITED))
            for role, home in roles
        )
    )


COMMENT = holders(Permission.COMMENT, "engagement")
MODERATE = holders(Permission.MODERATE, "engagement")
AT_ROUNDTABLE = holders(Permission.MODERATE, "roundtable")
DRAFT = holders(Permission.DRAFT, "specification")
STEER = holders(Permission.STEER, "specification")
DRAFT_ELSEWHERE = holders(Permission.DRAFT, "credential")
COMMENT_ELSEWHERE = holders(Permission.COMMENT, "credential")
STEER_CREDENTIALS = holders(Permission.STEER, "credential")
ADMINISTER = holders(Permission.ADMINISTER, "body")
PLAN = holders(Permission.PLAN, "plan")
STEER_PLANS = holders(Permission.STEER, "plan")
DECIDE_PLANS = holders(Permission.DECIDE, "plan")
JUDGE_PLANS = STEER_PLANS | DECIDE_PLANS | holders(Permission.JUDGE, "plan")
SUBMIT_PLAN = holders(Permission.SUBMIT_PLAN, "plan")
MEMBERS = holders(Permission.VIEW, "engagement")

STEER_BODY = holders(Permission.STEER, "body")
JUDGE = holders(Permission.JUDGE, "body")
DECIDE = holders(Permission.DECIDE, "body")
PROPOSER = frozenset({"nurse1"})
DAYS = {"opensOn": "2026-03-01", "closesOn": "2026-05-31"}

STARTS = "2026-02-01T12:00:00Z"
STEP = {"reason": "It is time."}

# Who may run each mutation, and an input that is right: ids by the short names of the furnished
# world or of its people. `expectedRevision` is null wherever the input has it.
MAY: dict[str, tuple[frozenset[str], dict[str, Any]]] = {
    "openThread": (COMMENT, {"topicId": "engagement", "subjectId": "section", "body": "x"}),
    "addComment": (COMMENT, {"threadId": "thread", "body": "x"}),
    "react": (COMMENT, {"commentId": "comment", "kind": "IDEA"}),
    "editComment": (frozenset({"nurse1"}), {"commentId": "comment", "body": "x"}),
    "resolveThread": (MODERATE | {"nurse1"}, {"threadId": "thread"}),
    "reopenThread": (MODERATE | {"nurse1"}, {"threadId": "thread"}),
    "pinThread": (MODERATE, {"threadId": "thread", "pinned": True, "reason": "x"}),
    "lockThread": (MODERATE, {"threadId": "thread", "locked": True, "reason": "x"}),
    "hideWords": (MODERATE, {"wordsId": "comment", "reason": "x", "ground": "OTHER"}),
    "showWords": (MODERATE, {"wordsId": "hidden", "reason": "x"}),
    "keepWords": (MODERATE, {"wordsId": "comment", "reason": "x"}),
    "mergeComment": (MODERATE, {"commentId": "comment", "intoId": "hidden", "reason": "x"}),
    "splitComment": (
        MODERATE,
        {"commentId": "comment", "parts": ["A first", "word."], "reason": "x"},
    ),
    "moveComment": (MODERATE, {"commentId": "comment", "threadId": "other thread", "reason": "x"}),
    "flagWords": (COMMENT, {"wordsId": "comment", "reason": "x"}),
    "appealDecision": (frozenset({"nurse2"}), {"moderationDecisionId": "decision", "words": "x"}),
    "answerAppeal": (MODERATE, {"appealId": "appeal", "outcome": "UPHELD", "answer": "x"}),
    "addTheme": (MODERATE, {"engagementId": "engagement", "name": "x"}),
    "editTheme": (MODERATE, {"themeId": "theme", "name": "x"}),
    "assignTheme": (MODERATE, {"threadId": "other thread", "themeId": "theme"}),
    "setDisposition": (MODERATE, {"threadId": "thread", "kind": "NOTED", "reason": "x"}),
    "publishResponse": (MODERATE, {"engagementId": "engagement", "reason": "x"}),
    "correctResponse": (
        holders(Permission.MODERATE, "private"),
        {"threadId": "answered thread", "kind": "NOTED", "reason": "x"},
    ),
    "draftBallot": (
        MODERATE,
        {"topicId": "engagement", "kind": "RATING", "question": "x", "visibility": "LIVE"},
    ),
    "editBallot": (MODERATE, {"ballotId": "draft", "question": "x"}),
    "advanceBallot": (MODERATE, {"ballotId": "draft", "transition": "OPEN", **STEP}),
    "takePaper": (ELECTORS, {"ballotId": "unlinkable"}),
    "castPaper": (EVERYBODY, {"secret": "paper", "choice": "PASS"}),
    "remindElectors": (MODERATE, {"ballotId": "live"}),
    "giveView": (frozenset({"nurse1"}), {"ballotId": "official", "choice": "PASS"}),
    "withdrawView": (frozenset({"nurse1"}), {"ballotId": "official"}),
    "castVote": (ELECTORS, {"ballotId": "live", "choice": "PASS"}),
    "declareInterest": (
        MEMBERS,
        {"topicId": "engagement", "subjectId": "section", "body": "x", "mitigation": "RECUSE"},
    ),
    "withdrawInterest": (frozenset({"nurse2"}), {"interestId": "interest"}),
    "nameProxy": (ELECTORS, {"ballotId": "live", "proxyId": "nurse3"}),
    "withdrawProxy": (ELECTORS, {"ballotId": "live"}),
    "raiseObjection": (ELECTORS, {"ballotId": "live", "body": "x"}),
    "advanceObjection": (
        MODERATE,
        {"objectionId": "live objection", "transition": "QUALIFY", **STEP},
    ),
    "editEngagement": (
        MODERATE,
        {"engagementId": "engagement", "title": "x", "purpose": "x", "briefing": "x"},
    ),
    "advanceEngagement": (
        holders(Permission.MODERATE, "private"),
        {"engagementId": "private", "transition": "OPEN", **STEP},
    ),
    "setEngagementSlowMode": (MODERATE, {"engagementId": "engagement", "seconds": 30}),
    "stateReport": (MODERATE, {"engagementId": "engagement", "funding": "x"}),
    "addWebinar": (MODERATE, {"engagementId": "engagement", "title": "x", "startsAt": STARTS}),
    "editWebinar": (MODERATE, {"webinarId": "webinar", "title": "x", "startsAt": STARTS}),
    "declareConstituency": (
        MODERATE,
        {"engagementId": "engagement", "name": "x", "kind": "OTHER"},
    ),
    "addStakeholder": (MODERATE, {"personId": "stranger", "constituencyId": "constituency"}),
    "removeStakeholder": (MODERATE, {"stakeholderId": "stakeholder", "reason": "x"}),
    "joinEngagement": (SIGNED_IN, {"constituencyId": "constituency"}),
    "createRoundtable": (
        MODERATE,
        {"engagementId": "engagement", "title": "x", "agenda": "x", "startsAt": STARTS},
    ),
    "editRoundtable": (
        AT_ROUNDTABLE,
        {"roundtableId": "roundtable", "title": "x", "agenda": "x", "startsAt": STARTS},
    ),
    "advanceRoundtable": (
        AT_ROUNDTABLE,
        {"roundtableId": "roundtable", "transition": "CLOSE", **STEP},
    ),
    "setSlowMode": (AT_ROUNDTABLE, {"roundtableId": "roundtable", "seconds": 30}),
    "addAgendaItem": (
        AT_ROUNDTABLE,
        {"roundtableId": "roundtable", "title": "x", "plannedMinutes": 5},
    ),
    "editAgendaItem": (AT_ROUNDTABLE, {"agendaItemId": "agenda item", "title": "x"}),
    "moveAgendaItem": (AT_ROUNDTABLE, {"agendaItemId": "agenda item", "position": 1}),
    "removeAgendaItem": (AT_ROUNDTABLE, {"agendaItemId": "agenda item"}),
    "advanceClock": (AT_ROUNDTABLE, {"roundtableId": "roundtable", "transition": "START"}),
    "setFacilitators": (AT_ROUNDTABLE, {"topicId": "roundtable", "personIds": ["nurse3"]}),
    "handOverFacilitation": (AT_ROUNDTABLE, {"topicId": "roundtable"}),
    "assignFacilitator": (AT_ROUNDTABLE, {"agendaItemId": "agenda item", "personId": "nurse3"}),
    "requestFloor": (AT_ROUNDTABLE | {INVITED}, {"roundtableId": "roundtable"}),
    "withdrawFloorRequest": (frozenset({INVITED}), {"floorRequestId": "floor request"}),
    "giveFloor": (AT_ROUNDTABLE, {"floorRequestId": "floor request"}),
    "endFloor": (AT_ROUNDTABLE | {INVITED}, {"floorRequestId": "floor request"}),
    "invite": (AT_ROUNDTABLE, {"roundtableId": "roundtable", "stakeholderIds": ["stakeholder"]}),
    "withdrawInvitation": (AT_ROUNDTABLE, {"invitationId": "invitation"}),
    "answerInvitation": (frozenset({INVITED}), {"invitationId": "invitation", "accept": True}),
    "createEngagement": (
        STEER,
        {
            "specificationId": "specification",
            "title": "x",
            "purpose": "x",
            "briefing": "x",
            "public": True,
        },
    ),
    "createSpecification": (
        STEER_CREDENTIALS,
        {"credentialId": "credential", "title": "x", "summary": "x", "public": True},
    ),
    "editSpecification": (DRAFT, {"specificationId": "specification", "title": "x"}),
    "advanceSpecification": (
        STEER,
        {"specificationId": "specification", "transition": "ABANDON", **STEP},
    ),
    "openEndorsement": (STEER, {"specificationId": "specification", "briefing": "x"}),
    "advanceEndorsement": (
        STEER_CREDENTIALS,
        {"endorsementId": "endorsement", "transition": "WITHDRAW", **STEP},
    ),
    "answerEndorsementCondition": (
        DRAFT_ELSEWHERE,
        {"endorsementConditionId": "endorsement condition", "evidence": "x"},
    ),
    "meetEndorsementCondition": (
        STEER_CREDENTIALS,
        {"endorsementConditionId": "endorsement condition", "reason": "x"},
    ),
    "planImplementation": (
        STEER,
        {"specificationId": "specification", "launchOn": "2126-01-01"},
    ),
    "editImplementationPlan": (
        STEER_CREDENTIALS,
        {"implementationPlanId": "implementation plan", "resources": "x"},
    ),
    "addImplementationPoint": (
        STEER_CREDENTIALS,
        {"implementationPlanId": "implementation plan", "kind": "ENABLER", "body": "x"},
    ),
    "editImplementationPoint": (
        STEER_CREDENTIALS,
        {"implementationPointId": "implementation point", "answer": "x"},
    ),
    "triggerPeriodicReview": (
        STEER,
        {"specificationId": "specification", "trigger": "NEED", "cause": "x"},
    ),
    "addReviewEvidence": (
        COMMENT_ELSEWHERE,
        {"periodicReviewId": "review", "source": "x", "body": "x"},
    ),
    "advancePeriodicReview": (
        STEER_CREDENTIALS,
        {"periodicReviewId": "review", "transition": "COLLECT", **STEP},
    ),
    "designEvaluation": (
        STEER_CREDENTIALS,
        {"title": "x", "purpose": "x", "startsOn": "2026-01-01", "endsOn": "2026-12-31"},
    ),
    "editEvaluation": (STEER_CREDENTIALS, {"evaluationId": "evaluation", "report": "x"}),
    "addMeasure": (
        STEER_CREDENTIALS,
        {"evaluationId": "evaluation", "kind": "INDIVIDUAL", "name": "x", "unit": "x"},
    ),
    "recordDataPoint": (
        STEER_CREDENTIALS,
        {
            "measureId": "measure",
            "period": "2027",
            "peopleGroup": "x",
            "people": 9,
            "value": "1",
            "source": "x",
        },
    ),
    "advanceEvaluation": (
        STEER_CREDENTIALS,
        {"evaluationId": "evaluation", "transition": "ANALYSE", **STEP},
    ),
    "nameRevision": (DRAFT, {"specificationId": "specification", "name": "x"}),
    "addSection": (DRAFT, {"specificationId": "specification", "heading": "x"}),
    "editSection": (DRAFT, {"sectionId": "section", "heading": "x"}),
    "moveSection": (DRAFT, {"sectionId": "section", "position": 1}),
    "removeSection": (DRAFT, {"sectionId": "section"}),
    "addBlock": (DRAFT, {"sectionId": "section", "kind": "PARAGRAPH", "text": "x"}),
    "editBlock": (DRAFT, {"blockId": "block", "text": "x"}),
    "moveBlock": (DRAFT, {"blockId": "block", "position": 1}),
    "removeBlock": (DRAFT, {"blockId": "block"}),
    "createCredential": (STEER_CREDENTIALS, {"code": "NEW", "title": "x", "area": "x"}),
    "retitleCredential": (
        STEER_CREDENTIALS,
        {"credentialId": "credential", "title": "x", "reason": "x"},
    ),
    "linkCredentials": (
        STEER_CREDENTIALS,
        {
            "credentialId": "credential",
            "otherId": "other credential",
            "kind": "SHARED",
            "note": "x",
        },
    ),
    "unlinkCredentials": (
        STEER_CREDENTIALS,
        {"credentialId": "credential", "otherId": "other credential"},
    ),
    "draftDeliveryPlan": (
        PLAN,
        {
            "organisationId": "organisation",
            "specificationId": "specification",
            "title": "x",
            "summary": "x",
        },
    ),
    "editDeliveryPlan": (PLAN, {"deliveryPlanId": "plan", "title": "x"}),
    "advanceDeliveryPlan": (
        SUBMIT_PLAN,
        {"deliveryPlanId": "plan", "transition": "SUBMIT", **STEP},
    ),
    "addModule": (
        PLAN,
        {"deliveryPlanId": "plan", "title": "x", "description": "x", "hours": 1, "outcomes": []},
    ),
    "editModule": (PLAN, {"moduleId": "module", "title": "x"}),
    "removeModule": (PLAN, {"moduleId": "module"}),
    "addModuleAssessment": (PLAN, {"moduleId": "module", "title": "x", "outcomes": []}),
    "editModuleAssessment": (PLAN, {"moduleAssessmentId": "assessment", "title": "x"}),
    "removeModuleAssessment": (PLAN, {"moduleAssessmentId": "assessment"}),
    "answerThresholdItem": (STEER_PLANS, {"deliveryPlanId": "plan", "number": 1, "passed": True}),
    "assignReviewer": (STEER_PLANS, {"deliveryPlanId": "plan", "personId": "REVIEWER"}),
    "judgeStandard": (
        frozenset({"REVIEWER"}),
        {"standardsReviewId": "blind review", "number": 1, "finding": "MET", "reason": "x"},
    ),
    "handInReview": (frozenset({"REVIEWER"}), {"standardsReviewId": "blind review"}),
    "seatPanellist": (STEER_PLANS, {"deliveryPlanId": "plan", "personId": "BOARD"}),
    "namePlanCondition": (
        DECIDE_PLANS,
        {"deliveryPlanId": "plan", "body": "x", "dueOn": "2036-01-01"},
    ),
    "removePlanCondition": (DECIDE_PLANS, {"planConditionId": "condition"}),
    "advancePlanCondition": (
        SUBMIT_PLAN,
        {"planConditionId": "condition", "transition": "EVIDENCE", **STEP},
    ),
    "advanceApproval": (
        DECIDE_PLANS,
        {"approvalId": "approval", "transition": "SUSPEND", **STEP},
    ),
    "addOrganisation": (ADMINISTER, {"name": "x", "kind": "EMPLOYER"}),
    "editOrganisation": (
        ADMINISTER,
        {"organisationId": "organisation", "name": "x", "kind": "EMPLOYER"},
    ),
    "addPerson": (ADMINISTER, {"name": "x", "email": "x@example.org"}),
    "editPerson": (
        ADMINISTER | {"nurse1"},
        {"personId": "nurse1", "name": "x", "email": "y@example.org", "professions": []},
    ),
    "addProfession": (ADMINISTER, {"name": "x", "regulators": ["NMC"]}),
    "grantRole": (ADMINISTER, {"personId": "stranger", "role": "BOARD", "scopeKind": "BODY"}),
    "signOutEverywhere": (ADMINISTER | {"PRACTITIONER"}, {"personId": "PRACTITIONER"}),
    "withdrawRole": (ADMINISTER, {"personId": "BOARD", "role": "BOARD", "scopeKind": "BODY"}),
    "reviseCriterion": (
        holders(Permission.STEER, "body"),
        {"number": 4, "expectedVersion": 1, "title": "x", "guidance": "x", "subCriteria": []},
    ),
    "planCycle": (STEER_BODY, {"title": "x", **DAYS}),
    "editCycle": (STEER_BODY, {"cycleId": "cycle", "title": "x"}),
    "advanceCycle": (STEER_BODY, {"cycleId": "scoring", "transition": "CONCLUDE", **STEP}),
    "draftProposal": (SIGNED_IN, {"cycleId": "cycle", "title": "x", "area": "x"}),
    "editProposal": (PROPOSER, {"proposalId": "draft proposal", "title": "x"}),
    "answerGatewayCriterion": (
        PROPOSER,
        {"proposalId": "draft proposal", "criterionId": "criterion", "body": "x"},
    ),
    "advanceProposal": (
        PROPOSER,
        {"proposalId": "draft proposal", "transition": "WITHDRAW", **STEP},
    ),
    "judgeProposal": (
        JUDGE,
        {
            "proposalId": "judged proposal",
            "criterionId": "criterion",
            "finding": "MET",
            "reason": "x",
        },
    ),
    "addResourceOption": (
        STEER_BODY,
        {"resourceSelectionId": "selection", "kind": "NEW", "title": "x", "description": "x"},
    ),
    "removeResourceOption": (STEER_BODY, {"resourceOptionId": "selection option"}),
    "explainSoleOption": (STEER_BODY, {"resourceSelectionId": "selection", "reason": "x"}),
    "assessResourceOption": (
        JUDGE,
        {
            "resourceOptionId": "selection option",
            "scores": [
                {"question": question, "score": 1, "reason": "x"}
                for question in ("FIT", "COST", "TIME", "QUALITY")
            ],
        },
    ),
    "advanceResourceSelection": (
        DECIDE,
        {"resourceSelectionId": "selection", "transition": "FIND_NONE_SUITABLE", **STEP},
    ),
    "selectResourceOption": (
        DECIDE,
        {"resourceSelectionId": "assessed", "resourceOptionId": "assessed option", **STEP},
    ),
    "agreeDevelopment": (
        STEER_BODY,
        {
            "resourceSelectionId": "selected",
            "leadId": "nurse2",
            "support": "x",
            "startsOn": "2026-06-01",
            "endsOn": "2027-06-01",
            "title": "x",
            "public": True,
            **STEP,
        },
    ),
    "updatePresence": (MEMBERS, {"topicId": "engagement", "connectionId": "x"}),
    "leave": (SIGNED_IN, {"topicId": "engagement", "connectionId": "x"}),
}

MODERATED = "{ ... on Comment { body hiddenReason } }"
BALLOT = "{ ... on Ballot { question } }"
RESULT = "{ ... on Ballot { consensus { status } } }"
VOTES = "{ ... on Ballot { votes { nodes { rationale } } } }"
OBJECTIONS = "{ ... on Ballot { objections { nodes { body } } } }"
VIEWS = "{ ... on Ballot { viewTally { counts { count } } views { nodes { rationale } } } }"
JUDGEMENTS = "{ ... on Proposal { judgements { reason } } }"
OWN_JUDGEMENTS = "{ ... on Proposal { viewerJudgements { reason } } }"
VOTE = "{ ... on Vote { rationale choice } }"
REVIEW = "{ ... on StandardsReview { judgements { reason } } }"
NODE = "{ __typename }"
AUTHOR = frozenset({"nurse2"})
VOTER = frozenset({"nurse1"})
MODERATE_ELSEWHERE = holders(Permission.MODERATE, "credential")
BOARD = holders(Permission.VIEW, "credential")

# Who is shown anything at all by a selection of a node, for each state of it that matters.
SEES: list[tuple[str, str, frozenset[str]]] = [
    ("nurse1", "{ ... on Person { email } }", ADMINISTER | VOTER),
    ("BOARD", "{ ... on Person { roles { role } } }", ADMINISTER | {"BOARD"}),
    ("nurse1", "{ ... on Person { name } }", SIGNED_IN),
    ("comment", "{ ... on Comment { body } }", EVERYBODY),
    ("hidden", MODERATED, MODERATE | AUTHOR),
    ("split", "{ ... on Comment { body } }", MODERATE | {"nurse1"}),
    ("hidden", "{ ... on Comment { tombstone } }", EVERYBODY),
    ("hidden", "{ ... on Comment { decisions { reason } } }", MODERATE | AUTHOR),
    ("comment", "{ ... on Comment { flags { reason } } }", MODERATE),
    ("other thread", "{ ... on Thread { disposition { reason } } }", MEMBERS),
    ("answered thread", "{ ... on Thread { disposition { reason } } }", EVERYBODY),
    ("response", NODE, EVERYBODY),
    ("endorsement", "{ ... on Endorsement { reason } }", EVERYBODY),
    ("endorsement", "{ ... on Endorsement { ballot { id } } }", BOARD),
    ("implementation plan", NODE, EVERYBODY),
    ("review", NODE, EVERYBODY),
    ("evaluation", NODE, BOARD),
    ("measure", "{ ... on Measure { dataPoints { people } } }", MODERATE_ELSEWHERE),
    ("data point", "{ ... on DataPoint { value } }", MODERATE_ELSEWHERE),
    ("data point", "{ ... on DataPoint { source } }", BOARD),
    ("theme", NODE, EVERYBODY),
    ("decision", NODE, MODERATE | AUTHOR),
    ("appeal", NODE, MODERATE | AUTHOR),
    ("draft", BALLOT, MODERATE),
    ("live", BALLOT, EVERYBODY),
    ("blind", BALLOT, EVERYBODY),
    ("closed", BALLOT, EVERYBODY),
    ("draft", RESULT, NOBODY),
    ("live", RESULT, MEMBERS),
    ("blind", RESULT, MODERATE),
    ("closed", RESULT, EVERYBODY),
    ("unlinkable", RESULT, MODERATE),
    ("unlinkable", VOTES, NOBODY),
    ("draft", VOTES, NOBODY),
    ("live", VOTES, MEMBERS),
    ("blind", VOTES, NOBODY),
    ("closed", VOTES, MEMBERS),
    ("official", RESULT, MODERATE),
    ("official", VIEWS, frozenset({"nurse2"})),
    ("view", NODE, frozenset({"nurse1", "nurse2"})),
    ("live vote", VOTE, MEMBERS),
    ("blind vote", VOTE, VOTER),
    ("closed vote", VOTE, MEMBERS),
    ("live objection", NODE, MEMBERS),
    ("blind objection", NODE, VOTER),
    ("draft", OBJECTIONS, NOBODY),
    ("live", OBJECTIONS, MEMBERS),
    ("blind", OBJECTIONS, NOBODY),
    ("interest", NODE, MEMBERS),
    ("stakeholder", NODE, MEMBERS),
    ("statement", NODE, MODERATE),
    ("engagement", "{ ... on Engagement { report { panel { stakeholders } } } }", MODERATE),
    ("roundtable", NODE, holders(Permission.VIEW, "roundtable")),
    ("invitation", NODE, holders(Permission.VIEW, "roundtable")),
    ("agenda item", NODE, holders(Permission.VIEW, "roundtable")),
    ("floor request", NODE, holders(Permission.VIEW, "roundtable")),
    ("private", NODE, holders(Permission.VIEW, "private")),
    ("plan", NODE, holders(Permission.VIEW, "plan")),
    ("module", NODE, holders(Permission.VIEW, "plan")),
    ("assessment", NODE, holders(Permission.VIEW, "plan")),
    ("open review", REVIEW, holders(Permission.VIEW, "plan")),
    ("blind review", NODE, JUDGE_PLANS),
    ("blind review", REVIEW, frozenset({"REVIEWER"})),
    ("condition", NODE, holders(Permission.VIEW, "plan")),
    ("approval", NODE, EVERYBODY),
    ("approval", "{ ... on Approval { deliveryPlan { id } } }", holders(Permission.VIEW, "plan")),
    ("specification", NODE, EVERYBODY),
    ("credential", NODE, EVERYBODY),
    ("revision", NODE, EVERYBODY),
    ("webinar", NODE, EVERYBODY),
    ("cycle", NODE, EVERYBODY),
    ("draft proposal", NODE, holders(Permission.MODERATE, "draft proposal") | PROPOSER),
    ("judged proposal", NODE, holders(Permission.VIEW, "judged proposal")),
    ("judged proposal", JUDGEMENTS, NOBODY),
    ("judged proposal", OWN_JUDGEMENTS, frozenset({"REVIEWER"})),
    ("judgement", NODE, frozenset({"REVIEWER"})),
    ("proposal", JUDGEMENTS, EVERYBODY),
    ("selection", NODE, EVERYBODY),
    ("selection option", NODE, EVERYBODY),
]


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Furnished]:
    async with furnished(server) as made:
        yield made


async def attempt(place: Furnished, live: Live, name: str, mutation: str) -> dict[str, Any]:
    """Run a mutation of the table as somebody; return its payload or its refusal."""
    world = place.world
    ids = {**{who: world.id("Person", key) for who, key in world.people.items()}, **place.ids}

    def resolved(field: str, value: Any) -> Any:
        if isinstance(value, list):
            return [ids.get(each, each) if isinstance(each, str) else each for each in value]
        named = field.endswith(("Id", "secret")) and field != "connectionId"
        return ids[value] if named else value

    fields = MUTATIONS[mutation].args["input"].type.of_type.fields
    input = {field: resolved(field, value) for field, value in MAY[mutation][1].items()}
    if "expectedRevision" in fields:
        input["expectedRevision"] = None
    viewer = await place.viewer(None if name == VISITOR else name)
    result = await live.execute(viewer, document(mutation), input=input)
    if "errors" in result:
        return {"code": result["errors"][0]["extensions"]["code"]}
    return dict(result["data"][mutation])


def test_every_mutation_has_its_row() -> None:
    assert set(MAY) == set(MUTATIONS)


def test_every_role_has_somebody() -> None:
    assert {role for roles in HELD.values() for role, _ in roles} == set(Role)


async def test_who_may_not_run_a_mutation_changes_nothing(place: Furnished) -> None:
    before = await rows(place.world.database)
    async with process(place.world.database) as live:
        for mutation, (may, _) in MAY.items():
            for name in sorted(EVERYBODY - may):
                answer = await attempt(place, live, name, mutation)
                assert answer.get("code") in {"NOT_ALLOWED", "NOT_FOUND"}, (mutation, name, answer)
    assert await rows(place.world.database) == before


@pytest.mark.parametrize("mutation", sorted(MAY))
async def test_who_may_run_a_mutation_is_refused_by_nothing_but_its_state(
    place: Furnished, mutation: str
) -> None:
    async with process(place.world.database) as live:
        possible = {None, "CONFLICT"}
        for name in sorted(MAY[mutation][0]):
            answer = await attempt(place, live, name, mutation)
            assert answer.get("code") in possible, (name, answer)
            if mutation.startswith(("remove", "unlink")):
                possible = {"NOT_FOUND", "CONFLICT"}  # the first one has done it, or nobody can


async def test_each_field_is_shown_to_those_of_its_row_alone(place: Furnished) -> None:
    async with process(place.world.database) as live:
        for name in sorted(EVERYBODY):
            viewer = await place.viewer(None if name == VISITOR else name)
            for target, fields, sees in SEES:
                id = place.ids.get(target) or place.world.id("Person", place.world.people[target])
                result = await live.execute(
                    viewer, f"query ($id: ID!) {{ node(id: $id) {fields} }}", id=id
                )
                assert "errors" not in result, result
                shown = anything(result["data"]["node"])
                assert shown == (name in sees), (name, target, fields, result)


def anything(value: Any) -> bool:
    """Say whether there is any value in an answer."""
    if isinstance(value, dict):
        return any(anything(each) for each in value.values())
    if isinstance(value, list):
        return any(anything(each) for each in value)
    return value is not None


async def test_drafts_are_in_no_list_of_those_who_may_not_know_of_them(place: Furnished) -> None:
    query = (
        "query ($id: ID!) { node(id: $id) "
        "{ ... on Engagement { ballots(first: 100) { totalCount nodes { question } } } } }"
    )
    async with process(place.world.database) as live:
        for name in sorted(EVERYBODY):
            viewer = await place.viewer(None if name == VISITOR else name)
            result = await live.execute(viewer, query, id=place.ids["engagement"])
            ballots = result["data"]["node"]["ballots"]
            assert ballots["totalCount"] == len(ballots["nodes"]) == (5 + (name in MODERATE))
            assert (DRAFT_QUESTION in str(ballots)) == (name in MODERATE)

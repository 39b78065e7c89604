"""The part of the furnished world in which a provider's plans are judged, made through the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from domain.ids import new_id
from domain.models.people import Membership, Person, ScopeKind
from domain.models.topics import Topic, TopicKind
from domain.permissions import Role
from domain.reference import DELIVERY_STANDARDS, EDITION
from tests.world import NOW

if TYPE_CHECKING:
    from tests.api.furnished import Furnished

BLIND = "canary reason of a review that is blind"
STEP = {"reason": "It is time.", "expectedRevision": None}
SOON = str(datetime.now(UTC).date() + timedelta(days=30))
STANDARDS = DELIVERY_STANDARDS[EDITION]


async def employ_judges(made: Furnished) -> None:
    """Add those whom it takes to judge a plan, beside the one person of each role."""
    world = made.world
    for name, role in (("REVIEWER2", Role.REVIEWER), ("BOARD2", Role.BOARD)):
        id = world.people[name] = new_id()
        await world.add(
            Topic(id=id, kind=TopicKind.PERSON, scopes=[id]),
            Person(id=id, name=name, email=f"{name}@example.org".lower(), created_at=NOW),
            Membership(
                person_id=id, role=role, scope_kind=ScopeKind.BODY, scope_id=None, created_at=NOW
            ),
        )


async def launch(made: Furnished) -> None:
    """Write another credential's specification, and put it where it can be delivered.

    What a launch needs is not what this is about, so that the state is written as it would stand.
    """
    ids, change = made.ids, made.change
    ids["launched"] = await change(
        "secretary",
        "createSpecification",
        credentialId=ids["other credential"],
        title="What is delivered",
        summary="",
        public=True,
    )
    revision = {"expectedRevision": None}
    section = await change(
        "secretary", "addSection", specificationId=ids["launched"], heading="All of it", **revision
    )
    for name, kind in (("delivered outcome", "LEARNING_OUTCOME"), ("prescribed", "ASSESSMENT")):
        ids[name] = await change(
            "secretary", "addBlock", sectionId=section, kind=kind, text=name, **revision
        )
    async with made.world.database.session() as session:
        await session.execute(
            text("UPDATE specifications SET state = 'LAUNCHED' WHERE title = 'What is delivered'")
        )
        await session.commit()


async def in_review(made: Furnished) -> dict[str, str]:
    """Write, submit and check a plan, and ask two reviewers; return the ids of what was made."""
    ids, change = made.ids, made.change
    revision = {"expectedRevision": None}
    plan = await change(
        "provider",
        "draftDeliveryPlan",
        organisationId=ids["organisation"],
        specificationId=ids["launched"],
        title="A plan to be judged",
        summary="",
    )
    await change(
        "provider",
        "editDeliveryPlan",
        deliveryPlanId=plan,
        supervision="Weekly.",
        placements="In two hospitals.",
        qualityAssurance="A committee.",
        **revision,
    )
    module = await change(
        "provider",
        "addModule",
        deliveryPlanId=plan,
        title="All",
        description="",
        hours=10,
        outcomes=[ids["delivered outcome"]],
        **revision,
    )
    assessment = await change(
        "provider",
        "addModuleAssessment",
        moduleId=module,
        title="Observed practice",
        blockId=ids["prescribed"],
        outcomes=[ids["delivered outcome"]],
        **revision,
    )
    advance = {"deliveryPlanId": plan, **STEP}
    await change("provider", "advanceDeliveryPlan", **advance, transition="SUBMIT")
    await change("secretary", "advanceDeliveryPlan", **advance, transition="CHECK")
    for number in range(1, len(STANDARDS.threshold) + 1):
        await change(
            "secretary",
            "answerThresholdItem",
            deliveryPlanId=plan,
            number=number,
            passed=True,
        )
    await change("secretary", "advanceDeliveryPlan", **advance, transition="REVIEW")
    made_here = {"plan": plan, "module": module, "assessment": assessment}
    for name in ("REVIEWER", "REVIEWER2"):
        person = made.world.id("Person", made.world.people[name])
        made_here[name] = await change(
            "secretary", "assignReviewer", deliveryPlanId=plan, personId=person
        )
    return made_here


async def judge(made: Furnished, name: str, review: str) -> None:
    """Judge every standard."""
    for number in range(1, len(STANDARDS.standards) + 1):
        await made.change(
            name,
            "judgeStandard",
            standardsReviewId=review,
            number=number,
            finding="PARTLY_MET",
            reason=BLIND,
        )


async def approve(made: Furnished) -> dict[str, str]:
    """Bring a plan to its approval, on a condition; return the ids of what was made."""
    change = made.change
    found = await in_review(made)
    for name in ("REVIEWER", "REVIEWER2"):
        await judge(made, name, found[name])
        await change(name, "handInReview", standardsReviewId=found[name])
    plan = {"deliveryPlanId": found["plan"]}
    await change("secretary", "advanceDeliveryPlan", **plan, **STEP, transition="CONVENE")
    for name in ("BOARD", "BOARD2"):
        person = made.world.id("Person", made.world.people[name])
        await change("secretary", "seatPanellist", **plan, personId=person)
    found["condition"] = await change(
        "BOARD", "namePlanCondition", **plan, body="A third placement.", dueOn=SOON
    )
    await change(
        "BOARD", "advanceDeliveryPlan", **plan, **STEP, transition="APPROVE_WITH_CONDITIONS"
    )
    async with made.world.database.session() as session:
        last = await session.execute(text("SELECT id FROM approvals ORDER BY id DESC LIMIT 1"))
        found["approval"] = made.world.id("Approval", last.scalar_one())
    return found


async def deliver(made: Furnished) -> None:
    """Have an approved plan, and another one whose reviews are blind."""
    ids = made.ids
    await employ_judges(made)
    await launch(made)
    approved = await approve(made)
    ids["approved plan"] = approved["plan"]
    for name in ("approval", "condition", "assessment"):
        ids[name] = approved[name]
    ids["open review"] = approved["REVIEWER"]
    reviewed = await in_review(made)
    ids["reviewed plan"] = reviewed["plan"]
    ids["blind review"] = reviewed["REVIEWER"]
    await judge(made, "REVIEWER", ids["blind review"])


async def again(made: Furnished) -> None:
    """Let the provider give up what is reviewed, lose its approval, and get another one."""
    await made.change(
        "provider",
        "advanceDeliveryPlan",
        deliveryPlanId=made.ids["reviewed plan"],
        **STEP,
        transition="WITHDRAW",
    )
    await made.change(
        "BOARD", "advanceApproval", approvalId=made.ids["approval"], **STEP, transition="WITHDRAW"
    )
    await approve(made)

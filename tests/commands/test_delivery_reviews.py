"""A delivery plan is judged by people who are independent of it, and step by step."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands import delivery_plans, delivery_reviews, plan_conditions
from domain.commands.due import lapse_what_is_due
from domain.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.ids import new_id
from domain.lifecycle import SpecificationState
from domain.lifecycle.approvals import ApprovalState, ApprovalTransition
from domain.lifecycle.delivery_plans import (
    DeliveryPlanState,
    PlanConditionState,
    PlanConditionTransition,
)
from domain.models.criteria import Finding
from domain.models.delivery_reviews import PlanCondition, PlanDecision
from domain.models.interests import Mitigation
from domain.models.organisations import Organisation, OrganisationKind
from domain.models.people import ScopeKind
from domain.models.topics import StoredEvent
from domain.permissions import Audience, Role
from tests.plans import (
    SOON,
    STANDARDS,
    TODAY,
    Step,
    also,
    answer,
    approval_of,
    approved,
    assign,
    before_panel,
    condition,
    declare,
    employ,
    in_check,
    in_review,
    judge,
    overdue,
    plan_of,
    put,
    reviewed,
    run,
    seat,
    staff,
    step,
    step_approval,
    step_condition,
    written,
)
from tests.world import NOW, World


@pytest.fixture(autouse=True)
async def everybody(world: World) -> None:
    await staff(world)


async def refused(
    kind: type[DomainError], sentence: str, work: Any, path: tuple[str, ...] | None = None
) -> None:
    """Check that some work is refused with a sentence."""
    with pytest.raises(kind) as caught:
        await work
    assert sentence in caught.value.message
    if path is not None:
        assert caught.value.path == path


async def rival(world: World, *, plans: bool = True) -> UUID:
    """Add another provider, with a plan for the same credential; return its id."""
    other = Organisation(
        name="Fictional College", kind=OrganisationKind.EDUCATION_PROVIDER, created_at=NOW
    )
    await world.add(other)
    await employ(world, "rival", Role.PROVIDER_LEAD, ScopeKind.ORGANISATION, other.id)
    if plans:
        await run(
            world,
            "rival",
            delivery_plans.draft_delivery_plan,
            organisation_id=other.id,
            specification_id=world.specification,
            title="Another way",
            summary="",
        )
    return other.id


async def test_a_plan_goes_from_the_provider_to_an_approval(world: World) -> None:
    plan = await approved(world)

    found, approval = await plan_of(world, plan), await approval_of(world, plan)
    assert (found.state, found.submission, found.panel) == (DeliveryPlanState.APPROVED, 1, 1)
    assert (approval.state, approval.starts_on) == (ApprovalState.ACTIVE, TODAY)
    assert approval.ends_on == TODAY.replace(year=TODAY.year + 5) - timedelta(days=1)
    assert (approval.organisation_id, approval.specification_id) == (
        world.organisation,
        world.specification,
    )


async def test_decisions_keep_their_reasons_and_what_they_rest_on(world: World) -> None:
    plan = await before_panel(world, Finding.PARTLY_MET)
    await step(world, "board2", plan, Step.APPROVE, "Good enough.")

    async with world.database.read() as session:
        rows = await session.scalars(select(PlanDecision).order_by(PlanDecision.id))
    number, items = len(STANDARDS.standards) * 2, len(STANDARDS.threshold)
    assert [(row.transition, row.met, row.partly_met, row.not_met, row.reason) for row in rows] == [
        (Step.CHECK, 0, 0, 0, "So."),
        (Step.REVIEW, items, 0, 0, "So."),
        (Step.CONVENE, 0, number, 0, "So."),
        (Step.APPROVE, 0, number, 0, "Good enough."),
    ]


async def test_what_happens_is_told_to_those_whom_it_concerns(world: World) -> None:
    plan = await approved(world, conditions=True)
    approval = await approval_of(world, plan)

    async with world.database.read() as session:
        rows = (
            await session.execute(
                select(StoredEvent.kind, StoredEvent.audience).where(StoredEvent.topic_id == plan)
            )
        ).all()
    kept = {kind for kind, audience in rows if audience is Audience.MODERATORS}
    provider = {kind for kind, audience in rows if audience is Audience.MEMBERS}
    assert kept - provider == {
        "THRESHOLD_ITEM_ANSWERED",
        "REVIEWER_ASSIGNED",
        "STANDARD_JUDGED",
        "STANDARDS_REVIEW_HANDED_IN",
        "PLAN_CONDITION_NAMED",
    }
    assert {"DELIVERY_PLAN_ADVANCED", "PANELLIST_SEATED"} <= provider
    assert ("APPROVAL_GRANTED", Audience.PUBLIC) in await world.events(approval.id)


async def test_a_plan_is_submitted_with_all_its_parts(world: World) -> None:
    plan = await written(world)
    for part, sentence in (
        ("supervision", "It does not say how learners are supervised."),
        ("placements", "It does not say where learners practise."),
        ("quality_assurance", "It does not say how its quality is assured."),
    ):
        change = {"delivery_plan_id": plan, "expected_revision": None}
        await run(world, "editor", delivery_plans.edit_delivery_plan, **change, **{part: ""})
        await refused(Conflict, sentence, step(world, "provider", plan, Step.SUBMIT))
        await run(world, "editor", delivery_plans.edit_delivery_plan, **change, **{part: "x"})

    await put(world, SpecificationState.SUPERSEDED)
    await refused(
        Conflict, "The specification is not launched.", step(world, "provider", plan, Step.SUBMIT)
    )
    await put(world, SpecificationState.LAUNCHED)
    await step(world, "provider", plan, Step.SUBMIT)


async def test_every_item_of_the_check_is_answered_and_passed(world: World) -> None:
    plan = await in_check(world)
    items = len(STANDARDS.threshold)
    await refused(
        Conflict,
        f"Threshold items not answered: {items}.",
        step(world, "secretary", plan, Step.REVIEW),
    )
    await answer(world, plan, failing=(2, 3))
    await refused(
        Conflict,
        "Threshold items answered with no: 2.",
        step(world, "secretary", plan, Step.REVIEW),
    )
    await answer(world, plan)
    await refused(
        Conflict,
        "No threshold item is answered with no.",
        step(world, "secretary", plan, Step.RETURN),
    )

    await step(world, "secretary", plan, Step.REVIEW)
    assert (await plan_of(world, plan)).state is DeliveryPlanState.STANDARDS_REVIEW


async def test_what_does_not_pass_the_check_is_changed_and_submitted_again(world: World) -> None:
    plan = await in_check(world)
    await answer(world, plan, failing=(1,))
    await step(world, "secretary", plan, Step.RETURN, "Something is missing.")
    await run(
        world,
        "editor",
        delivery_plans.edit_delivery_plan,
        delivery_plan_id=plan,
        supervision="Daily.",
        expected_revision=None,
    )
    await step(world, "provider", plan, Step.SUBMIT)
    await step(world, "secretary", plan, Step.CHECK)

    assert (await plan_of(world, plan)).submission == 2
    await refused(
        Conflict, "Threshold items not answered", step(world, "secretary", plan, Step.REVIEW)
    )


async def test_an_answer_has_a_number_of_the_check_and_a_note_where_it_is_no(
    world: World,
) -> None:
    plan = await in_check(world)
    command = delivery_reviews.answer_threshold_item
    item = {"delivery_plan_id": plan, "passed": True, "note": ""}

    for number in (0, len(STANDARDS.threshold) + 1):
        await refused(
            Invalid,
            "The numbers go from 1 to",
            run(world, "secretary", command, **item, number=number),
            ("number",),
        )
    await refused(
        Invalid,
        "The note is empty.",
        run(world, "secretary", command, **{**item, "passed": False}, number=1),
        ("note",),
    )
    await refused(NotAllowed, "STEER", run(world, "provider", command, **item, number=1))
    await refused(NotFound, "no delivery plan", run(world, "stranger", command, **item, number=1))
    await answer(world, plan)
    await step(world, "secretary", plan, Step.REVIEW)
    await refused(
        Conflict,
        "while the delivery plan is THRESHOLD_CHECK; it is STANDARDS_REVIEW.",
        run(world, "secretary", command, **item, number=1),
    )


async def test_two_reviews_are_needed_and_a_third_comes_too_late(world: World) -> None:
    plan = await in_review(world)
    reviews = {name: await assign(world, plan, name) for name in ("reviewer1", "reviewer2")}
    late = await assign(world, plan, "reviewer3")
    await judge(world, "reviewer1", reviews["reviewer1"])
    await refused(
        Conflict,
        "Standards reviews not yet handed in: 1.",
        step(world, "secretary", plan, Step.CONVENE),
    )
    await judge(world, "reviewer2", reviews["reviewer2"])

    await refused(Conflict, "it is too late", judge(world, "reviewer3", late))
    await step(world, "secretary", plan, Step.CONVENE)


async def test_a_review_is_its_reviewers_and_is_handed_in_complete_and_once(world: World) -> None:
    plan = await in_review(world)
    review = await assign(world, plan, "reviewer1")
    hand_in = delivery_reviews.hand_in_review
    standards = len(STANDARDS.standards)

    await refused(
        Conflict,
        f"Standards not yet judged: {standards}.",
        run(world, "reviewer1", hand_in, standards_review_id=review),
    )
    await refused(NotAllowed, "Only its reviewer", judge(world, "reviewer2", review))
    await refused(NotFound, "no standards review", judge(world, "provider", review))
    await refused(
        Invalid,
        f"The numbers go from 1 to {standards}",
        run(
            world,
            "reviewer1",
            delivery_reviews.judge_standard,
            standards_review_id=review,
            number=standards + 1,
            finding=Finding.MET,
            reason="x",
        ),
        ("number",),
    )
    await judge(world, "reviewer1", review)
    await refused(Conflict, "is handed in", judge(world, "reviewer1", review))


async def test_a_reviewer_is_chosen_among_those_who_may_judge(world: World) -> None:
    plan = await in_review(world)
    await also(world, "editor", Role.REVIEWER)

    await refused(
        NotAllowed, "needs the permission JUDGE", assign(world, plan, "board1"), ("person_id",)
    )
    await refused(
        NotAllowed,
        "Who wrote a plan or works for its provider does not judge it.",
        assign(world, plan, "editor"),
        ("person_id",),
    )
    world.people["nobody"] = new_id()
    await refused(NotFound, "no person", assign(world, plan, "nobody"), ("person_id",))
    await assign(world, plan, "reviewer1")
    await refused(Conflict, "reviews the plan already", assign(world, plan, "reviewer1"))


@pytest.mark.parametrize("place", ["plan", "specification", "credential"])
async def test_a_declared_interest_keeps_from_judging(world: World, place: str) -> None:
    plan = await in_review(world)
    topic = {
        "plan": plan,
        "specification": world.specification,
        "credential": world.credential,
    }[place]
    await declare(world, "reviewer1", topic)

    await refused(
        NotAllowed,
        "A declared interest keeps from judging this plan.",
        assign(world, plan, "reviewer1"),
    )


async def test_who_declares_an_interest_after_being_asked_counts_no_more(world: World) -> None:
    plan = await in_review(world)
    one = await assign(world, plan, "reviewer1")
    await judge(world, "reviewer1", one, Finding.NOT_MET)
    await judge(world, "reviewer2", await assign(world, plan, "reviewer2"))
    await declare(world, "reviewer1", plan)

    await refused(Conflict, "not yet handed in: 1.", step(world, "secretary", plan, Step.CONVENE))
    await judge(world, "reviewer3", await assign(world, plan, "reviewer3"))
    await step(world, "secretary", plan, Step.CONVENE)
    await seat(world, plan, "board1", "board2")
    await step(world, "board1", plan, Step.APPROVE)


async def test_who_works_for_a_competitor_declares_that_before_judging(world: World) -> None:
    plan = await in_review(world)
    await rival(world)
    await also(world, "rival", Role.REVIEWER)

    await refused(NotAllowed, "declares that interest", assign(world, plan, "rival"))
    await declare(world, "rival", plan, Mitigation.NONE)
    await assign(world, plan, "rival")


async def test_another_provider_without_a_plan_for_the_credential_is_no_competitor(
    world: World,
) -> None:
    plan = await in_review(world)
    await rival(world, plans=False)
    await also(world, "rival", Role.REVIEWER)

    await assign(world, plan, "rival")


async def test_the_body_has_no_part_in_a_plan_of_its_own_people(world: World) -> None:
    plan = await written(world)
    await step(world, "provider", plan, Step.SUBMIT)
    await also(world, "editor", Role.SECRETARIAT)

    await refused(NotAllowed, "Who wrote a plan", step(world, "editor", plan, Step.CHECK))


async def test_a_panel_has_two_people_of_the_board_who_did_not_review(world: World) -> None:
    plan = await in_review(world)
    await also(world, "reviewer1", Role.BOARD)
    for name in ("reviewer1", "reviewer2"):
        await judge(world, name, await assign(world, plan, name))
    await step(world, "secretary", plan, Step.CONVENE)
    await refused(NotAllowed, "needs the permission DECIDE", seat(world, plan, "reviewer2"))
    await refused(
        NotAllowed, "Who reviewed a plan does not decide on it.", seat(world, plan, "reviewer1")
    )
    await seat(world, plan, "board1")
    await refused(Conflict, "sits on the panel already", seat(world, plan, "board1"))

    await refused(
        Conflict,
        "Seats on the panel that are still empty: 1.",
        step(world, "board1", plan, Step.APPROVE),
    )
    await seat(world, plan, "board2")
    await refused(
        NotAllowed,
        "Only who sits on the panel of this plan decides on it.",
        step(world, "board3", plan, Step.APPROVE),
    )
    for name in ("secretary", "admin", "provider"):
        await refused(NotAllowed, "DECIDE", step(world, name, plan, Step.APPROVE))
    await step(world, "board2", plan, Step.APPROVE)


async def test_a_panellist_who_declares_an_interest_leaves_an_empty_seat(world: World) -> None:
    plan = await before_panel(world)
    await declare(world, "board1", plan)

    await refused(NotAllowed, "A declared interest", step(world, "board1", plan, Step.APPROVE))
    await refused(Conflict, "still empty: 1.", step(world, "board2", plan, Step.APPROVE))


async def test_what_is_not_met_is_approved_on_conditions_alone(world: World) -> None:
    plan = await before_panel(world, Finding.NOT_MET)
    await refused(
        Conflict,
        f"Standards judged as not met: {len(STANDARDS.standards)}.",
        step(world, "board1", plan, Step.APPROVE),
    )
    await refused(
        Conflict,
        "No condition is named.",
        step(world, "board1", plan, Step.APPROVE_WITH_CONDITIONS),
    )
    await condition(world, plan)
    await refused(
        Conflict,
        "Conditions named that it would not have: 1.",
        step(world, "board1", plan, Step.APPROVE),
    )
    await overdue(world)
    await refused(
        Conflict,
        "Conditions due today or earlier: 1.",
        step(world, "board1", plan, Step.APPROVE_WITH_CONDITIONS),
    )


async def test_conditions_are_the_panels_until_it_decides(world: World) -> None:
    plan = await before_panel(world)
    named = await condition(world, plan)
    name = {"delivery_plan_id": plan, "body": "x", "due_on": SOON}
    command = plan_conditions.name_plan_condition
    await refused(NotAllowed, "Only who sits", run(world, "board3", command, **name))
    await refused(NotAllowed, "DECIDE", run(world, "secretary", command, **name))
    await refused(
        Invalid,
        "A condition is due after today",
        run(world, "board1", command, **{**name, "due_on": TODAY}),
        ("due_on",),
    )
    remove = plan_conditions.remove_plan_condition
    await refused(
        NotFound, "no plan condition", run(world, "editor", remove, plan_condition_id=named)
    )
    await run(world, "board2", remove, plan_condition_id=named)
    await refused(
        NotFound, "no plan condition", run(world, "board2", remove, plan_condition_id=named)
    )
    kept = await condition(world, plan)
    await step(world, "board1", plan, Step.APPROVE_WITH_CONDITIONS)

    await refused(
        Conflict, "while the delivery plan is PANEL", run(world, "board1", command, **name)
    )
    await refused(
        Conflict,
        "while the delivery plan is PANEL",
        run(world, "board1", remove, plan_condition_id=kept),
    )


async def test_a_condition_is_met_by_evidence_that_the_body_accepts(world: World) -> None:
    plan = await before_panel(world)
    id = await condition(world, plan)
    evidence, accept, back = PlanConditionTransition
    await step(world, "board1", plan, Step.APPROVE_WITH_CONDITIONS)

    await refused(NotAllowed, "SUBMIT_PLAN", step_condition(world, "editor", id, evidence))
    await refused(
        Conflict, "ACCEPT is not possible", step_condition(world, "secretary", id, accept)
    )
    await refused(
        Invalid,
        "A later day is for evidence that is returned.",
        step_condition(world, "provider", id, evidence, due_on=SOON),
        ("due_on",),
    )
    await step_condition(world, "provider", id, evidence, reason="First try.")
    await refused(NotAllowed, "STEER", step_condition(world, "board3", id, accept))
    later = SOON + timedelta(days=30)
    await step_condition(world, "secretary", id, back, reason="Not enough.", due_on=later)
    await step_condition(world, "provider", id, evidence, reason="Second try.")
    await refused(
        Conflict,
        "it has revision 4",
        step_condition(world, "secretary", id, accept, expected_revision=3),
    )
    await step_condition(world, "secretary", id, accept, reason="Now it is.")

    async with world.database.session() as session:
        found = await session.get_one(PlanCondition, id)
    assert (found.state, found.due_on) == (PlanConditionState.MET, later)
    assert (found.evidence, found.answer) == ("Second try.", "Now it is.")


async def test_conditions_of_a_plan_that_is_not_approved_ask_for_nothing(world: World) -> None:
    plan = await before_panel(world)
    id = await condition(world, plan)
    await step(world, "board1", plan, Step.REFUSE)

    await refused(
        Conflict,
        "No approval with this condition is in force.",
        step_condition(world, "provider", id, PlanConditionTransition.EVIDENCE),
    )


async def test_a_refusal_is_appealed_once_and_heard_by_others(world: World) -> None:
    plan = await before_panel(world)
    await step(world, "board1", plan, Step.REFUSE, "It is not safe.")
    await refused(NotAllowed, "SUBMIT_PLAN", step(world, "editor", plan, Step.APPEAL))
    await step(world, "provider", plan, Step.APPEAL, "It is.")
    await refused(
        NotAllowed,
        "Who sat on a panel of this plan does not hear its appeal.",
        step(world, "board2", plan, Step.UPHOLD),
    )
    await step(world, "board3", plan, Step.UPHOLD, "It is not.")

    assert (await plan_of(world, plan)).state is DeliveryPlanState.REFUSED
    await refused(Conflict, "It was appealed before", step(world, "provider", plan, Step.APPEAL))


async def test_an_appeal_that_is_allowed_goes_to_another_panel(world: World) -> None:
    plan = await before_panel(world)
    await step(world, "board1", plan, Step.REFUSE)
    await step(world, "provider", plan, Step.APPEAL)
    await step(world, "board3", plan, Step.ALLOW)

    assert (await plan_of(world, plan)).panel == 2
    for name in ("board1", "board3"):
        await refused(NotAllowed, "does not sit on this one", seat(world, plan, name))
    await refused(NotAllowed, "Only who sits", step(world, "board1", plan, Step.REFUSE))
    await seat(world, plan, "board4", "board5")
    await step(world, "board4", plan, Step.APPROVE)
    assert (await plan_of(world, plan)).state is DeliveryPlanState.APPROVED


async def test_what_a_panel_returns_is_reviewed_anew(world: World) -> None:
    plan = await before_panel(world)
    await step(world, "board1", plan, Step.RETURN)
    await step(world, "provider", plan, Step.SUBMIT)
    await step(world, "secretary", plan, Step.CHECK)
    await answer(world, plan)
    await step(world, "secretary", plan, Step.REVIEW)
    await refused(Conflict, "not yet handed in: 2.", step(world, "secretary", plan, Step.CONVENE))
    await reviewed_again(world, plan)


async def reviewed_again(world: World, plan: UUID) -> None:
    """Let the same reviewers judge another submission, for another panel."""
    for name in ("reviewer1", "reviewer2"):
        await judge(world, name, await assign(world, plan, name))
    await step(world, "secretary", plan, Step.CONVENE)
    await seat(world, plan, "board3", "board4")
    await step(world, "board3", plan, Step.APPROVE)
    assert (await plan_of(world, plan)).state is DeliveryPlanState.APPROVED


async def test_a_plan_that_is_given_up_makes_room_for_another_one(world: World) -> None:
    plan = await in_review(world)
    with pytest.raises(Conflict, match="already"):
        await written(world)
    await step(world, "provider", plan, Step.WITHDRAW)

    await reviewed_plan(world)


async def reviewed_plan(world: World) -> None:
    """Bring another plan to its approval."""
    plan = await in_review(world)
    await reviewed(world, plan)
    await step(world, "board1", plan, Step.APPROVE)


async def test_a_provider_has_one_approval_for_a_version_at_a_time(world: World) -> None:
    first = await approved(world)
    second = await before_panel(world)
    await refused(
        Conflict,
        "The provider has an approval for this version already.",
        step(world, "board1", second, Step.APPROVE),
    )
    approval = await approval_of(world, first)
    await step_approval(world, "board5", approval.id, ApprovalTransition.WITHDRAW)
    await step(world, "board1", second, Step.APPROVE)


async def test_an_approval_is_suspended_restored_and_withdrawn_by_the_board(world: World) -> None:
    id = (await approval_of(world, await approved(world))).id
    suspend, restore, withdraw, lapse = ApprovalTransition
    for name in ("secretary", "admin", "provider"):
        await refused(NotAllowed, "DECIDE", step_approval(world, name, id, suspend))
    await also(world, "editor", Role.BOARD)
    await refused(NotAllowed, "works for its provider", step_approval(world, "editor", id, suspend))
    await refused(Conflict, "RESTORE is not possible", step_approval(world, "board1", id, restore))
    await refused(
        Conflict,
        "Its end has not passed, and no condition is overdue.",
        step_approval(world, "secretary", id, lapse),
    )

    await step_approval(world, "board1", id, suspend, "Learners complained.")
    await step_approval(world, "board1", id, restore, "It is better.")
    await step_approval(world, "board2", id, withdraw, "It is over.")

    told = [(kind, who) for kind, who in await world.events(id) if who is Audience.PUBLIC]
    assert told == [("APPROVAL_GRANTED", Audience.PUBLIC)] + 3 * [
        ("APPROVAL_ADVANCED", Audience.PUBLIC)
    ]
    await refused(Conflict, "Nothing follows that.", step_approval(world, "board1", id, suspend))


async def test_an_approval_lapses_when_its_end_has_passed(world: World) -> None:
    approval = await approval_of(world, await approved(world))
    assert await lapse_what_is_due(world.database) == 0
    await overdue(world, type(approval), "ends_on")

    await step_approval(world, "board1", approval.id, ApprovalTransition.SUSPEND)
    await refused(
        Conflict,
        "it lapses",
        step_approval(world, "board1", approval.id, ApprovalTransition.RESTORE),
    )
    assert await lapse_what_is_due(world.database) == 1
    assert await lapse_what_is_due(world.database) == 0
    assert (await approval_of(world, approval.delivery_plan_id)).state is ApprovalState.LAPSED
    async with world.database.read() as session:
        rows = await session.scalars(
            select(StoredEvent).where(
                StoredEvent.topic_id == approval.id, StoredEvent.audience == Audience.PUBLIC
            )
        )
    assert [row.actor_id for row in rows][-1] is None


async def test_an_approval_lapses_with_a_condition_that_is_not_met_in_time(world: World) -> None:
    plan = await approved(world, conditions=True)
    async with world.database.read() as session:
        id = (await session.scalars(select(PlanCondition.id))).one()
    await step_condition(world, "provider", id, PlanConditionTransition.EVIDENCE)
    await overdue(world)

    # The body takes its time to answer, which is not the provider's delay.
    assert await lapse_what_is_due(world.database) == 0
    await step_condition(world, "secretary", id, PlanConditionTransition.RETURN)
    assert await lapse_what_is_due(world.database) == 1
    assert (await approval_of(world, plan)).state is ApprovalState.LAPSED
    await refused(
        Conflict,
        "No approval with this condition is in force.",
        step_condition(world, "provider", id, PlanConditionTransition.EVIDENCE),
    )


async def test_many_who_look_at_once_let_an_approval_lapse_once(world: World) -> None:
    approval = await approval_of(world, await approved(world))
    await overdue(world, type(approval), "ends_on")
    lapsed = await asyncio.gather(*(lapse_what_is_due(world.database) for _ in range(4)))

    assert sum(lapsed) == 1

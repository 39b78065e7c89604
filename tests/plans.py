"""Delivery plans for tests: written by the world's provider, judged by people added for that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from domain.commands import delivery_plans, delivery_reviews, module_assessments, plan_conditions
from domain.commands.approvals import advance_approval
from domain.commands.interests import declare_interest
from domain.ids import new_id
from domain.lifecycle import SpecificationState
from domain.lifecycle.approvals import ApprovalTransition
from domain.lifecycle.delivery_plans import DeliveryPlanTransition, PlanConditionTransition
from domain.models.approvals import Approval
from domain.models.criteria import Finding
from domain.models.delivery_plans import DeliveryPlan
from domain.models.delivery_reviews import PlanCondition
from domain.models.interests import Mitigation
from domain.models.people import Membership, Person, ScopeKind
from domain.models.specifications import Specification
from domain.models.topics import Topic, TopicKind
from domain.permissions import Role
from domain.reference import DELIVERY_STANDARDS, EDITION
from domain.unit_of_work import UnitOfWork
from tests.world import NOW, World

STANDARDS = DELIVERY_STANDARDS[EDITION]
BOARD = tuple(f"board{number}" for number in range(1, 6))
REVIEWERS = ("reviewer1", "reviewer2", "reviewer3")
TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=30)
Step = DeliveryPlanTransition


async def employ(
    world: World, name: str, role: Role, kind: ScopeKind = ScopeKind.BODY, scope: UUID | None = None
) -> UUID:
    """Add a person with a role."""
    id = world.people[name] = new_id()
    await world.add(
        Topic(id=id, kind=TopicKind.PERSON, scopes=[id]),
        Person(id=id, name=name.title(), email=f"{name}@example.org", created_at=NOW),
    )
    await also(world, name, role, kind, scope)
    return id


async def also(
    world: World, name: str, role: Role, kind: ScopeKind = ScopeKind.BODY, scope: UUID | None = None
) -> None:
    """Give a person another role."""
    await world.add(
        Membership(
            person_id=world.people[name], role=role, scope_kind=kind, scope_id=scope, created_at=NOW
        )
    )


async def staff(world: World) -> None:
    """Add those who judge: reviewers and people of the board."""
    for name in REVIEWERS:
        await employ(world, name, Role.REVIEWER)
    for name in BOARD:
        await employ(world, name, Role.BOARD)


async def put(world: World, state: SpecificationState) -> None:
    """Put the specification into a state."""
    async with world.database.session() as session:
        await session.execute(
            update(Specification).where(Specification.id == world.specification).values(state=state)
        )
        await session.commit()


async def run(world: World, name: str, command: Any, **arguments: Any) -> UUID:
    """Run a command as somebody, in a transaction of its own; return its result."""
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        found: UUID = await command(uow, **arguments)
        return found


async def step(world: World, name: str, plan: UUID, transition: Step, why: str = "So.") -> UUID:
    """Take a step of a plan's life as somebody."""
    return await run(
        world,
        name,
        delivery_plans.advance_delivery_plan,
        delivery_plan_id=plan,
        transition=transition,
        reason=why,
        expected_revision=None,
    )


async def written(world: World) -> UUID:
    """Write a plan for the launched version that has everything; return its id."""
    await put(world, SpecificationState.LAUNCHED)
    plan = await run(
        world,
        "provider",
        delivery_plans.draft_delivery_plan,
        organisation_id=world.organisation,
        specification_id=world.specification,
        title="How we deliver it",
        summary="",
    )
    await run(
        world,
        "editor",
        delivery_plans.edit_delivery_plan,
        delivery_plan_id=plan,
        supervision="Weekly.",
        placements="In two hospitals.",
        quality_assurance="A committee.",
        expected_revision=None,
    )
    outcomes = world.blocks[4:6]
    module = await run(
        world,
        "provider",
        delivery_plans.add_module,
        delivery_plan_id=plan,
        title="Module",
        description="",
        hours=150,
        outcomes=outcomes,
        expected_revision=None,
    )
    await run(
        world,
        "provider",
        module_assessments.add_module_assessment,
        module_id=module,
        title="Observed practice",
        description="",
        block_id=None,
        outcomes=outcomes,
        expected_revision=None,
    )
    return plan


async def in_check(world: World) -> UUID:
    """Bring a plan to its threshold check; return its id."""
    plan = await written(world)
    await step(world, "provider", plan, Step.SUBMIT)
    await step(world, "secretary", plan, Step.CHECK)
    return plan


async def answer(world: World, plan: UUID, *, failing: tuple[int, ...] = ()) -> None:
    """Answer every item of the threshold check."""
    for number in range(1, len(STANDARDS.threshold) + 1):
        await run(
            world,
            "secretary",
            delivery_reviews.answer_threshold_item,
            delivery_plan_id=plan,
            number=number,
            passed=number not in failing,
            note="Not here." if number in failing else "",
        )


async def in_review(world: World) -> UUID:
    """Bring a plan to its standards review; return its id."""
    plan = await in_check(world)
    await answer(world, plan)
    await step(world, "secretary", plan, Step.REVIEW)
    return plan


async def assign(world: World, plan: UUID, name: str) -> UUID:
    """Ask somebody to review a plan; return the id of their review."""
    return await run(
        world,
        "secretary",
        delivery_reviews.assign_reviewer,
        delivery_plan_id=plan,
        person_id=world.people[name],
    )


async def judge(world: World, name: str, review: UUID, finding: Finding = Finding.MET) -> None:
    """Judge every standard alike, and hand the review in."""
    for number in range(1, len(STANDARDS.standards) + 1):
        await run(
            world,
            name,
            delivery_reviews.judge_standard,
            standards_review_id=review,
            number=number,
            finding=finding,
            reason=f"As {name} sees it.",
        )
    await run(world, name, delivery_reviews.hand_in_review, standards_review_id=review)


async def seat(world: World, plan: UUID, *names: str) -> None:
    """Seat people on the panel of a plan."""
    for name in names:
        await run(
            world,
            "secretary",
            delivery_reviews.seat_panellist,
            delivery_plan_id=plan,
            person_id=world.people[name],
        )


async def reviewed(world: World, plan: UUID, finding: Finding = Finding.MET) -> None:
    """Let two reviewers judge a plan that is in review, and bring it before a panel of two."""
    for name in REVIEWERS[:2]:
        await judge(world, name, await assign(world, plan, name), finding)
    await step(world, "secretary", plan, Step.CONVENE)
    await seat(world, plan, "board1", "board2")


async def before_panel(world: World, finding: Finding = Finding.MET) -> UUID:
    """Bring a plan before a panel of two; return its id."""
    plan = await in_review(world)
    await reviewed(world, plan, finding)
    return plan


async def condition(world: World, plan: UUID, name: str = "board1") -> UUID:
    """Name a condition as somebody of the panel; return its id."""
    return await run(
        world,
        name,
        plan_conditions.name_plan_condition,
        delivery_plan_id=plan,
        body="Find a third placement.",
        due_on=SOON,
    )


async def approved(world: World, *, conditions: bool = False) -> UUID:
    """Bring a plan to its approval; return the id of the plan."""
    plan = await before_panel(world)
    if conditions:
        await condition(world, plan)
    await step(world, "board1", plan, Step.APPROVE_WITH_CONDITIONS if conditions else Step.APPROVE)
    return plan


async def step_condition(
    world: World, name: str, id: UUID, transition: PlanConditionTransition, **more: Any
) -> UUID:
    """Take a step of a condition's life as somebody."""
    return await run(
        world,
        name,
        plan_conditions.advance_plan_condition,
        **{
            "plan_condition_id": id,
            "transition": transition,
            "reason": "Here it is.",
            "expected_revision": None,
            **more,
        },
    )


async def step_approval(
    world: World, name: str, id: UUID, transition: ApprovalTransition, why: str = "So."
) -> UUID:
    """Take a step of an approval's life as somebody."""
    return await run(
        world,
        name,
        advance_approval,
        approval_id=id,
        transition=transition,
        reason=why,
        expected_revision=None,
    )


async def declare(
    world: World, name: str, topic: UUID, mitigation: Mitigation = Mitigation.RECUSE
) -> UUID:
    """Declare an interest as somebody."""
    return await run(
        world,
        name,
        declare_interest,
        topic_id=topic,
        body="A friend works there.",
        mitigation=mitigation,
    )


async def plan_of(world: World, id: UUID) -> DeliveryPlan:
    """Return a plan as it is."""
    async with world.database.session() as session:
        return await session.get_one(DeliveryPlan, id)


async def approval_of(world: World, plan: UUID) -> Approval:
    """Return the approval that came of a plan."""
    async with world.database.session() as session:
        found = await session.scalars(select(Approval).where(Approval.delivery_plan_id == plan))
        return found.one()


async def overdue(world: World, model: type[Any] = PlanCondition, column: str = "due_on") -> None:
    """Put a day of every record of a kind into the past."""
    async with world.database.session() as session:
        await session.execute(update(model).values({column: TODAY - timedelta(days=1)}))
        await session.commit()

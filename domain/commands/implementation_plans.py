"""Writes of implementation plans, their enablers and barriers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, func, select

from domain.errors import Conflict, Invalid
from domain.events.implementation_plans import (
    ImplementationPlanEdited,
    ImplementationPlanned,
    ImplementationPointAdded,
    ImplementationPointEdited,
)
from domain.lifecycle import SPECIFICATION, SpecificationState, require
from domain.models.implementation_plans import (
    ImplementationPlan,
    ImplementationPoint,
    ImplementationPointKind,
)
from domain.models.specifications import Specification
from domain.permissions import Permission
from domain.texts import DOCUMENT_LENGTH, REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_POINTS = 100

# Once it is launched or given up, how it was to come into use is history.
PLANNABLE = tuple(
    state
    for state in SpecificationState
    if state
    not in (
        SpecificationState.SCHEDULED,
        SpecificationState.LAUNCHED,
        SpecificationState.SUPERSEDED,
        SpecificationState.ABANDONED,
    )
)

PLAN = select(ImplementationPlan).where(
    ImplementationPlan.specification_id == bindparam("specification_id")
)
COUNT = select(func.count()).where(
    ImplementationPoint.implementation_plan_id == bindparam("implementation_plan_id")
)


async def plan_implementation(
    uow: UnitOfWork,
    *,
    specification_id: UUID,
    launch_on: date,
    teach_out_on: date | None = None,
    resources: str = "",
    pilot: str = "",
) -> UUID:
    """Begin the implementation plan of a specification; return its id.

    `launch_on` is a day to come, `teach_out_on` the last day of teaching by the version before,
    which is later.
    """
    specification = await _load(uow, specification_id)
    if (
        planned := (
            await uow.session.scalars(PLAN, {"specification_id": specification.id})
        ).one_or_none()
    ) is not None:
        raise Conflict(
            "This specification has an implementation plan already. Please edit that one.",
            current=planned,
        )
    plan = ImplementationPlan(
        specification_id=specification.id,
        launch_on=launch_on,
        teach_out_on=teach_out_on,
        resources=clean(resources, "resources", limit=DOCUMENT_LENGTH, required=False),
        pilot=clean(pilot, "pilot", limit=DOCUMENT_LENGTH, required=False),
        created_at=uow.now,
    )
    _require_order(uow, plan)
    await uow.add(plan)
    uow.emit(
        specification.id,
        ImplementationPlanned(implementation_plan_id=plan.id, specification_id=specification.id),
    )
    return plan.id


async def edit_implementation_plan(
    uow: UnitOfWork,
    *,
    implementation_plan_id: UUID,
    launch_on: date | None = None,
    teach_out_on: date | None = None,
    resources: str | None = None,
    pilot: str | None = None,
    pilot_evaluation: str | None = None,
    expected_revision: int | None,
) -> UUID:
    """Change the dates or the texts of a plan; None leaves one as it is."""
    plan = await uow.load(ImplementationPlan, implementation_plan_id, Permission.STEER)
    await _load(uow, plan.specification_id)
    uow.expect(plan, expected_revision)
    if launch_on is not None:
        plan.launch_on = launch_on
    if teach_out_on is not None:
        plan.teach_out_on = teach_out_on
    _require_order(uow, plan)
    for name, text in (
        ("resources", resources),
        ("pilot", pilot),
        ("pilot_evaluation", pilot_evaluation),
    ):
        if text is not None:
            setattr(plan, name, clean(text, name, limit=DOCUMENT_LENGTH, required=False))
    if plan.pilot_evaluation and not plan.pilot:
        raise Invalid(
            "An evaluation is of a pilot. Please say what was tried out, too.", ("pilot",)
        )
    _edited(uow, plan)
    return plan.id


async def add_implementation_point(
    uow: UnitOfWork,
    *,
    implementation_plan_id: UUID,
    kind: ImplementationPointKind,
    body: str,
    answer: str = "",
) -> UUID:
    """Record an enabler or a barrier, with its answer or without one yet; return its id."""
    plan = await uow.load(ImplementationPlan, implementation_plan_id, Permission.STEER)
    await _load(uow, plan.specification_id)
    count = await uow.session.scalar(COUNT, {"implementation_plan_id": plan.id}) or 0
    if count >= MOST_POINTS:
        raise Conflict(f"This plan has {count} enablers and barriers; more are not possible.")
    point = ImplementationPoint(
        implementation_plan_id=plan.id,
        specification_id=plan.specification_id,
        position=count + 1,
        kind=kind,
        body=clean(body, "body", limit=REASON_LENGTH),
        answer=clean(answer, "answer", limit=REASON_LENGTH, required=False),
        created_at=uow.now,
    )
    await uow.add(point)
    uow.emit(
        plan.specification_id,
        ImplementationPointAdded(
            implementation_point_id=point.id, point_kind=point.kind, position=point.position
        ),
    )
    return point.id


async def edit_implementation_point(
    uow: UnitOfWork,
    *,
    implementation_point_id: UUID,
    body: str | None = None,
    answer: str | None = None,
    expected_revision: int | None,
) -> UUID:
    """Change the words of an enabler or a barrier, or answer it; None leaves one as it is."""
    point = await uow.load(ImplementationPoint, implementation_point_id, Permission.STEER)
    await _load(uow, point.specification_id)
    uow.expect(point, expected_revision)
    if body is not None:
        point.body = clean(body, "body", limit=REASON_LENGTH)
    if answer is not None:
        point.answer = clean(answer, "answer", limit=REASON_LENGTH, required=False)
    point.revision += 1
    uow.emit(
        point.specification_id,
        ImplementationPointEdited(implementation_point_id=point.id, revision=point.revision),
    )
    return point.id


async def _load(uow: UnitOfWork, specification_id: UUID) -> Specification:
    specification = await uow.load(Specification, specification_id, Permission.STEER)
    require(SPECIFICATION, specification.state, PLANNABLE, "Planning the implementation")
    return specification


def _edited(uow: UnitOfWork, plan: ImplementationPlan) -> None:
    plan.revision += 1
    uow.emit(
        plan.specification_id,
        ImplementationPlanEdited(implementation_plan_id=plan.id, revision=plan.revision),
    )


def _require_order(uow: UnitOfWork, plan: ImplementationPlan) -> None:
    if plan.launch_on < uow.now.date():
        raise Invalid(
            f"The launch would have been on {plan.launch_on:%d %B %Y}. Please send a day to come.",
            ("launch_on",),
        )
    if plan.teach_out_on is not None and plan.teach_out_on <= plan.launch_on:
        raise Invalid(
            f"The version before would be taught until {plan.teach_out_on:%d %B %Y}, which is not "
            f"after the launch on {plan.launch_on:%d %B %Y}.",
            ("teach_out_on",),
        )

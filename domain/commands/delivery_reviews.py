"""Writes of how delivery plans are judged: the threshold check, standards reviews, panels.

Every command locks the plan first: its row guards all that is said about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.events import MODERATORS
from domain.events.delivery_plans import (
    PanellistSeated,
    ReviewerAssigned,
    StandardJudged,
    StandardsReviewHandedIn,
    ThresholdItemAnswered,
)
from domain.lifecycle.delivery_plans import (
    DELIVERY_PLAN,
    INDEPENDENCE,
    NOT_REVIEWER,
    NOT_SEATED_BEFORE,
    DeliveryPlanState,
)
from domain.lifecycle.machine import Requirement, require
from domain.models.criteria import Finding
from domain.models.delivery_plans import DeliveryPlan
from domain.models.delivery_reviews import (
    PanelSeat,
    StandardJudgement,
    StandardsReview,
    ThresholdAnswer,
)
from domain.permissions import Permission, Viewer, allowed, holders
from domain.queries import delivery_plans, people
from domain.queries import delivery_reviews as queries
from domain.reference import DELIVERY_STANDARDS, EDITION, Standard
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_REVIEWERS = 6
MOST_SEATS = 12

ANSWER = upsert(ThresholdAnswer)
ANSWER = ANSWER.on_conflict_do_update(
    index_elements=["delivery_plan_id", "submission", "number"],
    set_={name: ANSWER.excluded[name] for name in ("passed", "note", "person_id", "created_at")},
)
JUDGE = upsert(StandardJudgement)
JUDGE = JUDGE.on_conflict_do_update(
    index_elements=["standards_review_id", "number"],
    set_={name: JUDGE.excluded[name] for name in ("finding", "reason", "created_at")},
)
REVIEWERS_OF = select(StandardsReview.person_id).where(
    StandardsReview.delivery_plan_id == bindparam("delivery_plan_id"),
    StandardsReview.submission == bindparam("submission"),
)
SEATED_ON = select(PanelSeat.person_id).where(
    PanelSeat.delivery_plan_id == bindparam("delivery_plan_id"),
    PanelSeat.panel == bindparam("panel"),
)
JUDGED = select(func.count()).where(
    StandardJudgement.standards_review_id == bindparam("standards_review_id")
)


async def answer_threshold_item(
    uow: UnitOfWork, *, delivery_plan_id: UUID, number: int, passed: bool, note: str
) -> UUID:
    """Say whether a plan passes an item of the threshold check; return the id of the plan.

    What does not pass has a note that says why.
    """
    plan = await _load(uow, delivery_plan_id, Permission.STEER, DeliveryPlanState.THRESHOLD_CHECK)
    await require_duties(uow, plan, INDEPENDENCE)
    _require_number(number, DELIVERY_STANDARDS[plan.edition or EDITION].threshold)
    await uow.session.execute(
        ANSWER,
        {
            "delivery_plan_id": plan.id,
            "submission": plan.submission,
            "number": number,
            "passed": passed,
            "note": clean(note, "note", limit=REASON_LENGTH, required=not passed),
            "person_id": uow.actor_id,
            "created_at": uow.now,
        },
    )
    uow.emit(
        plan.id,
        ThresholdItemAnswered(delivery_plan_id=plan.id, number=number, passed=passed),
        MODERATORS,
    )
    return plan.id


async def assign_reviewer(uow: UnitOfWork, *, delivery_plan_id: UUID, person_id: UUID) -> UUID:
    """Ask somebody to judge a plan against the standards; return the id of their review."""
    plan = await _load(uow, delivery_plan_id, Permission.STEER, DeliveryPlanState.STANDARDS_REVIEW)
    reviewers = await _chosen(
        uow, plan, person_id, Permission.JUDGE, INDEPENDENCE, "reviewer", MOST_REVIEWERS
    )
    if person_id in reviewers:
        raise Conflict("This person reviews the plan already.", ("person_id",))
    review = StandardsReview(
        delivery_plan_id=plan.id,
        submission=plan.submission,
        person_id=person_id,
        created_at=uow.now,
    )
    await uow.add(review)
    uow.emit(
        plan.id,
        ReviewerAssigned(standards_review_id=review.id, person_id=person_id),
        MODERATORS,
    )
    return review.id


async def judge_standard(
    uow: UnitOfWork, *, standards_review_id: UUID, number: int, finding: Finding, reason: str
) -> UUID:
    """Judge one standard in a review of one's own, or judge it anew; return the review's id."""
    plan, review = await _load_review(uow, standards_review_id)
    _require_number(number, DELIVERY_STANDARDS[plan.edition or EDITION].standards)
    await uow.session.execute(
        JUDGE,
        {
            "standards_review_id": review.id,
            "number": number,
            "finding": finding,
            "reason": clean(reason, "reason", limit=REASON_LENGTH),
            "created_at": uow.now,
        },
    )
    uow.emit(plan.id, StandardJudged(standards_review_id=review.id, number=number), MODERATORS)
    return review.id


async def hand_in_review(uow: UnitOfWork, *, standards_review_id: UUID) -> UUID:
    """Hand in a review of one's own that judges every standard; it changes no more."""
    plan, review = await _load_review(uow, standards_review_id)
    judged = await uow.session.scalar(JUDGED, {"standards_review_id": review.id}) or 0
    if left := len(DELIVERY_STANDARDS[plan.edition or EDITION].standards) - judged:
        raise Conflict(f"Standards not yet judged: {left}.")
    review.handed_in_at = uow.now
    uow.emit(plan.id, StandardsReviewHandedIn(standards_review_id=review.id), MODERATORS)
    return review.id


async def seat_panellist(uow: UnitOfWork, *, delivery_plan_id: UUID, person_id: UUID) -> UUID:
    """Give somebody of the board a seat on the panel of a plan; return the id of the plan.

    Reviewers have none, nor who sat on an earlier panel of it: an appeal that is allowed goes to
    others.
    """
    plan = await _load(uow, delivery_plan_id, Permission.STEER, DeliveryPlanState.PANEL)
    seated = await _chosen(
        uow,
        plan,
        person_id,
        Permission.DECIDE,
        (*INDEPENDENCE, NOT_REVIEWER, NOT_SEATED_BEFORE),
        "panellist",
        MOST_SEATS,
    )
    if person_id in seated:
        raise Conflict("This person sits on the panel already.", ("person_id",))
    await uow.add(
        PanelSeat(
            delivery_plan_id=plan.id, panel=plan.panel, person_id=person_id, created_at=uow.now
        )
    )
    uow.emit(
        plan.id,
        PanellistSeated(delivery_plan_id=plan.id, person_id=person_id, panel=plan.panel),
    )
    return plan.id


async def require_duties(
    uow: UnitOfWork,
    plan: DeliveryPlan,
    duties: Iterable[Requirement],
    viewer: Viewer | None = None,
    path: tuple[str, ...] = (),
) -> None:
    """Raise NotAllowed where what a viewer is or did keeps them from judging the plan.

    By default the viewer is whoever acts.
    """
    [facts] = await delivery_plans.facts(uow.session, viewer or uow.viewer, [plan.id])
    if reasons := [reason for duty in duties if (reason := duty.missing(facts))]:
        raise NotAllowed(" ".join(reasons), path)


async def _load(
    uow: UnitOfWork, id: UUID, permission: Permission, state: DeliveryPlanState
) -> DeliveryPlan:
    plan = await uow.load(DeliveryPlan, id, permission)
    require(DELIVERY_PLAN, plan.state, (state,), "This")
    return plan


async def _load_review(uow: UnitOfWork, id: UUID) -> tuple[DeliveryPlan, StandardsReview]:
    """Lock the plan, and return a review of the viewer's own that can be changed now."""
    [seen] = await queries.reviews_by_ids(uow.session, uow.viewer, [id])
    if seen is None:
        raise NotFound("There is no standards review with this id that you may see.")
    if not uow.viewer.is_person(seen.person_id):
        raise NotAllowed("Only its reviewer writes a review.")
    plan = await _load(
        uow, seen.delivery_plan_id, Permission.JUDGE, DeliveryPlanState.STANDARDS_REVIEW
    )
    await require_duties(uow, plan, INDEPENDENCE)
    review = await uow.session.get_one(StandardsReview, id, populate_existing=True)
    if review.submission != plan.submission:
        raise Conflict("This review is of an earlier submission. Please judge the present one.")
    if review.handed_in_at is not None:
        raise Conflict("This review is handed in, and changes no more.")
    [facts] = await delivery_plans.facts(uow.session, uow.viewer, [plan.id])
    if not facts["reviews_missing"]:
        raise Conflict("As many reviews as are needed are in, and can be read; it is too late.")
    return plan, review


async def _chosen(
    uow: UnitOfWork,
    plan: DeliveryPlan,
    person_id: UUID,
    permission: Permission,
    duties: Iterable[Requirement],
    part: str,
    most: int,
) -> set[UUID]:
    """Check that a person may be chosen for a part, and return who was chosen for it before."""
    person = await people.viewer(uow.session, person_id)
    if person is None:
        raise NotFound("There is no person with this id.", ("person_id",))
    if not allowed(person, permission, await uow.topic(plan.topic_id)):
        raise NotAllowed(
            f"A {part} needs the permission {permission}, which comes with the role "
            f"{' or '.join(holders(permission))}.",
            ("person_id",),
        )
    await require_duties(uow, plan, duties, person, ("person_id",))
    statement, number = (
        (REVIEWERS_OF, {"submission": plan.submission})
        if permission is Permission.JUDGE
        else (SEATED_ON, {"panel": plan.panel})
    )
    before = set(await uow.session.scalars(statement, {"delivery_plan_id": plan.id, **number}))
    if len(before) >= most:
        raise Conflict(f"A plan has at most {most} people for the part of a {part}.")
    return before


def _require_number(number: int, standards: tuple[Standard, ...]) -> None:
    if not 1 <= number <= len(standards):
        raise Invalid(
            f"The numbers go from 1 to {len(standards)}; {number} is not among them.", ("number",)
        )

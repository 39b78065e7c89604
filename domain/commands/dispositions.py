"""Dispositions of the threads of an exercise, until and after its response is published."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from sqlalchemy import bindparam, func, select

from domain.errors import Conflict, Invalid, NotFound
from domain.events import MEMBERS, DispositionSet
from domain.models.comments import Thread
from domain.models.dispositions import Disposition, DispositionKind
from domain.models.engagements import Engagement
from domain.models.specifications import Section, Specification
from domain.permissions import Permission
from domain.texts import COMMENT_LENGTH, REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

ACCEPTED = (DispositionKind.ACCEPTED, DispositionKind.PARTLY_ACCEPTED)

# Shared with others who decide, and not with whoever publishes: what is published, is complete.
EXERCISE = (
    select(Engagement)
    .where(Engagement.id == bindparam("id"))
    .with_for_update(read=True)
    .execution_options(populate_existing=True)
)
LAST_NUMBER = select(func.max(Disposition.number)).where(
    Disposition.thread_id == bindparam("thread_id")
)


class Answer(TypedDict):
    """What is decided on a thread, and the change that resulted, where it was accepted.

    `revision_before` and `revision_after` count the specification's revisions around a change of
    the section; `change` says in words what came of it.
    """

    kind: DispositionKind
    reason: str
    section_id: UUID | None
    revision_before: int | None
    revision_after: int | None
    change: str | None


async def set_disposition(
    uow: UnitOfWork, *, thread_id: UUID, answer: Answer, expected_revision: int | None
) -> UUID:
    """Decide what is done with what a thread asks for, or decide again; return the thread's id."""
    thread = await uow.load(Thread, thread_id, Permission.MODERATE)
    uow.expect(thread, expected_revision)
    exercise = await require_exercise(uow, thread)
    require_unpublished(exercise)
    await append(uow, thread, exercise, answer)
    return thread.id


async def append(
    uow: UnitOfWork, thread: Thread, exercise: Engagement, answer: Answer
) -> Disposition:
    """Add the next disposition of a thread; Invalid or NotFound for one that cannot be."""
    change = answer["change"]
    last = await uow.session.scalar(LAST_NUMBER, {"thread_id": thread.id})
    disposition = Disposition(
        topic_id=thread.topic_id,
        thread_id=thread.id,
        number=(last or 0) + 1,
        kind=answer["kind"],
        reason=clean(answer["reason"], "reason", limit=REASON_LENGTH),
        section_id=answer["section_id"],
        revision_before=answer["revision_before"],
        revision_after=answer["revision_after"],
        change=None if change is None else clean(change, "change", limit=COMMENT_LENGTH),
        decider_id=uow.actor_id,
        decided_at=uow.now,
    )
    await _require_change(uow, exercise, disposition)
    await uow.add(disposition)
    thread.revision += 1
    uow.emit(
        thread.topic_id,
        DispositionSet(
            thread_id=thread.id,
            disposition_id=disposition.id,
            number=disposition.number,
            disposition=disposition.kind,
            reason=disposition.reason,
            revision=thread.revision,
        ),
        MEMBERS,
    )
    return disposition


async def require_exercise(uow: UnitOfWork, thread: Thread) -> Engagement:
    """Return the exercise that holds a thread, which is not published meanwhile.

    Raises Conflict where something else holds it.
    """
    exercise = (await uow.session.scalars(EXERCISE, {"id": thread.topic_id})).one_or_none()
    if exercise is None:
        raise Conflict("Only threads of an engagement exercise have themes and dispositions.")
    return exercise


def require_unpublished(exercise: Engagement) -> None:
    """Raise Conflict where the response of an exercise rests on what is to be changed."""
    if exercise.responded_at is not None:
        raise Conflict(
            "The response of this exercise is published and rests on this. Only a disposition can "
            "still be corrected, by a new version of the response."
        )


async def require_changeable(uow: UnitOfWork, topic_id: UUID) -> None:
    """Raise Conflict where a topic is an exercise whose response is published."""
    exercise = (await uow.session.scalars(EXERCISE, {"id": topic_id})).one_or_none()
    if exercise is not None:
        require_unpublished(exercise)


async def _require_change(uow: UnitOfWork, exercise: Engagement, disposition: Disposition) -> None:
    revisions = (disposition.revision_before, disposition.revision_after)
    if (disposition.section_id is None) is not (None in revisions) or revisions.count(None) == 1:
        raise Invalid(
            "A section that was changed comes with revisionBefore and revisionAfter, and they with "
            "it.",
            ("section_id",),
        )
    changed = disposition.section_id is not None or disposition.change is not None
    if disposition.kind in ACCEPTED and not changed:
        raise Invalid(
            f"What is {disposition.kind} leads to a change. Please send the section and its "
            "revisions, or say in change what comes of it.",
            ("change",),
        )
    if disposition.kind not in ACCEPTED and changed:
        raise Invalid(f"What is {disposition.kind} leads to no change.", ("change",))
    if disposition.section_id is not None:
        await _require_revisions(uow, exercise, disposition.section_id, *revisions)


async def _require_revisions(
    uow: UnitOfWork,
    exercise: Engagement,
    section_id: UUID,
    before: int | None,
    after: int | None,
) -> None:
    section = await uow.session.get(Section, section_id)
    if section is None or section.specification_id != exercise.specification_id:
        raise NotFound(
            "There is no such section in the specification that this exercise is about.",
            ("section_id",),
        )
    specification = await uow.session.get_one(Specification, exercise.specification_id)
    if not 1 <= (before or 0) < (after or 0) <= specification.revision:
        raise Invalid(
            "revisionBefore and revisionAfter are revisions of the specification, in that order, "
            f"from 1 to {specification.revision}; {before} and {after} are not.",
            ("revision_after",),
        )

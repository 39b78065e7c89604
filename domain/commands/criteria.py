"""Writes of criteria: each revision is a new version, and the present one retires."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from uuid import UUID

from sqlalchemy import bindparam, select

from domain.commands.stale_votes import make_votes_stale
from domain.errors import Conflict, Invalid, NotFound
from domain.events import CriterionRevised
from domain.models.criteria import Criterion, SubCriterion
from domain.models.topics import BODY_ID
from domain.permissions import Permission
from domain.texts import COMMENT_LENGTH, REASON_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

VERSIONS = (
    select(Criterion)
    .where(Criterion.number == bindparam("number"))
    .order_by(Criterion.version.desc())
    .with_for_update()
)


async def revise_criterion(
    uow: UnitOfWork,
    *,
    number: int,
    title: str,
    guidance: str,
    sub_criteria: Sequence[str],
    expected_version: int,
    material: bool = False,
) -> UUID:
    """Put a new version of a numbered criterion into force; return the id of that version.

    `sub_criteria` are its parts in the order of their letters. Where the change is `material`, the
    ballots about the old version are about the new one, and their votes no longer count until they
    are cast again.
    """
    uow.authorise(Permission.STEER, None, doing="revising a criterion")
    present = (await uow.session.scalars(VERSIONS, {"number": number})).first()
    if present is None:
        raise NotFound(f"There is no criterion {number}.", ("number",))
    # A version that retired while we waited for its lock: its successor is out of our sight.
    if present.version != expected_version or present.retired_at is not None:
        raise Conflict(
            f"Criterion {number} was revised meanwhile; you saw version {expected_version}. "
            "Please look at the present one and try again.",
            ("expected_version",),
            current=present,
        )
    present.retired_at = uow.now
    # The old version leaves force before the new one enters it: one of a number is in force.
    await uow.session.flush()
    criterion = Criterion(
        number=number,
        version=present.version + 1,
        kind=present.kind,
        title=clean(title, "title", limit=TITLE_LENGTH),
        guidance=clean(guidance, "guidance", limit=COMMENT_LENGTH),
        in_force_since=uow.now,
    )
    await put_in_force(uow, criterion, sub_criteria)
    if material:
        await make_votes_stale(uow, {present.id: (criterion.id, criterion.version)})
    return criterion.id


async def put_in_force(uow: UnitOfWork, criterion: Criterion, sub_criteria: Sequence[str]) -> None:
    """Insert a version of a criterion with its parts, lettered in their order."""
    if len(sub_criteria) > len(ascii_lowercase):
        raise Invalid(f"A criterion has at most {len(ascii_lowercase)} parts.", ("sub_criteria",))
    parts = [clean(each, "sub_criteria", limit=REASON_LENGTH) for each in sub_criteria]
    await uow.add(criterion)
    await uow.add(
        *(
            SubCriterion(criterion_id=criterion.id, letter=letter, text=part)
            for letter, part in zip(ascii_lowercase, parts, strict=False)
        )
    )
    uow.emit(
        BODY_ID,
        CriterionRevised(
            criterion_id=criterion.id, number=criterion.number, version=criterion.version
        ),
    )

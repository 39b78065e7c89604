"""Writes of the options for meeting a prioritised need, and of how assessors score them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, delete

from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.events.resource_selections import (
    ResourceOptionAdded,
    ResourceOptionAssessed,
    ResourceOptionRemoved,
    SoleOptionExplained,
)
from domain.lifecycle.machine import require
from domain.lifecycle.resource_selections import RESOURCE_SELECTION, ResourceSelectionState
from domain.models.resource_selections import (
    OptionScore,
    ResourceOption,
    ResourceOptionKind,
    ResourceSelection,
)
from domain.permissions import Permission
from domain.queries import credentials
from domain.queries import resource_selections as queries
from domain.reference import OPTION_QUESTIONS, OptionQuestion
from domain.texts import DOCUMENT_LENGTH, REASON_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

MOST_OPTIONS = 20
MOST_POINTS = 5
_SHA256 = re.compile("[0-9a-f]{64}")

FORGET_SCORES = delete(OptionScore).where(OptionScore.resource_option_id == bindparam("option_id"))
FORGET_OWN_SCORES = FORGET_SCORES.where(OptionScore.assessor_id == bindparam("by"))


async def add_resource_option(
    uow: UnitOfWork,
    *,
    resource_selection_id: UUID,
    kind: ResourceOptionKind,
    title: str,
    description: str,
    credential_id: UUID | None,
    reference: str,
    reference_hash: str | None,
    expected_revision: int | None,
) -> UUID:
    """Enter a way to meet the need; return its id.

    What exists is a credential of ours, or a reference to something elsewhere with its hash.
    """
    selection = await _load_open(uow, resource_selection_id, Permission.STEER)
    uow.expect(selection, expected_revision)
    (options,) = await queries.options(uow.session, uow.viewer, [selection.id])
    if len(options) >= MOST_OPTIONS:
        raise Conflict(f"A resource selection has at most {MOST_OPTIONS} options.")
    where = clean(reference, "reference", limit=REASON_LENGTH, required=False)
    _require_source(kind, credential_id, where, reference_hash)
    if credential_id is not None:
        (credential,) = await credentials.by_ids(uow.session, uow.viewer, [credential_id])
        if credential is None:
            raise NotFound(
                "There is no credential with this id that you may see.", ("credential_id",)
            )
    option = ResourceOption(
        topic_id=selection.topic_id,
        resource_selection_id=selection.id,
        kind=kind,
        title=clean(title, "title", limit=TITLE_LENGTH),
        description=clean(description, "description", limit=DOCUMENT_LENGTH),
        credential_id=credential_id,
        reference=where,
        reference_hash=reference_hash,
        author_id=uow.actor_id,
        created_at=uow.now,
    )
    await uow.add(option)
    selection.revision += 1
    uow.emit(selection.topic_id, ResourceOptionAdded(resource_option_id=option.id))
    return option.id


async def remove_resource_option(
    uow: UnitOfWork, *, resource_option_id: UUID, expected_revision: int | None
) -> UUID:
    """Remove an option with its scores; the revision is the selection's, whose id is returned."""
    selection, option = await _load_option(uow, resource_option_id, Permission.STEER)
    uow.expect(selection, expected_revision)
    await uow.session.execute(FORGET_SCORES, {"option_id": option.id})
    await uow.session.delete(option)
    selection.revision += 1
    uow.emit(
        selection.topic_id,
        ResourceOptionRemoved(resource_selection_id=selection.id, title=option.title),
    )
    return selection.id


async def explain_sole_option(
    uow: UnitOfWork, *, resource_selection_id: UUID, reason: str, expected_revision: int | None
) -> UUID:
    """Say why there is only one option; return the id of the selection."""
    selection = await _load_open(uow, resource_selection_id, Permission.STEER)
    uow.expect(selection, expected_revision)
    selection.sole_option_reason = clean(reason, "reason", limit=REASON_LENGTH)
    selection.revision += 1
    uow.emit(
        selection.topic_id,
        SoleOptionExplained(
            resource_selection_id=selection.id, reason=selection.sole_option_reason
        ),
    )
    return selection.id


async def assess_resource_option(
    uow: UnitOfWork,
    *,
    resource_option_id: UUID,
    scores: Sequence[tuple[OptionQuestion, int, str]],
) -> UUID:
    """Score an option on every question, each with a reason, in place of one's earlier scores.

    Return the id of the option.
    """
    selection, option = await _load_option(uow, resource_option_id, Permission.JUDGE)
    await _require_independent(uow, selection, option)
    asked = OPTION_QUESTIONS[selection.questions]
    if sorted(question for question, _, _ in scores) != sorted(asked):
        raise Invalid(f"Please score each question once: {', '.join(asked)}.", ("scores",))
    rows = [
        OptionScore(
            resource_option_id=option.id,
            assessor_id=uow.actor_id,
            question=question,
            score=_points(score),
            reason=clean(reason, "scores", "reason", limit=REASON_LENGTH),
        )
        for question, score, reason in scores
    ]
    await uow.session.execute(FORGET_OWN_SCORES, {"option_id": option.id, "by": uow.actor_id})
    await uow.add(*rows)
    selection.revision += 1
    uow.emit(selection.topic_id, ResourceOptionAssessed(resource_option_id=option.id))
    return option.id


async def _load_open(uow: UnitOfWork, id: UUID, permission: Permission) -> ResourceSelection:
    selection = await uow.load(ResourceSelection, id, permission)
    require(
        RESOURCE_SELECTION,
        selection.state,
        (ResourceSelectionState.OPTIONS,),
        "Changing or scoring options",
    )
    return selection


async def _load_option(
    uow: UnitOfWork, id: UUID, permission: Permission
) -> tuple[ResourceSelection, ResourceOption]:
    """Lock the selection, whose row guards its options, then read the option."""
    (seen,) = await queries.options_by_ids(uow.session, uow.viewer, [id])
    if seen is not None:
        selection = await _load_open(uow, seen.resource_selection_id, permission)
        if option := await uow.session.get(ResourceOption, id, populate_existing=True):
            return selection, option
    raise NotFound("There is no option with this id that you may see.")


async def _require_independent(
    uow: UnitOfWork, selection: ResourceSelection, option: ResourceOption
) -> None:
    """Refuse who proposed the need, who entered the option, and who has an interest."""
    (facts,) = await queries.facts(uow.session, uow.viewer, [selection.id])
    if facts["is_author"]:
        raise NotAllowed("The author of the proposal does not score how it is met.")
    if uow.viewer.is_person(option.author_id):
        raise NotAllowed("Who entered an option does not score it.")
    if facts["is_recused"]:
        raise NotAllowed("Your declared interest keeps you from scoring options here.")


def _require_source(
    kind: ResourceOptionKind, credential_id: UUID | None, reference: str, digest: str | None
) -> None:
    """Raise Invalid unless what an option names is what its kind needs."""
    if kind is ResourceOptionKind.NEW:
        if credential_id is not None or reference or digest is not None:
            raise Invalid("A NEW option names nothing that exists already.", ("kind",))
        return
    if (credential_id is None) is not bool(reference):
        raise Invalid(
            f"{kind} names what exists: a credential, or a reference to something elsewhere.",
            ("credential_id",),
        )
    if bool(reference) is not (digest is not None) or (digest and not _SHA256.fullmatch(digest)):
        raise Invalid(
            "A reference, and nothing else, comes with the SHA-256 of what it refers to: 64 "
            "hexadecimal digits in small letters.",
            ("reference_hash",),
        )


def _points(score: int) -> int:
    if not 1 <= score <= MOST_POINTS:
        raise Invalid(
            f"A score is a whole number from 1 to {MOST_POINTS}; {score} is not.",
            ("scores", "score"),
        )
    return score

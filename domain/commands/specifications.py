"""Writes of specifications, their named revisions and the steps of their life."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select

from domain.commands.endorsement_renewals import renew_endorsement
from domain.commands.stale_votes import make_votes_stale
from domain.commands.steps import next_state
from domain.errors import Conflict, Invalid, NotFound
from domain.events import (
    EVERYONE,
    MEMBERS,
    SpecificationAdvanced,
    SpecificationCreated,
    SpecificationEdited,
    SpecificationRevisionNamed,
)
from domain.ids import new_id
from domain.lifecycle import (
    DRAFTABLE,
    SPECIFICATION,
    SpecificationState,
    SpecificationTransition,
    require,
)
from domain.models.credentials import Credential
from domain.models.implementation_plans import ImplementationPlan
from domain.models.people import Profession
from domain.models.specifications import (
    Block,
    Section,
    Specification,
    SpecificationRevision,
    TargetProfession,
)
from domain.models.topics import TopicKind
from domain.permissions import Permission
from domain.queries import specifications as queries
from domain.texts import DOCUMENT_LENGTH, NAME_LENGTH, REASON_LENGTH, TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork, fingerprint_of

UNTIL_REVIEW = timedelta(days=3 * 365)
"""How long after its launch a specification is reviewed, whatever else has happened."""

KNOWN_PROFESSIONS = select(Profession.id).where(Profession.id == func.any(bindparam("ids")))
FORGET_TARGETS = delete(TargetProfession).where(
    TargetProfession.specification_id == bindparam("specification_id")
)
NAMED = select(SpecificationRevision).where(
    SpecificationRevision.specification_id == bindparam("specification_id"),
    SpecificationRevision.number == bindparam("number"),
)
# The credential first, so that two launches of its versions come one after the other.
LOCK_CREDENTIAL = (
    select(Credential.id).where(Credential.id == bindparam("id")).with_for_update(key_share=True)
)
LAUNCHED = (
    select(Specification)
    .where(
        Specification.credential_id == bindparam("credential_id"),
        Specification.state == SpecificationState.LAUNCHED,
    )
    .with_for_update(key_share=True)
)

TEACH_OUT = select(ImplementationPlan.teach_out_on).where(
    ImplementationPlan.specification_id == bindparam("specification_id")
)


async def create_specification(
    uow: UnitOfWork,
    *,
    credential_id: UUID,
    title: str,
    summary: str,
    public: bool,
    continues_id: UUID | None = None,
) -> UUID:
    """Begin the next version of a credential's specification; return its id.

    It has the text and the target professions of the version that it continues, where one is
    named: each section and block knows from which it came.
    """
    credential = await uow.load(Credential, credential_id, Permission.STEER)
    last = await uow.session.scalar(queries.LAST_VERSION, {"credential_id": credential.id})
    topic = uow.open_topic(
        new_id(), TopicKind.SPECIFICATION, inside=(credential.id,), public=public
    )
    specification = Specification(
        id=topic.id,
        credential_id=credential.id,
        version=(last or 0) + 1,
        title=clean(title, "title", limit=TITLE_LENGTH),
        summary=clean(summary, "summary", limit=DOCUMENT_LENGTH, required=False),
        created_at=uow.now,
    )
    await uow.add(topic)
    await uow.add(specification)
    if continues_id is not None:
        await _continue(uow, specification, continues_id)
    created = SpecificationCreated(specification_id=specification.id)
    uow.emit(specification.id, created)
    uow.emit(credential.id, created, EVERYONE if public else MEMBERS)
    return specification.id


async def _continue(uow: UnitOfWork, specification: Specification, earlier_id: UUID) -> None:
    """Copy the text and the target professions of an earlier version of the same credential."""
    here = (uow.session, uow.viewer)
    (earlier,) = await queries.by_ids(*here, [earlier_id])
    if earlier is None or earlier.credential_id != specification.credential_id:
        raise NotFound(
            "There is no version of this credential with this id that you may see.",
            ("continues_id",),
        )
    (sections,) = await queries.sections(*here, [earlier.id])
    blocks = await queries.blocks(*here, [section.id for section in sections])
    (targets,) = await queries.target_professions(*here, [earlier.id])
    for section, group in zip(sections, blocks, strict=True):
        copy = Section(
            specification_id=specification.id,
            position=section.position,
            heading=section.heading,
            origin_id=section.origin_id or section.id,
            created_at=uow.now,
        )
        await uow.add(copy)
        await uow.add(
            *(
                Block(
                    specification_id=specification.id,
                    section_id=copy.id,
                    position=block.position,
                    kind=block.kind,
                    text=block.text,
                    origin_id=block.origin_id or block.id,
                    created_at=uow.now,
                )
                for block in group
            )
        )
    await uow.add(
        *(
            TargetProfession(
                specification_id=specification.id,
                profession_id=target.profession_id,
                requirement=target.requirement,
            )
            for target in targets
        )
    )


async def edit_specification(
    uow: UnitOfWork,
    *,
    specification_id: UUID,
    title: str | None = None,
    summary: str | None = None,
    target_professions: Sequence[tuple[UUID, str]] | None = None,
    expected_revision: int | None,
    material: bool = False,
) -> UUID:
    """Change the title, the summary or the target professions; None leaves one as it is.

    Where the change is `material`, votes about the whole specification no longer count until they
    are cast again.
    """
    specification = await load_draftable(uow, specification_id)
    uow.expect(specification, expected_revision)
    if title is not None:
        specification.title = clean(title, "title", limit=TITLE_LENGTH)
    if summary is not None:
        specification.summary = clean(summary, "summary", limit=DOCUMENT_LENGTH, required=False)
    if target_professions is not None:
        await _target(uow, specification, target_professions)
    specification.revision += 1
    uow.emit(
        specification.id,
        SpecificationEdited(specification_id=specification.id, revision=specification.revision),
    )
    if material:
        await make_votes_stale(uow, {specification.id: (specification.id, specification.revision)})
    return specification.id


async def name_revision(
    uow: UnitOfWork, *, specification_id: UUID, name: str, expected_revision: int | None
) -> UUID:
    """Keep the text as it stands, for ever, under a name; return the id of what is kept."""
    specification = await load_draftable(uow, specification_id)
    uow.expect(specification, expected_revision)
    if named := await _named(uow, specification):
        raise Conflict(
            f"This text is kept already, under the name {named.name}. "
            "Please change it before you name it again.",
            current=named,
        )
    return (await _keep(uow, specification, clean(name, "name", limit=NAME_LENGTH))).id


async def advance_specification(
    uow: UnitOfWork,
    *,
    specification_id: UUID,
    transition: SpecificationTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Take a step of a specification's life, with a reason.

    A candidate's text is kept and hashed; a launch supersedes the version that was launched.
    """
    specification = await uow.load(Specification, specification_id, Permission.VIEW)
    uow.expect(specification, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    state = await next_state(uow, SPECIFICATION, specification, transition, queries.facts)
    if transition is SpecificationTransition.MAKE_CANDIDATE:
        kept = await _named(uow, specification) or await _keep(uow, specification, "Candidate")
        specification.content_hash = kept.content_hash
        await renew_endorsement(uow, specification)
    elif transition is SpecificationTransition.REVISE:
        specification.content_hash = None
    elif transition is SpecificationTransition.LAUNCH:
        await _supersede(uow, specification)
        specification.launched_at = uow.now
        specification.review_on = uow.now.date() + UNTIL_REVIEW
    _enter(uow, specification, transition, state, words)
    return specification.id


async def load_draftable(uow: UnitOfWork, id: UUID) -> Specification:
    """Lock a specification whose text the viewer may change; Conflict once the text is locked."""
    specification = await uow.load(Specification, id, Permission.DRAFT)
    require(SPECIFICATION, specification.state, DRAFTABLE, "Changing or naming the text")
    return specification


async def _target(
    uow: UnitOfWork, specification: Specification, targets: Sequence[tuple[UUID, str]]
) -> None:
    wanted = dict(targets)
    if len(wanted) != len(targets):
        raise Invalid("A profession is listed twice. Please list it once.", ("target_professions",))
    known = set(await uow.session.scalars(KNOWN_PROFESSIONS, {"ids": list(wanted)}))
    if known != wanted.keys():
        raise NotFound("One of the professions does not exist.", ("target_professions",))
    rows = [
        {
            "specification_id": specification.id,
            "profession_id": profession_id,
            "requirement": clean(
                requirement, "target_professions", "requirement", limit=REASON_LENGTH
            ),
        }
        for profession_id, requirement in targets
    ]
    await uow.session.execute(FORGET_TARGETS, {"specification_id": specification.id})
    if rows:
        await uow.session.execute(insert(TargetProfession), rows)


async def _named(uow: UnitOfWork, specification: Specification) -> SpecificationRevision | None:
    return (
        await uow.session.scalars(
            NAMED, {"specification_id": specification.id, "number": specification.revision}
        )
    ).one_or_none()


async def _keep(uow: UnitOfWork, specification: Specification, name: str) -> SpecificationRevision:
    content = await _content(uow, specification)
    kept = SpecificationRevision(
        specification_id=specification.id,
        number=specification.revision,
        name=name,
        content=content,
        content_hash=fingerprint_of(content),
        author_id=uow.actor_id,
        created_at=uow.now,
    )
    await uow.add(kept)
    uow.emit(
        specification.id,
        SpecificationRevisionNamed(
            specification_id=specification.id,
            specification_revision_id=kept.id,
            number=kept.number,
            name=kept.name,
            content_hash=kept.content_hash,
        ),
    )
    return kept


async def _content(uow: UnitOfWork, specification: Specification) -> dict[str, Any]:
    """Return the whole text as plain JSON; its shape is part of every hash and never changes."""
    here = (uow.session, uow.viewer)
    (sections,) = await queries.sections(*here, [specification.id])
    (targets,) = await queries.target_professions(*here, [specification.id])
    blocks = await queries.blocks(*here, [section.id for section in sections])
    return {
        "title": specification.title,
        "summary": specification.summary,
        "target_professions": [
            {"profession_id": str(target.profession_id), "requirement": target.requirement}
            for target in targets
        ],
        "sections": [
            {
                "id": str(section.id),
                "heading": section.heading,
                "blocks": [_stated(block) for block in group],
            }
            for section, group in zip(sections, blocks, strict=True)
        ],
    }


def _stated(block: Block) -> dict[str, Any]:
    stated = {"id": str(block.id), "kind": block.kind, "text": block.text}
    # Only where it has one, so that what was hashed before versions continued others still holds.
    return stated | ({"origin_id": str(block.origin_id)} if block.origin_id else {})


async def _supersede(uow: UnitOfWork, successor: Specification) -> None:
    credential = {"credential_id": successor.credential_id}
    await uow.session.execute(LOCK_CREDENTIAL, {"id": successor.credential_id})
    launched = (await uow.session.scalars(LAUNCHED, credential)).one_or_none()
    if launched is not None:
        launched.teach_out_on = await uow.session.scalar(
            TEACH_OUT, {"specification_id": successor.id}
        )
        _enter(
            uow,
            launched,
            SpecificationTransition.SUPERSEDE,
            SpecificationState.SUPERSEDED,
            "A later version was launched.",
        )
        # At once, because only one version may be launched at any moment.
        await uow.session.flush()


def _enter(
    uow: UnitOfWork,
    specification: Specification,
    transition: SpecificationTransition,
    state: SpecificationState,
    reason: str,
) -> None:
    specification.state = state
    specification.revision += 1
    uow.emit(
        specification.id,
        SpecificationAdvanced(
            specification_id=specification.id, transition=transition, state=state, reason=reason
        ),
    )

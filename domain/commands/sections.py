"""Writes of the sections and blocks of a specification.

Every command locks the specification first: its row guards the whole text, its revision counts
every change of it, and the positions of its parts stay 1, 2, 3 without a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, func, or_, select

from domain.commands.positions import number, place
from domain.commands.specifications import load_draftable
from domain.commands.stale_votes import make_votes_stale
from domain.errors import Conflict, NotFound
from domain.events import (
    BlockAdded,
    BlockEdited,
    BlockMoved,
    BlockRemoved,
    SectionAdded,
    SectionEdited,
    SectionMoved,
    SectionRemoved,
)
from domain.models.delivery_plans import ModuleAssessment, ModuleOutcome
from domain.models.specifications import Block, BlockKind, Section, Specification
from domain.queries import specifications as queries
from domain.texts import TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork, noun

BLOCK_LENGTH = 20_000
MOST_SECTIONS = 100
MOST_BLOCKS = 200

COVERED = select(
    or_(
        exists().where(ModuleOutcome.block_id == func.any(bindparam("ids"))),
        exists().where(ModuleAssessment.block_id == func.any(bindparam("ids"))),
    )
)
FORGET_BLOCKS = delete(Block).where(Block.section_id == bindparam("section_id"))

P = TypeVar("P", Section, Block)


async def add_section(
    uow: UnitOfWork,
    *,
    specification_id: UUID,
    heading: str,
    position: int | None = None,
    expected_revision: int | None,
) -> UUID:
    """Add a section at a position, by default at the end; return its id."""
    specification = await load_draftable(uow, specification_id)
    uow.expect(specification, expected_revision)
    others = await _sections(uow, specification.id)
    if len(others) >= MOST_SECTIONS:
        raise Conflict(f"A specification has at most {MOST_SECTIONS} sections.")
    section = Section(
        specification_id=specification.id,
        position=0,
        heading=clean(heading, "heading", limit=TITLE_LENGTH),
        created_at=uow.now,
    )
    place(section, others, position)
    await uow.add(section)
    specification.revision += 1
    uow.emit(
        specification.id,
        SectionAdded(section_id=section.id, position=section.position, heading=section.heading),
    )
    return section.id


async def edit_section(
    uow: UnitOfWork,
    *,
    section_id: UUID,
    heading: str,
    expected_revision: int | None,
    material: bool = False,
) -> UUID:
    """Change the heading of a section; `material` as in `edit_block`."""
    specification, section = await _part(uow, Section, section_id)
    uow.expect(section, expected_revision)
    section.heading = clean(heading, "heading", limit=TITLE_LENGTH)
    section.revision += 1
    specification.revision += 1
    uow.emit(
        specification.id,
        SectionEdited(section_id=section.id, heading=section.heading, revision=section.revision),
    )
    if material:
        await make_votes_stale(uow, _revisions(specification, section))
    return section.id


async def move_section(
    uow: UnitOfWork, *, section_id: UUID, position: int, expected_revision: int | None
) -> UUID:
    """Move a section to another position; the revision is that of the specification."""
    specification, section = await _part(uow, Section, section_id)
    uow.expect(specification, expected_revision)
    place(section, await _sections(uow, specification.id), position)
    specification.revision += 1
    uow.emit(specification.id, SectionMoved(section_id=section.id, position=section.position))
    return section.id


async def remove_section(
    uow: UnitOfWork, *, section_id: UUID, expected_revision: int | None
) -> UUID:
    """Remove a section with its blocks; return the id of the specification."""
    specification, section = await _part(uow, Section, section_id)
    uow.expect(specification, expected_revision)
    await _require_uncovered(uow, [block.id for block in await _blocks(uow, section.id)])
    await uow.session.execute(FORGET_BLOCKS, {"section_id": section.id})
    await uow.session.delete(section)
    number([each for each in await _sections(uow, specification.id) if each is not section])
    specification.revision += 1
    uow.emit(
        specification.id,
        SectionRemoved(
            specification_id=specification.id, section_id=section.id, heading=section.heading
        ),
    )
    return specification.id


async def add_block(
    uow: UnitOfWork,
    *,
    section_id: UUID,
    kind: BlockKind,
    text: str,
    position: int | None = None,
    expected_revision: int | None,
    material: bool = False,
) -> UUID:
    """Add a block to a section at a position, by default at the end; return its id.

    `material` as in `edit_block`.
    """
    specification, section = await _part(uow, Section, section_id)
    uow.expect(specification, expected_revision)
    block = Block(
        specification_id=specification.id,
        section_id=section.id,
        position=0,
        kind=kind,
        text=clean(text, "text", limit=BLOCK_LENGTH),
        created_at=uow.now,
    )
    await _place_block(uow, block, position)
    await uow.add(block)
    specification.revision += 1
    uow.emit(
        specification.id,
        BlockAdded(
            block_id=block.id,
            section_id=section.id,
            position=block.position,
            block_kind=kind,
            text=block.text,
        ),
    )
    if material:
        await make_votes_stale(uow, _revisions(specification, section))
    return block.id


async def edit_block(
    uow: UnitOfWork,
    *,
    block_id: UUID,
    text: str,
    expected_revision: int | None,
    material: bool = False,
) -> UUID:
    """Change the words of a block.

    Where the change is `material`, votes about the block, its section or the whole specification
    no longer count until they are cast again.
    """
    specification, block = await _part(uow, Block, block_id)
    uow.expect(block, expected_revision)
    block.text = clean(text, "text", limit=BLOCK_LENGTH)
    block.revision += 1
    specification.revision += 1
    uow.emit(
        specification.id,
        BlockEdited(block_id=block.id, text=block.text, revision=block.revision),
    )
    if material:
        section = await uow.session.get_one(Section, block.section_id)
        await make_votes_stale(uow, _revisions(specification, section, block))
    return block.id


async def move_block(
    uow: UnitOfWork,
    *,
    block_id: UUID,
    position: int,
    section_id: UUID | None = None,
    expected_revision: int | None,
) -> UUID:
    """Move a block to a position, perhaps in another section of the same specification."""
    specification, block = await _part(uow, Block, block_id)
    uow.expect(specification, expected_revision)
    if section_id is not None and section_id != block.section_id:
        target = await uow.session.get(Section, section_id)
        if target is None or target.specification_id != specification.id:
            raise NotFound("There is no such section in this specification.", ("section_id",))
        number([each for each in await _blocks(uow, block.section_id) if each is not block])
        block.section_id = target.id
    await _place_block(uow, block, position)
    specification.revision += 1
    uow.emit(
        specification.id,
        BlockMoved(block_id=block.id, section_id=block.section_id, position=block.position),
    )
    return block.id


async def remove_block(
    uow: UnitOfWork, *, block_id: UUID, expected_revision: int | None, material: bool = False
) -> UUID:
    """Remove a block; return the id of its section. `material` as in `edit_block`."""
    specification, block = await _part(uow, Block, block_id)
    uow.expect(specification, expected_revision)
    await _require_uncovered(uow, [block.id])
    await uow.session.delete(block)
    number([each for each in await _blocks(uow, block.section_id) if each is not block])
    specification.revision += 1
    uow.emit(
        specification.id,
        BlockRemoved(section_id=block.section_id, block_id=block.id, text=block.text),
    )
    if material:
        section = await uow.session.get_one(Section, block.section_id)
        await make_votes_stale(uow, _revisions(specification, section))
    return block.section_id


async def _part(uow: UnitOfWork, model: type[P], id: UUID) -> tuple[Specification, P]:
    """Lock the specification that a section or block is part of, then read the part."""
    read: Any = queries.sections_by_ids if model is Section else queries.blocks_by_ids
    (seen,) = await read(uow.session, uow.viewer, [id])
    if seen is not None:
        specification = await load_draftable(uow, seen.specification_id)
        if part := await uow.session.get(model, id, populate_existing=True):
            return specification, part
    raise NotFound(f"There is no {noun(model)} with this id that you may see.")


def _revisions(*parts: Specification | Section | Block) -> dict[UUID, tuple[UUID, int]]:
    return {part.id: (part.id, part.revision) for part in parts}


async def _sections(uow: UnitOfWork, specification_id: UUID) -> list[Section]:
    return (await queries.sections(uow.session, uow.viewer, [specification_id]))[0]


async def _blocks(uow: UnitOfWork, section_id: UUID) -> list[Block]:
    return (await queries.blocks(uow.session, uow.viewer, [section_id]))[0]


async def _require_uncovered(uow: UnitOfWork, blocks: Sequence[UUID]) -> None:
    if await uow.session.scalar(COVERED, {"ids": blocks}):
        raise Conflict(
            "A module of a delivery plan covers this learning outcome, or carries out this "
            "assessment, so it stays. Please edit its words, or ask the provider to take it out "
            "of the module first."
        )


async def _place_block(uow: UnitOfWork, block: Block, position: int | None) -> None:
    others = [each for each in await _blocks(uow, block.section_id) if each is not block]
    if len(others) >= MOST_BLOCKS:
        raise Conflict(f"A section has at most {MOST_BLOCKS} blocks.")
    place(block, others, position)

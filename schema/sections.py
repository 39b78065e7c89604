"""The sections and blocks of specifications in GraphQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from domain.commands import sections as commands
from domain.models import specifications as models
from domain.models.specifications import BlockKind
from domain.queries import comments
from domain.queries import specifications as queries
from schema.batches import derived
from schema.comments import Thread
from schema.context import Info
from schema.fields import Expecting, Material, expected, mutation, perform, relation, text
from schema.nodes import Node, global_id, key, node
from schema.pagination import Connection, connection
from schema.specifications import Specification


def _origin(type_name: str, id: UUID | None) -> strawberry.ID | None:
    return None if id is None else strawberry.ID(global_id(type_name, id))


@node(models.Block, queries.blocks_by_ids, "One statement of a section, with a lasting id.")
class Block(Node):
    """A block."""

    specification: Specification = relation(
        queries.by_ids, "The specification that it is part of.", by="specification_id"
    )
    position: int = text(description="Its place in the section, from 1.")
    kind: BlockKind = text(description="What it states.")
    revision: int = text(description="Counts the changes of its words, from 1.")
    created_at: datetime = text(description="When it was added.")
    threads: Connection[Thread] = connection(
        comments.threads_of_subjects,
        comments.count_threads_of_subjects,
        "The threads about it, wherever they are held.",
    )
    text: str = text(description="The words.")
    origin_id: strawberry.ID | None = derived(
        lambda block: _origin("Block", block.origin_id),
        "The id that it had in the first version that has it; null where it began in this one.",
        reads=("origin_id",),
    )


@node(models.Section, queries.sections_by_ids, "A titled part of a specification.")
class Section(Node):
    """A section."""

    specification: Specification = relation(
        queries.by_ids, "The specification that it is part of.", by="specification_id"
    )
    position: int = text(description="Its place in the specification, from 1.")
    heading: str = text(description="The heading.")
    revision: int = text(description="Counts the changes of its heading, from 1.")
    created_at: datetime = text(description="When it was added.")
    origin_id: strawberry.ID | None = derived(
        lambda section: _origin("Section", section.origin_id),
        "The id that it had in the first version that has it; null where it began in this one.",
        reads=("origin_id",),
    )
    blocks: list[Block] = relation(queries.blocks, "Its blocks, in their order.")
    threads: Connection[Thread] = connection(
        comments.threads_of_subjects,
        comments.count_threads_of_subjects,
        "The threads about it, wherever they are held.",
    )


@strawberry.input(description="A new section; the expected revision is that of the specification.")
class AddSectionInput(Expecting):
    """See domain.commands.sections.add_section."""

    specification_id: strawberry.ID = text(description="The specification.")
    heading: str = text(description="The heading, at most 300 characters.")
    position: int | None = text(description="Its place, from 1; by default the last.", default=None)


@strawberry.input(description="Another heading for a section.")
class EditSectionInput(Expecting, Material):
    """See domain.commands.sections.edit_section."""

    section_id: strawberry.ID = text(description="The section.")
    heading: str = text(description="The new heading.")


@strawberry.input(
    description="Another place for a section; the expected revision is that of the specification."
)
class MoveSectionInput(Expecting):
    """See domain.commands.sections.move_section."""

    section_id: strawberry.ID = text(description="The section.")
    position: int = text(description="Its new place, from 1.")


@strawberry.input(
    description="A section to remove; the expected revision is that of the specification."
)
class RemoveSectionInput(Expecting):
    """See domain.commands.sections.remove_section."""

    section_id: strawberry.ID = text(description="The section, which goes with its blocks.")


@strawberry.input(description="A new block; the expected revision is that of the specification.")
class AddBlockInput(Expecting, Material):
    """See domain.commands.sections.add_block."""

    section_id: strawberry.ID = text(description="The section.")
    kind: BlockKind = text(description="What it states.")
    position: int | None = text(
        description="Its place in the section, from 1; by default the last.", default=None
    )
    text: str = text(description="The words, at most 20,000 characters.")


@strawberry.input(description="Other words for a block.")
class EditBlockInput(Expecting, Material):
    """See domain.commands.sections.edit_block."""

    block_id: strawberry.ID = text(description="The block.")
    text: str = text(description="The new words.")


@strawberry.input(
    description="Another place for a block; the expected revision is that of the specification."
)
class MoveBlockInput(Expecting):
    """See domain.commands.sections.move_block."""

    block_id: strawberry.ID = text(description="The block.")
    position: int = text(description="Its new place in the section, from 1.")
    section_id: strawberry.ID | None = text(
        description="The section to move it into; by default its own.", default=None
    )


@strawberry.input(
    description="A block to remove; the expected revision is that of the specification."
)
class RemoveBlockInput(Expecting, Material):
    """See domain.commands.sections.remove_block."""

    block_id: strawberry.ID = text(description="The block.")


@strawberry.type
class SectionMutation:
    """What can be done with the text of a specification."""

    @mutation(Section, "Add a section to a specification.")
    async def add_section(self, info: Info, input: AddSectionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_section,
            specification_id=key(input.specification_id, "specificationId", "Specification"),
            heading=input.heading,
            position=input.position,
            expected_revision=expected(input),
        )

    @mutation(Section, "Change the heading of a section.")
    async def edit_section(self, info: Info, input: EditSectionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_section,
            section_id=key(input.section_id, "sectionId", "Section"),
            heading=input.heading,
            expected_revision=expected(input),
            material=input.material,
        )

    @mutation(Section, "Move a section to another place.")
    async def move_section(self, info: Info, input: MoveSectionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.move_section,
            section_id=key(input.section_id, "sectionId", "Section"),
            position=input.position,
            expected_revision=expected(input),
        )

    @mutation(Specification, "Remove a section with its blocks.")
    async def remove_section(self, info: Info, input: RemoveSectionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.remove_section,
            section_id=key(input.section_id, "sectionId", "Section"),
            expected_revision=expected(input),
        )

    @mutation(Block, "Add a block to a section.")
    async def add_block(self, info: Info, input: AddBlockInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_block,
            section_id=key(input.section_id, "sectionId", "Section"),
            kind=input.kind,
            text=input.text,
            position=input.position,
            expected_revision=expected(input),
            material=input.material,
        )

    @mutation(Block, "Change the words of a block.")
    async def edit_block(self, info: Info, input: EditBlockInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_block,
            block_id=key(input.block_id, "blockId", "Block"),
            text=input.text,
            expected_revision=expected(input),
            material=input.material,
        )

    @mutation(Block, "Move a block to another place, perhaps in another section.")
    async def move_block(self, info: Info, input: MoveBlockInput) -> UUID:
        """See the command."""
        section = input.section_id
        return await perform(
            info,
            input,
            commands.move_block,
            block_id=key(input.block_id, "blockId", "Block"),
            position=input.position,
            section_id=None if section is None else key(section, "sectionId", "Section"),
            expected_revision=expected(input),
        )

    @mutation(Section, "Remove a block from its section.")
    async def remove_block(self, info: Info, input: RemoveBlockInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.remove_block,
            block_id=key(input.block_id, "blockId", "Block"),
            expected_revision=expected(input),
            material=input.material,
        )

"""Named revisions of specifications in GraphQL: the whole text as it stood."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain.commands import specifications as commands
from domain.models import specifications as models
from domain.models.specifications import BlockKind
from domain.queries import people
from domain.queries import specifications as queries
from schema.batches import derived
from schema.context import Info
from schema.fields import Expecting, expected, mutation, perform, relation, text
from schema.nodes import Node, global_id, key, node
from schema.people import Person
from schema.specifications import Specification, TargetProfession


@strawberry.type(description="A block as it stood in a named revision.")
class RevisionBlock:
    """An earlier block."""

    block_id: strawberry.ID = text(description="The lasting id of the block, for comparisons.")
    kind: BlockKind = text(description="What it stated.")
    text: str = text(description="The words.")


@strawberry.type(description="A section as it stood in a named revision.")
class RevisionSection:
    """An earlier section."""

    section_id: strawberry.ID = text(description="The id of the section, for comparisons.")
    heading: str = text(description="The heading.")
    blocks: list[RevisionBlock] = text(description="Its blocks, in their order.")


def _target_professions(kept: Any) -> list[Any]:
    return [
        models.TargetProfession(
            specification_id=kept.specification_id,
            profession_id=UUID(target["profession_id"]),
            requirement=target["requirement"],
        )
        for target in kept.content["target_professions"]
    ]


def _sections(kept: Any) -> list[RevisionSection]:
    return [
        RevisionSection(
            section_id=global_id("Section", section["id"]),
            heading=section["heading"],
            blocks=[
                RevisionBlock(
                    block_id=global_id("Block", block["id"]),
                    kind=BlockKind(block["kind"]),
                    text=block["text"],
                )
                for block in section["blocks"]
            ],
        )
        for section in kept.content["sections"]
    ]


@node(
    models.SpecificationRevision,
    queries.revisions_by_ids,
    "The whole text of a specification as it stood, kept under a name and never changed.",
)
class SpecificationRevision(Node):
    """A named revision."""

    specification: Specification = relation(
        queries.by_ids, "The specification.", by="specification_id"
    )
    number: int = text(description="The revision of the specification that had this text.")
    name: str = text(description="The name.")
    content_hash: str = text(description="The SHA-256, in hex, of its canonical JSON.")
    author: Person = relation(people.by_ids, "Who named it.", by="author_id")
    created_at: datetime = text(description="When it was named.")

    title: str = derived(
        lambda kept: kept.content["title"], "The title that it had.", reads=("content",)
    )
    summary: str = derived(
        lambda kept: kept.content["summary"], "The summary that it had.", reads=("content",)
    )
    target_professions: list[TargetProfession] = derived(
        _target_professions,
        "The professions that it was designed for.",
        reads=("content", "specification_id"),
    )
    sections: list[RevisionSection] = derived(
        _sections, "The sections that it had, in their order.", reads=("content",)
    )


@strawberry.input(description="A name under which the present text is kept.")
class NameRevisionInput(Expecting):
    """See domain.commands.specifications.name_revision."""

    specification_id: strawberry.ID = text(description="The specification.")
    name: str = text(description="The name, at most 200 characters.")


@strawberry.type
class SpecificationRevisionMutation:
    """What can be done with named revisions."""

    @mutation(SpecificationRevision, "Keep the present text, for ever, under a name.")
    async def name_revision(self, info: Info, input: NameRevisionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.name_revision,
            specification_id=key(input.specification_id, "specificationId", "Specification"),
            name=input.name,
            expected_revision=expected(input),
        )

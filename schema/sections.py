"""The sections and blocks of specifications in GraphQL."""

from __future__ import annotations

from datetime import datetime

from domain.models import specifications as models
from domain.models.specifications import BlockKind
from domain.queries import comments
from domain.queries import specifications as queries
from schema.comments import Thread
from schema.fields import enum, relation, text
from schema.nodes import Node, node
from schema.pagination import Connection, connection
from schema.specifications import Specification

enum(
    BlockKind,
    "What a block of a specification states.",
    PARAGRAPH="Running text.",
    CAPABILITY="An advanced-level capability.",
    LEARNING_OUTCOME="What a learner can do at the end; delivery plans must cover it.",
    ASSESSMENT="How learning is assessed.",
)


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
    blocks: list[Block] = relation(queries.blocks, "Its blocks, in their order.")
    threads: Connection[Thread] = connection(
        comments.threads_of_subjects,
        comments.count_threads_of_subjects,
        "The threads about it, wherever they are held.",
    )

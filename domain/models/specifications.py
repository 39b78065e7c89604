"""Credential specifications: sections of blocks with lasting ids, and immutable revisions."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle import SpecificationState
from domain.models.base import Key, Record, new_id


class Specification(Record):
    """One version of a credential's blueprint.

    `revision` counts every change of its text and every step of its life. `teach_out_on` is the
    last day on which a version that was superseded or retired is taught, `review_on` the day on
    which a periodic review of a launched one is due.
    """

    __tablename__ = "specifications"
    __table_args__ = (
        UniqueConstraint("credential_id", "version"),
        Index(
            "specifications_launched_key",
            "credential_id",
            unique=True,
            postgresql_where=text("state = 'LAUNCHED'"),
        ),
    )

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credentials.id"))
    version: Mapped[int]
    title: Mapped[str]
    summary: Mapped[str]
    state: Mapped[SpecificationState] = mapped_column(default=SpecificationState.IN_DEVELOPMENT)
    content_hash: Mapped[str | None] = mapped_column(default=None)
    launched_at: Mapped[datetime | None] = mapped_column(default=None)
    teach_out_on: Mapped[date | None] = mapped_column(default=None)
    review_on: Mapped[date | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("id", init=False)


class TargetProfession(Record):
    """A profession that a specification is designed for, with what it requires of it."""

    __tablename__ = "target_professions"

    specification_id: Mapped[UUID] = mapped_column(
        ForeignKey("specifications.id"), primary_key=True
    )
    profession_id: Mapped[UUID] = mapped_column(ForeignKey("professions.id"), primary_key=True)
    requirement: Mapped[str]


class Section(Record):
    """A titled part of a specification; `position` counts from 1, `origin_id` as for blocks."""

    __tablename__ = "sections"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), index=True)
    position: Mapped[int]
    heading: Mapped[str]
    origin_id: Mapped[UUID | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("specification_id", init=False)


class BlockKind(StrEnum):
    """What a block of a specification states."""

    PARAGRAPH = "PARAGRAPH"
    CAPABILITY = "CAPABILITY"
    LEARNING_OUTCOME = "LEARNING_OUTCOME"
    ASSESSMENT = "ASSESSMENT"


class Block(Record):
    """One statement of a section, addressable for ever by its id; `position` counts from 1.

    Where it came over from an earlier version, `origin_id` is the id that it had in the first of
    them, whatever became of that one; None where it began here.
    """

    __tablename__ = "blocks"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"), index=True)
    section_id: Mapped[UUID] = mapped_column(ForeignKey("sections.id"), index=True)
    position: Mapped[int]
    kind: Mapped[BlockKind]
    text: Mapped[str]
    origin_id: Mapped[UUID | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("specification_id", init=False)


class SpecificationRevision(Record):
    """The whole text of a specification as it stood, named and hashed; never changed.

    `number` is the revision of the specification that had this text. `content` holds its title,
    summary, target professions and sections with their blocks; `content_hash` is the SHA-256 of
    its canonical JSON, in hex.
    """

    __tablename__ = "specification_revisions"
    __table_args__ = (UniqueConstraint("specification_id", "number"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specifications.id"))
    number: Mapped[int]
    name: Mapped[str]
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("specification_id", init=False)

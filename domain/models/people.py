"""People, their professions and the roles that they hold."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Record, new_id
from domain.models.organisations import Nation
from domain.permissions import Role


class Regulator(Record):
    """A statutory regulator of professions."""

    __tablename__ = "regulators"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Grouping(Record):
    """A grouping of professions across regulators, such as the allied health professions."""

    __tablename__ = "groupings"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    name: Mapped[str] = mapped_column(unique=True)


class Profession(Record):
    """A profession; it has one or more regulators and any number of groupings."""

    __tablename__ = "professions"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    name: Mapped[str] = mapped_column(unique=True)


class ProfessionRegulator(Record):
    """That a regulator regulates a profession."""

    __tablename__ = "profession_regulators"

    profession_id: Mapped[UUID] = mapped_column(ForeignKey("professions.id"), primary_key=True)
    regulator_id: Mapped[UUID] = mapped_column(ForeignKey("regulators.id"), primary_key=True)


class ProfessionGrouping(Record):
    """That a profession belongs to a grouping."""

    __tablename__ = "profession_groupings"

    profession_id: Mapped[UUID] = mapped_column(ForeignKey("professions.id"), primary_key=True)
    grouping_id: Mapped[UUID] = mapped_column(ForeignKey("groupings.id"), primary_key=True)


class Person(Record):
    """A person: the one place of personal data."""

    __tablename__ = "people"
    __table_args__ = (Index("people_email_key", text("lower(email)"), unique=True),)

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    name: Mapped[str]
    email: Mapped[str]
    nation: Mapped[Nation | None] = mapped_column(default=None)
    signed_out_at: Mapped[datetime | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class PersonProfession(Record):
    """That a person practises a profession."""

    __tablename__ = "person_professions"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    profession_id: Mapped[UUID] = mapped_column(ForeignKey("professions.id"), primary_key=True)


class ScopeKind(StrEnum):
    """How far a role reaches."""

    BODY = "BODY"
    ORGANISATION = "ORGANISATION"
    SPECIFICATION = "SPECIFICATION"
    ENGAGEMENT = "ENGAGEMENT"
    ROUNDTABLE = "ROUNDTABLE"
    PROPOSAL = "PROPOSAL"


class Membership(Record):
    """A role of a person, in the whole body (no scope) or in one scope of it."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("person_id", "role", "scope_id", postgresql_nulls_not_distinct=True),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    role: Mapped[Role]
    scope_kind: Mapped[ScopeKind]
    scope_id: Mapped[UUID | None] = mapped_column(default=None)
    created_at: Mapped[datetime]

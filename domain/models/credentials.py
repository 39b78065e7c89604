"""Credentials: defined, standardised units of learning and assessment, and how they relate."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.models.base import Key, Record, new_id


class Credential(Record):
    """A credential under its present title; `code` is its short, lasting name."""

    __tablename__ = "credentials"

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    area: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("id", init=False)


class CredentialTitle(Record):
    """A title that a credential had, and the moment from which it had it."""

    __tablename__ = "credential_titles"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credentials.id"), index=True)
    title: Mapped[str]
    reason: Mapped[str]
    since: Mapped[datetime]


class CredentialLinkKind(StrEnum):
    """How a credential relates to one for medicine in the same area."""

    COMPANION = "COMPANION"
    SHARED = "SHARED"
    MEDICINE_ONLY = "MEDICINE_ONLY"
    OTHER_PROFESSIONS_ONLY = "OTHER_PROFESSIONS_ONLY"
    DIFFERENT_APPROACHES = "DIFFERENT_APPROACHES"


class CredentialLink(Record):
    """A relation between two credentials, readable from both; `first_id` is the smaller id."""

    __tablename__ = "credential_links"

    first_id: Mapped[UUID] = mapped_column(ForeignKey("credentials.id"), primary_key=True)
    second_id: Mapped[UUID] = mapped_column(
        ForeignKey("credentials.id"), primary_key=True, index=True
    )
    kind: Mapped[CredentialLinkKind]
    note: Mapped[str]

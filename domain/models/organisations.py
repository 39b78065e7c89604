"""Organisations that take part: employers, providers, professional bodies, regulators."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Record, new_id


class Nation(StrEnum):
    """One of the four nations, each with its own system requirements."""

    ENGLAND = "ENGLAND"
    NORTHERN_IRELAND = "NORTHERN_IRELAND"
    SCOTLAND = "SCOTLAND"
    WALES = "WALES"


class OrganisationKind(StrEnum):
    """What an organisation is to the process."""

    EMPLOYER = "EMPLOYER"
    EDUCATION_PROVIDER = "EDUCATION_PROVIDER"
    PROFESSIONAL_BODY = "PROFESSIONAL_BODY"
    REGULATOR = "REGULATOR"
    PATIENT_ORGANISATION = "PATIENT_ORGANISATION"
    GOVERNMENT = "GOVERNMENT"
    OTHER = "OTHER"


class Organisation(Record):
    """An organisation, known by its name."""

    __tablename__ = "organisations"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[OrganisationKind]
    nation: Mapped[Nation | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

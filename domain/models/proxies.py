"""Proxies: who may cast whose vote in one ballot."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Record


class Proxy(Record):
    """An elector lets another elector of a ballot cast their vote; a proxy has none themselves."""

    __tablename__ = "proxies"

    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    proxy_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)

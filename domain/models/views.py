"""Views: what members of organisations think that their official position should be."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Key, Ordinals, Record, Small, new_id


class ViewState(StrEnum):
    """Whether a view stands; STALE is one whose subject was changed since."""

    GIVEN = "GIVEN"
    STALE = "STALE"
    WITHDRAWN = "WITHDRAWN"


class View(Record):
    """A member's view as it stands, in a ballot where their organisation votes; never counted.

    `choice` and `options` are as those of a vote. In each round everybody is asked anew. `revision`
    counts how often it was given, became stale or was withdrawn.
    """

    __tablename__ = "views"
    __table_args__ = (
        UniqueConstraint("ballot_id", "person_id", "round"),
        Index("views_ballot_id_organisation_id_idx", "ballot_id", "organisation_id"),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    round: Mapped[int]
    choice: Mapped[Small | None]
    options: Mapped[Ordinals | None]
    rationale: Mapped[str]
    state: Mapped[ViewState] = mapped_column(default=ViewState.GIVEN)
    revision: Mapped[int] = mapped_column(default=1)
    given_at: Mapped[datetime]


class ViewRevision(Record):
    """What a view was from a moment on, kept for ever; a position consolidates what stood then."""

    __tablename__ = "view_revisions"

    view_id: Mapped[UUID] = mapped_column(ForeignKey("views.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    choice: Mapped[Small | None]
    options: Mapped[Ordinals | None]
    rationale: Mapped[str]
    state: Mapped[ViewState]
    at: Mapped[datetime]

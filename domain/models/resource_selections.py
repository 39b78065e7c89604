"""How a prioritised need is to be met: options, their scores, and what was decided and agreed."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle.resource_selections import (
    ResourceSelectionState,
    ResourceSelectionTransition,
)
from domain.models.base import Key, Record, Small, new_id
from domain.reference import OptionQuestion


class ResourceSelection(Record):
    """The selection of a resource for one prioritised proposal, in whose topic it lives.

    `questions` is the version of the questions on which options are scored. `lead_id` to
    `specification_id` are what was agreed.
    """

    __tablename__ = "resource_selections"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"), unique=True)
    questions: Mapped[int]
    sole_option_reason: Mapped[str] = mapped_column(default="")
    state: Mapped[ResourceSelectionState] = mapped_column(default=ResourceSelectionState.OPTIONS)
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"), default=None)
    support: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date | None] = mapped_column(default=None)
    ends_on: Mapped[date | None] = mapped_column(default=None)
    specification_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("specifications.id"), default=None, unique=True
    )
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("proposal_id", init=False)


class ResourceOptionKind(StrEnum):
    """How an option would meet the need."""

    NEW = "NEW"
    ADAPT_EXISTING = "ADAPT_EXISTING"
    ENDORSE_EXISTING = "ENDORSE_EXISTING"


class ResourceOption(Record):
    """One way to meet the need.

    What exists already is a credential of ours, or something elsewhere: a `reference` with the
    SHA-256, in hex, of what was looked at.
    """

    __tablename__ = "resource_options"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    resource_selection_id: Mapped[UUID] = mapped_column(
        ForeignKey("resource_selections.id"), index=True
    )
    kind: Mapped[ResourceOptionKind]
    title: Mapped[str]
    description: Mapped[str]
    credential_id: Mapped[UUID | None] = mapped_column(ForeignKey("credentials.id"))
    reference: Mapped[str]
    reference_hash: Mapped[str | None]
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]


class OptionScore(Record):
    """How one assessor scores an option on one question, from 1 to 5, and why."""

    __tablename__ = "option_scores"

    resource_option_id: Mapped[UUID] = mapped_column(
        ForeignKey("resource_options.id"), primary_key=True
    )
    assessor_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True)
    question: Mapped[OptionQuestion] = mapped_column(primary_key=True)
    score: Mapped[Small]
    reason: Mapped[str]


class ResourceDecision(Record):
    """A step of a resource selection, with its reason and what it rests on; never changed.

    Where an option was selected, `total` is the sum of its scores by `assessors` people, and
    `best_scored` says whether no other option has a higher mean.
    """

    __tablename__ = "resource_decisions"

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    resource_selection_id: Mapped[UUID] = mapped_column(
        ForeignKey("resource_selections.id"), index=True
    )
    transition: Mapped[ResourceSelectionTransition]
    state: Mapped[ResourceSelectionState]
    reason: Mapped[str]
    resource_option_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("resource_options.id"), default=None
    )
    total: Mapped[int | None] = mapped_column(default=None)
    assessors: Mapped[int | None] = mapped_column(default=None)
    best_scored: Mapped[bool | None] = mapped_column(default=None)
    decider_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]

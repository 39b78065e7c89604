"""Ballots: one question to one electorate, with its rule, its electors and its tallies."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.consensus.choices import BallotKind, ReasonPolicy
from domain.consensus.rounds import Feedback
from domain.consensus.suppression import USUAL
from domain.lifecycle import BallotState
from domain.models.base import Counts, Key, Record, new_id
from domain.models.comments import SubjectKind


class BallotVisibility(StrEnum):
    """When those entitled may see the votes; set before opening and never relaxed."""

    LIVE = "LIVE"
    AFTER_OWN_VOTE = "AFTER_OWN_VOTE"
    AFTER_CLOSE = "AFTER_CLOSE"


class VotesBy(StrEnum):
    """Whose votes are counted; set before opening.

    PEOPLE: those who take part, each for themselves. ORGANISATIONS: those that take part, each by
    the official position that its representative casts.
    """

    PEOPLE = "PEOPLE"
    ORGANISATIONS = "ORGANISATIONS"


class BallotSecrecy(StrEnum):
    """Who can know what somebody voted; set before opening.

    NAMED: everybody who may see the votes. CONFIDENTIAL: no reader, though the operator could.
    UNLINKABLE: nobody, from what is kept once it is closed; votes are on papers without a name.
    """

    NAMED = "NAMED"
    CONFIDENTIAL = "CONFIDENTIAL"
    UNLINKABLE = "UNLINKABLE"


class Ballot(Record):
    """A question about one version of something, put in one topic to an electorate.

    `options` are the texts of what is chosen from, where the kind asks for that; their places, from
    1, are their ordinals. `rule` holds the parameters of the consensus rule; `rule_hash` is set,
    and the rule frozen, by the first vote. Counts of fewer than `smallest_count` people are not
    told to the public, and of a secret ballot to nobody. `outcome` is what the ballot came to,
    stored when it is closed. It opens at `opens_at`, and no vote is taken from `closes_at` on,
    where they are set.
    `round` is the present one, from 1; what becomes of tallies and votes with each is in
    domain.models.rounds. `objections_raised` and `objections_qualified` count those that are open,
    of which `objections_safety` are about safety.
    """

    __tablename__ = "ballots"
    # What comes due is looked for every second.
    __table_args__ = (
        Index("ballots_opens_at_idx", "opens_at", postgresql_where=text("state = 'SCHEDULED'")),
        Index("ballots_closes_at_idx", "closes_at", postgresql_where=text("state = 'OPEN'")),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"), index=True)
    kind: Mapped[BallotKind]
    question: Mapped[str]
    options: Mapped[list[str]] = mapped_column(default_factory=list)
    subject_kind: Mapped[SubjectKind | None] = mapped_column(default=None)
    subject_id: Mapped[UUID | None] = mapped_column(default=None, index=True)
    subject_revision: Mapped[int | None] = mapped_column(default=None)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    state: Mapped[BallotState] = mapped_column(default=BallotState.DRAFT)
    visibility: Mapped[BallotVisibility]
    votes_by: Mapped[VotesBy] = mapped_column(default=VotesBy.PEOPLE)
    secrecy: Mapped[BallotSecrecy] = mapped_column(default=BallotSecrecy.NAMED)
    reason_policy: Mapped[ReasonPolicy]
    electorate_grows: Mapped[bool]
    smallest_count: Mapped[int] = mapped_column(default=USUAL)
    rule: Mapped[dict[str, Any]]
    rule_hash: Mapped[str | None] = mapped_column(default=None)
    outcome: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    opens_at: Mapped[datetime | None] = mapped_column(default=None)
    closes_at: Mapped[datetime | None] = mapped_column(default=None)
    round: Mapped[int] = mapped_column(default=1)
    most_rounds: Mapped[int] = mapped_column(default=1)
    feedback: Mapped[Feedback] = mapped_column(default=Feedback.ALL_GROUPS)
    stops_when_stable: Mapped[bool] = mapped_column(default=False)
    stops_on_consensus: Mapped[bool] = mapped_column(default=False)
    state_reason: Mapped[str] = mapped_column(default="")
    decision: Mapped[str | None] = mapped_column(default=None)
    deferred_at: Mapped[datetime | None] = mapped_column(default=None)
    reminded_at: Mapped[datetime | None] = mapped_column(default=None)
    objections_raised: Mapped[int] = mapped_column(default=0)
    objections_qualified: Mapped[int] = mapped_column(default=0)
    objections_safety: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class Elector(Record):
    """A person entitled to vote, in the constituency that they were in when entered.

    `organisation_id` is whose official position they cast, None where people vote for themselves.
    Who is `recused` by a declared interest is not eligible, and their vote does not count.
    """

    __tablename__ = "electors"
    __table_args__ = (UniqueConstraint("ballot_id", "organisation_id"),)

    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)
    constituency_id: Mapped[UUID] = mapped_column(ForeignKey("constituencies.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisations.id"), default=None
    )
    recused: Mapped[bool] = mapped_column(default=False)
    took_paper: Mapped[bool] = mapped_column(default=False, server_default=false())


class TallyRow(Record):
    """How one constituency stands in one ballot, of which `voted` people have voted.

    `counts` follow the choices of its kind, or `domain.consensus.options.marks`.
    """

    __tablename__ = "tallies"

    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"), primary_key=True)
    constituency_id: Mapped[UUID] = mapped_column(ForeignKey("constituencies.id"), primary_key=True)
    eligible: Mapped[int]
    voted: Mapped[int]
    counts: Mapped[Counts]


class ReleaseRow(Record):
    """What was told of a secret ballot while it was open: a release, and the result redacted by it.

    `number` counts from 1. Later ones must not let anybody compute what was not told: see
    `domain.consensus.suppression`.
    """

    __tablename__ = "releases"

    ballot_id: Mapped[UUID] = mapped_column(ForeignKey("ballots.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    shown: Mapped[dict[str, Any]]
    consensus: Mapped[dict[str, Any]]

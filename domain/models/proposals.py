"""Proposals for credentials, their answers to the gateway criteria, and how they are judged."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, synonym

from domain.lifecycle.proposals import ProposalState, ProposalTransition
from domain.models.base import Key, Record, new_id
from domain.models.criteria import Finding


class Proposal(Record):
    """A need for a credential, put forward in a cycle.

    `submission` counts how often it was submitted. `judged_at` is when the last judgement that its
    present submission needs came in; until then nobody reads another's.
    """

    __tablename__ = "proposals"

    id: Mapped[Key] = mapped_column(ForeignKey("topics.id"), default_factory=new_id)
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("cycles.id"), index=True)
    author_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    title: Mapped[str]
    area: Mapped[str]
    summary: Mapped[str]
    nations: Mapped[list[str]]
    state: Mapped[ProposalState] = mapped_column(default=ProposalState.DRAFT)
    submission: Mapped[int] = mapped_column(default=0)
    submitted_at: Mapped[datetime | None] = mapped_column(default=None)
    judged_at: Mapped[datetime | None] = mapped_column(default=None)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("id", init=False)


class ProposalProfession(Record):
    """That a proposal is for a profession."""

    __tablename__ = "proposal_professions"

    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"), primary_key=True)
    profession_id: Mapped[UUID] = mapped_column(ForeignKey("professions.id"), primary_key=True)


class GatewayAnswer(Record):
    """What a proposal says to one gateway criterion, in one of its submissions.

    `criterion_id` is the version of the criterion that is answered, and judged; an answer to a
    later version of the same `number` takes its place until the proposal is submitted.
    """

    __tablename__ = "gateway_answers"

    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"), primary_key=True)
    submission: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("criteria.id"))
    body: Mapped[str]


class GatewayJudgement(Record):
    """How far one judge finds that one submission meets one criterion, and why."""

    __tablename__ = "gateway_judgements"
    __table_args__ = (
        UniqueConstraint(
            "proposal_id",
            "submission",
            "criterion_id",
            "judge_id",
            name="gateway_judgements_once_key",
        ),
    )

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"))
    submission: Mapped[int]
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("criteria.id"))
    judge_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    finding: Mapped[Finding]
    reason: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("proposal_id", init=False)


class GatewayDecision(Record):
    """What was decided on one submission of a proposal, and on which counts; never changed.

    The counts are of criteria: one is as far met as the judge says who finds it met least. All
    are 0 where the proposal was returned before every judgement was in.
    """

    __tablename__ = "gateway_decisions"
    __table_args__ = (UniqueConstraint("proposal_id", "submission"),)

    id: Mapped[Key] = mapped_column(default_factory=new_id)
    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"))
    submission: Mapped[int]
    transition: Mapped[ProposalTransition]
    state: Mapped[ProposalState]
    reason: Mapped[str]
    met: Mapped[int]
    partly_met: Mapped[int]
    not_met: Mapped[int]
    decider_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime]
    topic_id: Mapped[UUID] = synonym("proposal_id", init=False)

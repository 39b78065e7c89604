"""Reads of proposals: what they answer, how they are judged, and what was decided.

What was never submitted is for its author and for moderators alone. A judgement is for who gave it
alone until all that its submission needs are in, or its review is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Uuid,
    and_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
)

from domain.database import Session
from domain.lifecycle.cycles import CycleState
from domain.lifecycle.machine import Facts
from domain.lifecycle.proposals import ProposalState
from domain.models.criteria import Criterion, CriterionKind, Finding
from domain.models.cycles import Cycle
from domain.models.people import Profession
from domain.models.proposals import (
    GatewayAnswer,
    GatewayDecision,
    GatewayJudgement,
    Proposal,
    ProposalProfession,
)
from domain.models.topics import Topic
from domain.permissions import Role, Viewer
from domain.queries.interests import RECUSED, recused
from domain.queries.pages import (
    Page,
    Paged,
    Slice,
    grouped,
    ids,
    in_order,
    moderated,
    moderated_by,
    seen_by,
    shown_or_own,
    visible,
)

JUDGES = 2
"""How many judges each criterion needs, and has."""

_PROPOSALS = (
    select(Proposal)
    .join(Topic, Topic.id == Proposal.id)
    .where(
        visible(),
        or_(Proposal.submission > 0, moderated(), Topic.id == func.any(ids("own_proposals"))),
    )
)
BY_IDS = _PROPOSALS.where(Proposal.id == func.any(ids()))
OF_CYCLES = Paged(_PROPOSALS, Proposal, Proposal.cycle_id)

PROFESSIONS = (
    select(Profession, ProposalProfession.proposal_id)
    .join(ProposalProfession, ProposalProfession.profession_id == Profession.id)
    .where(ProposalProfession.proposal_id == func.any(ids()))
    .order_by(Profession.name)
)
ANSWERS = (
    select(GatewayAnswer)
    .where(GatewayAnswer.proposal_id == func.any(ids()))
    .order_by(GatewayAnswer.submission, GatewayAnswer.number)
)
DECISIONS = (
    select(GatewayDecision)
    .where(GatewayDecision.proposal_id == func.any(ids()))
    .order_by(GatewayDecision.id)
)

_SHOWN = not_(
    and_(
        Proposal.state == ProposalState.GATEWAY_REVIEW,
        Proposal.judged_at.is_(None),
        GatewayJudgement.submission == Proposal.submission,
    )
)
_JUDGEMENTS = (
    select(GatewayJudgement)
    .join(Proposal, Proposal.id == GatewayJudgement.proposal_id)
    .join(Topic, Topic.id == GatewayJudgement.proposal_id)
)
JUDGEMENTS_BY_IDS = _JUDGEMENTS.add_columns(and_(visible(), _SHOWN)).where(
    GatewayJudgement.id == func.any(ids())
)
JUDGEMENTS = (
    _JUDGEMENTS.join(Criterion, Criterion.id == GatewayJudgement.criterion_id)
    .where(GatewayJudgement.proposal_id == func.any(ids()), _SHOWN)
    .order_by(GatewayJudgement.submission, Criterion.number, GatewayJudgement.id)
)
OF_VIEWER = (
    select(GatewayJudgement)
    .where(
        GatewayJudgement.proposal_id == func.any(ids()),
        GatewayJudgement.judge_id == bindparam("own_id", type_=Uuid()),
    )
    .order_by(GatewayJudgement.id)
)
RECUSED_JUDGEMENTS = (
    select(GatewayJudgement.id)
    .join(Topic, Topic.id == GatewayJudgement.proposal_id)
    .where(GatewayJudgement.id == func.any(ids()), recused(GatewayJudgement.judge_id))
)

# How each criterion of the present submission is judged, by those without an interest alone.
_JUDGED = (
    select(
        GatewayAnswer.proposal_id,
        func.count(GatewayJudgement.id).label("judges"),
        func.coalesce(func.bool_or(GatewayJudgement.finding == Finding.NOT_MET), false()).label(
            "not_met"
        ),
        func.coalesce(func.bool_or(GatewayJudgement.finding == Finding.PARTLY_MET), false()).label(
            "partly_met"
        ),
    )
    .join(
        Proposal,
        and_(
            Proposal.id == GatewayAnswer.proposal_id,
            Proposal.submission == GatewayAnswer.submission,
        ),
    )
    .join(Topic, Topic.id == Proposal.id)
    .outerjoin(
        GatewayJudgement,
        and_(
            GatewayJudgement.proposal_id == GatewayAnswer.proposal_id,
            GatewayJudgement.submission == GatewayAnswer.submission,
            GatewayJudgement.criterion_id == GatewayAnswer.criterion_id,
            not_(recused(GatewayJudgement.judge_id)),
        ),
    )
    .where(GatewayAnswer.proposal_id == func.any(ids()))
    .group_by(GatewayAnswer.proposal_id, GatewayAnswer.criterion_id)
    .subquery()
)
_OUTCOMES = (
    select(
        _JUDGED.c.proposal_id,
        func.sum(func.greatest(JUDGES - _JUDGED.c.judges, 0)).cast(Integer).label("missing"),
        func.count().filter(not_(or_(_JUDGED.c.not_met, _JUDGED.c.partly_met))).label("met"),
        func.count()
        .filter(and_(_JUDGED.c.partly_met, not_(_JUDGED.c.not_met)))
        .label("partly_met"),
        func.count().filter(_JUDGED.c.not_met).label("not_met"),
    )
    .group_by(_JUDGED.c.proposal_id)
    .subquery()
)
_UNANSWERED = (
    select(func.count())
    .where(
        Criterion.kind == CriterionKind.GATEWAY,
        Criterion.retired_at.is_(None),
        ~exists()
        .where(
            GatewayAnswer.criterion_id == Criterion.id,
            GatewayAnswer.proposal_id == Proposal.id,
            GatewayAnswer.submission == Proposal.submission + 1,
        )
        .correlate(Criterion, Proposal),
    )
    .correlate(Proposal)
    .scalar_subquery()
)
FACTS = (
    select(
        Proposal.id,
        Proposal.author_id,
        Proposal.judged_at,
        Cycle.state.label("cycle_state"),
        (Proposal.summary == "").label("summary_missing"),
        (func.cardinality(Proposal.nations) == 0).label("nations_missing"),
        (~exists().where(ProposalProfession.proposal_id == Proposal.id).correlate(Proposal)).label(
            "professions_missing"
        ),
        _UNANSWERED.label("answers_missing"),
        func.coalesce(_OUTCOMES.c.missing, 0).label("judgements_missing"),
        func.coalesce(_OUTCOMES.c.met, 0).label("met"),
        func.coalesce(_OUTCOMES.c.partly_met, 0).label("partly_met"),
        func.coalesce(_OUTCOMES.c.not_met, 0).label("not_met"),
        func.array(
            select(GatewayJudgement.judge_id)
            .where(GatewayJudgement.proposal_id == Proposal.id)
            .correlate(Proposal)
            .scalar_subquery(),
            type_=ARRAY(Uuid()),
        ).label("judges"),
        RECUSED.label("recused"),
    )
    .join(Topic, Topic.id == Proposal.id)
    .join(Cycle, Cycle.id == Proposal.cycle_id)
    .outerjoin(_OUTCOMES, _OUTCOMES.c.proposal_id == Proposal.id)
    .where(Proposal.id == func.any(ids()))
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many criteria of a submission are how far met, by the judge who finds each met least."""

    met: int
    partly_met: int
    not_met: int


def _guard(viewer: Viewer) -> dict[str, Any]:
    """Return the parameters that the drafts of others are hidden by.

    Whoever takes part in a proposal as a stakeholder is its author: nobody is granted that.
    """
    own = [scope for scope, roles in viewer.grants.items() if scope and Role.STAKEHOLDER in roles]
    return {"own_proposals": own, **moderated_by(viewer)}


async def by_ids(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Proposal | None]:
    """Return proposals, None for those that the viewer may not know of."""
    rows = await session.scalars(BY_IDS, {"ids": keys, **seen_by(viewer), **_guard(viewer)})
    return in_order(keys, rows, lambda row: row.id)


async def of_cycles(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Proposal]]:
    """Return the proposals of each cycle that the viewer may know of."""
    return await OF_CYCLES.slices(session, viewer, keys, page, **_guard(viewer))


async def count_of_cycles(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many proposals of each cycle the viewer may know of."""
    return await OF_CYCLES.counts(session, viewer, keys, **_guard(viewer))


async def professions(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[Profession]]:
    """Return the professions that each proposal is for, by name."""
    rows = (await session.execute(PROFESSIONS, {"ids": keys})).all()
    return [[row[0] for row in found] for found in grouped(keys, rows, lambda row: row[1])]


async def answers(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[GatewayAnswer]]:
    """Return the answers of each proposal in all its submissions, by the numbers of criteria."""
    rows = await session.scalars(ANSWERS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.proposal_id)


async def decisions(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[GatewayDecision]]:
    """Return what was decided on each proposal, the first decision first."""
    rows = await session.scalars(DECISIONS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.proposal_id)


def _judge(row: GatewayJudgement) -> tuple[UUID, ...]:
    return (row.judge_id,)


async def judgements_by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[GatewayJudgement | None]:
    """Return judgements, None for those not shown to the viewer; one's own is always shown."""
    return await shown_or_own(session, viewer, keys, JUDGEMENTS_BY_IDS, _judge)


async def judgements(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[GatewayJudgement]]:
    """Return the judgements of each proposal that are not hidden, in all its submissions."""
    rows = await session.scalars(JUDGEMENTS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.proposal_id)


async def judgements_of_viewer(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[GatewayJudgement]]:
    """Return the viewer's own judgements of each proposal, hidden from others or not."""
    rows = await session.scalars(OF_VIEWER, {"ids": keys, "own_id": viewer.person_id})
    return grouped(keys, rows, lambda row: row.proposal_id)


async def recused_judgements(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[bool]:
    """Say of each judgement whether an interest of its judge takes it out of the count."""
    found = set(await session.scalars(RECUSED_JUDGEMENTS, {"ids": keys}))
    return [key in found for key in keys]


async def outcome(session: Session, key: UUID) -> Outcome:
    """Return how the present submission of a proposal is judged; nought while that is hidden."""
    row = (await session.execute(FACTS, {"ids": [key]})).one()
    if row.judged_at is None:
        return Outcome(0, 0, 0)
    return Outcome(row.met, row.partly_met, row.not_met)


async def facts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the lifecycle asks about each proposal, all of which exist, and the viewer."""
    found = {row.id: row for row in await session.execute(FACTS, {"ids": keys})}
    return [_facts(found[key], viewer) for key in keys]


def _facts(row: Any, viewer: Viewer) -> Facts:
    # What is judged is told to nobody before all of it is in.
    shown = row.judged_at is not None
    own = viewer.is_person(row.author_id)
    return {
        "cycle_not_open": int(row.cycle_state != CycleState.OPEN),
        "cycle_not_scoring": int(row.cycle_state != CycleState.SCORING),
        "cycle_over": int(row.cycle_state == CycleState.DECIDED),
        "summary_missing": int(row.summary_missing),
        "nations_missing": int(row.nations_missing),
        "professions_missing": int(row.professions_missing),
        "answers_missing": row.answers_missing,
        "judgements_missing": row.judgements_missing,
        "criteria_not_met": row.not_met if shown else 0,
        "board_needed": row.partly_met if shown and row.partly_met > 1 else 0,
        "is_author": int(own),
        "is_not_author": int(not own),
        "has_judged": int(any(map(viewer.is_person, row.judges))),
        "is_recused": int(any(map(viewer.is_person, row.recused))),
    }

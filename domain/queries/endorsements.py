"""Reads of endorsements by the board, their conditions, and what their conclusion asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, func, select

from domain.consensus.results import Status
from domain.database import Session
from domain.lifecycle import BallotState, Facts, SpecificationState
from domain.models.ballots import Ballot
from domain.models.endorsements import Endorsement, EndorsementCondition
from domain.models.specifications import Specification
from domain.models.topics import Topic
from domain.permissions import Viewer
from domain.queries.authors import wrote
from domain.queries.pages import ById, Page, Paged, Slice, grouped, ids, visible

by_ids: ById[Endorsement] = ById(Endorsement, Endorsement.specification_id)
conditions_by_ids: ById[EndorsementCondition] = ById(
    EndorsementCondition, EndorsementCondition.specification_id
)
OF_SPECIFICATIONS = Paged(
    select(Endorsement).join(Topic, Topic.id == Endorsement.specification_id).where(visible()),
    Endorsement,
    Endorsement.specification_id,
)
CONDITIONS = (
    select(EndorsementCondition)
    .where(EndorsementCondition.endorsement_id == func.any(ids()))
    .order_by(EndorsementCondition.position)
)

# What the board came to, as the outcome that its ballot stored when it was closed.
CARRIED = Ballot.outcome["status"].astext.in_((Status.CONSENSUS, Status.CONSENSUS_WITH_DISSENT))
_CONSENSUS = func.coalesce(CARRIED, False)
FACTS = (
    select(
        Endorsement.id,
        (Ballot.state != BallotState.CLOSED).cast(Integer).label("ballot_held"),
        (~_CONSENSUS).cast(Integer).label("consensus_missing"),
        _CONSENSUS.cast(Integer).label("consensus"),
        (Specification.state != SpecificationState.CANDIDATE)
        .cast(Integer)
        .label("candidate_missing"),
        wrote(bindparam("person_id", type_=Uuid())).cast(Integer).label("own_text"),
    )
    .join(Ballot, Ballot.id == Endorsement.ballot_id)
    .join(Specification, Specification.id == Endorsement.specification_id)
    .where(Endorsement.id == func.any(ids()))
)


async def of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Endorsement]]:
    """Return what the board was asked about each specification."""
    return await OF_SPECIFICATIONS.slices(session, viewer, keys, page)


async def count_of_specifications(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[int]:
    """Return how often the board was asked about each specification."""
    return await OF_SPECIFICATIONS.counts(session, viewer, keys)


async def conditions(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[list[EndorsementCondition]]:
    """Return the conditions of each endorsement, in their order."""
    rows = await session.scalars(CONDITIONS, {"ids": keys})
    return grouped(keys, rows, lambda row: row.endorsement_id)


async def facts(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the conclusion of each endorsement asks for; `own_text` is about the viewer."""
    rows = await session.execute(FACTS, {"ids": keys, "person_id": viewer.person_id})
    found: dict[UUID, Any] = {row.id: row._asdict() for row in rows}
    return [found[key] for key in keys]

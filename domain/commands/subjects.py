"""Finds what a thread or a ballot is about, and whether its topic may speak of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from domain.errors import NotFound
from domain.lifecycle import BallotState
from domain.models.ballots import Ballot
from domain.models.comments import SubjectKind
from domain.models.criteria import Criterion
from domain.models.engagements import Engagement
from domain.models.roundtables import Roundtable
from domain.models.specifications import Block, Section, Specification
from domain.models.topics import Topic, TopicKind
from domain.unit_of_work import UnitOfWork

RECORDS: dict[SubjectKind, type[Any]] = {
    SubjectKind.SPECIFICATION: Specification,
    SubjectKind.SECTION: Section,
    SubjectKind.BLOCK: Block,
    SubjectKind.CRITERION: Criterion,
    SubjectKind.BALLOT: Ballot,
    SubjectKind.ENGAGEMENT: Engagement,
    SubjectKind.ROUNDTABLE: Roundtable,
}


async def require_subject(uow: UnitOfWork, topic: Topic, kind: SubjectKind, id: UUID) -> Any:
    """Return the record that is to be spoken of in `topic`.

    Raises NotFound unless it belongs to the topic itself or, in an exercise or a roundtable, to
    the specification that this is about. Criteria belong to the body and may be spoken of anywhere;
    a ballot is spoken of once it is opened, for whoever reads the topic learns what is spoken of.
    """
    record = (
        await uow.session.scalars(select(RECORDS[kind]).where(RECORDS[kind].id == id))
    ).one_or_none()
    if kind is SubjectKind.BALLOT and record is not None and record.state is BallotState.DRAFT:
        record = None
    if record is not None and (
        kind is SubjectKind.CRITERION
        or record.topic_id == topic.id
        or (
            kind in (SubjectKind.SPECIFICATION, SubjectKind.SECTION, SubjectKind.BLOCK)
            and topic.kind in (TopicKind.ENGAGEMENT, TopicKind.ROUNDTABLE)
            and record.topic_id in topic.scopes
        )
    ):
        return record
    raise NotFound(f"There is no {kind.lower()} with this id in this place.", ("subject_id",))

"""Writes of reports: what moderators state in them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from domain.errors import Conflict
from domain.events import EVERYONE, MODERATORS, ReportStated
from domain.lifecycle import EngagementState
from domain.models.engagements import Engagement
from domain.models.reports import ReportStatement
from domain.permissions import Permission
from domain.texts import COMMENT_LENGTH, clean
from domain.unit_of_work import UnitOfWork

LATEST = (
    select(ReportStatement)
    .where(ReportStatement.engagement_id == bindparam("engagement_id"))
    .order_by(ReportStatement.revision.desc())
    .limit(1)
)


async def state_report(
    uow: UnitOfWork,
    *,
    engagement_id: UUID,
    texts: dict[str, str],
    expected_revision: int | None,
) -> UUID:
    """Write what the report of an exercise says beside its figures; return the statement's id.

    `texts` has one text for each text of ReportStatement, perhaps an empty one. Earlier statements
    are kept; the revision of an exercise without any is 0.
    """
    engagement = await uow.load(Engagement, engagement_id, Permission.MODERATE)
    latest = await uow.session.scalar(LATEST, {"engagement_id": engagement.id})
    revision = 0 if latest is None else latest.revision
    if expected_revision is not None and expected_revision != revision:
        raise Conflict(
            f"This was changed meanwhile: the statement has revision {revision}, you saw "
            f"{expected_revision}. Please look at the present one and try again.",
            ("expected_revision",),
            current=latest,
        )
    cleaned: dict[str, Any] = {
        name: clean(words, name, limit=COMMENT_LENGTH, required=False)
        for name, words in texts.items()
    }
    statement = ReportStatement(
        engagement_id=engagement.id,
        revision=revision + 1,
        author_id=uow.actor_id,
        created_at=uow.now,
        **cleaned,
    )
    await uow.add(statement)
    uow.emit(
        engagement.id,
        ReportStated(
            report_statement_id=statement.id,
            engagement_id=engagement.id,
            revision=statement.revision,
        ),
        EVERYONE if engagement.state is EngagementState.CLOSED else MODERATORS,
    )
    return statement.id

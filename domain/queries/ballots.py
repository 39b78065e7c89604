"""Reads of ballots, of what a step of their life lacks, and of whether the viewer may vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Integer,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    or_,
    select,
)

from domain.database import Session
from domain.lifecycle import BallotState, EngagementState, Facts
from domain.models.ballots import Ballot, BallotSecrecy, Elector
from domain.models.engagements import Engagement
from domain.models.roundtables import Invitation, InvitationState, Roundtable
from domain.models.stakeholders import Stakeholder
from domain.models.topics import Topic
from domain.permissions import Audience, Permission, Viewer, allowed, audience
from domain.queries.pages import (
    ById,
    Page,
    Paged,
    Slice,
    ids,
    moderated,
    moderated_by,
    visible,
)

# An invitation counts unless it was declined or withdrawn.
INVITED = (InvitationState.INVITED, InvitationState.ACCEPTED)

# The exercise or the roundtable that a ballot is held in, and where that stands.
HOST_STATE = func.coalesce(Engagement.state, Roundtable.state)

_BALLOTS = (
    select(Ballot)
    .join(Topic, Topic.id == Ballot.topic_id)
    .where(
        visible(),
        or_(
            Ballot.state != BallotState.DRAFT,
            moderated(),
        ),
    )
)
OF_TOPICS = Paged(_BALLOTS, Ballot, Ballot.topic_id)


def with_host(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join the exercise or the roundtable of a selected ballot, for `HOST_STATE`."""
    return statement.outerjoin(Engagement, Engagement.id == Ballot.topic_id).outerjoin(
        Roundtable, Roundtable.id == Ballot.topic_id
    )


# Time goes on inside a transaction that waited for a lock.
OVERDUE = Ballot.closes_at <= func.clock_timestamp()
# Whether a vote is taken now, of a ballot that is joined with its host.
OPEN_NOW = and_(
    Ballot.state == BallotState.OPEN,
    or_(Ballot.closes_at.is_(None), ~OVERDUE),
    HOST_STATE == EngagementState.OPEN,
)
MISSING = (
    "host_closed",
    "electors_missing",
    "opening_missing",
    "deadline_missing",
    "deadline_passed",
    "deferrals",
    "rounds_exhausted",
)
FACTS = with_host(
    select(
        Ballot.id,
        case((HOST_STATE == EngagementState.OPEN, 0), else_=1).cast(Integer).label("host_closed"),
        case(
            (exists().where(Stakeholder.engagement_id == Ballot.topic_id), 0),
            (
                exists().where(
                    Invitation.roundtable_id == Ballot.topic_id, Invitation.state.in_(INVITED)
                ),
                0,
            ),
            else_=1,
        )
        .cast(Integer)
        .label("electors_missing"),
        Ballot.opens_at.is_(None).cast(Integer).label("opening_missing"),
        Ballot.closes_at.is_(None).cast(Integer).label("deadline_missing"),
        func.coalesce(OVERDUE, false()).cast(Integer).label("deadline_passed"),
        Ballot.deferred_at.is_not(None).cast(Integer).label("deferrals"),
        (Ballot.round >= Ballot.most_rounds).cast(Integer).label("rounds_exhausted"),
    ).select_from(Ballot)
).where(Ballot.id == func.any(ids()))
OPEN_TO_ELECTOR = with_host(
    select(Ballot.id, Topic.scopes, Topic.public, Ballot.secrecy, Elector.took_paper)
    .join(Topic, Topic.id == Ballot.topic_id)
    .join(Elector, Elector.ballot_id == Ballot.id)
).where(
    Ballot.id == func.any(ids()),
    OPEN_NOW,
    Elector.person_id == bindparam("person_id", type_=Uuid()),
    Elector.recused.is_(False),
)


class _ByIds(ById[Ballot]):
    """Ballots by their ids; drafts are told to moderators alone."""

    needs = frozenset({"state"})

    def told(self, viewer: Viewer, rows: Sequence[Any]) -> list[Ballot | None]:
        """See Told."""
        return [
            None
            if ballot is None
            or (
                ballot.state is BallotState.DRAFT
                and audience(viewer, row) is not Audience.MODERATORS
            )
            else ballot
            for ballot, row in zip(super().told(viewer, rows), rows, strict=True)
        ]


by_ids = _ByIds(Ballot, Ballot.topic_id)


async def of_topics(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[Ballot]]:
    """Return the ballots of each exercise or roundtable; drafts for its moderators alone."""
    return await OF_TOPICS.slices(session, viewer, keys, page, **moderated_by(viewer))


async def count_of_topics(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many ballots of each exercise or roundtable the viewer may see."""
    return await OF_TOPICS.counts(session, viewer, keys, **moderated_by(viewer))


async def facts(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return the counts that the life of a ballot asks for, as its lifecycle names them."""
    found = {row.id: row for row in await session.execute(FACTS, {"ids": keys})}
    return [{name: getattr(found[key], name) for name in MISSING} for key in keys]


async def open_to_viewer(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[bool]:
    """Say for each ballot whether the viewer can cast a vote of their own in it now."""
    found = {
        row.id
        for row in await _open_to(session, viewer, keys)
        if row.secrecy is not BallotSecrecy.UNLINKABLE
    }
    return [key in found for key in keys]


async def papers_for_viewer(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[bool]:
    """Say for each ballot whether the viewer can take their paper now."""
    found = {
        row.id
        for row in await _open_to(session, viewer, keys)
        if row.secrecy is BallotSecrecy.UNLINKABLE and not row.took_paper
    }
    return [key in found for key in keys]


async def _open_to(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Any]:
    rows = await session.execute(OPEN_TO_ELECTOR, {"ids": keys, "person_id": viewer.person_id})
    return [row for row in rows if allowed(viewer, Permission.VOTE, row)]

"""Reads of the report of an exercise: what was asked of whom, how, and what it came to.

Its parts are those of ACCORD (Gattrell and others, PLoS Medicine 21:e1004326, 2024), the guideline
for reports of consensus methods. What each ballot came to is told by `domain.queries.consensus`,
so that a report discloses what its reader may know anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from domain.consensus.results import Consensus
from domain.consensus.rounds import Feedback
from domain.consensus.stability import Stability, square, stability
from domain.database import Session
from domain.lifecycle import EngagementState
from domain.models.ballots import Ballot, BallotSecrecy, VotesBy
from domain.models.comments import Comment, SubjectKind, Thread
from domain.models.dispositions import Disposition
from domain.models.engagements import Engagement
from domain.models.reports import ReportStatement
from domain.models.rounds import Round
from domain.models.roundtables import Roundtable
from domain.models.specifications import Specification
from domain.models.stakeholders import Constituency, Stakeholder
from domain.models.themes import Theme
from domain.models.topics import Topic
from domain.models.votes import CastVote, Vote
from domain.permissions import Audience, Viewer, audience
from domain.queries import dispositions, themes
from domain.queries.consensus import (
    Disclosure,
    Standing,
    disclosed,
    of_ballots,
    restore,
    round_disclosed,
    sequences,
)
from domain.queries.pages import grouped, ids, in_order, seen_by, visible
from domain.queries.rounds import of_ballots as rounds_of_ballots
from domain.queries.views import consolidated_in


def readable(reader: Audience | None, state: EngagementState) -> bool:
    """Say whether an audience of an exercise may read its report: moderators always."""
    if reader is Audience.MODERATORS:
        return True
    return reader is not None and state is EngagementState.CLOSED


@dataclass(frozen=True, slots=True)
class PanelGroup:
    """How many people a constituency has in an exercise, and for how many organisations."""

    constituency: Constituency
    stakeholders: int
    organisations: int


@dataclass(frozen=True, slots=True)
class RoundResult:
    """A round of a ballot and what it came to; None while it lasts, or is not disclosed.

    `stability` compares it with the round before; None in the first one.
    """

    round: Round
    consensus: Consensus | None
    stability: Stability | None


@dataclass(frozen=True, slots=True)
class Item:
    """One ballot of an exercise or of its roundtables, and what it came to.

    `standing` is None where nothing of it is disclosed, `fixed_at` (when the first vote froze the
    rule) where not everything is. `consolidated_views` is how many views the positions of
    organisations consolidate; None also where people vote, and of a small number to the public.
    """

    ballot: Ballot
    roundtable_title: str | None
    standing: Standing | None
    fixed_at: datetime | None
    consolidated_views: int | None
    rounds: list[RoundResult]

    @property
    def ballot_id(self) -> UUID:
        """The key of the ballot."""
        return self.ballot.id


@dataclass(frozen=True, slots=True)
class Discussion:
    """How much was said about one kind of subject, without what moderators hid."""

    subject_kind: SubjectKind
    threads: int
    comments: int
    people: int


@dataclass(frozen=True, slots=True)
class DisposedThread:
    """A thread that something was decided on, with its themes."""

    thread: Thread
    themes: list[Theme]
    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of the reader's, and its end as of the report."""

    topic_id: UUID
    audience: Audience
    sequence: int


@dataclass(frozen=True, slots=True)
class Report:
    """What one reader may be told of an exercise; `statements` begin with the latest."""

    engagement: Engagement
    specification_title: str
    statements: list[ReportStatement]
    panel: list[PanelGroup]
    items: list[Item]
    discussions: list[Discussion]
    dispositions: list[DisposedThread]
    streams: list[Stream]

    @property
    def statement(self) -> ReportStatement | None:
        """What is stated at present."""
        return self.statements[0] if self.statements else None


_PLACE = (
    Topic.scopes,
    Topic.public,
    Topic.public_sequence,
    Topic.members_sequence,
    Topic.moderators_sequence,
)
# An exercise and its roundtables, by the index of scopes; and the exercise that each belongs to.
_INSIDE = Topic.scopes.bool_op("&&")(ids())
_HOST = func.coalesce(Roundtable.engagement_id, Topic.id)

ENGAGEMENTS = (
    select(Engagement, Specification.title.label("specification_title"), Topic.scopes, Topic.public)
    .join(Topic, Topic.id == Engagement.id)
    .join(Specification, Specification.id == Engagement.specification_id)
    .where(Engagement.id == func.any(ids()))
)
STATEMENTS = (
    select(ReportStatement)
    .where(ReportStatement.engagement_id == func.any(ids()))
    .order_by(ReportStatement.revision.desc())
)
STATEMENTS_BY_IDS = (
    select(ReportStatement, Engagement.state, Topic.scopes, Topic.public)
    .join(Engagement, Engagement.id == ReportStatement.engagement_id)
    .join(Topic, Topic.id == Engagement.id)
    .where(ReportStatement.id == func.any(ids()))
)
PANEL = (
    select(
        Constituency,
        func.count(Stakeholder.id).label("stakeholders"),
        func.count(Stakeholder.organisation_id.distinct()).label("organisations"),
    )
    .outerjoin(Stakeholder, Stakeholder.constituency_id == Constituency.id)
    .where(Constituency.engagement_id == func.any(ids()))
    .group_by(Constituency.id)
    .order_by(Constituency.position, Constituency.id)
)
BALLOTS = (
    select(Ballot, Roundtable.title, _HOST.label("engagement_id"), Topic.scopes, Topic.public)
    .join(Topic, Topic.id == Ballot.topic_id)
    .outerjoin(Roundtable, Roundtable.id == Topic.id)
    .where(_INSIDE, Ballot.opened_at.is_not(None), visible())
    .order_by(Ballot.id)
)
FIRST_VOTES = (
    select(Vote.ballot_id, func.min(CastVote.cast_at).label("fixed_at"))
    .join(CastVote, CastVote.vote_id == Vote.id)
    .where(Vote.ballot_id == func.any(ids()), CastVote.revision == 1)
    .group_by(Vote.ballot_id)
)
DISCUSSIONS = (
    select(
        _HOST.label("engagement_id"),
        Thread.subject_kind,
        func.count(Thread.id.distinct()).label("threads"),
        func.count(Comment.id).label("comments"),
        func.count(Comment.author_id.distinct()).label("people"),
    )
    .join(Topic, Topic.id == Thread.topic_id)
    .outerjoin(Roundtable, Roundtable.id == Topic.id)
    .join(Comment, Comment.thread_id == Thread.id)
    .where(_INSIDE, Comment.hidden_at.is_(None), visible())
    .group_by(_HOST, Thread.subject_kind)
    .order_by(Thread.subject_kind)
)
THREADS = (
    select(Thread, _HOST.label("engagement_id"))
    .join(Topic, Topic.id == Thread.topic_id)
    .outerjoin(Roundtable, Roundtable.id == Topic.id)
    .where(_INSIDE, visible())
    .order_by(Thread.id)
)
STREAMS = (
    select(Topic.id, _HOST.label("engagement_id"), *_PLACE)
    .outerjoin(Roundtable, Roundtable.id == Topic.id)
    .where(_INSIDE, visible())
    .order_by(Topic.id)
)


async def statements_by_ids(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[ReportStatement | None]:
    """Return statements, None for those whose report the viewer may not read."""
    rows = await session.execute(STATEMENTS_BY_IDS, {"ids": keys})
    shown = [row[0] for row in rows if readable(audience(viewer, row), row.state)]
    return in_order(keys, shown, lambda row: row.id)


async def of_engagements(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Report | None]:
    """Return the report of each exercise, None where the viewer may not read it yet."""
    told = [
        row
        for row in await session.execute(ENGAGEMENTS, {"ids": keys})
        if readable(audience(viewer, row), row[0].state)
    ]
    shown = [row[0].id for row in told]
    parameters = {"ids": shown, **seen_by(viewer)}
    statements = grouped(
        shown, await session.scalars(STATEMENTS, {"ids": shown}), lambda row: row.engagement_id
    )
    panels = grouped(
        shown, await session.execute(PANEL, {"ids": shown}), lambda row: row[0].engagement_id
    )
    items = await _items(session, viewer, shown)
    discussions = grouped(
        shown, await session.execute(DISCUSSIONS, parameters), lambda row: row.engagement_id
    )
    disposed = await _disposed(session, viewer, shown)
    streams = grouped(
        shown, await session.execute(STREAMS, parameters), lambda row: row.engagement_id
    )
    found = [
        Report(
            engagement=row[0],
            specification_title=row.specification_title,
            statements=statements[n],
            panel=[PanelGroup(*each) for each in panels[n]],
            items=items[n],
            discussions=[
                Discussion(each.subject_kind, each.threads, each.comments, each.people)
                for each in discussions[n]
            ],
            dispositions=disposed[n],
            streams=[_stream(viewer, each) for each in streams[n]],
        )
        for n, row in enumerate(told)
    ]
    return in_order(keys, found, lambda report: report.engagement.id)


async def _items(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[list[Item]]:
    rows = list(await session.execute(BALLOTS, {"ids": keys, **seen_by(viewer)}))
    ballots = [row[0].id for row in rows]
    standings = await of_ballots(session, viewer, ballots)
    fixed = {
        row.ballot_id: row.fixed_at for row in await session.execute(FIRST_VOTES, {"ids": ballots})
    }
    views = await consolidated_in(session, ballots)
    rounds = await rounds_of_ballots(session, viewer, ballots)
    items = {}
    for row, standing, of_ballot in zip(rows, standings, rounds, strict=True):
        ballot, reader = row[0], audience(viewer, row)
        everything = disclosed(reader, ballot.visibility, ballot.state) is Disclosure.EVERYTHING
        items[ballot.id] = Item(
            ballot=ballot,
            roundtable_title=row[1],
            standing=standing,
            # When somebody voted is told no earlier than what they voted, and where that is told.
            fixed_at=(
                fixed.get(ballot.id)
                if everything and ballot.secrecy is BallotSecrecy.NAMED
                else None
            ),
            consolidated_views=(
                _views(reader, ballot, views.get(ballot.id, 0)) if everything else None
            ),
            rounds=[_round(reader, ballot, each) for each in of_ballot],
        )
    return [
        [items[row[0].id] for row in group]
        for group in grouped(keys, rows, lambda row: row.engagement_id)
    ]


async def _disposed(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[DisposedThread]]:
    rows = list(await session.execute(THREADS, {"ids": keys, **seen_by(viewer)}))
    threads = [row[0].id for row in rows]
    decided = await dispositions.present(session, viewer, threads)
    about = await themes.of_threads(session, viewer, threads)
    found = {
        row[0].id: DisposedThread(row[0], named, disposition)
        for row, named, disposition in zip(rows, about, decided, strict=True)
        if disposition is not None
    }
    return [
        [found[row[0].id] for row in group if row[0].id in found]
        for group in grouped(keys, rows, lambda row: row.engagement_id)
    ]


def _views(reader: Audience | None, ballot: Ballot, number: int) -> int | None:
    if ballot.votes_by is VotesBy.PEOPLE:
        return None
    small = number < ballot.smallest_count
    return None if small and reader is Audience.PUBLIC else number


def _round(reader: Audience | None, ballot: Ballot, round_: Round) -> RoundResult:
    shown = round_disclosed(reader, ballot.visibility, ballot.state, ballot.feedback)
    # What is told to each elector of their own group is no part of a report.
    if round_.outcome is None or shown is not Feedback.ALL_GROUPS:
        return RoundResult(round_, None, None)
    still = stability(square(round_.shifts)) if round_.shifts else None
    return RoundResult(round_, restore(round_.outcome), still)


def _stream(viewer: Viewer, row: Any) -> Stream:
    reader = audience(viewer, row)
    if reader is None:
        raise RuntimeError("A stream was found that its reader may not know of.")
    return Stream(row.id, reader, sequences(row)[reader])

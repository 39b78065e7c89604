"""Reads of views: for whoever gave them, and for whoever casts the position of the organisation.

Nobody else is told what is in them, whatever is disclosed of the ballot: others see with an
official position how many it consolidates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Uuid,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from domain.consensus.choices import BallotKind
from domain.consensus.options import marks, width
from domain.database import Session
from domain.models.ballots import Ballot, Elector
from domain.models.engagements import Engagement
from domain.models.organisations import Organisation
from domain.models.roundtables import Invitation, Roundtable
from domain.models.stakeholders import Stakeholder
from domain.models.topics import Topic
from domain.models.views import View, ViewRevision, ViewState
from domain.models.votes import CastVote, Vote
from domain.permissions import Permission, Viewer, allowed
from domain.queries.ballots import INVITED, OPEN_NOW, with_host
from domain.queries.interests import COVERED
from domain.queries.pages import Page, Paged, Slice, ids, in_order

_OWN = bindparam("own_id", type_=Uuid())
# The viewer casts the position of an organisation in these.
_REPRESENTED = and_(
    Elector.person_id == _OWN, Elector.organisation_id.is_not(None), Elector.recused.is_(False)
)
_OF_ORGANISATION = and_(
    Elector.ballot_id == View.ballot_id, Elector.organisation_id == View.organisation_id
)
_STANDS = and_(View.round == Ballot.round, View.state == ViewState.GIVEN)

# A recused representative reads no views, so that none is left but who gave one.
BY_IDS = (
    select(View, func.coalesce(Elector.person_id, View.person_id).label("representative_id"))
    .outerjoin(Elector, and_(_OF_ORGANISATION, Elector.recused.is_(False)))
    .where(View.id == func.any(ids()))
)
OF_VIEWER = (
    select(View)
    .join(Ballot, Ballot.id == View.ballot_id)
    .where(View.ballot_id == func.any(ids()), View.person_id == _OWN, View.round == Ballot.round)
)
OF_BALLOTS = Paged(
    select(View)
    .join(Ballot, Ballot.id == View.ballot_id)
    .join(Elector, _OF_ORGANISATION)
    .where(_REPRESENTED, _STANDS),
    View,
    View.ballot_id,
)
# In which ballots somebody is a member of an organisation that votes: who speaks for it, and
# whether an interest recuses the member.
MEMBER = with_host(
    select(
        Ballot.id,
        Topic.scopes,
        Topic.public,
        Elector.organisation_id,
        Elector.person_id.label("representative_id"),
        Elector.recused.label("unrepresented"),
        literal_column(COVERED.format(person="stakeholders.person_id"), Boolean()).label("recused"),
        OPEN_NOW.label("open"),
    )
    .join(Topic, Topic.id == Ballot.topic_id)
    .join(Elector, Elector.ballot_id == Ballot.id)
    .join(Stakeholder, Stakeholder.organisation_id == Elector.organisation_id)
).where(
    Ballot.id == func.any(ids()),
    Stakeholder.person_id == _OWN,
    Stakeholder.engagement_id == func.coalesce(Engagement.id, Roundtable.engagement_id),
    or_(
        Roundtable.id.is_(None),
        exists().where(
            Invitation.roundtable_id == Roundtable.id,
            Invitation.person_id == _OWN,
            Invitation.state.in_(INVITED),
        ),
    ),
)
REPRESENTED = (
    select(Ballot.id, Ballot.kind, func.cardinality(Ballot.options).label("listed"))
    .join(Elector, Elector.ballot_id == Ballot.id)
    .where(Ballot.id == func.any(ids()), _REPRESENTED)
)
NOW = (
    select(View.ballot_id.label("key"), View.choice, View.options, func.count().label("given"))
    .join(Ballot, Ballot.id == View.ballot_id)
    .join(Elector, _OF_ORGANISATION)
    .where(View.ballot_id == func.any(ids()), _REPRESENTED, _STANDS)
    .group_by(View.ballot_id, View.choice, View.options)
)
ORGANISATIONS_OF = (
    select(Organisation, Vote.id.label("vote_id"))
    .join(Elector, Elector.organisation_id == Organisation.id)
    .join(Vote, and_(Vote.ballot_id == Elector.ballot_id, Vote.person_id == Elector.person_id))
    .where(Vote.id == func.any(ids()))
)
_CASTINGS = (
    select(
        CastVote.vote_id,
        CastVote.revision,
        Vote.person_id,
        Ballot.kind,
        func.cardinality(Ballot.options).label("listed"),
    )
    .join(Vote, Vote.id == CastVote.vote_id)
    .join(Ballot, Ballot.id == Vote.ballot_id)
    .join(Elector, and_(Elector.ballot_id == Ballot.id, Elector.person_id == Vote.person_id))
)
CASTINGS = _CASTINGS.where(
    CastVote.vote_id == func.any(ids()), Elector.organisation_id.is_not(None)
)
_NEXT = aliased(ViewRevision)


def _stood(moment: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
    """Return the condition that a revision of a view is what it was at a moment, and was given."""
    return and_(
        ViewRevision.state == ViewState.GIVEN,
        ViewRevision.at <= moment,
        ~exists().where(
            _NEXT.view_id == ViewRevision.view_id,
            _NEXT.revision == ViewRevision.revision + 1,
            _NEXT.at <= moment,
        ),
    )


_CONSOLIDATED = (
    _CASTINGS.join(View, and_(View.ballot_id == Ballot.id, View.round == Vote.round))
    .join(
        ViewRevision,
        and_(
            ViewRevision.view_id == View.id,
            ViewRevision.organisation_id == Elector.organisation_id,
        ),
    )
    .where(_stood(CastVote.cast_at))
)
CONSOLIDATED = (
    _CONSOLIDATED.with_only_columns(
        CastVote.vote_id,
        CastVote.revision,
        ViewRevision.choice,
        ViewRevision.options,
        func.count().label("given"),
    )
    .where(CastVote.vote_id == func.any(ids()))
    .group_by(CastVote.vote_id, CastVote.revision, ViewRevision.choice, ViewRevision.options)
)
# By the positions that count now.
CONSOLIDATED_IN = (
    _CONSOLIDATED.with_only_columns(Vote.ballot_id, func.count().label("given"))
    .where(
        Vote.ballot_id == func.any(ids()),
        Vote.round == Ballot.round,
        Vote.revision == CastVote.revision,
        Vote.stale.is_(False),
        Elector.recused.is_(False),
    )
    .group_by(Vote.ballot_id)
)


@dataclass(frozen=True, slots=True)
class ViewTally:
    """How many views there are, and of a ballot's kind the counts of them; None for most readers.

    Counts follow the choices of the kind, or `domain.consensus.options.marks`.
    """

    kind: BallotKind
    given: int
    counts: tuple[int, ...] | None


async def by_ids(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[View | None]:
    """Return views, None for those that are neither the viewer's own nor theirs to consolidate."""
    rows = await session.execute(BY_IDS, {"ids": keys})
    told = [
        view
        for view, representative_id in rows
        if viewer.is_person(view.person_id) | viewer.is_person(representative_id)
    ]
    return in_order(keys, told, lambda view: view.id)


async def of_viewer(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[View | None]:
    """Return the viewer's own view in each ballot's present round, None where there is none."""
    rows = await session.scalars(OF_VIEWER, {"ids": keys, "own_id": viewer.person_id})
    return in_order(keys, rows, lambda row: row.ballot_id)


async def of_ballots(
    session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page
) -> list[Slice[View]]:
    """Return the views that stand in each ballot and are the viewer's to consolidate."""
    return await OF_BALLOTS.slices(session, viewer, keys, page, own_id=viewer.person_id)


async def count_of_ballots(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[int]:
    """Return how many views in each ballot are the viewer's to consolidate."""
    return await OF_BALLOTS.counts(session, viewer, keys, own_id=viewer.person_id)


async def open_to_viewer(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[bool]:
    """Say for each ballot whether the viewer can give a view in it now."""
    rows = await session.execute(MEMBER, {"ids": keys, "own_id": viewer.person_id})
    found = {
        row.id
        for row in rows
        if row.open
        and not row.recused
        and row.representative_id != viewer.person_id
        and allowed(viewer, Permission.VOTE, row)
    }
    return [key in found for key in keys]


async def tallies_of_ballots(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[ViewTally | None]:
    """Return what the views come to that the viewer is to consolidate; None where none are."""
    parameters = {"ids": keys, "own_id": viewer.person_id}
    ballots = {row.id: row for row in await session.execute(REPRESENTED, parameters)}
    rows: dict[UUID, list[Any]] = defaultdict(list)
    if ballots:
        for row in await session.execute(NOW, parameters):
            rows[row.key].append(row)
    return [
        _tally(ballots[key], rows[key], counted=True) if key in ballots else None for key in keys
    ]


async def organisations_of(
    session: Session, _viewer: Viewer, keys: Sequence[UUID]
) -> list[Organisation | None]:
    """Return whose official position each vote is, None where somebody votes for themselves."""
    found = {row.vote_id: row[0] for row in await session.execute(ORGANISATIONS_OF, {"ids": keys})}
    return [found.get(key) for key in keys]


async def consolidated(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[dict[int, ViewTally] | None]:
    """Return what each vote consolidated, by its revision; None where it is no official position.

    How often something was said is for whose vote it is alone.
    """
    castings = list(await session.execute(CASTINGS, {"ids": keys}))
    rows: dict[tuple[UUID, int], list[Any]] = defaultdict(list)
    if castings:
        for row in await session.execute(CONSOLIDATED, {"ids": keys}):
            rows[row.vote_id, row.revision].append(row)
    found: dict[UUID, dict[int, ViewTally]] = defaultdict(dict)
    for casting in castings:
        found[casting.vote_id][casting.revision] = _tally(
            casting,
            rows[casting.vote_id, casting.revision],
            counted=viewer.is_person(casting.person_id),
        )
    return [found.get(key) for key in keys]


async def consolidated_in(session: Session, keys: Sequence[UUID]) -> dict[UUID, int]:
    """Return how many views the positions of each ballot consolidate, where there are any."""
    rows = await session.execute(CONSOLIDATED_IN, {"ids": keys})
    return {row.ballot_id: row.given for row in rows}


def _tally(asked: Any, rows: Sequence[Any], *, counted: bool) -> ViewTally:
    """Add up rows with a choice, or options, and how often it was given."""
    given = sum(row.given for row in rows)
    if not counted:
        return ViewTally(asked.kind, given, None)
    counts = [0] * width(asked.kind, asked.listed)
    for row in rows:
        if row.choice is not None:
            counts[row.choice] += row.given
        else:
            for place, mark in enumerate(marks(asked.kind, asked.listed, row.options)):
                counts[place] += mark * row.given
    return ViewTally(asked.kind, given, tuple(counts))

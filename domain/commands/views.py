"""Writes of views: given, changed and withdrawn by members of the organisations that vote.

Every command locks the ballot first, so that of each position it is certain which views came before
it. Views are told in the topics of two people: who gave one, and who casts the organisation's
position.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, TextClause, Uuid, bindparam, func, select, text

from domain.commands.deadlines import require_open
from domain.commands.electors import recused
from domain.consensus.choices import BallotKind, needs_reason, ordinal
from domain.consensus.options import require_among, require_distinct
from domain.errors import Conflict, Invalid, NotAllowed, NotFound
from domain.events import MEMBERS, Event, ViewGiven, ViewWithdrawn
from domain.lifecycle import HELD, BallotState
from domain.models.ballots import Ballot, Elector, VotesBy
from domain.models.views import View, ViewRevision, ViewState
from domain.permissions import Permission
from domain.queries.interests import COVERED
from domain.queries.pages import ids
from domain.queries.views import MEMBER
from domain.texts import REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

_HELD = ", ".join(repr(state.value) for state in HELD)
OWN = select(View).where(
    View.ballot_id == bindparam("ballot_id"),
    View.person_id == bindparam("person_id"),
    View.round == bindparam("round"),
)
REPRESENTATION = select(
    Elector.person_id.label("representative_id"), Elector.recused.label("unrepresented")
).where(
    Elector.ballot_id == bindparam("ballot_id"),
    Elector.organisation_id == bindparam("organisation_id"),
)
# Time goes on inside a transaction that waited for a lock.
MOMENT = select(func.clock_timestamp())


def _set_aside(condition: str) -> TextClause:
    """Return a statement that ends the views of present rounds that stand, and keeps that they did.

    Each row has a view, and who casts the position of its organisation.
    """
    return text(
        f"""
        WITH changed AS (
            UPDATE views SET state = :state, revision = views.revision + 1
            FROM ballots
            WHERE ballots.id = views.ballot_id AND views.round = ballots.round
              AND views.state = '{ViewState.GIVEN}' AND {condition}
            RETURNING views.*
        ), kept AS (
            INSERT INTO view_revisions (view_id, revision, organisation_id, choice, options,
                                        rationale, state, at)
            SELECT id, revision, organisation_id, choice, options, rationale, state,
                   clock_timestamp()
            FROM changed
        )
        SELECT changed.*, electors.person_id AS representative_id,
               electors.recused AS unrepresented
        FROM changed JOIN electors ON electors.ballot_id = changed.ballot_id
             AND electors.organisation_id = changed.organisation_id
        ORDER BY changed.id
        """
    ).bindparams(bindparam("state", type_=String()))


MAKE_STALE = _set_aside("ballots.id = ANY (:ids)").bindparams(ids())
RECUSE = _set_aside(
    f"views.person_id = :person_id AND ballots.state IN ({_HELD}) "
    f"AND {COVERED.format(person='views.person_id')}"
).bindparams(bindparam("person_id", type_=Uuid()))


async def give_view(
    uow: UnitOfWork,
    *,
    ballot_id: UUID,
    choice: str | None,
    options: Sequence[int] = (),
    rationale: str,
) -> UUID:
    """Tell one's organisation what its position should be in an open ballot; return the view's id.

    It is said as a vote is and needs a reason where a vote does, replaces what one said before and
    counts nowhere. Raises NotAllowed for who belongs to no organisation that votes, or casts its
    position themselves; Conflict where people vote, or where the ballot or what holds it is not
    open.
    """
    ballot = await _load(uow, ballot_id)
    member = await _member(uow, ballot)
    if member.recused:
        raise recused()
    await require_open(uow, ballot, "Giving a view")
    words = clean(rationale, "rationale", limit=REASON_LENGTH, required=False)
    place, chosen = _said(ballot, choice, options, explained=words != "")
    moment = (await uow.session.execute(MOMENT)).scalar_one()
    view = await _own(uow, ballot)
    if view is None:
        view = View(
            ballot_id=ballot.id,
            organisation_id=member.organisation_id,
            person_id=uow.actor_id,
            round=ballot.round,
            choice=place,
            options=chosen,
            rationale=words,
            given_at=moment,
        )
        await uow.add(view)
    else:
        view.organisation_id = member.organisation_id
        view.choice, view.options, view.rationale = place, chosen, words
        view.state = ViewState.GIVEN
        view.revision += 1
        view.given_at = moment
    await _keep(uow, view, moment)
    given = ViewGiven(
        view_id=view.id,
        ballot_id=ballot.id,
        organisation_id=view.organisation_id,
        round=view.round,
        choice=place,
        options=chosen,
        rationale=words,
        revision=view.revision,
    )
    _tell(uow, member, given)
    return view.id


async def withdraw_view(uow: UnitOfWork, *, ballot_id: UUID) -> UUID:
    """Let one's view in an open ballot stand no more; return its id. What was said is kept."""
    ballot = await _load(uow, ballot_id)
    await require_open(uow, ballot, "Withdrawing a view")
    view = await _own(uow, ballot)
    if view is None:
        await _member(uow, ballot)
    if view is None or view.state is ViewState.WITHDRAWN:
        raise Conflict("You have given no view in the present round of this ballot.")
    place = {"ballot_id": ballot.id, "organisation_id": view.organisation_id}
    representation = (await uow.session.execute(REPRESENTATION, place)).one()
    view.state = ViewState.WITHDRAWN
    view.revision += 1
    await _keep(uow, view, (await uow.session.execute(MOMENT)).scalar_one())
    _tell_withdrawn(uow, view, representation)
    return view.id


async def recuse_views(uow: UnitOfWork) -> None:
    """Withdraw the views of the actor in the ballots, which are locked, that an interest covers.

    To withdraw the interest does not bring them back: one can give one's view anew.
    """
    parameters = {"state": ViewState.WITHDRAWN, "person_id": uow.actor_id}
    for row in await uow.session.execute(RECUSE, parameters):
        _tell_withdrawn(uow, row, row)


async def make_views_stale(uow: UnitOfWork, ballot_ids: Sequence[UUID]) -> None:
    """Let no view stand of those in the present rounds of ballots, which are locked.

    Everybody is told by the event that makes votes stale.
    """
    await uow.session.execute(MAKE_STALE, {"state": ViewState.STALE, "ids": ballot_ids})


async def _load(uow: UnitOfWork, ballot_id: UUID) -> Ballot:
    """Lock a ballot in which organisations vote."""
    ballot = await uow.load(Ballot, ballot_id, Permission.VOTE)
    if ballot.state is BallotState.DRAFT:
        raise NotFound("There is no ballot with this id that you may see.", ("ballot_id",))
    if ballot.votes_by is not VotesBy.ORGANISATIONS:
        raise Conflict("In this ballot PEOPLE vote. Please cast your vote.")
    return ballot


async def _member(uow: UnitOfWork, ballot: Ballot) -> Any:
    """Return as whose member the actor is asked in a ballot; NotAllowed where they are not."""
    parameters = {"ids": [ballot.id], "own_id": uow.actor_id}
    member = (await uow.session.execute(MEMBER, parameters)).one_or_none()
    if member is None:
        raise NotAllowed(
            "Views are for those who take part for an organisation whose representative votes in "
            "this ballot."
        )
    if member.representative_id == uow.actor_id:
        raise NotAllowed("You cast the position of your organisation. Please cast your vote.")
    return member


async def _own(uow: UnitOfWork, ballot: Ballot) -> View | None:
    place = {"ballot_id": ballot.id, "person_id": uow.actor_id, "round": ballot.round}
    return (await uow.session.scalars(OWN, place)).one_or_none()


def _said(
    ballot: Ballot, choice: str | None, options: Sequence[int], *, explained: bool
) -> tuple[int | None, list[int] | None]:
    """Return the ordinal, or the options, of what is said; Invalid where no vote could say so."""
    kind = BallotKind(ballot.kind)
    if needs_reason(kind, choice, ballot.reason_policy) and not explained:
        what = "A view" if choice is None else f"The choice {choice}"
        raise Invalid(f"{what} needs a reason in this ballot. Please say why.", ("rationale",))
    if choice is not None:
        return ordinal(kind, choice), None
    require_distinct(options)
    require_among(kind, len(ballot.options), options)
    return None, list(options) if kind is BallotKind.RANKING else sorted(options)


async def _keep(uow: UnitOfWork, view: View, moment: datetime) -> None:
    await uow.add(
        ViewRevision(
            view_id=view.id,
            revision=view.revision,
            organisation_id=view.organisation_id,
            choice=view.choice,
            options=view.options,
            rationale=view.rationale,
            state=view.state,
            at=moment,
        )
    )


def _tell_withdrawn(uow: UnitOfWork, view: Any, representation: Any) -> None:
    withdrawn = ViewWithdrawn(
        view_id=view.id,
        ballot_id=view.ballot_id,
        organisation_id=view.organisation_id,
        round=view.round,
        revision=view.revision,
    )
    _tell(uow, representation, withdrawn)


def _tell(uow: UnitOfWork, representation: Any, event: Event) -> None:
    """Tell the actor of their view, and whoever casts the position of their organisation."""
    uow.emit(uow.actor_id, event, MEMBERS)
    if not representation.unrepresented:
        uow.emit(representation.representative_id, event, MEMBERS)

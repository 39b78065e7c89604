"""Who is an elector of a ballot, and what others are told who are not."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from domain.errors import NotAllowed
from domain.models.ballots import Ballot, Elector
from domain.unit_of_work import UnitOfWork

ELECTOR = select(Elector.constituency_id, Elector.recused).where(
    Elector.ballot_id == bindparam("ballot_id", type_=Uuid()),
    Elector.person_id == bindparam("person_id", type_=Uuid()),
)


def no_elector(*, whose: str = "You are") -> NotAllowed:
    """Return the refusal of somebody who is no elector; `whose` begins its sentence."""
    return NotAllowed(
        f"{whose} not among the electors of this ballot: they were entered when it was opened."
    )


def recused(*, whose: str = "You are") -> NotAllowed:
    """Return the refusal of an elector who declared an interest; `whose` begins its sentence."""
    return NotAllowed(f"{whose} recused from this ballot by an interest declared in its object.")


async def require_elector(uow: UnitOfWork, ballot: Ballot) -> UUID:
    """Return the constituency of the actor in a ballot; NotAllowed where they do not vote in it."""
    place = {"ballot_id": ballot.id, "person_id": uow.actor_id}
    elector = (await uow.session.execute(ELECTOR, place)).one_or_none()
    if elector is None:
        raise no_elector()
    if elector.recused:
        raise recused()
    constituency_id: UUID = elector.constituency_id
    return constituency_id


async def is_elector(uow: UnitOfWork, ballot: Ballot, person_id: UUID) -> bool:
    """Say whether somebody votes in a ballot."""
    place = {"ballot_id": ballot.id, "person_id": person_id}
    elector = (await uow.session.execute(ELECTOR, place)).one_or_none()
    return elector is not None and not elector.recused

"""The question to the board, renewed when the text that it is asked about was revised."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from domain.commands.stale_votes import make_votes_stale
from domain.events.endorsements import EndorsementRenewed
from domain.lifecycle.endorsements import EndorsementState
from domain.models.endorsements import Endorsement
from domain.models.specifications import Specification
from domain.unit_of_work import UnitOfWork

OPEN = select(Endorsement).where(
    Endorsement.specification_id == bindparam("specification_id"),
    Endorsement.state == EndorsementState.OPEN,
)


async def renew_endorsement(uow: UnitOfWork, specification: Specification) -> None:
    """Ask the board about a new candidate, where it is being asked about the one before.

    Its positions no longer count until they are taken again.
    """
    about = {"specification_id": specification.id}
    endorsement = (await uow.session.scalars(OPEN, about)).one_or_none()
    if endorsement is None or endorsement.content_hash == specification.content_hash:
        return
    endorsement.content_hash = text_hash(specification)
    endorsement.revision += 1
    await make_votes_stale(uow, {specification.id: (specification.id, specification.revision)})
    uow.emit(
        specification.id,
        EndorsementRenewed(endorsement_id=endorsement.id, content_hash=endorsement.content_hash),
    )


def text_hash(specification: Specification) -> str:
    """Return the hash of a candidate's locked text."""
    if specification.content_hash is None:
        raise RuntimeError("A candidate's text is hashed.")
    return specification.content_hash

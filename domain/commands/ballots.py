"""Writes of ballots: drafting, opening to an electorate, closing with an outcome."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Uuid, bindparam, text

from domain.consensus.choices import BallotKind, choices
from domain.events import MEMBERS, ElectorAdded
from domain.unit_of_work import UnitOfWork

_CASES = " ".join(f"WHEN '{kind}' THEN {len(choices(kind))}" for kind in BallotKind)

# One elector more in every open ballot of a topic that still takes some. The ballots are locked in
# the order of their ids, so a vote and a close are either before this or after it.
ADMIT = text(
    f"""
    WITH growing AS (
        SELECT id, CASE kind {_CASES} END AS width
        FROM ballots
        WHERE topic_id = :topic_id AND state = 'OPEN' AND electorate_grows
        ORDER BY id FOR NO KEY UPDATE
    ), entered AS (
        INSERT INTO electors (ballot_id, person_id, constituency_id)
        SELECT id, :person_id, :constituency_id FROM growing
        ON CONFLICT DO NOTHING
        RETURNING ballot_id
    ), grown AS (
        INSERT INTO tallies (ballot_id, constituency_id, eligible, counts)
        SELECT id, :constituency_id, 1, array_fill(0::bigint, ARRAY[width])
        FROM growing JOIN entered ON ballot_id = id
        ON CONFLICT (ballot_id, constituency_id) DO UPDATE SET eligible = tallies.eligible + 1
    )
    SELECT ballot_id FROM entered ORDER BY ballot_id
    """
).bindparams(
    bindparam("topic_id", type_=Uuid()),
    bindparam("person_id", type_=Uuid()),
    bindparam("constituency_id", type_=Uuid()),
)


async def admit(uow: UnitOfWork, *, topic_id: UUID, person_id: UUID, constituency_id: UUID) -> None:
    """Enter somebody who joins in the electorate of every open ballot of a topic that grows.

    The caller holds the lock of the exercise or roundtable, so that no ballot opens meanwhile. Who
    is an elector already stays one, in the constituency that they were entered in.
    """
    parameters = {
        "topic_id": topic_id,
        "person_id": person_id,
        "constituency_id": constituency_id,
    }
    for ballot_id in (await uow.session.execute(ADMIT, parameters)).scalars():
        uow.emit(
            topic_id,
            ElectorAdded(ballot_id=ballot_id, person_id=person_id, constituency_id=constituency_id),
            MEMBERS,
        )

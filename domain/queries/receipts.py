"""Reads of receipts: the list that is published when a ballot is closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, union_all

from domain.database import Session
from domain.lifecycle import CONCLUDED
from domain.models.ballots import Ballot
from domain.models.papers import PaperReceipt
from domain.models.topics import Topic
from domain.models.votes import VoteReceipt
from domain.permissions import Viewer
from domain.queries.pages import ids, seen_by, visible

CLOSED = (
    select(Ballot.id)
    .join(Topic, Topic.id == Ballot.topic_id)
    .where(Ballot.id == func.any(ids()), Ballot.state.in_(CONCLUDED), visible())
)
OF_BALLOTS = union_all(
    *(
        select(each.ballot_id, each.commitment.label("commitment")).where(
            each.ballot_id == func.any(ids())
        )
        for each in (VoteReceipt, PaperReceipt)
    )
).order_by("commitment")


async def of_ballots(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[list[str] | None]:
    """Return the sorted commitments of each ballot that is over, None for any other.

    Before, they would tell when somebody voted.
    """
    closed = list(await session.scalars(CLOSED, {"ids": keys, **seen_by(viewer)}))
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in await session.execute(OF_BALLOTS, {"ids": closed}):
        found[row.ballot_id].append(row.commitment)
    return [found[key] if key in closed else None for key in keys]

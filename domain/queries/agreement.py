"""How far those who voted in an exercise agree with each other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from domain.consensus.agreement import Agreement, agreement
from domain.consensus.choices import BallotKind
from domain.database import Session
from domain.permissions import Viewer
from domain.queries import opinions

# The values by ordinal; what is None is no answer. To agree is more than to disagree.
_RATINGS = (*range(1, 10), None)
_ANSWERS = (1, 0, None)


async def of_ratings(session: Session, viewer: Viewer, keys: Sequence[UUID]) -> list[Agreement]:
    """Return the agreement over the rating ballots of each exercise that the viewer may know of."""
    return await _of(session, viewer, keys, BallotKind.RATING, _RATINGS)


async def of_sense_checks(
    session: Session, viewer: Viewer, keys: Sequence[UUID]
) -> list[Agreement]:
    """Return the agreement over the sense checks of each exercise that the viewer may know of."""
    return await _of(session, viewer, keys, BallotKind.SENSE_CHECK, _ANSWERS)


async def _of(
    session: Session,
    viewer: Viewer,
    keys: Sequence[UUID],
    kind: BallotKind,
    values: Sequence[int | None],
) -> list[Agreement]:
    tables = [
        [
            [values[chosen[ballot]] if ballot in chosen else None for ballot in found.ballots]
            for chosen in found.votes.values()
        ]
        for found in await opinions.of_engagements(session, viewer, keys, kind)
    ]
    # Many votes take long enough to count that nobody else should wait for it.
    return await asyncio.to_thread(lambda: [agreement(table) for table in tables])

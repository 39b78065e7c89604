"""Reads of the evidence of streams: commitments, signatures of their heads, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, String, and_, bindparam, column, func, select

from domain.database import Session
from domain.events import BallotClosed, BallotDropped, BallotOpened, RoundClosed
from domain.evidence import HALF, fact
from domain.models.seals import Commitment, Seal
from domain.models.topics import StoredEvent
from domain.queries.pages import grouped, ids
from domain.queries.reports import Stream

OPENED = tuple(each.kind for each in (BallotOpened, RoundClosed, BallotClosed, BallotDropped))
"""Kinds of events that evidence shows, so that the figures of ballots can be compared with them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A commitment of a stream; `fact` and the half of the salt that it needs, where it is shown.

    `erased` says that the event is forgotten, so that nobody can show it any more.
    """

    sequence: int
    digest: bytes
    erased: bool
    salt: bytes | None
    fact: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Chain:
    """The commitments of a stream up to its end in a report, and every seal of its heads."""

    stream: Stream
    entries: list[Entry]
    seals: list[Seal]


_ENDS = (
    func.unnest(
        ids("topic_ids"),
        bindparam("audiences", type_=ARRAY(String())),
        bindparam("ends", type_=ARRAY(BigInteger())),
    )
    .table_valued(
        column("topic_id", Commitment.topic_id.type),
        column("audience", String()),
        column("sequence", BigInteger()),
    )
    .render_derived(name="wanted")
)
ENTRIES = (
    select(Commitment, StoredEvent)
    .join(
        _ENDS,
        and_(
            Commitment.topic_id == _ENDS.c.topic_id,
            Commitment.audience == _ENDS.c.audience,
            Commitment.sequence <= _ENDS.c.sequence,
        ),
    )
    .outerjoin(
        StoredEvent,
        and_(
            StoredEvent.topic_id == Commitment.topic_id,
            StoredEvent.audience == Commitment.audience,
            StoredEvent.sequence == Commitment.sequence,
            StoredEvent.kind.in_(OPENED),
        ),
    )
    .order_by(Commitment.sequence)
)
SEALS = (
    select(Seal)
    .join(
        _ENDS,
        and_(
            Seal.topic_id == _ENDS.c.topic_id,
            Seal.audience == _ENDS.c.audience,
            Seal.sequence <= _ENDS.c.sequence,
        ),
    )
    .order_by(Seal.sequence)
)


async def of_streams(session: Session, streams: Sequence[Stream]) -> list[Chain]:
    """Return the evidence of streams that were sealed up to their ends."""
    topics = [stream.topic_id for stream in streams]
    parameters = {
        "topic_ids": topics,
        "audiences": [stream.audience.value for stream in streams],
        "ends": [stream.sequence for stream in streams],
    }
    entries = grouped(
        topics, await session.execute(ENTRIES, parameters), lambda row: row[0].topic_id
    )
    seals = grouped(topics, await session.scalars(SEALS, parameters), lambda row: row.topic_id)
    return [
        Chain(stream, [_entry(*row) for row in rows], sealed)
        for stream, rows, sealed in zip(streams, entries, seals, strict=True)
    ]


def _entry(committed: Commitment, event: StoredEvent | None) -> Entry:
    salt = committed.salt
    shown = None
    if salt is not None and event is not None:
        shown = fact(
            stream=(event.topic_id, event.audience.value),
            sequence=event.sequence,
            kind=event.kind,
            data=event.data,
            at=event.at,
            actor_id=event.actor_id,
            salt=salt,
        )
    return Entry(
        committed.sequence,
        committed.digest,
        erased=salt is None,
        salt=None if salt is None or shown is None else salt[:HALF],
        fact=shown,
    )

"""Sealing of streams: commitments to what is new in them, in one batch, and a signed head.

Nobody who votes waits for it: it reads committed events, and writes to tables of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, func, insert, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.database import Database
from domain.evidence import beginning, commitment, fact, link, new_salt
from domain.models.ballots import Ballot
from domain.models.seals import Commitment, Seal
from domain.models.topics import StoredEvent, Topic
from domain.permissions import Audience
from domain.queries.consensus import sequences
from domain.queries.pages import ids

Sign = Callable[[Mapping[str, Any]], str]
"""Signs a statement that is a JSON object; returns the signature with the statement in it."""
Stream = tuple[UUID, Audience]
BATCH = 2_000
"""Events that are in memory at once."""

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:stream, 0))")
LAST = (
    select(Commitment.sequence, Commitment.head)
    .where(
        Commitment.topic_id == bindparam("topic_id"),
        Commitment.audience == bindparam("audience"),
        Commitment.sequence <= bindparam("end"),
    )
    .order_by(Commitment.sequence.desc())
    .limit(1)
)
LAST_SEQUENCE = 2**63 - 1
SEALED = (
    select(Seal.topic_id, Seal.audience, func.max(Seal.sequence).label("sequence"))
    .where(Seal.topic_id == func.any(ids("topic_ids")))
    .group_by(Seal.topic_id, Seal.audience)
)
_SEALED = (
    select(func.coalesce(func.max(Seal.sequence), 0))
    .where(Seal.topic_id == Topic.id, Seal.audience == Audience.MODERATORS)
    .scalar_subquery()
)
# A ballot is closed by an event that follows the sequence that its outcome is as of.
UNSEALED = (
    select(Topic.id, Topic.public_sequence, Topic.members_sequence, Topic.moderators_sequence)
    .join(Ballot, Ballot.topic_id == Topic.id)
    .where(
        sql_cast(Ballot.outcome["as_of"][Audience.MODERATORS.value].astext, BigInteger) >= _SEALED
    )
    .distinct()
)


async def seal(database: Database, ends: Mapping[Stream, int], sign: Sign) -> None:
    """Vouch for streams up to these sequences; where all are sealed already, nothing is written."""
    async with database.read() as session:
        found = await session.execute(SEALED, {"topic_ids": [topic for topic, _ in ends]})
    sealed = {((row.topic_id, row.audience), row.sequence) for row in found}
    for stream, end in sorted(ends.items()):
        if end == 0 or (stream, end) in sealed:
            continue
        # Each batch is committed by itself: a long transaction would slow down who votes meanwhile.
        while True:
            async with _alone(database, stream) as session:
                if not await _go_on(session, stream, end):
                    await _sign(session, stream, end, sign)
                    break


async def seal_closed(database: Database, sign: Sign) -> int:
    """Vouch for all streams of topics in which a ballot was closed since; return how many."""
    async with database.read() as session:
        found = await session.execute(UNSEALED)
    ends = {(row.id, reader): end for row in found for reader, end in sequences(row).items()}
    await seal(database, ends, sign)
    return len(ends)


@asynccontextmanager
async def _alone(database: Database, stream: Stream) -> AsyncIterator[AsyncSession]:
    """Give a transaction in which nobody else makes the chain of a stream."""
    async with database.session() as session, session.begin():
        await session.execute(LOCK, {"stream": f"{stream[0]} {stream[1]}"})
        yield session


async def _go_on(session: AsyncSession, stream: Stream, end: int) -> bool:
    """Commit to the next events of a stream; say whether there were any."""
    last = await _last(session, stream, LAST_SEQUENCE)
    done, head = (0, beginning(*stream)) if last is None else (last.sequence, last.head)
    rows = _commitments(stream, head, await _events(session, stream, done, end))
    if rows:
        await session.execute(insert(Commitment), rows)
    return bool(rows)


async def _sign(session: AsyncSession, stream: Stream, end: int, sign: Sign) -> None:
    # The chain may have gone on meanwhile, or its end have been forgotten before it was sealed.
    last = await _last(session, stream, end)
    if last is None:
        return
    topic_id, audience = stream
    now = datetime.now(UTC)
    statement = {
        "topic_id": str(topic_id),
        "audience": audience.value,
        "sequence": last.sequence,
        "head": last.head.hex(),
        "at": now.isoformat(),
    }
    await session.execute(
        upsert(Seal)
        .values(
            topic_id=topic_id,
            audience=audience,
            sequence=last.sequence,
            signature=sign(statement),
            at=now,
        )
        .on_conflict_do_nothing()
    )


async def _last(session: AsyncSession, stream: Stream, end: int) -> Any:
    return (
        await session.execute(LAST, {"topic_id": stream[0], "audience": stream[1], "end": end})
    ).one_or_none()


async def _events(
    session: AsyncSession, stream: Stream, after: int, end: int
) -> Iterable[StoredEvent]:
    topic_id, audience = stream
    return await session.scalars(
        select(StoredEvent)
        .where(
            StoredEvent.topic_id == topic_id,
            StoredEvent.audience == audience,
            StoredEvent.sequence > after,
            StoredEvent.sequence <= end,
        )
        .order_by(StoredEvent.sequence)
        .limit(BATCH)
    )


def _commitments(
    stream: Stream, head: bytes, events: Iterable[StoredEvent]
) -> list[dict[str, Any]]:
    topic_id, audience = stream
    rows = []
    for event in events:
        salt = new_salt()
        meant = fact(
            stream=stream,
            sequence=event.sequence,
            kind=event.kind,
            data=event.data,
            at=event.at,
            actor_id=event.actor_id,
            salt=salt,
        )
        digest = commitment(meant, salt)
        head = link(head, event.sequence, digest)
        rows.append(
            {
                "topic_id": topic_id,
                "audience": audience,
                "sequence": event.sequence,
                "salt": salt,
                "digest": digest,
                "head": head,
            }
        )
    return rows

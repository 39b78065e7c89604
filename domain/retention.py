"""Forgets old events, as the owner of the tables: the application itself may not."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, text

from domain.migrations import owner_engine
from domain.models.base import Record

# Always a whole beginning of a stream, so that what is left has no gap. Who resumes from a cursor
# before it is reset.
FORGET = text(
    """
    DELETE FROM events USING (
        SELECT topic_id, audience, max(sequence) AS last
        FROM events WHERE at < :before GROUP BY topic_id, audience
    ) AS old
    WHERE events.topic_id = old.topic_id AND events.audience = old.audience
      AND events.sequence <= old.last
    """
).bindparams(bindparam("before", type_=Record.type_annotation_map[datetime]))

# A commitment without its salt tells nothing; the chain that it is part of still holds.
ERASE = text(
    """
    UPDATE commitments SET salt = NULL
    WHERE salt IS NOT NULL AND NOT EXISTS (
        SELECT FROM events
        WHERE events.topic_id = commitments.topic_id AND events.audience = commitments.audience
          AND events.sequence = commitments.sequence)
    """
)


async def forget(owner_url: str, before: datetime) -> int:
    """Remove the events before a moment; return how many there were."""
    engine = owner_engine(owner_url)
    async with engine.begin() as connection:
        removed = (await connection.execute(FORGET, {"before": before})).rowcount
        await connection.execute(ERASE)
    await engine.dispose()
    return removed

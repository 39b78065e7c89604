"""What the clocks of roundtables still miss for their next step."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Integer, cast, exists, func, select
from sqlalchemy.orm import aliased

from domain.database import Session
from domain.lifecycle import EngagementState, Facts
from domain.models.agenda_items import AgendaItem
from domain.models.roundtables import Roundtable
from domain.permissions import Viewer
from domain.queries.pages import ids

_PRESENT = aliased(AgendaItem)
_ITEMS = exists().where(AgendaItem.roundtable_id == Roundtable.id).correlate(Roundtable)
_FOLLOWING = (
    exists()
    .where(
        _PRESENT.id == Roundtable.clock_item_id,
        AgendaItem.roundtable_id == Roundtable.id,
        AgendaItem.position > _PRESENT.position,
    )
    .correlate(Roundtable)
)

MISSING = ("roundtable_not_open", "items_missing", "items_following_missing")
FACTS = select(
    Roundtable.id,
    cast(Roundtable.state != EngagementState.OPEN, Integer).label("roundtable_not_open"),
    cast(~_ITEMS, Integer).label("items_missing"),
    cast(~_FOLLOWING, Integer).label("items_following_missing"),
).where(Roundtable.id == func.any(ids()))


async def facts(session: Session, _viewer: Viewer, keys: Sequence[UUID]) -> list[Facts]:
    """Return what the clock of each roundtable misses, as its lifecycle names it."""
    found = {row.id: row for row in await session.execute(FACTS, {"ids": keys})}
    return [{name: getattr(found[key], name) for name in MISSING} for key in keys]

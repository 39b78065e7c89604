"""Seals the logs of ballots soon after they were closed, while a process runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from api.reports.notary import Notary
from domain.commands.seals import seal_closed
from domain.database import Database

INTERVAL = 5.0  # seconds between two looks at what was closed

log = structlog.get_logger(__name__)


@asynccontextmanager
async def sealing(database: Database, notary: Notary) -> AsyncIterator[None]:
    """Seal what is closed, now and then, for the length of the block."""
    task = asyncio.create_task(_seal_for_ever(database, notary))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _seal_for_ever(database: Database, notary: Notary) -> None:
    while True:
        await asyncio.sleep(INTERVAL)
        try:
            await seal_closed(database, notary.sign)
        except Exception as error:
            # What was not sealed is found at the next look.
            log.warning("sealing.delayed", exc_info=error)

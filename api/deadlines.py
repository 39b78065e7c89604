"""The clock of a process: it looks every second for ballots that are to open or to close."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from domain.commands.due import step_what_is_due
from domain.database import Database

INTERVAL = 1.0
"""Seconds between two looks; votes are refused from the deadline on, whenever that is noticed."""

log = structlog.get_logger(__name__)


class Deadlines:
    """Takes the steps that are due for as long as the process runs, beside those of others."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="deadlines")

    async def stop(self) -> None:
        """End; a step that is under way is taken back, and is another process's to take."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            try:
                await step_what_is_due(self._database)
            except Exception as error:
                # An outage, or somebody who changed the same thing: what is due stays due.
                log.warning("deadlines.delayed", exc_info=error)
            await asyncio.sleep(INTERVAL)

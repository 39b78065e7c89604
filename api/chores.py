"""What a process does by itself for as long as it runs, beside others that do the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

import structlog

from api.reports.notary import Notary
from domain.commands.due import (
    lapse_what_is_due,
    launch_what_is_due,
    review_what_is_due,
    step_what_is_due,
)
from domain.commands.seals import seal_closed
from domain.database import Database

DEADLINES = 1.0
"""Seconds between two looks for ballots that are to open or to close.

Votes are refused from the deadline on, whenever that is noticed.
"""
DAYS = 60.0
"""Seconds between two looks for what happens by the day: launches, reviews, ends of approvals."""
SEALING = 5.0
"""Seconds between two looks for closed ballots whose logs are to be sealed."""

log = structlog.get_logger(__name__)


@asynccontextmanager
async def chores(database: Database, notary: Notary) -> AsyncIterator[None]:
    """Step what is due, and seal what is closed, for the length of the block."""
    async with (
        repeating("deadlines", DEADLINES, partial(step_what_is_due, database)),
        repeating("launches", DAYS, partial(launch_what_is_due, database)),
        repeating("periodic reviews", DAYS, partial(review_what_is_due, database)),
        repeating("approvals", DAYS, partial(lapse_what_is_due, database)),
        repeating("sealing", SEALING, partial(seal_closed, database, notary.sign)),
    ):
        yield


@asynccontextmanager
async def repeating(
    name: str, seconds: float, work: Callable[[], Awaitable[object]]
) -> AsyncIterator[None]:
    """Do some work again and again for the length of the block, with so many seconds in between.

    What is under way at the end is taken back. Whatever goes wrong is logged by the name of the
    work, and done the next time: an outage, or somebody who changed the same thing.
    """

    async def go_on() -> None:
        while True:
            try:
                await work()
            except Exception as error:
                log.warning("chore.delayed", chore=name, exc_info=error)
            await asyncio.sleep(seconds)

    task = asyncio.create_task(go_on(), name=name)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

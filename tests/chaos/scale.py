"""How much the tests of faults do: a little in every run, the whole bar in `make chaos`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TypeVar

LONG = os.environ.get("CONCORDAT_CHAOS") == "long"
PATIENCE = 600.0 if LONG else 60.0
"""Seconds that what must come may take."""

T = TypeVar("T")


def scaled(short: T, long: T) -> T:
    """Choose between what every run does and what the long one does."""
    return long if LONG else short


async def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something that tells nobody when it happens; TimeoutError when it does not."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)


def report(sentence: str) -> None:
    """Tell what was measured; `make chaos` shows it."""
    print(f"\n{sentence}")  # noqa: T201 - this is what it is for

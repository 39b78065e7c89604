"""What the tests of the live side share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from domain.database import Database
from tests.subscriptions.live import Live, process


@pytest.fixture
async def live(database: Database) -> AsyncIterator[Live]:
    """Run the live side of one process over the test's database."""
    async with process(database) as running:
        yield running

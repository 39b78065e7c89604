"""What the tests of faults share: two processes of the product over the database of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.worker import Worker, environment, processes
from tests.conftest import Server


@pytest.fixture
async def workers(
    server: Server, database_name: str, tmp_path: Path
) -> AsyncIterator[list[Worker]]:
    """Run two processes; people are known by the key in `tmp_path`."""
    settings = environment(server.server.url("concordat_app", database_name), tmp_path)
    async with processes(settings, 2) as running:
        yield running

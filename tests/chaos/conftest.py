"""What the tests of faults share: processes of the product over the database of the test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.worker import Worker, environment, processes
from tests.conftest import Server


@pytest.fixture
def settings(server: Server, database_name: str, tmp_path: Path) -> dict[str, str]:
    """Return the settings of a process; people are known by the key in `tmp_path`."""
    return environment(server.server.url("concordat_app", database_name), tmp_path)


@pytest.fixture
async def served(settings: dict[str, str]) -> AsyncIterator[Worker]:
    """Run one process."""
    async with processes(settings, 1) as [running]:
        yield running


@pytest.fixture
async def workers(settings: dict[str, str]) -> AsyncIterator[list[Worker]]:
    """Run two processes."""
    async with processes(settings, 2) as running:
        yield running

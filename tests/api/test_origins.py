"""Which pages of other hosts may use the API from a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from api import auth
from api.app import create_app
from api.process import Process
from api.settings import Settings
from domain.database import Database
from tests.api.toy import connect
from tests.subscriptions.live import process

ONE = "https://one.example"
PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization, content-type",
}


@asynccontextmanager
async def open_to(
    database: Database, folder: Path, *origins: str
) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(data_folder=folder, origins=frozenset(origins))
    async with process(database) as live:
        tokens = auth.tokens(settings)
        part = Process(
            settings, database, live.wakeups, live.presence, live.hub, tokens, live.quota
        )
        async with connect(create_app(part)) as client:
            yield client


async def test_pages_of_a_named_host_may_ask(database: Database, tmp_path: Path) -> None:
    async with open_to(database, tmp_path, ONE) as client:
        asked = await client.options("/graphql", headers={"origin": ONE, **PREFLIGHT})
        answer = await client.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"origin": ONE}
        )

    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == ONE
    assert answer.headers["access-control-allow-origin"] == ONE
    assert "origin" in answer.headers["vary"].lower()


@pytest.mark.parametrize("named", [[], [ONE]])
async def test_pages_of_other_hosts_may_not(
    database: Database, tmp_path: Path, named: list[str]
) -> None:
    headers = {"origin": "https://two.example"}
    async with open_to(database, tmp_path, *named) as client:
        asked = await client.options("/graphql", headers=headers | PREFLIGHT)
        answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)

    assert asked.status_code >= 400
    assert "access-control-allow-origin" not in asked.headers
    assert "access-control-allow-origin" not in answer.headers

"""Health, and what clients are told while the database is away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from api import auth
from api.app import create_app
from api.process import Process
from api.settings import Settings
from domain import embedded, migrations
from domain.database import Database, create_engine
from tests.subscriptions.live import process
from tests.world import World, build


class Setting:
    """An application over a server of its own, which a test may stop."""

    def __init__(self, server: embedded.EmbeddedServer, world: World, part: Process) -> None:
        self.server = server
        self.world = world
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(create_app(part)), base_url="http://test"
        )
        token = part.tokens.sign(world.people["nurse1"], timedelta(hours=1))
        self.headers = {"authorization": f"Bearer {token}"}

    async def ask(self) -> httpx.Response:
        """Ask who is asking."""
        return await self.client.post(
            "/graphql", json={"query": "{ viewer { name } }"}, headers=self.headers
        )


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    server = embedded.start(tmp_path / "data", durable=False)
    await migrations.upgrade(server.owner_url)
    database = Database(create_engine(server.app_url))
    world = await build(database)
    settings = Settings(data_folder=tmp_path / "keys")
    async with process(database) as live:
        yield Setting(
            server,
            world,
            Process(
                settings,
                database,
                live.wakeups,
                live.presence,
                live.hub,
                auth.tokens(settings),
                live.quota,
            ),
        )
    await database.close()
    server.stop()


async def test_a_database_that_is_away_is_said_so_and_found_again(
    setting: Setting, tmp_path: Path
) -> None:
    before = [await setting.client.get("/readyz"), await setting.ask()]
    setting.server.stop()
    away = [await setting.client.get("/readyz"), await setting.ask()]
    alive = await setting.client.get("/livez")
    back = embedded.start(tmp_path / "data", durable=False)
    after = [await setting.client.get("/readyz"), await setting.ask()]
    back.stop()

    assert [each.status_code for each in before] == [200, 200]
    assert [each.status_code for each in away] == [503, 503]
    assert "away for a moment" in away[1].text
    assert away[1].headers["retry-after"] == "1"
    assert alive.status_code == 200
    assert [each.status_code for each in after] == [200, 200]
    assert after[1].json() == {"data": {"viewer": {"name": "Nurse1"}}}


async def test_a_token_of_somebody_who_is_not_here_is_refused(setting: Setting) -> None:
    response = await setting.client.post(
        "/graphql",
        json={"query": "{ viewer { name } }"},
        headers={"authorization": "Bearer nonsense"},
    )

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert "sign in again" in response.text

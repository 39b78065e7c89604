"""The real application over a test's database: its HTTP, its sockets and its tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from api import auth
from api.app import create_app
from api.auth import Tokens
from api.process import Process
from api.settings import Settings
from tests.api.furnished import Furnished
from tests.api.inputs import document
from tests.api.toy import connect
from tests.subscriptions.live import process


@dataclass(frozen=True)
class Site:
    """One running application."""

    app: Starlette
    client: httpx.AsyncClient
    tokens: Tokens
    furnished: Furnished

    def bearer(self, name: str, hours: float = 1.0) -> str:
        """Return what somebody of the world sends as `authorization`."""
        person = self.furnished.world.people[name]
        return f"Bearer {self.tokens.sign(person, timedelta(hours=hours))}"

    async def ask(self, name: str | None, query: str, **variables: Any) -> httpx.Response:
        """Ask over HTTP as somebody; None is a visitor."""
        return await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={} if name is None else {"authorization": self.bearer(name)},
        )

    async def change(self, name: str | None, mutation: str, input: dict[str, Any]) -> Any:
        """Run a mutation over HTTP; return its payload or its refusal, or the first error."""
        response = await self.ask(name, document(mutation), input=input)
        assert response.status_code in {200, 400}, response.text
        result = response.json()
        if errors := result.get("errors"):
            extensions = errors[0]["extensions"]
            return {"message": errors[0]["message"], "path": [], **extensions}
        return result["data"][mutation]


@asynccontextmanager
async def site(furnished: Furnished, folder: Path) -> AsyncIterator[Site]:
    """Run the application for the length of the block."""
    database = furnished.world.database
    settings = Settings(data_folder=folder, graphiql=False)
    async with process(database) as live:
        tokens = auth.tokens(settings)
        part = Process(
            settings, database, live.wakeups, live.presence, live.hub, tokens, live.quota
        )
        app = create_app(part)
        async with connect(app) as client:
            yield Site(app, client, tokens, furnished)

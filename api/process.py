"""What a process needs while it runs: the database, wake-ups, presence and tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api import auth
from api.auth import Tokens
from api.settings import Settings, SettingsError
from domain import embedded, migrations
from domain.database import APP_ROLE, Database, create_engine
from subscriptions.presence import Presence
from subscriptions.wakeup import Wakeups

OLDEST_POSTGRES = 150_000
ROLE = text(
    """
    SELECT current_setting('server_version_num')::int AS version, current_user AS role,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
           pg_get_userbyid((SELECT relowner FROM pg_class WHERE oid = to_regclass('events')))
               AS owner
    """
)


@dataclass(frozen=True)
class Process:
    """The parts of a running process, started in this order and stopped in the other."""

    settings: Settings
    database: Database
    wakeups: Wakeups
    presence: Presence
    tokens: Tokens


@dataclass(frozen=True)
class Addresses:
    """Where the database is, for the application and for its owner."""

    app: str
    owner: str


@asynccontextmanager
async def addresses(settings: Settings) -> AsyncIterator[Addresses]:
    """Give the addresses of the database; the embedded server runs as long as somebody uses it."""
    if settings.database_url is not None:
        yield Addresses(settings.database_url, settings.database_owner_url or settings.database_url)
        return
    server = await asyncio.to_thread(embedded.start, settings.data_folder)
    try:
        yield Addresses(server.app_url, server.owner_url)
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def running(settings: Settings, *, migrate: bool = False) -> AsyncIterator[Process]:
    """Run everything but the server itself.

    The embedded database is migrated; another one only with `migrate`. Raises SettingsError with a
    sentence when the database is too old, lacks migrations or would be used as its owner.
    """
    async with addresses(settings) as found:
        if settings.embedded or migrate:
            await migrations.upgrade(found.owner)
        notify = settings.broadcast_url == "postgres"
        wakeups = Wakeups(found.app if notify else settings.broadcast_url)
        database = Database(create_engine(found.app, pool_size=settings.pool_size), notify=notify)
        if not notify:
            database.wake = wakeups.publish
        presence = Presence(wakeups)
        try:
            await _require_ready(database)
            await wakeups.start()
            await presence.start()
            yield Process(settings, database, wakeups, presence, auth.tokens(settings))
        finally:
            await presence.stop()
            await wakeups.stop()
            await database.close()


async def _require_ready(database: Database) -> None:
    try:
        async with database.engine.connect() as connection:
            found = (await connection.execute(ROLE)).one()
    except (OSError, DBAPIError) as error:
        raise SettingsError(_unreachable(error)) from None
    if found.version < OLDEST_POSTGRES:
        raise SettingsError(
            f"This database is PostgreSQL {found.version // 10_000}; 15 or later is needed."
        )
    lacking = await migrations.missing(database.engine)
    if lacking:
        raise SettingsError(
            "The database lacks these migrations: "
            + "; ".join(lacking)
            + ". Run `python -m api migrate`, or serve with --migrate."
        )
    if found.superuser or found.owner == found.role:
        raise SettingsError(
            f"The application would act as {found.role}, who owns the tables or is a superuser. "
            f"Let its login be a member of the role {APP_ROLE}."
        )


def _unreachable(error: Exception) -> str:
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if state in {"22023", "42704", "42501"}:  # the role does not exist, or is not ours to take
        return (
            f"The database has no role {APP_ROLE} that this login may take. Run "
            f"`python -m api migrate` as the owner of the database (DATABASE_OWNER_URL), and "
            f"GRANT {APP_ROLE} to the login of DATABASE_URL."
        )
    return (
        "The database cannot be reached. Please check that it runs and that DATABASE_URL is right. "
        f"It said: {getattr(error, 'orig', error)}"
    )

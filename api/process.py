"""What a process needs while it runs: the database, wake-ups, presence and tokens."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

import orjson

from api import auth
from api.auth import Tokens
from api.chores import chores
from api.graphql import schema
from api.operations import ObservedOperations
from api.reports.notary import Notary, notary
from api.settings import Settings, SettingsError
from api.tracing import sent_to
from api.viewers import Viewers
from domain import embedded, migrations
from domain.database import Database, Unusable, create_engine
from schema.documents import RequestErrors
from schema.limits import Limits
from subscriptions.hub import Hub
from subscriptions.presence import Presence
from subscriptions.quota import Quota
from subscriptions.wakeup import Wakeups


@dataclass(frozen=True)
class Process:
    """The parts of a running process, started in this order and stopped in the other."""

    settings: Settings
    database: Database
    wakeups: Wakeups
    presence: Presence
    hub: Hub
    tokens: Tokens
    quota: Quota

    @cached_property
    def viewers(self) -> Viewers:
        """Who asks, with their present rights."""
        return Viewers(self.database)

    @cached_property
    def notary(self) -> Notary:
        """What signs evidence."""
        return notary(self.settings)


def operations(settings: Settings) -> ObservedOperations:
    """Return what runs requests, with the trusted documents; SettingsError where they are wrong."""
    path = settings.trusted_documents
    if path is None:
        return ObservedOperations(schema, Limits())
    wrong = f"TRUSTED_DOCUMENTS {path} cannot be used: "
    try:
        documents = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise SettingsError(f"{wrong}{type(error).__name__}: {error}.") from None
    if not isinstance(documents, dict) or not all(
        isinstance(each, str) for each in documents.values()
    ):
        raise SettingsError(f"{wrong}it has to be one JSON object, with texts of documents.")
    for id, document in documents.items():
        if hashlib.sha256(document.encode()).hexdigest() != id.removeprefix("sha256:"):
            raise SettingsError(f"{wrong}{id} is not the SHA-256, in hex, of its document.")
    try:
        return ObservedOperations(schema, Limits(), trusted=documents.values())
    except RequestErrors as error:
        raise SettingsError(f"{wrong}a document is not valid: {error.errors[0].message}") from None


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

    The embedded database is migrated; another one only with `migrate`. Raises Unusable or
    SettingsError with a sentence when the database cannot be used, or lacks migrations.
    """
    async with sent_to(settings.traces_url), addresses(settings) as found:
        if settings.embedded or migrate:
            await migrations.upgrade(found.owner)
        notify = settings.broadcast_url == "postgres"
        try:
            wakeups = Wakeups(found.app if notify else settings.broadcast_url)
        except ValueError as error:
            raise SettingsError(str(error)) from None
        database = Database(create_engine(found.app, pool_size=settings.pool_size), notify=notify)
        if not notify:
            database.wake = wakeups.publish
        presence = Presence(wakeups)
        quota = Quota(wakeups)
        hub = Hub(operations(settings), database, wakeups, presence)
        try:
            await _require_ready(database)
            try:
                await wakeups.start()
            except ConnectionError as error:
                raise Unusable(str(error)) from None
            await presence.start()
            await quota.start()
            await hub.start()
            tokens = auth.tokens(settings)
            process = Process(settings, database, wakeups, presence, hub, tokens, quota)
            async with chores(database, process.notary):
                yield process
        finally:
            await hub.stop()
            await quota.stop()
            await presence.stop()
            await wakeups.stop()
            await database.close()


@asynccontextmanager
async def prepared(settings: Settings, *, migrate: bool = False) -> AsyncIterator[Addresses]:
    """Give the addresses of a database that workers can use; errors as of `running`."""
    async with addresses(settings) as found:
        if settings.embedded or migrate:
            await migrations.upgrade(found.owner)
        database = Database(create_engine(found.app, pool_size=1))
        try:
            await _require_ready(database)
        finally:
            await database.close()
        auth.tokens(settings)
        yield found


async def _require_ready(database: Database) -> None:
    await database.require_standing()
    lacking = await migrations.missing(database.engine)
    if lacking:
        raise SettingsError(
            "The database lacks these migrations: "
            + "; ".join(lacking)
            + ". Run `python -m api migrate`, or serve with --migrate."
        )

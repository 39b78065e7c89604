"""The engine, for what is written, and the connections beside it for what is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final, TypeAlias, cast
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from domain import reads
from domain.reads import OUTAGES, Pool, Reads, is_lost
from domain.rows import to_json
from domain.statements import Watch
from domain.together import Together

APP_ROLE = "concordat_app"
OLDEST_POSTGRES = 150_000
# What a reading function is handed; only the domain knows more of it than that.
Session: TypeAlias = reads.Session

# How a connection is set when it starts, so that a reset of the session returns to it.
_SERVER_SETTINGS: Final = {
    "role": APP_ROLE,
    "timezone": "UTC",
    "jit": "off",
    # Every statement finds its rows by ids; to plan it for each set of them takes longer than that.
    "plan_cache_mode": "force_generic_plan",
    # What is asked often is in memory, where to jump about costs hardly more than to go on.
    "random_page_cost": "1.1",
    "application_name": "concordat",
}
# Statements that a connection keeps prepared.
_PREPARED: Final = 500

_STANDING = text(
    """
    SELECT current_setting('server_version_num')::int AS version, current_user AS role,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
           (SELECT pg_get_userbyid(relowner) = current_user FROM pg_class
            WHERE oid = to_regclass('events')) AS owner
    """
)
# SQLSTATEs of a role that does not exist, or that the login may not take.
_ROLE_REFUSED = {"22023", "42704", "42501"}


class Unusable(Exception):
    """The application cannot work on this database; the sentence says what would be right."""


Wake = Callable[[Iterable[UUID]], Awaitable[None]]


async def _nobody(_topics: Iterable[UUID]) -> None:
    """Wake nobody: the default where PostgreSQL itself sends the wake-ups."""


def create_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Return an engine whose connections act in the application's role, never as owner.

    It opens at most `pool_size` connections, and a Database as many again for its reads.
    """
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=False,
        pool_recycle=1800,
        json_serializer=to_json,
        json_deserializer=orjson.loads,
        connect_args={
            "prepared_statement_cache_size": _PREPARED,
            "server_settings": _SERVER_SETTINGS,
        },
    )


def _pool(engine: AsyncEngine) -> Pool:
    """Return as many connections as an engine has, to the same place and set in the same way."""
    _, arguments = engine.dialect.create_connect_args(engine.url)
    for name in ("prepared_statement_cache_size", "prepared_statement_name_func"):
        arguments.pop(name, None)
    return Pool(
        cast("QueuePool", engine.pool).size(),
        **arguments,
        server_settings=_SERVER_SETTINGS,
        statement_cache_size=_PREPARED,
        max_cached_statement_lifetime=0,
        max_cacheable_statement_size=0,
    )


class Database:
    """Where records are read from and written to.

    `notify` says whether a commit wakes readers through PostgreSQL itself; where it does not,
    `wake` is called with the topics after each commit.
    """

    def __init__(self, engine: AsyncEngine, *, notify: bool = True, wake: Wake = _nobody) -> None:
        self.engine = engine
        self.watch = Watch(engine.sync_engine)
        self._pool = _pool(engine)
        self._reads = Reads(self._pool, self.watch)
        self.notify = notify
        self.wake = wake
        self.together = Together()
        """Shares the reads that many ask for in one tick, each by a name that says for whom."""

    def session(self) -> AsyncSession:
        """Return a session whose records stay readable after it ends."""
        return AsyncSession(self.engine, expire_on_commit=False, autoflush=False)

    def read(self) -> AbstractAsyncContextManager[Session]:
        """Give a session for one batch of reads; each statement sees what is committed."""
        return nullcontext(self._reads)

    def at_once(self) -> AbstractAsyncContextManager[Session]:
        """Give a session in which each statement is a transaction of its own, reading or not."""
        return nullcontext(self._reads)

    def snapshot(self) -> AbstractAsyncContextManager[Session]:
        """Give a session in which all statements see the database as of one moment."""
        return reads.snapshot(self._pool, self.watch)

    async def answers(self) -> bool:
        """Say whether the database can be asked now."""
        try:
            async with self.engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception as error:
            if not is_outage(error):
                raise
            return False
        return True

    async def require_standing(self) -> None:
        """Raise Unusable unless the database is reachable, new enough, and not ours to own."""
        try:
            async with self.engine.connect() as connection:
                found = (await connection.execute(_STANDING)).one()
        except (OSError, DBAPIError) as error:
            raise Unusable(_unreachable(error)) from None
        if found.version < OLDEST_POSTGRES:
            raise Unusable(
                f"This database is PostgreSQL {found.version // 10_000}; 15 or later is needed."
            )
        if found.superuser or found.owner:
            raise Unusable(
                f"The application would act as {found.role}, who owns the tables or is a "
                f"superuser. Let its login be a member of the role {APP_ROLE}."
            )

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()
        await self.engine.dispose()


def _unreachable(error: BaseException) -> str:
    if getattr(getattr(error, "orig", None), "sqlstate", None) in _ROLE_REFUSED:
        return (
            f"The database has no role {APP_ROLE} that this login may take. Run "
            "`python -m api migrate` as the owner of the database (DATABASE_OWNER_URL), and "
            f"GRANT {APP_ROLE} to the login of DATABASE_URL."
        )
    return (
        "The database cannot be reached. Please check that it runs and that DATABASE_URL is "
        f"right. It said: {getattr(error, 'orig', error)}"
    )


def refusal(error: BaseException) -> str | None:
    """Return what to say of an error that the database caused; None for any other."""
    return _unreachable(error) if isinstance(error, DBAPIError) or is_outage(error) else None


def is_outage(error: BaseException) -> bool:
    """Say whether an error means that the database was away: the same may work in a moment."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return error.connection_invalidated or state.startswith(OUTAGES)
    return is_lost(error)

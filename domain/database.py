"""The engine, and the two kinds of session that read from it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from domain import statements
from domain.together import Together

APP_ROLE = "concordat_app"
OLDEST_POSTGRES = 150_000
# What a reading function is handed; only the domain knows more of it than that.
Session: TypeAlias = AsyncSession

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


# SQLSTATE classes of a lost connection, and of a server that ends, starts or takes no more.
_OUTAGES = ("08", "57P", "53300")


class Unusable(Exception):
    """The application cannot work on this database; the sentence says what would be right."""


Wake = Callable[[Iterable[UUID]], Awaitable[None]]


async def _nobody(_topics: Iterable[UUID]) -> None:
    """Wake nobody: the default where PostgreSQL itself sends the wake-ups."""


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def create_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Return an engine whose connections act in the application's role, never as owner.

    The role is set when the connection starts, so that a reset of the session returns to it.
    """
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=False,
        pool_recycle=1800,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
        connect_args={
            "prepared_statement_cache_size": 500,
            "server_settings": {
                "role": APP_ROLE,
                "timezone": "UTC",
                "jit": "off",
                "application_name": "concordat",
            },
        },
    )
    statements.observe(engine.sync_engine)
    return engine


class Database:
    """Where records are read from and written to.

    `notify` says whether a commit wakes readers through PostgreSQL itself; where it does not,
    `wake` is called with the topics after each commit.
    """

    def __init__(self, engine: AsyncEngine, *, notify: bool = True, wake: Wake = _nobody) -> None:
        self.engine = engine
        # One statement needs no transaction, and saves the two round trips of beginning and ending.
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self.notify = notify
        self.wake = wake
        self.together = Together()
        """Shares the reads that many ask for in one tick, each by a name that says for whom."""

    def session(self) -> AsyncSession:
        """Return a session whose records stay readable after it ends."""
        return AsyncSession(self.engine, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Give a short session for one batch of reads; each statement sees what is committed."""
        async with AsyncSession(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Give a session in which all statements see the database as of one moment."""
        async with self.session() as session:
            await session.connection(
                execution_options={
                    "isolation_level": "REPEATABLE READ",
                    "postgresql_readonly": True,
                }
            )
            yield session

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
        return error.connection_invalidated or state.startswith(_OUTAGES)
    if isinstance(error, asyncpg.PostgresError):  # as it comes while a connection is opened
        return (error.sqlstate or "").startswith(_OUTAGES)
    return isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError)

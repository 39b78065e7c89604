"""The engine, and the two kinds of session that read from it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

APP_ROLE = "concordat_app"

Wake = Callable[[Iterable[UUID]], Awaitable[None]]


async def _nobody(_topics: Iterable[UUID]) -> None:
    """Wake nobody: the default where PostgreSQL itself sends the wake-ups."""


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def create_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Return an engine whose connections act in the application's role, never as owner.

    The role is set when the connection starts, so that a reset of the session returns to it.
    """
    return create_async_engine(
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


class Database:
    """Where records are read from and written to.

    `notify` says whether a commit wakes readers through PostgreSQL itself; where it does not,
    `wake` is called with the topics after each commit.
    """

    def __init__(self, engine: AsyncEngine, *, notify: bool = True, wake: Wake = _nobody) -> None:
        self.engine = engine
        self.notify = notify
        self.wake = wake

    def session(self) -> AsyncSession:
        """Return a session whose records stay readable after it ends."""
        return AsyncSession(self.engine, expire_on_commit=False, autoflush=False)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Give a short session for one batch of reads; each statement sees what is committed."""
        async with self.session() as session:
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

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

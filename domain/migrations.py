"""Brings a database to the present schema, and says what it lacks."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

import domain.models  # noqa: F401 - importing it registers every table
from domain.models.base import Record

FOLDER = Path(__file__).parent.parent / "migrations"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def owner_engine(url: str) -> AsyncEngine:
    """Return an engine that keeps no connection, for work as the owner of the tables."""
    return create_async_engine(url, poolclass=NullPool)


async def upgrade(owner_url: str, revision: str = "head") -> None:
    """Run every migration that the database lacks, as its owner."""
    engine = owner_engine(owner_url)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), revision))
    await engine.dispose()


async def downgrade(owner_url: str, revision: str) -> None:
    """Take migrations back, down to a revision ("base" is none)."""
    engine = owner_engine(owner_url)
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: command.downgrade(_config(sync), revision))
    await engine.dispose()


async def missing(engine: AsyncEngine) -> list[str]:
    """Return the migrations that the database lacks, oldest first, each as id and title."""

    def read(connection: Connection) -> list[str]:
        scripts = ScriptDirectory(str(FOLDER))
        done = MigrationContext.configure(connection).get_current_revision()
        return [
            f"{script.revision} {script.doc}"
            for script in reversed(list(scripts.iterate_revisions("heads", done or "base")))
        ]

    async with engine.connect() as connection:
        return await connection.run_sync(read)


async def differences(owner_url: str) -> list[object]:
    """Return what the migrated database and the declared records disagree on."""
    engine = owner_engine(owner_url)
    async with engine.connect() as connection:
        found = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), Record.metadata)
        )
    await engine.dispose()
    return list(found)


async def write(owner_url: str, message: str) -> None:
    """Write the next migration from what the records declare beyond the migrated database."""
    await upgrade(owner_url)
    number = len(list(ScriptDirectory(str(FOLDER)).walk_revisions())) + 1
    engine = owner_engine(owner_url)
    async with engine.begin() as connection:
        await connection.run_sync(
            lambda sync: command.revision(
                _config(sync), message, autogenerate=True, rev_id=f"{number:04}"
            )
        )
    await engine.dispose()

"""Runs the migrations: as owner, in one transaction, over the connection it is handed."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

import domain.models  # noqa: F401 - importing it registers every table
from domain.models.base import Record

if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: python -m api migrate")

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Record.metadata,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()

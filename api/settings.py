"""Settings: environment variables with documented defaults, read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(ValueError):
    """A setting cannot be used; the sentence says which one and what would be right."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a process is told from outside. Field `database_url` is the variable DATABASE_URL."""

    data_folder: Path = Path(".data")
    """DATA_FOLDER: where the embedded database and the local signing key live."""
    database_url: str | None = None
    """DATABASE_URL: PostgreSQL 15 or later, as the application's login; none is the embedded."""
    database_owner_url: str | None = None
    """DATABASE_OWNER_URL: the same database as its owner, for migrations; none is DATABASE_URL."""
    broadcast_url: str = "postgres"
    """BROADCAST_URL: postgres (the database itself), redis://…, kafka://… or memory://."""
    host: str = "127.0.0.1"
    """HOST to listen on."""
    port: int = 8000
    """PORT to listen on."""
    origins: frozenset[str] = frozenset()
    """ORIGINS: pages of other hosts that may use the API, separated by spaces."""
    auth_issuer: str = "concordat"
    """AUTH_ISSUER: the `iss` that tokens must have."""
    auth_audience: str = "concordat"
    """AUTH_AUDIENCE: the `aud` that tokens must have."""
    auth_keys: Path | None = None
    """AUTH_KEYS: a file with the issuer's public keys (JWK Set); none is the local key."""
    trusted_documents: Path | None = None
    """TRUSTED_DOCUMENTS: a file {SHA-256 in hex: document}, which clients ask for by id alone."""
    graphiql: bool = True
    """GRAPHIQL: whether a browser that opens /graphql gets the explorer."""
    traces_url: str | None = None
    """TRACES_URL: where spans are sent, by OTLP over HTTP; none is nowhere."""
    connections_per_address: int = 1_000
    """CONNECTIONS_PER_ADDRESS: sockets and event streams from one address, in all processes."""
    pool_size: int = 10
    """POOL_SIZE: database connections of this process for reads, and as many again for writes."""

    @property
    def embedded(self) -> bool:
        """Whether the database is the embedded one."""
        return self.database_url is None


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of an environment; SettingsError for a value that cannot be one."""
    given = {
        name: environment[name.upper()]
        for name in Settings.__dataclass_fields__
        if environment.get(name.upper())
    }
    values: dict[str, object] = dict(given)
    for name in ("database_url", "database_owner_url"):
        if name in given:
            values[name] = _postgres(name, given[name])
    if "traces_url" in given and not given["traces_url"].startswith(("http://", "https://")):
        raise SettingsError(
            "TRACES_URL is the address of an OTLP receiver, like http://collector:4318/v1/traces."
        )
    for name in ("data_folder", "auth_keys", "trusted_documents"):
        if name in given:
            values[name] = Path(given[name])
    for name in ("port", "pool_size", "connections_per_address"):
        if name in given:
            values[name] = _number(name, given[name])
    if "origins" in given:
        values["origins"] = frozenset(given["origins"].lower().split())
    if "graphiql" in given:
        values["graphiql"] = _switch("graphiql", given["graphiql"])
    return Settings(**values)  # type: ignore[arg-type]


def _postgres(name: str, url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if separator and scheme.split("+")[0] in {"postgres", "postgresql"}:
        return f"postgresql+asyncpg://{rest}"
    raise SettingsError(
        f"{name.upper()} is not the address of a PostgreSQL database. "
        "It looks like postgresql://user:password@host:5432/name."
    )


def _number(name: str, value: str) -> int:
    if value.isascii() and value.isdigit() and 1 <= int(value) <= 65_535:  # noqa: PLR2004 - ports
        return int(value)
    raise SettingsError(f"{name.upper()} is a whole number from 1 to 65535; {value!r} is not.")


def _switch(name: str, value: str) -> bool:
    match value.lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise SettingsError(f"{name.upper()} is yes or no; {value!r} is neither.")

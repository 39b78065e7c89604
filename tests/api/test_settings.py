"""Settings from the environment: defaults, and sentences for what cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import Settings, SettingsError, read


def test_nothing_set_is_the_embedded_database_on_loopback() -> None:
    settings = read({})

    assert settings == Settings()
    assert settings.embedded
    assert settings.host == "127.0.0.1"


def test_every_setting_is_read() -> None:
    settings = read(
        {
            "DATA_FOLDER": "data",
            "DATABASE_URL": "postgres://app@db/concordat",
            "DATABASE_OWNER_URL": "postgresql+psycopg://owner@db/concordat",
            "BROADCAST_URL": "redis://cache",
            "HOST": "::1",
            "PORT": "9000",
            "ORIGINS": "https://One.example https://two.example",
            "AUTH_ISSUER": "https://id.example",
            "AUTH_AUDIENCE": "us",
            "AUTH_KEYS": "keys.json",
            "TRUSTED_DOCUMENTS": "documents.json",
            "GRAPHIQL": "no",
            "TRACES_URL": "http://collector:4318/v1/traces",
            "POOL_SIZE": "3",
        }
    )

    assert settings == Settings(
        data_folder=Path("data"),
        database_url="postgresql+asyncpg://app@db/concordat",
        database_owner_url="postgresql+asyncpg://owner@db/concordat",
        broadcast_url="redis://cache",
        host="::1",
        port=9000,
        origins=frozenset({"https://one.example", "https://two.example"}),
        auth_issuer="https://id.example",
        auth_audience="us",
        auth_keys=Path("keys.json"),
        trusted_documents=Path("documents.json"),
        graphiql=False,
        traces_url="http://collector:4318/v1/traces",
        pool_size=3,
    )


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "mysql://db", "DATABASE_URL is not the address of a PostgreSQL database"),
        ("PORT", "http", "PORT is a whole number from 1 to 65535; 'http' is not"),
        ("PORT", "65536", "PORT is a whole number"),
        ("TRACES_URL", "collector:4318", "TRACES_URL is the address of an OTLP receiver"),
        ("GRAPHIQL", "maybe", "GRAPHIQL is yes or no; 'maybe' is neither"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        read({name: value})

"""Signatures of evidence, by a key of its own that is never used for anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from api.keys import ALGORITHM, local_key
from api.settings import Settings, SettingsError
from domain.evidence import canonical


class Notary:
    """Signs statements (JSON objects) as compact JWS with the installation's Ed25519 key."""

    def __init__(self, key: OKPKey) -> None:
        self._key = key

    @property
    def public(self) -> dict[str, Any]:
        """Return the public key, as a JWK."""
        return dict(self._key.as_dict(private=False))

    def sign(self, statement: Mapping[str, Any]) -> str:
        """Return a signature with the statement in it; the same one for the same statement."""
        header = {"alg": ALGORITHM, "kid": self._key.kid}
        return jws.serialize_compact(
            header, canonical(statement), self._key, algorithms=[ALGORITHM]
        )


def notary(settings: Settings) -> Notary:
    """Return what signs evidence, with the key in the data folder.

    Raises SettingsError where that key can be neither read nor made.
    """
    path = settings.data_folder / "evidence-key.json"
    try:
        return Notary(local_key(path))
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        raise SettingsError(
            f"{path}, the key that seals logs and reports, can be neither read nor made: "
            f"{type(error).__name__}. Please let DATA_FOLDER be a folder that can be written to."
        ) from None


def signed(signature: object, key: OKPKey) -> dict[str, Any] | None:
    """Return the statement of a signature, None where this key did not sign it."""
    if not isinstance(signature, str):
        return None
    try:
        content = jws.deserialize_compact(signature, key, algorithms=[ALGORITHM])
        statement = orjson.loads(content.payload)
    except (JoseError, ValueError):
        return None
    return statement if isinstance(statement, dict) else None

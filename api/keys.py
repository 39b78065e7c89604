"""The installation's own keys: files that nobody else may read, made on first use."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import orjson
from joserfc.jwk import OKPKey

ALGORITHM: Final = "Ed25519"


def local_key(path: Path) -> OKPKey:
    """Return the private Ed25519 key in a file (JWK), which is made where there is none."""
    return OKPKey.import_key(orjson.loads(path.read_bytes())) if path.exists() else _make(path)


def _make(path: Path) -> OKPKey:
    key = OKPKey.generate_key(ALGORITHM, {"use": "sig"}, auto_kid=True)
    written: dict[str, Any] = dict(key.as_dict(private=True))
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written aside and then linked, so that of two processes one wins and both read a whole key.
    aside = path.with_suffix(f".{os.getpid()}")
    aside.touch(mode=0o600)
    aside.write_bytes(orjson.dumps(written))
    try:
        os.link(aside, path)
    except FileExistsError:
        return OKPKey.import_key(orjson.loads(path.read_bytes()))
    finally:
        aside.unlink()
    return key

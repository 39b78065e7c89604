"""Evidence: a stream of events as a chain of salted commitments, which betray nothing themselves.

A commitment is the SHA-256 of a salt and of what it stands for, so that whoever is handed both can
check it, and nobody can guess it; erasing salt and event leaves a chain that still holds. Each
head contains the one before, so the signature of a head vouches for the whole beginning.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

HALF = 16
"""Bytes of a salt that are for the fact; as many again are for who did it."""


def new_salt() -> bytes:
    """Return 32 random bytes: the first half salts the fact, the second who did it."""
    return secrets.token_bytes(2 * HALF)


def canonical(document: Mapping[str, Any]) -> bytes:
    """Return the bytes of a JSON object that are hashed: UTF-8, sorted keys, no white space."""
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def fact(
    *,
    stream: tuple[UUID, str],
    sequence: int,
    kind: str,
    data: Mapping[str, Any],
    at: datetime,
    actor_id: UUID | None,
    salt: bytes,
) -> dict[str, Any]:
    """Return what a commitment stands for; who did it is in there as a commitment of its own.

    `stream` is a topic and the audience that reads it.
    """
    topic_id, audience = stream
    actor = None if actor_id is None else sha256(salt[HALF:] + actor_id.bytes).hexdigest()
    return {
        "topic_id": str(topic_id),
        "audience": audience,
        "sequence": sequence,
        "kind": kind,
        "data": data,
        "at": at.isoformat(),
        "actor": actor,
    }


def commitment(fact: Mapping[str, Any], salt: bytes) -> bytes:
    """Return the SHA-256 of the first half of a salt and a fact."""
    return sha256(salt[:HALF] + canonical(fact)).digest()


def beginning(topic_id: UUID, audience: str) -> bytes:
    """Return the head of a stream before its first event: no two streams begin alike."""
    return sha256(topic_id.bytes + audience.encode()).digest()


def link(head: bytes, sequence: int, digest: bytes) -> bytes:
    """Return the head after one more commitment."""
    return sha256(head + sequence.to_bytes(8) + digest).digest()

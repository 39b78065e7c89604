"""Receipts: a commitment to a vote, of which only the voter has what opens it."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex
from uuid import UUID

_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a voter is handed once: `commitment` is kept and published, `salt` is not kept."""

    commitment: str
    salt: str


def commitment(ballot_id: UUID, choice: str, salt: str) -> str:
    """Return the SHA-256, in hex, of what a receipt says, four lines joined by line feeds.

    They are "concordat receipt 1", the id of the ballot, the choice, the rating or the ordinals of
    options (joined by commas), and the salt. The salt is 32 random bytes in hex, so nobody who
    lacks it can try the choices one by one.
    """
    lines = ("concordat receipt 1", str(ballot_id), choice, salt)
    return sha256("\n".join(lines).encode()).hexdigest()


def issue(ballot_id: UUID, choice: str) -> Receipt:
    """Return a receipt with a fresh salt."""
    salt = token_hex(_SALT_BYTES)
    return Receipt(commitment(ballot_id, choice, salt), salt)

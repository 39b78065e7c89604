"""Identifiers: time-ordered UUIDs, so that order of id is order of creation."""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """Return a UUIDv7 (RFC 9562, method 1): later calls in one process give greater ids.

    48 bits of Unix milliseconds, then 12 bits that count within the millisecond, then chance.
    """
    global _last  # noqa: PLW0603 - the counter is what makes ids of one millisecond ordered
    with _lock:
        tick = max(time.time_ns() // 1_000_000 << 12, _last + 1)
        _last = tick
    value = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62
    return UUID(int=value | int.from_bytes(os.urandom(8), "big") >> 2)

"""Tools that a test needs and a machine may lack: required in CI, elsewhere a reason to skip."""

from __future__ import annotations

import os

import pytest


def require(*, present: object, reason: str) -> None:
    """Skip the test with the reason where the tool is absent; fail it where tools are required."""
    if present:
        return
    if os.environ.get("CONCORDAT_REQUIRE_TOOLS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)

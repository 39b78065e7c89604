"""A demo that a test runs, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from api.demo.run import read_running


@asynccontextmanager
async def demo(data: Path, port: int) -> AsyncIterator[dict[str, Any]]:
    """Run the demo, and yield where it runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", "demo", "--port", str(port)),
        env={**os.environ, "DATA_FOLDER": str(data)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    said = b""
    while b"Ctrl-C" not in said:
        line = await process.stdout.readline()
        assert line, said.decode()
        said += line
    try:
        yield read_running(data.with_name(f"{data.name}-demo"))
    finally:
        process.terminate()
        await process.communicate()

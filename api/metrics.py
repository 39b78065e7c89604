"""`GET /metrics`: what this process and its siblings count, in Prometheus' text format.

Nothing here names a person, a document or a topic; it is for operators all the same.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry
from prometheus_client import generate_latest as written
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.requests import Request
from starlette.responses import Response

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder of several workers; read when prometheus_client is loaded."""


async def metrics(_: Request) -> Response:
    """Answer with the sums over all workers of this supervisor."""
    return Response(await asyncio.to_thread(written_by_all), media_type=CONTENT_TYPE_LATEST)


def forget(pid: int, folder: Path) -> None:
    """Leave the gauges of a worker that is gone out of the sums."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def written_by_all() -> bytes:
    """Return what all workers have counted, where there are several; else what this process has."""
    if FOLDER not in os.environ:
        return written(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return written(registry)

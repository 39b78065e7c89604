"""What a browser can by itself: the explorer's page, and a stream of events that it resumes."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

from domain.commands.comments import open_thread
from domain.models.comments import SubjectKind
from domain.unit_of_work import UnitOfWork
from tests import tools
from tests.chaos.worker import environment, worker
from tests.conftest import Server
from tests.world import World

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
THREADS = 6  # of two events each


async def test_a_browser_explores_and_resumes_its_event_source_after_a_kill(
    server: Server, database_name: str, world: World, tmp_path: Path
) -> None:
    tools.require(
        present=CHROMIUM and (HERE / "node_modules").exists() and shutil.which("node"),
        reason="needs chromium, node, and `npm ci` in tests/browser",
    )
    assert CHROMIUM is not None
    settings = environment(server.server.url("concordat_app", database_name), tmp_path)
    topic = world.id("Engagement", world.engagement)
    with worker(settings) as serving:
        await serving.ready()
        browser = await asyncio.create_subprocess_exec(
            *("node", "events.mjs", serving.url, topic, str(2 * THREADS), CHROMIUM),
            cwd=HERE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert browser.stdout is not None
        assert await browser.stdout.readline() == b"following\n"
        for number in range(THREADS):
            async with UnitOfWork(world.database, await world.viewer("nurse1")) as uow:
                await open_thread(
                    uow,
                    topic_id=world.engagement,
                    subject_kind=SubjectKind.SECTION,
                    subject_id=world.sections[0],
                    body="Is that so?",
                )
            if number == THREADS // 2:
                serving.kill()
        serving.start()
        output, _ = await browser.communicate()
    saw = json.loads(output)
    snapshot, *events = saw["messages"]

    assert "Tell us what you think" in saw["answer"]
    assert snapshot["type"] == "ActivitySnapshot"
    first = snapshot["sequence"] + 1
    assert events == [
        {"type": "ActivityEvent", "sequence": first + n, "named": True} for n in range(2 * THREADS)
    ]
    assert saw["opened"] == 2
    assert saw["violations"] == []
    offline = ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED_ENCODING")
    assert [each for each in saw["troubles"] if not any(part in each for part in offline)] == []

"""The page of the demo in a real browser, through a restart of the server."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

from api.live import connect
from tests import tools
from tests.demos import demo
from tests.servers import free_port

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
COMMENTS = """
query ($id: ID!) {
  node(id: $id) {
    ... on Engagement { threads(first: 100) { nodes { comments(first: 100) { nodes { id } } } } }
  }
}
"""


async def comments(at: dict[str, Any]) -> set[str]:
    """Ask the API for the ids of all comments."""
    async with connect(at["url"], at["token"]) as live:
        found = await live.ask(COMMENTS, id=at["engagement"])
    threads = found["node"]["threads"]["nodes"]
    return {each["id"] for thread in threads for each in thread["comments"]["nodes"]}


async def test_the_board_lives_through_a_restart_and_shows_everything_once(tmp_path: Path) -> None:
    tools.require(
        present=CHROMIUM and (HERE / "node_modules").exists() and shutil.which("node"),
        reason="needs chromium, node, and `npm ci` in tests/browser",
    )
    assert CHROMIUM is not None
    port = free_port()
    data = tmp_path / "data"
    async with demo(data, port):
        watcher = await asyncio.create_subprocess_exec(
            *("node", "board.mjs", f"http://127.0.0.1:{port}/", CHROMIUM),
            cwd=HERE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert watcher.stdin is not None
        assert watcher.stdout is not None
        assert await watcher.stdout.readline() == b"watching\n"
        watcher.stdin.write(b"down\n")
    assert await watcher.stdout.readline() == b"waiting\n"
    async with demo(data, port) as at:
        known = await comments(at)
        watcher.stdin.write(b"up\n")
        output, _ = await watcher.communicate()
        everything = await comments(at)
    saw = json.loads(output)
    after = saw["after"]

    assert saw["moved"]["turnouts"] != saw["first"]["turnouts"]
    assert saw["down"]["banner"]
    assert not after["banner"]
    assert after["marker"] == "the page was not loaded again"
    assert after["gaps"] == "0"
    assert len(after["comments"]) == len(set(after["comments"]))
    assert known <= set(after["comments"]) <= everything
    assert after["violations"] == []
    assert saw["seen"]["before"] == []
    offline = ("ERR_CONNECTION_REFUSED", "WebSocket connection to")
    assert [
        each for each in saw["seen"]["after"] if not any(part in each for part in offline)
    ] == []
    assert saw["width"] == 360

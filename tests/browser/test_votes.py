"""A guest's votes on the board in a real browser: options, and objections about safety."""

import asyncio
import json
import shutil
from pathlib import Path

import httpx

from api.demo import documents
from api.live import connect
from tests import tools
from tests.demos import demo
from tests.servers import free_port

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
VOTES = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Ballot { viewerVote { choice rationale options { ordinal } }
                    consensus { openSafetyObjections } }
  }
}
"""
OPTIONS = ["Ours", "Theirs", "Nobody's"]
ASKED = {
    "MULTIPLE_CHOICE": ("Which of these?", {"options": OPTIONS}),
    "RANKING": ("In which order?", {"options": OPTIONS}),
    "CONSENT": ("Can you live with it?", {}),
}


async def test_a_guest_approves_ranks_and_objects_by_the_keyboard(tmp_path: Path) -> None:
    tools.require(
        present=CHROMIUM and (HERE / "node_modules").exists() and shutil.which("node"),
        reason="needs chromium, node, and `npm ci` in tests/browser",
    )
    assert CHROMIUM is not None
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    async with demo(tmp_path / "data", port) as at, httpx.AsyncClient() as client:
        session = (await client.get(f"{url}board/session")).json()
        async with connect(at["url"], session["facilitator"]["token"]) as live:
            ids = []
            for kind, (question, more) in ASKED.items():
                input = {"topicId": at["engagement"], "kind": kind, "question": question, **more}
                drafted = await live.ask(
                    documents.DRAFT_BALLOT, input={**input, "visibility": "LIVE"}
                )
                ids.append(drafted["draftBallot"]["ballot"]["id"])
                step = {"ballotId": ids[-1], "transition": "OPEN", "reason": "As planned."}
                await live.ask(documents.ADVANCE_BALLOT, input={**step, "expectedRevision": None})
        browser = await asyncio.create_subprocess_exec(
            *("node", "votes.mjs", url, CHROMIUM), cwd=HERE, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await browser.communicate()
        async with connect(at["url"], session["guests"][0]["token"]) as guest:
            found = (await guest.ask(VOTES, ids=ids))["nodes"]
    saw = json.loads(output)

    assert saw["approved"] == ["✓ Ours", "✓ Theirs", "Nobody's"]
    assert saw["ranked"] == ["2. Ours", "1. Theirs", "Nobody's"]
    assert saw["kept"] == 2
    assert "needs a reason" in saw["refused"]
    chosen = [[each["ordinal"] for each in node["viewerVote"]["options"]] for node in found[:2]]
    assert chosen == [[1, 2], [2, 1]]
    assert found[2]["viewerVote"]["choice"] == "OBJECT"
    assert found[2]["viewerVote"]["rationale"] == "Nobody would notice a bleeding."
    assert found[2]["consensus"]["openSafetyObjections"] == 1
    assert saw["width"] == 360
    assert saw["violations"] == []
    assert saw["troubles"] == []

"""The moderator's board in a real browser: what it shows, and what can be done from there."""

import asyncio
import json
import shutil
from datetime import datetime
from pathlib import Path

import httpx

from api.demo import documents
from api.demo.cast import CONSTITUENCIES
from api.live import Live, connect
from tests import tools
from tests.demos import demo
from tests.servers import free_port

HERE = Path(__file__).parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BALLOTS = """
query ($id: ID!) {
  node(id: $id) {
    ... on Engagement { ballots(first: 100) { nodes { id state question closesAt decision } } }
  }
}
"""


async def _draft(live: Live, topic: str, kind: str, **more: object) -> str:
    """Draft a ballot that the panel knows nothing of; return its id."""
    question = {"question": "How essential is a second opinion?", "visibility": "LIVE"}
    input = {"topicId": topic, "kind": kind, **question, **more}
    drafted = await live.ask(documents.DRAFT_BALLOT, input=input)
    id: str = drafted["draftBallot"]["ballot"]["id"]
    return id


async def _advance(live: Live, id: str, *transitions: str) -> None:
    for transition in transitions:
        step = {"ballotId": id, "transition": transition, "reason": "As planned."}
        await live.ask(documents.ADVANCE_BALLOT, input={**step, "expectedRevision": None})


async def _object(live: Live, id: str) -> None:
    objection = {"rationale": "Nobody would notice a bleeding.", "safety": True}
    await live.ask(documents.CAST_VOTE, input={"ballotId": id, "choice": "OBJECT", **objection})


async def test_a_facilitator_sees_every_ballot_and_group_and_takes_every_step(
    tmp_path: Path,
) -> None:
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
            again = await _draft(live, at["engagement"], "RATING", roundPlan={"mostRounds": 3})
            await _advance(live, again, "OPEN", "CLOSE_ROUND", "NEXT_ROUND")
            unsafe = await _draft(live, at["engagement"], "CONSENT")
            await _advance(live, unsafe, "OPEN")
            async with connect(at["url"], session["guests"][0]["token"]) as guest:
                await _object(guest, unsafe)
            found = await live.ask(BALLOTS, id=at["engagement"])
            before = {each["id"]: each for each in found["node"]["ballots"]["nodes"]}
            browser = await asyncio.create_subprocess_exec(
                *("node", "grid.mjs", url, CHROMIUM), cwd=HERE, stdout=asyncio.subprocess.PIPE
            )
            output, _ = await browser.communicate()
            found = await live.ask(BALLOTS, id=at["engagement"])
            after = {each["id"]: each for each in found["node"]["ballots"]["nodes"]}
    saw = json.loads(output)

    shown = {each["ballot"]: each for each in saw["first"]}
    assert set(before) <= set(shown)
    assert saw["headings"] == [
        "Clause",
        "Clock",
        "Everyone",
        *CONSTITUENCIES,
        "Blocking",
        "Turnout",
    ]
    for row in shown.values():
        assert list(row["cells"]) == saw["headings"][1:]
    for id in (id for id, ballot in before.items() if ballot["state"] == "OPEN"):
        cells = shown[id]["cells"]
        assert ("no deadline" if id in (again, unsafe) else "left") in cells["Clock"]
        assert all(" of " in cells[name] or "sealed" in cells[name] for name in CONSTITUENCIES)

    assert shown[unsafe]["cells"]["Blocking"] == "1 open objection1 about safety"
    assert "round 2 of 3" in shown[again]["cells"]["Clock"]

    assert saw["hindered"] == "This is its last round, which ends with it."
    assert saw["returned"]
    assert saw["unexplained"] == "The reason is empty. Please write something."
    assert "later" in saw["earlier"]
    closed = before[saw["closed"]]
    assert datetime.fromisoformat(saw["before"]) == datetime.fromisoformat(closed["closesAt"])
    assert datetime.fromisoformat(saw["extended"]).year == 2030
    assert after[saw["closed"]]["closesAt"] == saw["extended"]
    assert after[saw["closed"]]["state"] == "DECIDED"
    assert after[saw["closed"]]["decision"] == "It goes to review."
    assert before[saw["opened"]]["state"] == "DRAFT"
    assert after[saw["opened"]]["state"] == "OPEN"
    assert saw["waiting"].startswith("Between rounds")
    assert saw["reworded"]["question"] == after[again]["question"] == "Is it essential?"
    assert "round 3 of 3" in saw["reworded"]["clock"]

    assert saw["width"] == 360
    assert saw["narrow"] == saw["narrowRows"]
    assert saw["asked"]["unasked"] == 0
    assert saw["asked"]["after"] == saw["asked"]["shown"]
    assert saw["violations"] == []
    assert saw["troubles"] == []

"""The demo: that it runs, checks itself, goes on where it ended, and keeps its secrets."""

import asyncio
import os
import stat
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from api.demo import documents
from api.demo.cast import PANEL
from api.demo.exercise import open_exercise, speaker
from api.demo.opinions import QUESTIONS, TALKS
from api.demo.pages import pages
from api.demo.polls import OPEN_AT_ONCE
from api.demo.programme import Seeder, seed, seed_others
from api.demo.run import read_running, require_life
from api.graphql import schema
from api.live import connect
from domain.consensus.choices import ordinal
from domain.database import Database
from domain.queries import people
from schema.context import Context
from tests.demos import demo
from tests.servers import free_port

EVENTS = """
subscription ($topicId: ID!) {
  activity(topicId: $topicId) {
    ... on ActivityEvent { kind subject { ... on Ballot { id closesAt } } }
  }
}
"""


async def test_the_demo_runs_checks_itself_and_leaves_nothing_running(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", "demo", "--seconds", "5", "--port", "0"),
        env={**os.environ, "DATA_FOLDER": str(tmp_path / "data")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    home = tmp_path / "data-demo"
    assert process.stdout is not None
    said = b""
    async for line in process.stdout:
        said += line
        if b"The board" in line:
            mode = (home / "running.json").stat().st_mode
            assert stat.S_IMODE(mode) == 0o600
            assert set(read_running(home)) == {"url", "token", "engagement"}
    assert await process.wait() == 0, said.decode()
    for role in (b"Moderator", b"Stakeholder", b"Secretariat", b"Provider lead"):
        assert role in said
    assert read_running(home) == {}
    assert not (home / "database" / "cluster" / "postmaster.pid").exists()


async def test_the_panel_goes_on_when_a_visitor_closes_its_ballots(tmp_path: Path) -> None:
    port = free_port()
    async with demo(tmp_path / "data", port) as at, httpx.AsyncClient() as client:
        session = (await client.get(f"http://127.0.0.1:{port}/board/session")).json()
        async with connect(at["url"], session["facilitator"]["token"]) as live:
            opened: dict[str, str | None] = {}
            async with aclosing(live.stream(EVENTS, topicId=at["engagement"])) as messages:
                await anext(messages)
                await anext(messages)  # the panel knows the ballots as they were, and has begun
                found = await live.ask(documents.STANDS, id=at["engagement"])
                ballots = found["node"]["ballots"]["nodes"]
                before = {each["id"] for each in ballots if each["state"] == "OPEN"}
                for id in before:
                    closing = {"ballotId": id, "transition": "CLOSE", "expectedRevision": None}
                    closed = await live.ask(documents.ADVANCE_BALLOT, input=closing)
                    assert closed["advanceBallot"] == {"ballot": {"state": "CLOSED"}}
                while len(opened) < OPEN_AT_ONCE:
                    event = (await anext(messages))["activity"]
                    if event["kind"] == "BALLOT_OPENED":
                        opened[event["subject"]["id"]] = event["subject"]["closesAt"]
    assert len(before) == OPEN_AT_ONCE
    assert before.isdisjoint(opened)
    assert all(opened.values())


async def test_seeding_twice_changes_nothing(database: Database) -> None:
    first = second = None
    events: list[dict[str, Any]] = []
    for _ in range(2):
        seeder = Seeder(database)
        made = await seed(seeder)
        await open_exercise(seeder, made)
        await seed_others(seeder, made)
        first, second = second, made
        async with database.read() as session:
            viewer = await people.viewer(session, made.people["ruth.calloway@example.org"])
        assert viewer is not None
        result = await schema.execute(
            "{ credentials(first: 50) { totalCount nodes { code titles { title } "
            "specifications(first: 5) { nodes { state deliveryPlans(first: 5) { totalCount } } } } "
            "} engagements(state: OPEN, first: 5) { nodes { stakeholders(first: 100) { totalCount }"
            " ballots(first: 50) { nodes { state kind visibility } } webinars { title } "
            "roundtables(first: 5) { nodes { invitations(first: 50) { totalCount } } } } } }",
            context_value=Context(database, viewer),
        )
        assert result.errors is None
        assert result.data is not None
        events.append(result.data)
    assert first == second
    assert events[0] == events[1]
    [exercise] = events[0]["engagements"]["nodes"]
    assert exercise["stakeholders"]["totalCount"] == 33
    assert {each["kind"] for each in exercise["ballots"]["nodes"]} == {
        "POSITIONS",
        "RATING",
        "SENSE_CHECK",
    }
    states = {
        each["state"]
        for credential in events[0]["credentials"]["nodes"]
        for each in credential["specifications"]["nodes"]
    }
    assert states == {
        "ABANDONED",
        "CANDIDATE",
        "CONSULTATION",
        "IN_DEVELOPMENT",
        "LAUNCHED",
        "REVISING",
    }


def test_every_choice_of_the_script_is_one_of_its_ballot() -> None:
    for question in QUESTIONS:
        for who in PANEL:
            for settled in (False, True):
                for place in range(8):
                    choice = question.mind(who.constituency, place, settled=settled)
                    ordinal(question.kind, choice)


def test_what_blocks_has_a_reason_in_the_script() -> None:
    for question in QUESTIONS:
        chosen = {each for group in question.first.values() for each in group}
        if "DISCUSS" in chosen:
            assert question.reasons["DISCUSS"]


def test_no_two_speakers_of_the_script_say_the_same() -> None:
    lines = [line for talk in TALKS for line in talk.lines]
    assert len({words for _, words in lines}) == len(lines)
    assert all(speaker(*line).constituency == line[0] for line in lines)


async def test_the_page_loads_nothing_from_elsewhere_and_runs_no_inline_script() -> None:
    transport = httpx.ASGITransport(Starlette(routes=pages(lambda: {"engagement": "x"})))
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
        page = await client.get("/")
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "style=" not in page.text
        assert "http" not in page.text
        for name in ("board.js", "board.css", "grid.css", "mark.svg"):
            file = await client.get(f"/board/{name}")
            assert file.status_code == 200
            assert file.headers["x-content-type-options"] == "nosniff"
        session = await client.get("/board/session")
        assert session.json() == {"engagement": "x"}
        assert session.headers["cache-control"] == "no-store"


def standing(comments: int, *votes: int) -> dict[str, object]:
    return {
        "threads": {"nodes": [{"comments": {"totalCount": comments}}]},
        "ballots": {
            "nodes": [
                {"id": str(place), "consensus": {"turnout": {"voted": count}}}
                for place, count in enumerate(votes)
            ]
        },
    }


def test_a_demo_in_which_nothing_happens_is_refused_in_a_sentence() -> None:
    with pytest.raises(SystemExit, match="no new comments and no votes and no changes"):
        require_life(standing(3, 1, 2), standing(3, 1, 2))
    with pytest.raises(SystemExit, match=r"no new comments\."):
        require_life(standing(3, 1, 2), standing(3, 1, 3))
    require_life(standing(3, 1, 2), standing(4, 1, 3))

"""Imports through the commands: what is there afterwards is what was exported, and only once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import func, select

from api import importer, polis
from api.__main__ import main
from api.exercises import CODE
from domain.database import Database
from domain.errors import Conflict, Invalid, NotFound
from domain.lifecycle import BallotState, EngagementState
from domain.models.ballots import Ballot
from domain.models.credentials import Credential
from domain.models.engagements import Engagement
from domain.models.people import Person
from domain.models.stakeholders import Constituency, Stakeholder
from domain.models.topics import StoredEvent
from domain.models.votes import CastVote, Vote
from domain.permissions import Audience
from tests.world import World

REAL = Path(__file__).parents[2] / ".." / "shared" / "data" / "polis"
COMMENTS = """\
timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body
2000,x,1,7,0,1,-1,Is this a statement?
1000,x,0,7,2,1,1,"Statements, with ""commas"", are fine."
"""
# Participant 8 is known from their vote alone; participant 7 votes twice on statement 0.
VOTES = """\
timestamp,datetime,comment-id,voter-id,vote
4000,x,0,8,1
1000,x,0,7,-1
3000,x,1,7,-1
9000,x,0,7,1
"""
PARTICIPANTS = """\
participant,group-id,n-comments,n-votes,n-agree,n-disagree,0
7,1,2,2,1,1,1
9,,0,0,0,0,
"""
SUMMARY = "topic,What do you think?\nurl,https://pol.is/made-up\n"


@pytest.fixture
def quiet() -> Console:
    return Console(quiet=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a made-up conversation of three people and four votes."""
    found = tmp_path / "Made up"
    found.mkdir()
    for name, text in (
        ("comments.csv", COMMENTS),
        ("votes.csv", VOTES),
        ("participants-votes.csv", PARTICIPANTS),
        ("summary.csv", SUMMARY),
    ):
        (found / name).write_text(text)
    return found


async def events(database: Database) -> int:
    async with database.read() as session:
        return (await session.scalars(select(func.count()).select_from(StoredEvent))).one()


async def cast(database: Database) -> list[tuple[str, str, int]]:
    """Return who cast what in which order: name, question and ordinal."""
    statement = (
        select(StoredEvent.data, StoredEvent.actor_id)
        .where(StoredEvent.kind == "VOTE_CAST", StoredEvent.audience == Audience.MEMBERS)
        .order_by(StoredEvent.topic_id, StoredEvent.sequence)
    )
    async with database.read() as session:
        names = {row.id: row.name for row in await session.execute(select(Person.id, Person.name))}
        ballots = await session.execute(select(Ballot.id, Ballot.question))
        questions = {str(row.id): row.question for row in ballots}
        rows = (await session.execute(statement)).all()
    return [(names[actor], questions[data["ballot_id"]], data["choice"]) for data, actor in rows]


@pytest.mark.parametrize(
    ("name", "casts", "latest"),
    [("london.youth.policing", 640, 638), ("brexit-consensus", 5_312, 5_303)],
)
async def test_a_real_conversation_counts_here_as_it_counted_there(
    name: str, casts: int, latest: int, world: World, quiet: Console
) -> None:
    if not (REAL / name).is_dir():
        pytest.skip("The exported conversations are not on this machine.")
    conversation = polis.read(REAL / name)

    assert await importer.run(world.database, conversation, console=quiet) == casts

    cast_votes = (
        select(Ballot.question, CastVote.choice, func.count())
        .join(Vote, Vote.id == CastVote.vote_id)
        .join(Ballot, Ballot.id == Vote.ballot_id)
        .group_by(Ballot.question, CastVote.choice)
    )
    async with world.database.read() as session:
        counts = {row[:2]: row[2] for row in await session.execute(cast_votes)}
        assert sum(counts.values()) == casts
        assert await session.scalar(select(func.count()).select_from(Vote)) == latest
    for statement in conversation.statements:
        assert counts.get((statement.text, 0), 0) == statement.agrees
        assert counts.get((statement.text, 1), 0) == statement.disagrees
    assert sum(each.votes or 0 for each in conversation.participants) == latest
    assert len(await cast(world.database)) == casts


async def test_an_import_becomes_an_open_exercise_that_names_its_source(
    folder: Path, world: World, quiet: Console
) -> None:
    await importer.run(world.database, polis.read(folder), console=quiet)

    async with world.database.read() as session:
        engagement = (
            await session.scalars(
                select(Engagement).where(Engagement.title == "What do you think?")
            )
        ).one()
        people = await session.execute(
            select(Person.name, Person.email, Constituency.name)
            .join(Stakeholder, Stakeholder.person_id == Person.id)
            .join(Constituency, Constituency.id == Stakeholder.constituency_id)
            .where(Stakeholder.engagement_id == engagement.id)
            .order_by(Person.name)
        )
        ballots = await session.execute(
            select(Ballot.question, Ballot.state)
            .where(Ballot.topic_id == engagement.id)
            .order_by(Ballot.id)
        )
    assert engagement.state is EngagementState.OPEN
    assert "https://pol.is/made-up" in engagement.briefing
    assert "CC BY 4.0" in engagement.briefing
    assert "The Computational Democracy Project" in engagement.briefing
    assert [tuple(row) for row in people] == [
        ("Participant 7", "participant-7@made-up.example", "Opinion group B"),
        ("Participant 8", "participant-8@made-up.example", "No opinion group"),
        ("Participant 9", "participant-9@made-up.example", "No opinion group"),
    ]
    assert [tuple(row) for row in ballots] == [
        ('Statements, with "commas", are fine.', BallotState.OPEN),
        ("Is this a statement?", BallotState.CLOSED),
    ]


async def test_votes_are_events_of_their_voters_in_the_order_of_their_times(
    folder: Path, world: World, quiet: Console
) -> None:
    await importer.run(world.database, polis.read(folder), console=quiet)

    first, second = 'Statements, with "commas", are fine.', "Is this a statement?"
    assert await cast(world.database) == [
        ("Participant 7", first, 1),
        ("Participant 7", second, 1),
        ("Participant 8", first, 0),
        ("Participant 7", first, 0),
    ]


async def test_a_second_run_changes_nothing(folder: Path, world: World, quiet: Console) -> None:
    await importer.run(world.database, polis.read(folder), console=quiet)
    before = await events(world.database)

    assert await importer.run(world.database, polis.read(folder), console=quiet) == 0
    assert await events(world.database) == before


async def test_an_interrupted_import_goes_on_where_it_stopped(
    folder: Path, world: World, quiet: Console
) -> None:
    slept = []

    async def interrupted(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            raise asyncio.CancelledError

    conversation = polis.read(folder)
    with pytest.raises(asyncio.CancelledError):
        await importer.run(world.database, conversation, pace=1, sleep=interrupted, console=quiet)
    assert len(await cast(world.database)) == 2

    assert await importer.run(world.database, conversation, console=quiet) == 2
    assert [choice for *_, choice in await cast(world.database)] == [1, 1, 0, 0]


async def test_a_pace_shortens_the_pauses_between_the_votes(
    folder: Path, world: World, quiet: Console
) -> None:
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    await importer.run(world.database, polis.read(folder), pace=10, sleep=sleep, console=quiet)

    assert slept == [0.2, 0.1, 0.5]


@pytest.mark.parametrize("pace", [0.0, -1.0, float("nan")])
async def test_a_pace_that_is_none_is_refused(
    pace: float, folder: Path, world: World, quiet: Console
) -> None:
    with pytest.raises(Invalid, match="above 0"):
        await importer.run(world.database, polis.read(folder), pace=pace, console=quiet)


async def test_a_difference_is_an_error_that_names_the_statement(
    folder: Path, world: World, quiet: Console
) -> None:
    (folder / "comments.csv").write_text(COMMENTS.replace("1000,x,0,7,2,1", "1000,x,0,7,3,1"))

    with pytest.raises(Conflict, match="Statement 0: 2 AGREE and 1 DISAGREE were cast"):
        await importer.run(world.database, polis.read(folder), console=quiet)


async def test_another_conversation_of_the_same_name_is_refused_and_leaves_nothing(
    folder: Path, world: World, quiet: Console
) -> None:
    await importer.run(world.database, polis.read(folder), console=quiet)
    before = await events(world.database)
    (folder / "summary.csv").write_text(SUMMARY.replace("think", "say"))

    with pytest.raises(Conflict, match="rename the folder"):
        await importer.run(world.database, polis.read(folder), console=quiet)
    assert await events(world.database) == before


async def test_two_conversations_share_one_credential(
    folder: Path, world: World, quiet: Console
) -> None:
    await importer.run(world.database, polis.read(folder), console=quiet)
    await importer.run(world.database, replace(polis.read(folder), slug="other"), console=quiet)

    async with world.database.read() as session:
        credential = (await session.scalars(select(Credential).filter_by(code=CODE))).one()
    assert credential.title == "Imported conversations"


async def test_without_an_administrator_the_error_says_what_to_run(
    folder: Path, database: Database, quiet: Console
) -> None:
    with pytest.raises(NotFound, match="python -m api init"):
        await importer.run(database, polis.read(folder), console=quiet)


async def test_what_was_imported_is_shown_beside_what_was_exported(
    folder: Path, world: World
) -> None:
    console = Console(record=True, width=80, file=StringIO())

    await importer.run(world.database, polis.read(folder), console=console)

    shown = console.export_text()
    assert "What do you think?" in shown
    assert "4 votes were cast" in shown
    assert "votes that count" in shown


def test_the_command_refuses_unusable_files_before_it_looks_for_a_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "polis", str(tmp_path)]) == 2

    assert "comments.csv: there is no such file" in capsys.readouterr().err

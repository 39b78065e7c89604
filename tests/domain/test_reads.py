"""Reads say the same as SQLAlchemy's session does, and survive what happens to connections."""

from __future__ import annotations

import asyncio
import gc
import importlib
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID
from weakref import ref

import asyncpg
import pytest
from sqlalchemy import ARRAY, CompoundSelect, Select, bindparam, func, literal, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from domain import queries, reads
from domain.commands.seals import seal
from domain.consensus.choices import BallotKind
from domain.database import Database, create_engine, is_outage
from domain.models.base import Record
from domain.models.comments import CommentEdit, Mention
from domain.models.delivery_reviews import PlanCondition
from domain.models.floor_requests import FloorRequest, FloorRequestState
from domain.models.people import Person, PersonProfession
from domain.models.specifications import Specification, TargetProfession
from domain.permissions import Audience
from domain.queries import people
from domain.queries.pages import FIRST_ID, LAST_ID, ById, Listed, Paged
from domain.queries.topics import NEWS
from domain.rows import only, plan_of, row_class, rows_of
from schema.nodes import key
from tests.api.furnished import Furnished, furnished
from tests.conftest import Server
from tests.counting import counting
from tests.world import NOW, World

Statement = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]

PROCESS = select(func.pg_backend_pid())
SLOW = select(func.pg_sleep(30))
SPECIFICATION = select(Specification).where(Specification.id == bindparam("id"))
TITLE = select(Specification.title).where(Specification.id == bindparam("id"))


def statements() -> Iterator[tuple[str, Statement]]:
    """Yield every statement that a module of queries is made of, by its name."""
    for module in pkgutil.iter_modules(queries.__path__):
        for name, value in vars(importlib.import_module(f"domain.queries.{module.name}")).items():
            for part, statement in selections(value):
                yield f"{module.name}.{name}{part}", statement


def selections(read: object) -> Iterator[tuple[str, Statement]]:
    """Yield the statements in a value, those that read parts of records as well."""
    parts = vars(read) if isinstance(read, Listed | Paged | ById) else {"": read}
    for part, value in parts.items():
        for choice, statement in (value if isinstance(value, dict) else {"": value}).items():
            if isinstance(statement, Select | CompoundSelect):
                yield f"{part}{choice}", statement
                if isinstance(read, Paged | ById) and part != "_counts":
                    yield f"{part}{choice}, ids", only(statement, frozenset())
                    with suppress(AttributeError):  # it has no topic
                        yield f"{part}{choice}, topics", only(statement, frozenset({"topic_id"}))


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Furnished]:
    async with furnished(server) as made:
        yield made


async def furnish(place: Furnished) -> list[UUID]:
    """Add what no furnished world has; return all ids that there are."""
    world, ids = place.world, place.ids
    person, comment = world.people["nurse2"], key(ids["comment"], "", "Comment")
    async with world.database.read() as session:
        [profession, *_] = await people.professions(session)
    roundtable = key(ids["roundtable"], "", "Roundtable")
    await world.add(
        PersonProfession(person_id=person, profession_id=profession.id),
        TargetProfession(
            specification_id=world.specification, profession_id=profession.id, requirement="All."
        ),
        CommentEdit(comment_id=comment, number=1, body="Before.", replaced_at=NOW),
        Mention(comment_id=comment, person_id=person),
        FloorRequest(
            roundtable_id=roundtable,
            person_id=person,
            constituency_id=None,
            about="What I know of it",
            state=FloorRequestState.SPEAKING,
            created_at=NOW,
        ),
    )
    vote = {"ballotId": ids["live"], "choice": "DISAGREE", "rationale": "On second thoughts."}
    await place.change("nurse1", "castVote", **vote)
    hiding = {"ground": "OTHER", "reason": "For this test.", "expectedRevision": None}
    await place.change("moderator", "hideWords", wordsId=ids["live vote"], **hiding)
    await _hold_two_rounds(place)
    proxy = world.id("Person", world.people["pharmacist2"])
    await place.change("pharmacist1", "nameProxy", ballotId=ids["live"], proxyId=proxy)
    interest = {"topicId": ids["engagement"], "body": "Mine.", "mitigation": "RECUSE"}
    await place.change("nurse1", "declareInterest", **interest)
    await seal(world.database, {(world.engagement, Audience.MEMBERS): 5}, lambda _: "signed")
    step = {"transition": "SUSPEND", "reason": "It is time.", "expectedRevision": None}
    await place.change("BOARD", "advanceApproval", approvalId=ids["approval"], **step)
    tables = [table for table in Record.metadata.tables.values() if "id" in table.c]
    async with world.database.session() as session:
        await session.execute(update(PlanCondition).values(due_on=NOW.date()))
        await session.commit()
        return [id for table in tables for id in await session.scalars(select(table.c.id))]


async def _hold_two_rounds(place: Furnished) -> None:
    """Ask twice what one person answers once, and remind everybody the second time."""
    ballot = await place.change(
        "moderator",
        "draftBallot",
        topicId=place.ids["engagement"],
        kind="SENSE_CHECK",
        question="Once and again?",
        visibility="LIVE",
        roundPlan={"mostRounds": 2},
    )
    for transition in ("OPEN", "CLOSE_ROUND", "NEXT_ROUND"):
        step = {"transition": transition, "reason": "It is time.", "expectedRevision": None}
        await place.change("moderator", "advanceBallot", ballotId=ballot, **step)
        if transition == "OPEN":
            await place.change("nurse1", "castVote", ballotId=ballot, choice="AGREE")
    await place.change("moderator", "remindElectors", ballotId=ballot)


def arguments(statement: Statement, world: World, ids: list[UUID], one: UUID) -> dict[str, Any]:
    """Return parameters that find as much as there is, for one person where it asks for one."""
    named = {
        "after": 0 if "sequence" in str(statement) else FIRST_ID,
        "before": LAST_ID,
        "topic_id": world.engagement,
        "credential_id": world.credential,
        "audience": Audience.MEMBERS,
        "topic_ids": [world.engagement] * 3,
        "audiences": list(Audience),
        "afters": [0, 0, 0],
        "ends": [1000, 1000, 1000],
        "ballot_ids": list(map(str, ids)),
        "sequence": 1000,
        "kind": BallotKind.SENSE_CHECK,
        "numbers": list(range(50)),
        "email": "NURSE1@example.org",
        "code": "OTHER",
        "state": None,
        "of_kind": None,
        "person_id": one,
        "own_id": one,
        "size": 1000,
        "limit": 1000,
    }
    compiled: Any = statement.compile(dialect=world.database.engine.dialect)
    return {
        name: named[name] if name in named else ids if isinstance(bound.type, ARRAY) else True
        for name, bound in compiled.binds.items()
        if bound.required
    }


def attribute(value: Any, name: str) -> Any:
    """Return an attribute of a record or a row, None where it was not read."""
    try:
        return getattr(value, name)
    except AttributeError as unread:
        assert f"{type(value).__name__}.{name} was not read" in str(unread)  # noqa: PT017
    except SQLAlchemyError:
        pass
    return None


def shown(value: Any) -> Any:
    """Return a value, a record or a row of these, as values and their types."""
    for mapper in Record.registry.mappers:
        record: Any = mapper.class_
        if isinstance(value, (record, rows_of(record))):
            names = [*mapper.column_attrs.keys(), *mapper.synonyms.keys()]
            return record.__name__, {name: shown(attribute(value, name)) for name in names}
    return type(value), value


async def test_every_statement_is_read_as_sqlalchemys_session_reads_it(place: Furnished) -> None:
    database = place.world.database
    ids = await furnish(place)
    empty = set()
    for name, statement in statements():
        empty.add(name)
        for one in place.world.people.values():
            given = arguments(statement, place.world, ids, one)
            async with database.session() as session, database.read() as reading:
                expected = (await session.execute(statement, given)).all()
                found = (await reading.execute(statement, given)).all()
                firsts = (await reading.scalars(statement, given)).all()
            shape = [[shown(value) for value in row] for row in expected]
            assert [[shown(value) for value in row] for row in found] == shape, name
            assert [shown(value) for value in firsts] == [row[0] for row in shape], name
            if expected:
                empty.discard(name)
            if one not in given.values():
                break
    assert empty == set()


async def test_a_topic_without_news_has_no_event_instead_of_an_empty_one(world: World) -> None:
    given = {"topic_id": world.engagement, "limit": 10, "audiences": [], "afters": []}
    async with world.database.read() as session:
        rows: Any = (await session.execute(NEWS, given)).all()

    [(topic, _, event)] = rows
    assert (topic.id, event) == (world.engagement, None)


async def test_a_row_is_like_its_record_but_nobody_changes_it(world: World) -> None:
    async with world.database.read() as session:
        row: Any = (await session.scalars(SPECIFICATION, {"id": world.specification})).one()

    assert row.topic_id == row.id == world.specification
    assert row.title not in repr(row)
    with pytest.raises(AttributeError):
        row.title = "Another one"
    assert type(row) is row_class(Specification)


async def test_what_was_not_read_of_a_row_is_an_error_that_names_it(world: World) -> None:
    statement = only(SPECIFICATION, frozenset({"topic_id", "title"}))
    with counting(world.database) as sent:
        async with world.database.read() as session:
            row: Any = (await session.scalars(statement, {"id": world.specification})).one()

    assert sent[0].startswith("SELECT specifications.id, specifications.title \nFROM ")
    assert (row.id, row.topic_id) == (world.specification, world.specification)
    assert row.title not in repr(row)
    assert isinstance(row, rows_of(Specification))
    for name, reason in (("state", "state was not read"), ("stat", "has no stat")):
        with pytest.raises(AttributeError, match=reason):
            getattr(row, name)
    with pytest.raises(AttributeError, match=r"has no \{'stat'\}"):
        only(SPECIFICATION, frozenset({"stat"}))


async def test_a_snapshot_does_not_see_what_was_committed_after_its_first_read(
    world: World,
) -> None:
    given = {"id": world.specification}
    async with world.database.snapshot() as snapshot, world.database.session() as writing:
        before = await snapshot.scalar(TITLE, given)
        await writing.execute(update(Specification).values(title="Another one"))
        await writing.commit()
        async with world.database.read() as session:
            assert await session.scalar(TITLE, given) == "Another one"
        assert await snapshot.scalar(TITLE, given) == before != "Another one"
    async with world.database.snapshot() as snapshot:
        assert await snapshot.scalar(TITLE, given) == "Another one"


async def test_nothing_is_written_in_a_snapshot(world: World) -> None:
    renamed = update(Specification).values(title="x").returning(Specification.id).cte()
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with world.database.snapshot() as snapshot:
            await snapshot.scalars(select(renamed.c.id))
    async with world.database.read() as session:
        assert await session.scalar(TITLE, {"id": world.specification}) != "x"


async def test_reads_act_as_the_application_in_utc(database: Database) -> None:
    async with database.read() as session:
        row: Any = (
            await session.execute(
                select(
                    func.current_setting("role"),
                    func.current_setting("timezone"),
                    func.current_setting("jit"),
                    func.current_setting("application_name"),
                )
            )
        ).one()
    assert tuple(row) == ("concordat_app", "UTC", "off", "concordat")


async def test_readers_wait_for_a_connection_in_a_row(
    server: Server, database_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(
        create_engine(server.server.url("concordat_app", database_name), pool_size=1)
    )
    async with database.read() as reading:
        async with database.snapshot() as snapshot:
            holder = await snapshot.scalar(PROCESS)
            waiting = [asyncio.ensure_future(reading.scalar(PROCESS)) for _ in range(3)]
            assert await snapshot.scalar(PROCESS) == holder
            waiting[1].cancel()
            monkeypatch.setattr(reads, "_PATIENCE", 0.01)
            with pytest.raises(TimeoutError) as failure:
                await reading.scalar(PROCESS)
            assert is_outage(failure.value)
            assert not waiting[0].done()
        assert [await waiting[0], await waiting[2]] == [holder, holder]
    await database.close()


@pytest.mark.parametrize("reading", [Database.read, Database.snapshot])
async def test_a_connection_that_was_ended_fails_one_read_at_most(
    server: Server, database: Database, reading: Callable[[Database], Any]
) -> None:
    async with database.read() as session:
        process = await session.scalar(PROCESS)

    async def interrupted() -> None:
        async with reading(database) as session, asyncio.TaskGroup() as tasks:
            tasks.create_task(session.scalars(SLOW))
            while not await running(database):
                pass
            await server.statement(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE query LIKE '%pg_sleep%' AND datname = '{await name_of(database)}'"
            )

    with pytest.raises(ExceptionGroup) as failure:
        await interrupted()
    [cause] = failure.value.exceptions
    assert is_outage(cause)
    async with database.read() as session:
        assert await session.scalar(PROCESS) != process


async def test_a_read_that_is_cancelled_leaves_its_connection_to_nobody(
    database: Database,
) -> None:
    async with database.read() as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await session.scalars(SLOW)
        assert await session.scalar(select(func.count()).select_from(Person)) == 0


async def test_what_is_refused_is_no_outage_and_costs_no_connection(database: Database) -> None:
    async with database.read() as session:
        process = await session.scalar(PROCESS)
        with pytest.raises(asyncpg.DataError) as failure:
            await session.scalar(TITLE, {"id": "no id"})
        assert not is_outage(failure.value)
        with pytest.raises(asyncpg.DivisionByZeroError) as divided:
            await session.scalar(select(literal(1) / literal(0)))
        assert not is_outage(divided.value)
        assert await session.scalar(PROCESS) == process


async def test_only_statements_whose_text_is_settled_are_read(database: Database) -> None:
    async with database.read() as session:
        with pytest.raises(TypeError, match="SELECT"):
            await session.scalars(text("SELECT 1"))
        with pytest.raises(TypeError, match="array"):
            await session.scalars(
                select(Person).where(Person.id.in_(bindparam("ids", expanding=True))), {"ids": []}
            )
        with pytest.raises(KeyError, match="id"):
            await session.scalars(SPECIFICATION)


async def test_a_statement_made_for_one_read_is_forgotten_with_it() -> None:
    statement = select(Person).where(Person.name == "Nobody")
    plan = ref(plan_of(statement))
    assert plan() is plan_of(statement)
    del statement
    gc.collect()
    assert plan() is None


async def test_reads_are_heard_as_writes_are(world: World) -> None:
    given = {"id": world.specification}
    with counting(world.database) as heard:
        async with world.database.read() as session:
            await session.scalar(TITLE, given)
        async with world.database.snapshot() as session:
            await session.scalar(TITLE, given)
        async with world.database.session() as writing:
            await writing.scalar(TITLE, given)
    assert heard == [heard[0]] * 3


async def running(database: Database) -> int:
    """Return how many processes of this database sleep in a statement."""
    async with database.session() as session:
        found = await session.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(%' "
                "AND pid <> pg_backend_pid() AND state = 'active' "
                "AND datname = current_database()"
            )
        )
        return int(found.scalar_one())


async def name_of(database: Database) -> str:
    """Return the name of the database on its server."""
    async with database.session() as session:
        return str(await session.scalar(text("SELECT current_database()")))

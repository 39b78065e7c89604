"""Migrations: they go up, come down again, and leave what the records declare."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from domain import migrations
from domain.consensus.rounds import RoundPlan
from domain.lifecycle import BallotTransition
from tests.ballots import advance, next_round, opened, vote
from tests.conftest import Server
from tests.world import World


async def test_up_down_and_up_again_is_what_the_records_declare(server: Server) -> None:
    name = f"test_{uuid4().hex}"
    await server.statement(f"CREATE DATABASE {name}")
    owner = server.server.url("postgres", name)
    try:
        await migrations.upgrade(owner)
        await migrations.downgrade(owner, "base")
        engine = create_async_engine(owner)
        async with engine.connect() as connection:
            left = await connection.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            )
            assert list(left) == ["alembic_version"]
            functions = await connection.scalars(
                text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
            )
            assert list(functions) == []
            assert await migrations.missing(engine) != []
        await engine.dispose()
        await migrations.upgrade(owner)

        assert await migrations.differences(owner) == []
    finally:
        await server.statement(f"DROP DATABASE {name} WITH (FORCE)")


async def test_what_is_appended_cannot_be_changed_by_the_application(
    server: Server, database_name: str
) -> None:
    engine = create_async_engine(server.server.url("postgres", database_name))
    async with engine.connect() as connection:
        rights = await connection.execute(
            text(
                """
                SELECT tablename, privilege
                FROM pg_tables, unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS privilege
                WHERE schemaname = 'public'
                  AND has_table_privilege('concordat_app', tablename::regclass, privilege)
                """
            )
        )
        held = {(row.tablename, row.privilege) for row in rights}
    await engine.dispose()

    for table in ("events", "cast_votes", "comment_edits", "specification_revisions"):
        assert not {right for name, right in held if name == table}
    assert not {name for name, right in held if right == "TRUNCATE"}
    assert ("votes", "UPDATE") in held
    assert ("votes", "DELETE") not in held


async def test_a_ballot_of_two_rounds_comes_down_to_its_last_one_and_goes_up_again(
    server: Server, database_name: str, world: World
) -> None:
    ballot = await opened(world, round_plan=RoundPlan(most_rounds=3))
    await vote(world, "nurse1", ballot, "AGREE")
    await next_round(world, ballot)
    for name, choice in (("nurse1", "DISAGREE"), ("nurse2", "AGREE")):
        await vote(world, name, ballot, choice)
    await advance(world, ballot, BallotTransition.CLOSE_ROUND)
    await world.database.close()

    owner = server.server.url("postgres", database_name)
    await migrations.downgrade(owner, "0005")
    engine = create_async_engine(owner)
    async with engine.connect() as connection:
        votes = await connection.execute(text("SELECT choice, revision FROM votes ORDER BY id"))
        state = await connection.scalar(text("SELECT state FROM ballots"))
    await engine.dispose()
    assert [tuple(row) for row in votes] == [(1, 1), (0, 1)]
    assert state == "OPEN"

    await migrations.upgrade(owner)
    await vote(world, "nurse1", ballot, "PASS")
    assert await migrations.differences(owner) == []

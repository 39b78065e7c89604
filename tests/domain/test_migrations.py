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

_OWN = "'01990000-0000-7000-8000-00000000000a'"
_THREAD = "'01990000-0000-7000-8000-00000000000b'"
# A thread of a person's own topic with two comments, of which one is hidden.
BEFORE_DECISIONS = (
    (
        "INSERT INTO topics (id, kind, scopes, public, epoch, public_sequence, members_sequence, "
        f"moderators_sequence) VALUES ({_OWN}, 'PERSON', ARRAY[{_OWN}::uuid], false, 1, 0, 0, 0)"
    ),
    (
        "INSERT INTO people (id, name, email, revision, created_at) "
        f"VALUES ({_OWN}, 'One', 'one@example.org', 1, now())"
    ),
    (
        "INSERT INTO threads (id, topic_id, subject_kind, subject_id, author_id, pinned, revision, "
        f"created_at) VALUES ({_THREAD}, {_OWN}, 'SECTION', {_OWN}, {_OWN}, false, 1, now())"
    ),
    (
        "INSERT INTO comments (id, topic_id, thread_id, author_id, body, revision, created_at, "
        "hidden_at, hidden_by_id, hidden_reason) SELECT gen_random_uuid(), "
        f"{_OWN}, {_THREAD}, {_OWN}, 'Words.', 1, now(), "
        "CASE WHEN hidden THEN now() END, CASE WHEN hidden THEN "
        f"{_OWN}::uuid END, CASE WHEN hidden THEN 'Rude.' END "
        "FROM (VALUES (true), (false)) AS comment(hidden)"
    ),
)


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

    for table in (
        "cast_votes",
        "comment_edits",
        "dispositions",
        "events",
        "gateway_decisions",
        "moderation_decisions",
        "resource_decisions",
        "response_entries",
        "responses",
        "specification_revisions",
    ):
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


async def test_what_was_hidden_before_decisions_were_kept_has_one_now(server: Server) -> None:
    name = f"test_{uuid4().hex}"
    await server.statement(f"CREATE DATABASE {name}")
    owner = server.server.url("postgres", name)
    try:
        await migrations.upgrade(owner, "0005")
        engine = create_async_engine(owner)
        async with engine.begin() as connection:
            for statement in BEFORE_DECISIONS:
                await connection.execute(text(statement))
        await migrations.upgrade(owner)
        async with engine.connect() as connection:
            decided = await connection.execute(
                text("SELECT action, ground, reason, decided_at FROM moderation_decisions")
            )
            standing = await connection.scalars(text("SELECT standing FROM comments"))
            assert list(standing) == ["STANDING", "STANDING"]
            [decision] = decided.all()
        await engine.dispose()
        assert (decision.action, decision.ground, decision.reason) == ("HIDE", "OTHER", "Rude.")
        assert decision.decided_at is not None
        await migrations.downgrade(owner, "0005")
    finally:
        await server.statement(f"DROP DATABASE {name} WITH (FORCE)")

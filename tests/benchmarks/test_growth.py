from sqlalchemy import text

from domain.database import Database, create_engine
from tests.benchmarks import growth
from tests.benchmarks.queries import MISCOUNTED
from tests.servers import postgres_server


async def test_what_grows_is_measured_at_every_size_among_votes_that_count() -> None:
    with postgres_server() as place:
        rows = await growth.measure(place.server, sizes=(10, 100))
        database = Database(create_engine(place.server.app_url))
        async with database.session() as session:
            assert await session.scalar(MISCOUNTED) == 0
            people = text("SELECT count(*) FROM votes")
            assert await session.scalar(people) == 110 + 2
        await database.close()

    assert [(row.name, row.size) for row in rows] == [
        ("a vote", 10),
        ("a vote", 100),
        ("the next events of a stream", 10),
        ("the next events of a stream", 110),
        ("the status of its ballot", 10),
        ("the status of its ballot", 100),
    ]
    assert all(row.seconds > 0 for row in rows)

"""What a vote, its status and the next events cost as votes and events become more."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median
from uuid import UUID

import asyncpg

from domain import embedded, migrations
from domain.commands.votes import Casting, cast_vote
from domain.database import Database, create_engine
from domain.permissions import Audience, Viewer
from domain.queries import consensus, topics
from tests.ballots import opened
from tests.world import World, build

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 12
TIMES = 50
"""Of everything in each round, so that all sizes see the same machine."""
GOAL = 1.3
"""How many times as much it may cost with a million as with a thousand."""

CROWD = """
    CREATE TABLE crowd AS
    SELECT gen_random_uuid() AS id, gen_random_uuid() AS vote, n FROM generate_series(1, {most}) n;
    INSERT INTO topics (id, kind, scopes, public, epoch, public_sequence, members_sequence,
                        moderators_sequence)
    SELECT id, 'PERSON', ARRAY[id], false, 1, 0, 0, 0 FROM crowd;
    INSERT INTO people (id, name, email, revision, created_at)
    SELECT id, 'Member ' || n, 'crowd' || n || '@example.org', 1, now() FROM crowd;
    CREATE INDEX ON crowd (n);
    ANALYZE
"""
# As if everybody in the crowd had voted; the last statement is of the log.
VOTES = """
    INSERT INTO electors (ballot_id, person_id, constituency_id, recused)
    SELECT '{ballot}', id, '{constituency}', false FROM crowd WHERE n <= {size};
    INSERT INTO votes (id, topic_id, ballot_id, person_id, constituency_id, round, choice,
                       rationale, stale, revision, cast_at)
    SELECT gen_random_uuid(), '{topic}', '{ballot}', id, '{constituency}', 1, n % 2, '', false, 1,
           now()
    FROM crowd WHERE n <= {size};
    INSERT INTO cast_votes (vote_id, revision, choice, rationale, cast_at)
    SELECT id, 1, choice, '', cast_at FROM votes WHERE ballot_id = '{ballot}';
    UPDATE tallies SET eligible = eligible + {size}, voted = voted + {size},
                       counts = ARRAY[counts[1] + {size} / 2, counts[2] + {size} / 2, counts[3]]
    WHERE ballot_id = '{ballot}' AND constituency_id = '{constituency}';
    INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
    SELECT '{topic}', 'MEMBERS', members_sequence + n, 'VOTE_CAST',
           jsonb_build_object('ballot_id', '{ballot}'), id, now()
    FROM crowd, (SELECT members_sequence FROM topics WHERE id = '{topic}') AS ended
    WHERE n <= {size};
    UPDATE topics SET members_sequence = members_sequence + {size} WHERE id = '{topic}'
"""


@dataclass(frozen=True)
class Row:
    """What was done among so many votes or events, and the median of its seconds."""

    name: str
    size: int
    seconds: float


async def measure(server: embedded.EmbeddedServer, sizes: Sequence[int] = SIZES) -> list[Row]:
    """Measure a vote and its status by votes in the ballot, the next events by events before."""
    await migrations.upgrade(server.owner_url)
    database = Database(create_engine(server.app_url))
    world = await build(database)
    owner = await asyncpg.connect(server.owner_url.replace("+asyncpg", ""))
    await owner.execute(CROWD.format(most=max(sizes)))
    found: dict[tuple[str, int], list[float]] = {}
    member = await world.viewer("nurse1")
    await _timed(lambda _: _next(world, member))  # until everything is planned and compiled
    events = 0
    ballots: dict[int, UUID] = {}
    for size in sizes:
        ballot = ballots[size] = await opened(world)
        await owner.execute(
            VOTES.format(
                ballot=ballot,
                topic=world.engagement,
                constituency=world.constituencies["Nurses"],
                size=size,
            )
        )
        events += size
        for _ in range(ROUNDS):
            times = found.setdefault(("the next events of a stream", events), [])
            times += await _timed(lambda _: _next(world, member))
    await owner.execute("VACUUM ANALYZE")
    await owner.close()
    moderator = await world.viewer("moderator")
    for turn in range(ROUNDS):
        for size, ballot in ballots.items():

            async def vote(number: int, ballot: UUID = ballot, turn: int = turn) -> None:
                choice = ("AGREE", "DISAGREE")[(number + turn) % 2]
                await cast_vote(database, Casting(viewer=member, ballot_id=ballot, choice=choice))

            async def status(_: int, ballot: UUID = ballot) -> None:
                async with database.read() as session:
                    await consensus.of_ballots(session, moderator, [ballot])

            found.setdefault(("a vote", size), []).extend(await _timed(vote))
            found.setdefault(("the status of its ballot", size), []).extend(await _timed(status))
    await database.close()
    return [Row(name, size, median(times)) for (name, size), times in sorted(found.items())]


async def _next(world: World, member: Viewer) -> None:
    """Read what follows the last event but ten, as the feed does."""
    async with world.database.read() as session:
        place = await topics.position(session, member, world.engagement)
        await topics.news(session, world.engagement, {Audience.MEMBERS: place.sequence - 10}, 100)


async def _timed(work: Callable[[int], Awaitable[object]]) -> list[float]:
    seconds = []
    for number in range(TIMES):
        began = time.perf_counter()
        await work(number)
        seconds.append(time.perf_counter() - began)
    return seconds

"""Reads and votes over HTTP: against plain Strawberry, and routes whose SQL builds the answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import orjson
import uvloop
from sqlalchemy import text

from api import auth
from api.settings import Settings
from domain import migrations
from domain.database import Database, create_engine
from tests.benchmarks import documents, exchange
from tests.benchmarks.exchange import Clock, Phase
from tests.benchmarks.languages import Language, languages
from tests.benchmarks.load import LoadError
from tests.benchmarks.programme import (
    BALLOTS,
    CHOICES,
    COMMENTS,
    CONSTITUENCIES,
    Programme,
    found,
)
from tests.benchmarks.site import baseline, concordat, database_cpu, postgres

CONNECTIONS = 32
CASES: Mapping[str, str] = {
    "B1": f"{documents.SPECIFICATIONS} specifications, each with {BALLOTS} ballots with tallies in "
    f"{len(CONSTITUENCIES)} constituencies and {COMMENTS} comments with authors; by people with "
    "equal rights, while nobody votes",
    "B1 alone": "the same over one connection, where nobody shares anything",
    "B2": "one specification by id, 5 fields, each in an order of its own; by people with equal "
    "rights",
    "B2 apart": "the same by members of different exercises, who share nothing",
    "B3": "a vote that is changed, answered with its tally; by different people in "
    f"{documents.SPECIFICATIONS * BALLOTS} ballots",
}
GOALS: Mapping[str, Sequence[float]] = {
    "B1": (25, 1.2),
    "B1 alone": (25, 1.2),
    "B2": (8, 0.65),
    "B2 apart": (8, 0.65),
    "B3": (12, 0.6),
}
"""How many times as many requests a second as plain Strawberry and bare Starlette."""
SLOWEST = 5
"""How many times the median latency the 99th percentile is to be at most."""
VOTERS = 30
"""In each exercise."""
WARM_UP = 2.0
SECONDS = 5.0
ROUNDS = 3
MISCOUNTED = text(
    """
    SELECT count(*) FROM tallies WHERE counts <> (
        SELECT array_agg((
            SELECT count(*) FROM votes
            WHERE votes.ballot_id = tallies.ballot_id AND votes.choice = each.choice
              AND votes.constituency_id = tallies.constituency_id
        ) ORDER BY each.choice)
        FROM generate_series(0, cardinality(counts) - 1) AS each(choice)
    )
    """
)


@dataclass(frozen=True)
class Row:
    """What one server did in one case: the round with the median rate."""

    case: str
    name: str
    phase: Phase


@dataclass(frozen=True)
class Asked:
    """A server, how it is asked, and the clocks of the CPU that it and its database have used."""

    name: str
    language: Language
    port: int
    clocks: tuple[Clock, Clock]

    async def answer(self, request: bytes) -> bytes:
        """Return the answer to one request."""
        return await exchange.ask(self.port, request)


async def compare(servers: Sequence[Asked], programme: Programme) -> None:
    """Ask every server the same; LoadError where they do not give the same answers in full."""
    reader, (voter, (ballot, *_)) = programme.readers[0], programme.voters[0]
    # Each begins where the one before has ended, the first one as well.
    await servers[0].answer(servers[0].language.vote(voter, ballot, CHOICES[-1]))
    answers = []
    for server in servers:
        speak = server.language
        requests = [
            speak.review(reader),
            *(speak.specification(reader, id) for id in programme.specifications),
            *(speak.vote(voter, ballot, choice) for choice in CHOICES),
        ]
        answers.append([orjson.loads(await server.answer(request)) for request in requests])
    for server, given in zip(servers, answers, strict=True):
        for ours, theirs in zip(answers[0], given, strict=True):
            if ours != theirs or "errors" in ours:
                raise LoadError(f"{server.name} says {theirs!r:.2000}, and not {ours!r:.2000}")


async def measure(
    servers: Sequence[Asked],
    programme: Programme,
    seconds: float,
    rounds: int,
    note: Callable[[str], None],
) -> list[Row]:
    """Measure each case in rounds through all servers; say what is being done."""
    rows = []
    for case in CASES:
        loads = [(server, *await _load(server, programme, case)) for server in servers]
        for server, requests, accepts in loads:
            note(f"{case}, {server.name} warms up")
            await exchange.load(server.port, requests, accepts, WARM_UP, *server.clocks)
        phases: dict[str, list[Phase]] = {server.name: [] for server in servers}
        for turn in range(rounds):
            for server, requests, accepts in loads:
                note(f"{case}, round {turn + 1} of {rounds}, {server.name}")
                phases[server.name].append(
                    await exchange.load(server.port, requests, accepts, seconds, *server.clocks)
                )
        for name, measured in phases.items():
            middle = sorted(measured, key=lambda phase: phase.rate)[rounds // 2]
            rows.append(Row(case, name, middle))
    return rows


async def require_counted(url: str) -> None:
    """Raise LoadError where a tally is not the count of its votes."""
    database = Database(create_engine(url))
    async with database.session() as session:
        wrong = await session.scalar(MISCOUNTED)
    await database.close()
    if wrong:
        raise LoadError(f"{wrong} tallies are not the count of their votes.")


def run(note: Callable[[str], None]) -> list[Row]:
    """Start a database and every server, and measure everything."""
    with ExitStack() as stack:
        note("founding the programme")
        server, folder = stack.enter_context(postgres())
        programme = uvloop.run(_founded(server.owner_url, server.app_url))
        served = [
            stack.enter_context(concordat(server, folder)),
            stack.enter_context(baseline("plain", server.app_url)),
            stack.enter_context(baseline("bare", server.app_url)),
        ]
        spoken = languages(auth.tokens(Settings(data_folder=folder)))

        asked = [
            Asked(name, language, each.port, (each.cpu, partial(database_cpu, folder)))
            for (name, language), each in zip(spoken.items(), served, strict=True)
        ]

        async def measured() -> list[Row]:
            await compare(asked, programme)
            rows = await measure(asked, programme, SECONDS, ROUNDS, note)
            await require_counted(server.app_url)
            return rows

        return uvloop.run(measured())


async def _load(
    server: Asked, programme: Programme, case: str
) -> tuple[list[list[bytes]], Callable[[bytes], bool]]:
    """Return the requests of each connection, and what accepts an answer.

    Reads are answered by the same bytes each time, and votes are cast.
    """
    requests = list(_requests(server, programme, case))
    if case == "B3":
        return requests, _cast
    known = {await server.answer(request) for request in requests[0]}
    return requests, known.__contains__


def _requests(server: Asked, programme: Programme, case: str) -> Iterator[list[bytes]]:
    """Yield the requests of each connection; nobody's vote in a ballot is cast by two of them."""
    speak = server.language
    votes = [(person, ballot) for person, ballots in programme.voters for ballot in ballots]
    random.Random(1).shuffle(votes)  # noqa: S311 - the same order each time
    for place in range(1 if case == "B1 alone" else CONNECTIONS):
        reader = programme.readers[place % len(programme.readers)]
        if case.startswith("B1"):
            yield [speak.review(reader)]
        elif case.startswith("B2"):
            who = reader if case == "B2" else votes[place][0]
            asked = [speak.specification(who, id) for id in programme.specifications]
            random.Random(place).shuffle(asked)  # noqa: S311 - as above
            yield asked
        else:
            yield [
                speak.vote(person, ballot, choice)
                for choice in CHOICES
                for person, ballot in votes[place::CONNECTIONS]
            ]


def _cast(answer: bytes) -> bool:
    return b'CastVotePayload"' in answer and b'"errors"' not in answer


async def _founded(owner_url: str, app_url: str) -> Programme:
    await migrations.upgrade(owner_url)
    database = Database(create_engine(app_url))
    try:
        return await found(
            database,
            specifications=documents.SPECIFICATIONS,
            readers=CONNECTIONS,
            voters=VOTERS,
        )
    finally:
        await database.close()

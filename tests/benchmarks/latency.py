"""From a vote to everybody's screen: votes at a steady rate, and sockets on the ballot's status."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, text

from schema.nodes import global_id
from tests.ballots import opened
from tests.benchmarks.load import STAMP, Arrival, Load, LoadError, Subscription
from tests.benchmarks.site import Served, Site, product

VOTES = 200
"""A second."""
WATCHING = 500
FOLLOWING = 50
ELECTORS = 3_000
WARM_UP = 2.0
SECONDS = 10.0
PATIENCE = 20.0
CONSENSUS = """
subscription ($ballotId: ID!) {
  consensus(ballotId: $ballotId) {
    __typename
    ... on ConsensusUpdate {
      cursor
      sequence
      ballot {
        state
        consensus {
          status
          reasons
          asOf
          turnout { voted eligible }
          byConstituency { constituency { name } status inFavour of }
        }
      }
    }
  }
}
"""
ACTIVITY = """
subscription ($topicId: ID!) {
  activity(topicId: $topicId, kinds: [VOTE_CAST]) {
    __typename
    ... on ActivitySnapshot { sequence }
    ... on ActivityEvent {
      cursor sequence kind at
      actor { name }
      subject { ... on Vote { choice } }
    }
  }
}
"""
CAST = text(
    "SELECT sequence, data->>'rationale' AS rationale, at FROM events "
    "WHERE topic_id = :topic_id AND audience = 'MEMBERS' AND sequence > :after ORDER BY sequence"
).bindparams(bindparam("after", type_=BigInteger()))


@dataclass(frozen=True)
class Vote:
    """When a vote was asked for, and when its transaction was about to commit (ns, monotonic)."""

    asked: int
    stored: int


@dataclass(frozen=True)
class Row:
    """How one kind of sockets saw the votes; times are in seconds."""

    name: str
    sockets: int
    votes_a_second: float
    server_cpu: float
    client_cpu: float
    latencies: Sequence[float]
    """From asking for the vote to the first message that contains it, of each vote and socket."""
    ages: Sequence[float]
    """The same from storing it: how old what a socket shows became."""
    messages_a_second: float
    """To one socket, on average."""
    busiest_second: int
    """The most messages that one socket got within any second."""


def measure(site: Site) -> list[Row]:
    """Let the electors of one ballot vote; return what two kinds of sockets saw of it."""
    ballot = asyncio.run(_ballot(site))
    with product(site, "votes", str(ballot)) as served:
        load = Load(served.port)
        try:
            load.connect(
                Subscription(
                    CONSENSUS,
                    {"ballotId": global_id("Ballot", ballot)},
                    gapless=False,
                    sampled=WATCHING,
                ),
                site.tokens(WATCHING),
            )
            load.connect(
                Subscription(ACTIVITY, {"topicId": site.topic}, sampled=FOLLOWING),
                site.tokens(FOLLOWING),
            )
            before = load.reached()
            _vote(load, served, WARM_UP)
            warm = load.reached()
            server, client, start = served.cpu(), time.process_time(), time.monotonic()
            _vote(load, served, SECONDS)
            seconds = time.monotonic() - start
            server, client = served.cpu() - server, time.process_time() - client
        finally:
            load.close()
    votes = asyncio.run(_cast(site, before))
    measured = {sequence: vote for sequence, vote in votes.items() if sequence > warm}
    row = Row("", 0, len(measured) / seconds, server / seconds, client / seconds, (), (), 0, 0)
    arrivals: dict[int, list[Arrival]] = defaultdict(list)
    for arrival in load.arrivals:
        if arrival.sequence > warm:
            arrivals[arrival.socket].append(arrival)
    return [
        _row(replace(row, name=name), measured, [arrivals[socket] for socket in sockets], seconds)
        for name, sockets in (
            ("consensus: the status", range(WATCHING)),
            ("activity: the vote itself", range(WATCHING, WATCHING + FOLLOWING)),
        )
    ]


async def _ballot(site: Site) -> UUID:
    async with site.database() as database:
        return await opened(replace(site.world, database=database))


async def _cast(site: Site, after: int) -> Mapping[int, Vote]:
    """Read the votes that were stored after a sequence, by their own."""
    wall = time.time_ns() - time.monotonic_ns()
    async with site.database() as database, database.session() as session:
        rows = await session.execute(CAST, {"topic_id": site.world.engagement, "after": after})
        found = {}
        for row in rows:
            stamp = STAMP.search(row.rationale.encode())
            assert stamp is not None
            found[row.sequence] = Vote(int(stamp[1]), _nanoseconds(row.at) - wall)
    return found


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000


def _vote(load: Load, served: Served, seconds: float) -> None:
    """Ask for votes at the rate, and wait until everybody knows of all of them."""
    start = time.monotonic()
    wanted, asked = load.reached(), 0
    while (elapsed := time.monotonic() - start) < seconds:
        if asked / VOTES <= elapsed:
            served.publish("I agree with what was said before.")
            asked += 1
        load.poll(asked / VOTES - elapsed)
    while load.reached() < wanted + asked:
        if time.monotonic() > start + seconds + PATIENCE:
            missing = wanted + asked - load.reached()
            raise LoadError(f"{missing} votes were not seen {PATIENCE:g} s after the last one.")
        load.poll(0.1)


def _row(
    row: Row, votes: Mapping[int, Vote], sockets: Sequence[Sequence[Arrival]], seconds: float
) -> Row:
    latencies, ages = [], []
    for arrivals in sockets:
        sequences = iter(sorted(votes))
        sequence = next(sequences, None)
        for arrival in arrivals:
            while sequence is not None and sequence <= arrival.sequence:
                latencies.append((arrival.at - votes[sequence].asked) / 1e9)
                ages.append((arrival.at - votes[sequence].stored) / 1e9)
                sequence = next(sequences, None)
    return replace(
        row,
        sockets=len(sockets),
        latencies=latencies,
        ages=ages,
        messages_a_second=sum(map(len, sockets)) / len(sockets) / seconds,
        busiest_second=max(_busiest(arrivals) for arrivals in sockets),
    )


def _busiest(arrivals: Sequence[Arrival]) -> int:
    most = first = 0
    for place, arrival in enumerate(arrivals):
        while arrival.at - arrivals[first].at >= 1_000_000_000:
            first += 1
        most = max(most, place - first + 1)
    return most

"""One topic, many sockets, the same subscription: against plain Strawberry and bare Starlette."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.benchmarks.baselines import CHANNEL, SHARED_ID
from tests.benchmarks.load import Load, LoadError, Subscription
from tests.benchmarks.site import Served, Site, baseline, product

SERVERS = ("Concordat", "plain Strawberry", "bare Starlette")
SOCKETS = (100, 1_000, 3_000, 5_000)
SLOPE = (100, 3_000)
"""Between how many sockets the cost of one more is taken."""
WARM_UP = 1.0
SECONDS = 5.0
UNDER_WAY = 8_000
"""About how many deliveries are on their way at saturation, of 2 to 32 events."""
PAUSE = 0.001
"""Between readings at saturation: each then finds many messages, which costs our core less."""
STEADY = 10_000
"""Deliveries a second of the steady phase, or half of what the server can where that is less."""
PATIENCE = 20.0
"""Seconds that events may need to arrive once no more are published."""
TEXT = "This criterion looks good to me, but please clarify the threshold before the next review."
ACTIVITY = """
subscription ($topicId: ID!) {
  activity(topicId: $topicId) {
    __typename
    ... on ActivitySnapshot { sequence }
    ... on ActivityEvent {
      cursor
      sequence
      kind
      at
      actor { name }
      subject { ... on Comment { id body createdAt } }
    }
  }
}
"""


@dataclass(frozen=True)
class Phase:
    """What was delivered, how long it took, and what it cost; times are in seconds."""

    events: int
    deliveries: int
    seconds: float
    server_cpu: float
    client_cpu: float
    latencies: Sequence[float]

    @property
    def rate(self) -> float:
        """Deliveries a second."""
        return self.deliveries / self.seconds

    @property
    def cost(self) -> float:
        """Seconds of the server's CPU for one delivery."""
        return self.server_cpu / self.deliveries

    def latency(self, share: float) -> float:
        """Return the seconds within which this share of the sampled messages came."""
        return quantile(self.latencies, share)


@dataclass(frozen=True)
class Row:
    """What one server did for so many sockets; without phases, why it did not."""

    name: str
    sockets: int
    socket_bytes: float = 0
    message_bytes: float = 0
    saturated: Phase | None = None
    steady: Phase | None = None
    failure: str = ""


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies; 0 of none."""
    ordered = sorted(values)
    return ordered[int((len(ordered) - 1) * share)] if ordered else 0.0


def measure(site: Site, sockets: Sequence[int], note: Callable[[str], None]) -> Iterator[Row]:
    """Yield a row for each number of sockets and each server; say what is being done."""
    for count in sockets:
        for name in SERVERS:
            note(f"{name}, {count:,} sockets")
            yield _row(site, name, count)


def slope(rows: Sequence[Row], name: str, phase: Callable[[Row], Phase | None]) -> float | None:
    """Return the seconds of server CPU that one more subscriber costs an event in a phase."""
    cost = {
        row.sockets: measured.server_cpu / measured.events
        for row in rows
        if row.name == name and row.sockets in SLOPE and (measured := phase(row))
    }
    few, many = SLOPE
    if not {few, many} <= cost.keys():
        return None
    return (cost[many] - cost[few]) / (many - few)


def _row(site: Site, name: str, count: int) -> Row:
    socket_bytes = message_bytes = 0.0
    saturated = None
    try:
        with _served(site, name) as served, _loaded(served) as load:
            ours = name == SERVERS[0]
            before = served.memory()
            load.connect(
                Subscription(ACTIVITY, {"topicId": site.topic if ours else CHANNEL}),
                site.tokens(count) if ours else [None] * count,
                shared_id=SHARED_ID if name == SERVERS[2] else None,
            )
            socket_bytes = (served.memory() - before) / count
            _saturate(load, served, count, WARM_UP)
            load.received_bytes = load.received = 0
            saturated = _saturate(load, served, count, SECONDS)
            message_bytes = load.received_bytes / load.received
            rate = min(STEADY, saturated.rate / 2) / count
            steady = _pace(load, served, count, rate, SECONDS)
            return Row(name, count, socket_bytes, message_bytes, saturated, steady)
    except LoadError as error:
        return Row(name, count, socket_bytes, message_bytes, saturated, failure=str(error))


@contextmanager
def _served(site: Site, name: str) -> Iterator[Served]:
    if name == SERVERS[0]:
        with product(site, "comments", *map(str, site.threads)) as served:
            yield served
    else:
        with baseline(name.rpartition(" ")[2].lower()) as served:
            yield served


@contextmanager
def _loaded(served: Served) -> Iterator[Load]:
    load = Load(served.port)
    try:
        yield load
    finally:
        load.close()


def _saturate(load: Load, served: Served, count: int, seconds: float) -> Phase:
    """Publish the next event as soon as one has arrived everywhere."""
    run = _Run(load, served, count)
    window = max(2, min(UNDER_WAY // count, 32))
    while run.elapsed() < seconds:
        while run.published - run.arrived() < window:
            run.publish()
        load.poll(0.01)
        time.sleep(PAUSE)
    return run.end()


def _pace(load: Load, served: Served, count: int, rate: float, seconds: float) -> Phase:
    """Publish so many events a second, whether the earlier ones have arrived or not."""
    run = _Run(load, served, count)
    while (elapsed := run.elapsed()) < seconds:
        if run.published / rate <= elapsed:
            run.publish()
        load.poll(min(run.published / rate, seconds) - elapsed)
    return run.end()


class _Run:
    """Counts what is published from now on, and what it costs until all of it has arrived."""

    def __init__(self, load: Load, served: Served, count: int) -> None:
        self.published = 0
        self._load = load
        self._served = served
        self._count = count
        self._received = load.received
        load.arrivals.clear()
        self._server = served.cpu()
        self._client = time.process_time()
        self._start = time.monotonic()

    def publish(self) -> None:
        """Publish one event."""
        self._served.publish(TEXT)
        self.published += 1

    def elapsed(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._start

    def arrived(self) -> int:
        """Return how many events have arrived, as if everybody got as many."""
        return (self._load.received - self._received) // self._count

    def end(self) -> Phase:
        """Wait for what is on its way, and return what was measured."""
        last = self.elapsed()
        while self.arrived() < self.published:
            if self.elapsed() > last + PATIENCE:
                raise LoadError(
                    f"Of {self.published} events, {self.arrived()} had arrived everywhere "
                    f"{PATIENCE:g} seconds after the last one."
                )
            self._load.poll(0.1)
        return Phase(
            self.published,
            self.published * self._count,
            self.elapsed(),
            self._served.cpu() - self._server,
            time.process_time() - self._client,
            [(each.at - each.sent) / 1e9 for each in self._load.arrivals],
        )

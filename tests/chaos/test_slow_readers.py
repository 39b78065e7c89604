"""Readers that stop are dropped, readers that dribble get whole frames, and nobody else notices."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import quantiles
from time import time

import pytest

from domain.texts import COMMENT_LENGTH
from tests.chaos import wire
from tests.chaos.fleet import FULL, Fleet, Seen, Witness, following, writers
from tests.chaos.scale import LONG, report, scaled, until
from tests.chaos.worker import Worker
from tests.world import World

STALLED = 10
OTHERS = scaled(6, 30)
DROPPED = 45.0
"""Seconds until a reader that takes nothing is dropped."""
LITTLE = 4_096
"""Bytes that the kernel keeps for a reader that does not read."""
HEAVY = """
subscription ($topic: ID!, $after: String) {
  activity(topicId: $topic, after: $after) {
    __typename
    ... on ActivitySnapshot { cursor sequence }
    ... on ActivityEvent { cursor sequence kind at subject { ... on Comment { BODIES } } }
  }
}
""".replace("BODIES", " ".join(f"words{n}: body" for n in range(5)))
MUCH = 80
"""Long comments: in heavy events, more than the kernel (4 MB) and we keep for one reader."""
DRIBBLING = scaled(3, 12)
ROUNDS = scaled(40, 400)
AT_ONCE = 10
QUESTION = """{
  q%d: engagements(last: 1) {
    nodes { threads(first: 1) { nodes { comments(first: 10) { nodes { body } } } } }
  }
}"""
WORDS = "Eight by" * (COMMENT_LENGTH // 8)


@asynccontextmanager
async def stalled(witnesses: Sequence[Witness]) -> AsyncIterator[dict[Witness, wire.Wire]]:
    """Let witnesses subscribe, read the snapshot and from then on nothing."""
    async with AsyncExitStack() as stack:
        sockets = {}
        for each in witnesses:
            socket = await stack.enter_async_context(
                wire.connected(each.ports[0], each.token, receive_buffer=LITTLE)
            )
            await each.subscribe(socket)
            each.note(wire.value(await socket.message()))
            sockets[each] = socket
        yield sockets


async def resume(witness: Witness, socket: wire.Wire) -> None:
    """Read what had arrived before the end, and then the rest elsewhere."""
    try:
        while True:
            witness.note(wire.value(await socket.message()))
    except wire.Gone:
        await witness.run()


async def test_readers_that_stop_are_dropped_and_may_resume_and_others_go_on(
    workers: list[Worker], world: World, tmp_path: Path
) -> None:
    served, other = workers
    writing = await writers(world, [other.port], tmp_path)
    slow = Fleet(world, [served.port], tmp_path, STALLED)
    for each in slow.witnesses:
        each.document = HEAVY
    async with (
        following(world, [served.port], tmp_path, OTHERS) as fleet,
        stalled(slow.witnesses) as sockets,
        asyncio.TaskGroup() as tasks,
    ):
        started = time()
        held = {socket.port for socket in sockets.values()}
        assert held <= served.connections()
        writing.words = WORDS
        await writing.write(MUCH)
        writing.words = "A word."
        going_on = tasks.create_task(writing.write(1_000_000, people=2, pause=0.5))
        await until(lambda: not held & served.connections(), DROPPED)
        seconds = time() - started
        assert not fleet.resumed
        resuming = [tasks.create_task(resume(*each)) for each in sockets.items()]
        going_on.cancel()
        for everybody in (fleet, slow):
            await everybody.caught_up()
            await everybody.verify()
        for task in resuming:
            task.cancel()
    report(f"{STALLED} readers that stopped were dropped within {seconds:.1f} s")


async def test_readers_that_dribble_get_whole_frames_in_order_among_everything_else(
    workers: list[Worker], world: World, tmp_path: Path
) -> None:
    served, other = workers
    writing = await writers(world, [other.port], tmp_path)
    slow = Fleet(world, [served.port], tmp_path, DRIBBLING)
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        readers = []
        for each in slow.witnesses:
            each.document = FULL
            socket = await stack.enter_async_context(
                wire.connected(each.ports[0], each.token, receive_buffer=LITTLE)
            )
            readers.append(Dribbler(each, socket))
        running = [tasks.create_task(reader.read()) for reader in readers]
        await until(lambda: all(reader.witness.first is not None for reader in readers))
        running += [tasks.create_task(reader.ask()) for reader in readers]
        for number in range(ROUNDS):
            writing.words = WORDS if number % 2 else "A word."
            await writing.write(4, people=4)
        await slow.caught_up()
        for task in running:
            task.cancel()
        await slow.verify()
    for reader in readers:
        assert min(reader.answered, reader.completed, reader.pongs, reader.echoes) > AT_ONCE
    answers = sum(reader.answered for reader in readers)
    report(f"{answers:,} answers between {slow.deliveries:,} events, read in dribbles")


@pytest.mark.skipif(not LONG, reason="Compares latencies: part of `make chaos`.")
async def test_readers_that_stop_hardly_delay_the_others(
    workers: list[Worker], world: World, tmp_path: Path
) -> None:
    served, other = workers
    writing = await writers(world, [other.port], tmp_path)
    slow = Fleet(world, [served.port], tmp_path, STALLED)
    for each in slow.witnesses:
        each.document = HEAVY
    without: list[Seen] = []
    beside: list[Seen] = []
    async with following(world, [served.port], tmp_path, OTHERS) as fleet:

        async def measured(into: list[Seen]) -> None:
            writing.words = WORDS  # until those who do not read have stopped
            await writing.write(MUCH)
            writing.words = "A word."
            await fleet.caught_up()
            before = [len(each.seen) for each in fleet.witnesses]
            await writing.write(200, people=2, pause=0.02)
            await fleet.caught_up()
            for each, start in zip(fleet.witnesses, before, strict=True):
                into.extend(each.seen[start:])

        for _ in range(4):
            await measured(without)
            async with stalled(slow.witnesses):
                await measured(beside)
    ratio = p99(beside) / p99(without)
    report(
        f"The 99th percentile from number to arrival is {p99(without) * 1e3:.1f} ms, and beside "
        f"{STALLED} readers that stopped {p99(beside) * 1e3:.1f} ms: {ratio:.2f} times as much"
    )
    assert ratio < 1.2


def p99(seen: Sequence[Seen]) -> float:
    """Return the seconds within which 99 of 100 events arrived."""
    return quantiles((each.late for each in seen), n=100)[-1]


class Dribbler:
    """Reads a few bytes at a time and pauses, and asks for other things on the same socket."""

    def __init__(self, witness: Witness, socket: wire.Wire) -> None:
        self.witness = witness
        self.socket = socket
        self.asked = self.answered = self.completed = self.pongs = self.echoes = 0

    async def ask(self) -> None:
        """Ask for ever, at most ten questions at once, with pings of both kinds between them."""
        while True:
            if self.asked - self.completed < AT_ONCE:
                await self.socket.subscribe(f"q{self.asked}", QUESTION % self.asked)
                await self.socket.send({"type": "ping"})
                await self.socket.write(wire.frame(wire.PING, b"%d" % self.asked))
                self.asked += 1
            await asyncio.sleep(0.01)

    async def read(self) -> None:
        """Follow for ever, and check every frame, and that each answer is one to a question."""
        await self.witness.subscribe(self.socket)
        while True:
            await asyncio.sleep(random.uniform(0, 0.002))  # noqa: S311 - uneven, not secret
            most = random.choice((1, 7, 125, 126, 1_000, 16_000))  # noqa: S311 - as above
            for opcode, payload in self.socket.parser.feed(await self.socket.read(most)):
                await self._take(opcode, payload)

    async def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == wire.CLOSE:
            raise wire.closed(payload)
        if opcode == wire.PING:
            await self.socket.write(wire.frame(wire.PONG, payload))
            return
        if opcode == wire.PONG:
            assert payload == b"%d" % self.echoes
            self.echoes += 1
            return
        message = wire.decoded(payload)
        match message["type"], message.get("id"):
            case "ping", None:
                await self.socket.send({"type": "pong"})
            case "pong", None:
                self.pongs += 1
            case "next", "events":
                self.witness.note(wire.value(message))
            case "next", question:
                assert message["payload"]["data"].keys() == {question}
                self.answered += 1
            case "complete", _:
                self.completed += 1
            case other:
                raise AssertionError(other)

"""Wake-ups over real servers: none is lost between waits, and every connection comes back."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from uuid import UUID, uuid4

import pytest

from subscriptions import wakeup
from subscriptions.wakeup import Wakeups
from tests.kafka_server import KafkaServer
from tests.servers import PostgresServer, RedisServer, postgres_server, redis_server

DEADLINE = 10.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def kafka() -> Iterator[KafkaServer]:
    server = KafkaServer()
    yield server
    server.kill()


@pytest.fixture(params=["memory", "postgres", "redis", "kafka"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "memory":
        return "memory://"
    server = request.getfixturevalue(request.param)
    return str(server.url)


@asynccontextmanager
async def started(url: str, silence: float = 10.0) -> AsyncIterator[Wakeups]:
    wakeups = Wakeups(url, silence=silence)
    await wakeups.start()
    try:
        yield wakeups
    finally:
        await wakeups.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


async def test_wakes_the_listeners_of_a_topic_and_no_other(url: str) -> None:
    topic, other = uuid4(), uuid4()
    async with started(url) as wakeups:
        with (
            wakeups.listen(topic) as one,
            wakeups.listen(topic) as two,
            wakeups.listen(other) as bystander,
        ):
            await wakeups.publish([topic])
            assert all(await asyncio.gather(one.wait(DEADLINE), two.wait(DEADLINE)))
            assert not await bystander.wait(0)
        assert wakeups.healthy


async def test_every_first_subscriber_at_once_is_woken(url: str) -> None:
    topics = [uuid4() for _ in range(50)]
    async with started(url) as wakeups:

        async def reader(topic: UUID) -> bool:
            with wakeups.listen(topic) as listener:
                ready.release()
                return await listener.wait(DEADLINE)

        ready = asyncio.Semaphore(0)
        readers = [asyncio.create_task(reader(topic)) for topic in topics]
        for _ in topics:
            await ready.acquire()
        await wakeups.publish(topics)
        assert all(await asyncio.gather(*readers))


async def test_publishes_at_once_all_arrive(url: str) -> None:
    topics = [uuid4() for _ in range(40)]
    async with started(url) as sender, started(url) as other:
        receiver = sender if url == "memory://" else other
        with ExitStack() as listening:
            listeners = [listening.enter_context(receiver.listen(topic)) for topic in topics]
            await asyncio.gather(*(sender.publish([topic]) for topic in topics))
            assert all(await asyncio.gather(*(each.wait(DEADLINE) for each in listeners)))


async def test_a_wake_up_between_two_waits_is_not_lost_and_many_are_one() -> None:
    topic = uuid4()
    async with started("memory://") as wakeups:
        with wakeups.listen(topic) as listener, wakeups.listen(topic) as witness:
            for _ in range(3):
                await wakeups.publish([topic])
            assert await witness.wait(DEADLINE)
            assert await listener.wait(0.01)
            assert not await listener.wait(0.01)


async def test_a_thousand_topics_in_one_publish(url: str) -> None:
    topics = [uuid4() for _ in range(1000)]
    async with started(url) as wakeups:
        with wakeups.listen(topics[0]) as first, wakeups.listen(topics[-1]) as last:
            await wakeups.publish(topics)
            assert await first.wait(DEADLINE)
            assert await last.wait(DEADLINE)


async def test_a_topic_is_forgotten_with_its_last_listener() -> None:
    wakeups = Wakeups("memory://")
    topic = uuid4()
    with wakeups.listen(topic), wakeups.listen(topic):
        pass
    assert not wakeups._listeners  # noqa: SLF001 - memory cannot be seen from outside


async def test_a_notification_of_a_transaction_wakes(postgres: PostgresServer) -> None:
    topic = uuid4()
    async with started(postgres.url) as wakeups:
        with wakeups.listen(topic) as listener:
            await postgres.execute("SELECT pg_notify('concordat', $1)", str(topic))
            assert await listener.wait(DEADLINE)


async def test_a_message_goes_to_every_process(url: str) -> None:
    async with started(url) as one, started(url) as other:
        got: list[dict[str, object]] = []
        one.receive(got.append)
        if url != "memory://":
            other.receive(got.append)
        await one.send({"hello": "wörld"})
        await until(lambda: len(got) == (1 if url == "memory://" else 2))
        assert got[0] == got[-1] == {"hello": "wörld"}


async def test_a_message_has_a_longest_length() -> None:
    async with started("memory://") as wakeups:
        with pytest.raises(ValueError, match="at most 7900 bytes"):
            await wakeups.send({"text": "x" * wakeup.LONGEST})


async def test_a_useless_message_or_a_failing_receiver_stops_nobody() -> None:
    async with started("memory://") as wakeups:
        got: list[dict[str, object]] = []
        wakeups.receive(lambda message: message["absent"])
        wakeups.receive(got.append)
        await wakeups.send({"n": 1})
        await wakeups.send({"n": 2})
        await until(lambda: got == [{"n": 1}, {"n": 2}])
        assert wakeups.healthy


async def test_a_terminated_connection_comes_back_and_wakes_all(
    postgres: PostgresServer,
) -> None:
    topic = uuid4()
    async with started(postgres.url) as wakeups:
        with wakeups.listen(topic) as listener:
            await postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
            )
            assert await listener.wait(DEADLINE)
            assert wakeups.healthy
            await wakeups.publish([topic])
            assert await listener.wait(DEADLINE)


async def test_a_restarted_postgres_is_found_again(postgres: PostgresServer) -> None:
    topic = uuid4()
    async with started(postgres.url) as wakeups:
        with wakeups.listen(topic) as listener:
            await asyncio.to_thread(postgres.stop)
            await until(lambda: not wakeups.healthy)
            await wakeups.publish([topic])
            assert await listener.wait(DEADLINE)  # this process wakes itself meanwhile
            await asyncio.to_thread(postgres.start)
            assert await listener.wait(DEADLINE)
            assert wakeups.healthy
            await wakeups.publish([topic])
            assert await listener.wait(DEADLINE)


async def test_a_restarted_redis_is_found_again(redis: RedisServer) -> None:
    topic = uuid4()
    async with started(redis.url) as wakeups:
        with wakeups.listen(topic) as listener:
            redis.kill()
            await until(lambda: not wakeups.healthy)
            await wakeups.publish([topic])
            assert await listener.wait(DEADLINE)
            redis.start()
            assert await listener.wait(DEADLINE)
            assert wakeups.healthy
            await wakeups.publish([topic])
            assert await listener.wait(DEADLINE)


async def test_a_kafka_that_hangs_is_noticed_and_found_again(
    kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeup, "_STEP", 1.0)
    topic = uuid4()
    async with started(kafka.url, silence=0.2) as wakeups:
        with wakeups.listen(topic) as listener:
            kafka.pause()
            try:
                await until(lambda: not wakeups.healthy)
                await wakeups.publish([topic])
                assert await listener.wait(DEADLINE)
            finally:
                kafka.resume()
            assert await listener.wait(DEADLINE)
            await until(lambda: wakeups.healthy)
            await wakeups.publish([topic])
            assert await listener.wait(DEADLINE)


async def test_a_connection_that_lost_its_listening_is_found_out(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeup, "_STEP", 0.1)
    async with started(postgres.url, silence=0.05) as wakeups:
        with wakeups.listen(uuid4()) as listener:
            await wakeups._backend._connection.execute("UNLISTEN *")  # type: ignore[union-attr]  # noqa: SLF001
            assert await listener.wait(DEADLINE)
            await until(lambda: wakeups.healthy)


async def test_silence_alone_reconnects_nobody(url: str) -> None:
    async with started(url, silence=0.01) as wakeups:
        with wakeups.listen(uuid4()) as listener:
            assert not await listener.wait(0.2)


async def test_more_than_the_bound_becomes_a_wake_up_of_everybody(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeup, "_MOST_WAITING", 0)
    async with started(redis.url) as wakeups:
        with wakeups.listen(uuid4()) as bystander:
            await wakeups.publish([uuid4()])
            assert await bystander.wait(DEADLINE)


@pytest.mark.parametrize("scheme", ["redis", "postgresql+asyncpg", "kafka"])
async def test_a_server_that_stays_away_is_named(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    wakeups = Wakeups(f"{scheme}://user:secret@127.0.0.1:{port}/0", patience=0.2)
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1, could not be reached") as caught:
        await wakeups.start()
    assert "secret" not in str(caught.value)
    assert not wakeups.healthy
    await wakeups.stop()


async def test_start_waits_for_a_server_that_is_late(redis: RedisServer) -> None:
    redis.kill()
    wakeups = Wakeups(redis.url)
    starting = asyncio.create_task(wakeups.start())
    await until(lambda: wakeups._backend._fault is not None)  # type: ignore[union-attr]  # noqa: SLF001
    redis.start()
    await starting
    assert wakeups.healthy
    await wakeups.stop()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [("mysql://x", "is none of"), ("nonsense", "is none of")],
)
def test_an_address_that_cannot_work_is_refused(address: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Wakeups(address)

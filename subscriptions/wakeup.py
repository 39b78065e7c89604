"""Wake-ups between processes: which topics have news, carried by broadcaster past its faults.

A wake-up names a topic and carries no data: a reader re-reads the event table, and looks by itself
every second, so a lost wake-up costs latency and never an event. broadcaster 0.3.1 loses the
second of two first subscribers, fails concurrent publishes, falls silent for good when its server
restarts, and queues without bound. Hence one `Broadcast`, two fixed channels subscribed to before
anybody is served, connections of our own that come back, and messages coalesced where they arrive.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import orjson
import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from broadcaster import Broadcast, BroadcastBackend, Event
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

WAKEUPS = "concordat"
"""The channel of topic ids, separated by spaces; `pg_notify` sends them in the transaction."""
PRESENCE = "concordat_presence"
"""The channel of small JSON objects."""
EVERYBODY = "*"
"""Instead of a topic id: something may have been missed, so wake all."""
LONGEST = 7_900
"""Bytes in one message: PostgreSQL takes less than 8,000."""

_ENVELOPE = 200  # bytes of a message beside its records
_MOST_WAITING = 10_000
_IDS_IN_A_MESSAGE = 200
_STEP = 5.0  # seconds that one exchange with the server may take
_FAREWELL = 1.0  # seconds for leaving a server that may be away

log = structlog.get_logger(__name__)

Handler = Callable[[dict[str, Any]], None]


class Listener:
    """One reader's interest in one topic; any number of wake-ups between two waits are one."""

    __slots__ = ("_woken",)

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    async def wait(self, seconds: float | None) -> bool:
        """Tell whether the topic was woken since the last wait; False when the time is over.

        None waits until it is woken.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return False
        self._woken.clear()
        return True

    def wake(self) -> None:
        """Let the present or the next `wait` return True."""
        self._woken.set()


_AGAIN = 1.0  # seconds until a pump that goes on is cancelled once more


class Wakeups:
    """The wake-ups and presence messages of one process.

    `url` is memory://, redis://, kafka:// or a PostgreSQL address, with or without +asyncpg.
    `patience` is how many seconds `start` waits for the server, `silence` after how many seconds
    without a message the connection is tried.
    """

    def __init__(self, url: str, *, patience: float = 10.0, silence: float = 10.0) -> None:
        self._backend = _backend(url, patience, silence)
        self._broadcast = _broadcast(url, self._backend)
        self._listeners: dict[str, set[Listener]] = {}
        self._handlers: list[Handler] = []
        self._due: set[str] = set()
        self._pumps: list[asyncio.Task[None]] = []
        self._resources = AsyncExitStack()

    async def start(self) -> None:
        """Connect and subscribe; ConnectionError with a sentence when the server stays away."""
        await self._broadcast.connect()
        self._resources.push_async_callback(self._broadcast.disconnect)
        for channel, handle in ((WAKEUPS, self._wake), (PRESENCE, self._hand_over)):
            subscriber = await self._resources.enter_async_context(
                self._broadcast.subscribe(channel)
            )
            pump = asyncio.create_task(_pump(subscriber.get, handle), name=f"{channel} messages")
            self._pumps.append(pump)

    async def stop(self) -> None:
        """Disconnect; listeners still waiting sleep until their time is over."""
        # Again and again: a client in the middle of connecting may swallow a cancellation.
        while pumping := [pump for pump in self._pumps if not pump.done()]:
            for pump in pumping:
                pump.cancel()
            await asyncio.wait(pumping, timeout=_AGAIN)
        await asyncio.gather(*self._pumps, return_exceptions=True)
        self._pumps.clear()
        await self._resources.aclose()

    @property
    def healthy(self) -> bool:
        """Whether messages can arrive at this moment."""
        connected = self._backend is None or self._backend.connected
        return connected and bool(self._pumps) and not any(pump.done() for pump in self._pumps)

    @contextmanager
    def listen(self, topic_id: UUID) -> Iterator[Listener]:
        """Listen to one topic for the length of the block."""
        topic = str(topic_id)
        listener = Listener()
        self._listeners.setdefault(topic, set()).add(listener)
        try:
            yield listener
        finally:
            group = self._listeners[topic]
            group.discard(listener)
            if not group:
                del self._listeners[topic]

    async def publish(self, topic_ids: Iterable[UUID]) -> None:
        """Wake the listeners of these topics in every process; never fails the caller.

        What it tells of is committed already. Where the server is away, this process is woken
        and the others look by themselves.
        """
        topics = [str(topic_id) for topic_id in topic_ids]
        for start in range(0, len(topics), _IDS_IN_A_MESSAGE):
            message = " ".join(topics[start : start + _IDS_IN_A_MESSAGE])
            if not await self._publish(WAKEUPS, message):
                self._wake(message)

    def wake(self, topic_id: UUID) -> None:
        """Wake the listeners of a topic in this process alone."""
        self._wake(str(topic_id))

    async def send(self, message: dict[str, Any]) -> None:
        """Hand a JSON object of at most 7,900 bytes to the receivers of every process, ours too.

        It is lost without a word while the server is away: repeat what has to arrive.
        """
        text = orjson.dumps(message)
        if len(text) > LONGEST:
            raise ValueError(f"A message has at most {LONGEST} bytes and this one {len(text)}.")
        await self._publish(PRESENCE, text.decode())

    def receive(self, handler: Handler) -> None:
        """Call `handler` with every message that `send` sent; it must not block."""
        self._handlers.append(handler)

    async def _publish(self, channel: str, message: str) -> bool:
        try:
            await self._broadcast.publish(channel, message)
        except Exception:  # each server has its own; none may fail the caller
            log.debug("a message was not sent", channel=channel, exc_info=True)
            return False
        return True

    def _wake(self, message: str) -> None:
        if not self._due:
            asyncio.get_running_loop().call_soon(self._wake_due)
        self._due.update(message.split())

    def _wake_due(self) -> None:
        due, self._due = self._due, set()
        topics = list(self._listeners) if EVERYBODY in due else due & self._listeners.keys()
        for topic in topics:
            for listener in self._listeners[topic]:
                listener.wake()

    def _hand_over(self, message: str) -> None:
        for handler in self._handlers:
            try:
                handler(orjson.loads(message))
            except Exception:  # one bad message must not end the reading
                log.exception("a presence message was of no use and is dropped")


def batches(records: list[list[Any]]) -> Iterator[list[list[Any]]]:
    """Divide records into lists, each short enough for one message of `send`."""
    batch: list[list[Any]] = []
    size = _ENVELOPE
    for record in records:
        length = len(orjson.dumps(record)) + 1
        if size + length > LONGEST:
            yield batch
            batch, size = [], _ENVELOPE
        batch.append(record)
        size += length
    if batch:
        yield batch


async def _pump(get: Callable[[], Any], handle: Callable[[str], None]) -> None:
    while True:
        event: Event = await get()
        handle(event.message)


class _Reconnecting(BroadcastBackend):
    """A connection to both channels that comes back; subclasses open, close and send.

    It reports its return by waking everybody, since something may have been missed. What waits
    for broadcaster is a set, so a thousand wake-ups of one topic are one; beyond a bound it
    becomes EVERYBODY. After `silence` it sends a message to itself to find a dead connection.
    """

    def __init__(self, url: str, patience: float, silence: float) -> None:
        self.connected = False
        self._url = url
        self._patience = patience
        self._silence = silence
        self._waiting: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._news = asyncio.Event()
        self._sending = asyncio.Lock()
        self._fault: Exception | None = None

    @abstractmethod
    async def _open(self) -> None:
        """Connect and listen to WAKEUPS and PRESENCE, calling `_arrive` and `_lose`."""

    @abstractmethod
    async def _close(self) -> None:
        """Let go of whatever `_open` took, however far it came; must not raise."""

    @abstractmethod
    async def _send(self, channel: str, message: str) -> None: ...

    async def connect(self) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._reopen()
        except TimeoutError:
            await self._close()
            place = urlsplit(self._url)
            raise ConnectionError(
                f"The server of the wake-ups, {place.scheme}://{place.hostname or 'local'}, could "
                f"not be reached within {self._patience:g} seconds: start it, or correct "
                f"BROADCAST_URL. The last attempt said: {self._fault or 'nothing'}"
            ) from self._fault

    async def disconnect(self) -> None:
        self.connected = False
        await self._close()

    async def subscribe(self, group: str) -> None:
        """Do nothing: every connection listens to both channels from its beginning."""

    async def unsubscribe(self, group: str) -> None:
        """Do nothing, as `subscribe`."""

    async def publish(self, channel: str, message: Any) -> None:
        # asyncpg refuses two statements at once on one connection, so one after the other.
        async with self._sending:
            if not self.connected:
                raise ConnectionError("The server of the wake-ups is away at the moment.")
            try:
                async with asyncio.timeout(_STEP):
                    await self._send(channel, message)
            except Exception as error:
                self._lose(error)
                raise

    async def next_published(self) -> Event:
        while not self._waiting:
            if not self.connected:
                await self._close()
                await self._reopen()
                return Event(WAKEUPS, EVERYBODY)
            self._news.clear()
            if not await self._news_within(self._silence):
                await self._try_out()
        (channel, message), _ = self._waiting.popitem(last=False)
        return Event(channel, message)

    async def _news_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        return self._news.is_set()

    async def _try_out(self) -> None:
        with suppress(Exception):  # publish has noted it
            await self.publish(WAKEUPS, "")
        if self.connected and not await self._news_within(_STEP):
            self._lose(TimeoutError("It does not deliver what we send to ourselves."))

    async def _reopen(self) -> None:
        pause = 0.05
        while not self.connected:
            try:
                async with asyncio.timeout(_STEP):
                    await self._open()
            except Exception as error:  # noqa: BLE001 - broadcaster would fall silent for good
                self._fault = error
                log.warning("the wake-ups are not connected; trying again", reason=str(error))
                await self._close()
                await asyncio.sleep(pause)
                pause = min(2 * pause, 2.0)
            else:
                self.connected = True
        if self._fault is not None:
            log.info("the wake-ups are connected again")
            self._fault = None

    def _arrive(self, channel: str, message: str) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.clear()
            channel, message = WAKEUPS, EVERYBODY
        self._waiting[channel, message] = None
        self._news.set()

    def _lose(self, error: Exception) -> None:
        if self.connected:
            self.connected = False
            self._fault = error
            log.warning("the connection of the wake-ups was lost", reason=str(error))
            self._news.set()


class _Postgres(_Reconnecting):
    """LISTEN and pg_notify on one connection of asyncpg."""

    _connection: Any = None

    async def _open(self) -> None:
        connection = await asyncpg.connect(self._url, timeout=_STEP)
        self._connection = connection
        connection.add_termination_listener(self._terminated)
        for channel in (WAKEUPS, PRESENCE):
            await connection.add_listener(
                channel, lambda _, _pid, channel, message: self._arrive(channel, message)
            )

    def _terminated(self, connection: object) -> None:
        if connection is self._connection:
            self._lose(ConnectionError("PostgreSQL ended the connection."))

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _send(self, channel: str, message: str) -> None:
        await self._connection.execute("SELECT pg_notify($1, $2)", channel, message)


class _Redis(_Reconnecting):
    """SUBSCRIBE and PUBLISH; redis-py's own retries would hide a gap, so they are off."""

    _client: Any = None
    _reader: asyncio.Task[None] | None = None

    async def _open(self) -> None:
        self._client = Redis.from_url(
            self._url,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=_STEP,
        )
        subscription = self._client.pubsub(ignore_subscribe_messages=True)
        await subscription.subscribe(WAKEUPS, PRESENCE)
        self._reader = asyncio.create_task(self._read(subscription), name="Redis messages")

    async def _read(self, subscription: Any) -> None:
        try:
            async for message in subscription.listen():
                self._arrive(message["channel"], message["data"])
        except Exception as error:  # noqa: BLE001 - whatever it is, the reading has ended
            self._lose(error)
        finally:
            await subscription.aclose()

    async def _close(self) -> None:
        reader, self._reader = self._reader, None
        client, self._client = self._client, None
        if reader is not None:
            reader.cancel()
            await asyncio.wait([reader])
        if client is not None:
            with suppress(Exception):
                await client.aclose()

    async def _send(self, channel: str, message: str) -> None:
        await self._client.publish(channel, message)


class _Kafka(_Reconnecting):
    """A topic for each channel, read from now on by every process: nobody is in a group."""

    _producer: Any = None
    _consumer: Any = None
    _reader: asyncio.Task[None] | None = None

    async def _open(self) -> None:
        client = {
            "bootstrap_servers": urlsplit(self._url).netloc.rpartition("@")[2],
            "request_timeout_ms": int(_STEP * 1000),
        }
        self._producer = AIOKafkaProducer(acks=1, **client)
        await self._producer.start()
        self._consumer = AIOKafkaConsumer(WAKEUPS, PRESENCE, group_id=None, **client)
        await self._consumer.start()
        partitions = self._consumer.assignment()
        if {partition.topic for partition in partitions} != {WAKEUPS, PRESENCE}:
            raise ConnectionError(f"The topics {WAKEUPS} and {PRESENCE} do not exist yet.")
        # Only what has a position misses nothing from here on.
        for partition in partitions:
            await self._consumer.position(partition)
        self._reader = asyncio.create_task(self._read(self._consumer), name="Kafka messages")

    async def _read(self, consumer: Any) -> None:
        try:
            async for message in consumer:
                self._arrive(message.topic, message.value.decode())
        except Exception as error:  # noqa: BLE001 - whatever it is, the reading has ended
            self._lose(error)

    async def _close(self) -> None:
        reader, self._reader = self._reader, None
        clients = self._consumer, self._producer
        self._consumer = self._producer = None
        if reader is not None:
            reader.cancel()
            await asyncio.wait([reader])
        for client in clients:
            if client is not None:
                # It would wait for a server that is away.
                with suppress(Exception):
                    async with asyncio.timeout(_FAREWELL):
                        await client.stop()

    async def _send(self, channel: str, message: str) -> None:
        # One key is one partition, in which the order of sending is that of reading.
        await self._producer.send_and_wait(channel, message.encode(), key=b"concordat")


def _backend(url: str, patience: float, silence: float) -> _Reconnecting | None:
    scheme, separator, rest = url.partition("://")
    if scheme.split("+")[0] in {"postgres", "postgresql"}:
        return _Postgres(f"postgresql{separator}{rest}", patience, silence)
    if scheme in {"redis", "rediss"}:
        return _Redis(url, patience, silence)
    if scheme == "kafka":
        return _Kafka(url, patience, silence)
    return None


def _broadcast(url: str, backend: _Reconnecting | None) -> Broadcast:
    if backend is not None:
        return Broadcast(backend=backend)
    if not url.startswith("memory://"):
        raise ValueError(
            f"BROADCAST_URL {url} is none of memory://, redis://, kafka:// and postgresql://."
        )
    return Broadcast(url)

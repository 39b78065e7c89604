"""The socket endpoint against clients that are right, wrong, slow, expired and gone."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import strawberry
from starlette.websockets import WebSocket
from structlog.testing import capture_logs
from websockets.exceptions import InvalidStatus

from schema.errors import Unauthenticated
from schema.limits import Limits
from schema.operations import Operations
from subscriptions.quota import Quota
from subscriptions.transport import GraphQLWebSocket, SocketLimits
from subscriptions.wakeup import Wakeups
from tests.api.toy import without_topics
from tests.subscriptions.wsclient import DEADLINE, Server, connected, serving

TRUSTED = '{ hello(name: "you") }'


class Witness:
    """What happened inside the resolvers, to be seen from the tests."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self.ended = asyncio.Event()
        self.contexts: list[object] = []
        self.yielded = 0


@dataclass(frozen=True)
class Somebody:
    key: str = "ada"
    expires_at: datetime | None = None


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def fail(self) -> str:
        raise RuntimeError("the secret of the house")


async def _until_cancelled(witness: Witness) -> None:
    witness.started.set()
    try:
        await asyncio.Event().wait()
    finally:
        witness.ended.set()


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def wait(self, info: strawberry.Info[Witness]) -> bool:
        await _until_cancelled(info.context)
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def forever(self, info: strawberry.Info[Witness]) -> AsyncGenerator[int, None]:
        yield 1
        await _until_cancelled(info.context)

    @strawberry.subscription
    async def flood(self, info: strawberry.Info[Witness]) -> AsyncGenerator[str, None]:
        try:
            while True:
                info.context.yielded += 1
                yield "x" * 100_000
        finally:
            info.context.ended.set()


SCHEMA = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def endpoint(witness: Witness) -> Callable[..., GraphQLWebSocket]:
    async def authenticate(payload: dict[str, Any] | None, _: WebSocket) -> Somebody:
        payload = payload or {}
        if payload.get("authorization") == "Bearer wrong":
            raise Unauthenticated("The token is not known here. " + "…" * 100)
        if "fail" in payload:
            raise RuntimeError("the secret of the house")
        if "hang" in payload:
            await asyncio.Event().wait()
        expires_at = None
        if "seconds" in payload:
            expires_at = datetime.now(UTC) + timedelta(seconds=payload["seconds"])
        return Somebody(payload.get("key", "ada"), expires_at)

    async def make_context(identity: object) -> Witness:
        witness.contexts.append(identity)
        return witness

    def make(origins: frozenset[str] | None = None, **limits: Any) -> GraphQLWebSocket:
        return GraphQLWebSocket(
            without_topics(Operations(SCHEMA, Limits(), trusted=[TRUSTED])),
            authenticate,
            make_context,
            Quota(Wakeups("memory://")),
            replace(SocketLimits(farewell=0.5), **limits),
            origins,
        )

    return make


Make = Callable[..., GraphQLWebSocket]
UNREAD = {"max_queue": 1, "close_timeout": 0.05}
"""Makes a client that takes no byte from the network until it is asked to."""


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - what is waited for tells nobody
            await asyncio.sleep(0.005)


async def happened(event: asyncio.Event) -> None:
    async with asyncio.timeout(DEADLINE):
        await event.wait()


def gone(server: Server) -> Callable[[], bool]:
    return lambda: not server.server_state.connections


async def test_a_query_has_one_result(endpoint: Make) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        await client.subscribe(
            "é1",
            "query A { fail } query B($n: String!) { hello(name: $n) }",
            operationName="B",
            variables={"n": "Zoë"},
        )
        result = {"data": {"hello": "hello Zoë"}}
        assert await client.receive() == {"id": "é1", "type": "next", "payload": result}
        assert await client.receive() == {"id": "é1", "type": "complete"}


async def test_a_trusted_document_is_asked_for_by_its_id(endpoint: Make) -> None:
    id = f"sha256:{hashlib.sha256(TRUSTED.encode()).hexdigest()}"
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        await client.send({"id": "a", "type": "subscribe", "payload": {"documentId": id}})
        got = await client.receive()

    assert got["payload"] == {"data": {"hello": "hello you"}}


async def test_a_subscription_has_many_results_and_its_id_is_free_again(endpoint: Make) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        for _ in range(2):
            await client.subscribe("a", "subscription { count(to: 3) }")
            got = [await client.receive() for _ in range(4)]
            assert [each["payload"]["data"]["count"] for each in got[:3]] == [0, 1, 2]
            assert got[3] == {"id": "a", "type": "complete"}


async def test_every_operation_has_a_context_of_its_own(endpoint: Make, witness: Witness) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init(key="bob")
        for id in "ab":
            await client.subscribe(id, "{ hello }")
            await client.receive()
            await client.receive()
    assert witness.contexts == [Somebody("bob"), Somebody("bob")]


@pytest.mark.parametrize(
    "query",
    ["{", "{ nothing }", "", "subscription { count }", "{hello} query A {hello}", "{" * 5000],
)
async def test_what_is_wrong_with_a_document_ends_only_its_operation(
    endpoint: Make, query: str
) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        await client.subscribe("a", query)
        answer = await client.receive()
        assert answer["type"] == "error"
        assert answer["payload"][0]["message"]
        await client.subscribe("a", "{ hello }")
        assert (await client.receive())["type"] == "next"


async def test_an_unexpected_exception_in_a_resolver_is_masked(endpoint: Make) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        with capture_logs():
            await client.subscribe("a", "{ fail }")
            answer = await client.receive()
        assert "Quote" in answer["payload"]["errors"][0]["message"]
        assert (await client.receive())["type"] == "complete"


async def test_a_client_may_complete_an_operation(endpoint: Make, witness: Witness) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        await client.subscribe("a", "subscription { forever }")
        await client.receive()
        await happened(witness.started)
        await client.send({"id": "a", "type": "complete"})
        await client.send({"id": "a", "type": "complete"})
        await client.subscribe("a", "{ hello }")
        assert (await client.receive())["payload"] == {"data": {"hello": "hello world"}}
        assert witness.ended.is_set()


@pytest.mark.parametrize("document", ["subscription { forever }", "mutation { wait }"])
async def test_operations_are_cancelled_with_their_socket(
    endpoint: Make, witness: Witness, document: str
) -> None:
    async with serving(endpoint()) as server:
        async with connected(server) as client:
            await client.init()
            await client.subscribe("a", document)
            await happened(witness.started)
        await happened(witness.ended)
        await until(gone(server))


async def test_pings_go_both_ways(endpoint: Make) -> None:
    async with serving(endpoint(ping=0.05)) as server, connected(server) as client:
        await client.send({"type": "ping", "payload": {"n": 1}})
        assert await client.receive() == {"type": "pong"}
        await client.init()
        for _ in range(3):
            assert await client.receive() == {"type": "ping"}
            await client.send({"type": "pong"})


async def test_without_a_pong_the_socket_closes(endpoint: Make) -> None:
    async with serving(endpoint(ping=0.01, pong=0.05)) as server, connected(server) as client:
        await client.init()
        code, reason = await client.closed()
        assert code == 4408
        assert "No pong" in reason


MALFORMED = [
    "[]",
    "null",
    '"text"',
    "1",
    "",
    "{",
    "{}",
    '{"type": 1}',
    '{"type": null}',
    '{"type": "nonsense"}',
    '{"type": "connection_ack"}',
    '{"type": "next", "id": "a"}',
    '{"type": "' + "x" * 5000 + '"}',
    '{"type": "connection_init", "payload": 1}',
    '{"type": "connection_init", "payload": []}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "id": {}, "payload": {"query": "{ hello }"}}',
    '{"type": "subscribe", "id": null, "payload": {"query": "{ hello }"}}',
    '{"type": "subscribe", "id": "", "payload": {"query": "{ hello }"}}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ hello }"}}',
    '{"type": "subscribe", "id": "' + "x" * 200 + '", "payload": {"query": "{ hello }"}}',
    '{"type": "complete"}',
    '{"type": "complete", "id": []}',
    "[" * 30_000,
    '{"type": ' + "[" * 2000 + "]" * 2000 + "}",
    '{"type": "ping", "payload": "\\ud800"}',
    "{'type': 'ping'}",
    '{"type": "ping"} {"type": "ping"}',
    "NaN",
    b"\x00\x01",
    b'{"type": "ping"}',
]
MALFORMED_REQUESTS = [
    "null",
    "[]",
    '"{ hello }"',
    "{}",
    '{"query": null}',
    '{"query": 1}',
    '{"query": ["{ hello }"]}',
    '{"query": "{ hello }", "variables": []}',
    '{"query": "{ hello }", "variables": "x"}',
    '{"query": "{ hello }", "operationName": 1}',
    '{"query": "{ hello }", "extensions": 1}',
]


@pytest.mark.parametrize("frame", MALFORMED)
async def test_a_malformed_message_closes_with_a_reason(
    endpoint: Make, frame: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as logs:
        async with serving(endpoint()) as server, connected(server) as client:
            await client.connection.send(frame)
            code, reason = await client.closed()
    assert code == 4400
    assert reason
    assert not logs
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


@pytest.mark.parametrize("payload", MALFORMED_REQUESTS)
async def test_a_malformed_request_closes_with_a_reason(endpoint: Make, payload: str) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        await client.connection.send(f'{{"type": "subscribe", "id": "a", "payload": {payload}}}')
        code, reason = await client.closed()
        assert code == 4400
        assert reason


async def test_deep_variables_end_their_operation_only(endpoint: Make) -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        await client.subscribe(
            "a", "query A($n: String) { hello(name: $n) }", variables={"n": deep}
        )
        assert (await client.receive())["type"] == "error"


@pytest.mark.parametrize("settings", [{}, {"ws_max_size": 1_000_000}])
async def test_a_message_may_have_64_kib(endpoint: Make, settings: dict[str, Any]) -> None:
    async with serving(endpoint(), **settings) as server, connected(server) as client:
        await client.connection.send('{"type": "ping"}' + " " * (65_536 - 16))
        assert await client.receive() == {"type": "pong"}
        await client.connection.send('{"type": "ping"}' + " " * (65_537 - 16))
        assert (await client.closed())[0] == 1009


async def test_an_operation_before_the_acknowledgement_is_refused(endpoint: Make) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.subscribe("a", "{ hello }")
        code, reason = await client.closed()
        assert code == 4401
        assert "connection_init" in reason


async def test_connection_init_is_sent_once(endpoint: Make) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        await client.send({"type": "connection_init"})
        assert await client.closed() == (4429, "connection_init is sent once.")


async def test_connection_init_may_have_no_payload(endpoint: Make) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.send({"type": "connection_init"})
        assert await client.receive() == {"type": "connection_ack"}


@pytest.mark.parametrize("payload", [None, {"hang": True}])
async def test_connection_init_has_to_come_in_time(
    endpoint: Make, payload: dict[str, Any] | None
) -> None:
    async with serving(endpoint(init=0.05)) as server, connected(server) as client:
        await client.send({"type": "pong"})
        if payload:
            await client.send({"type": "connection_init", "payload": payload})
        code, reason = await client.closed()
        assert code == 4408
        assert "connection_init" in reason


async def test_who_is_not_known_is_told_so(endpoint: Make) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        payload = {"authorization": "Bearer wrong"}
        await client.send({"type": "connection_init", "payload": payload})
        code, reason = await client.closed()
        assert code == 4403
        assert reason.startswith("The token is not known here.")
        assert 120 < len(reason.encode()) <= 123


async def test_a_fault_of_ours_is_logged_and_not_shown(endpoint: Make) -> None:
    with capture_logs() as logs:
        async with serving(endpoint()) as server, connected(server) as client:
            await client.send({"type": "connection_init", "payload": {"fail": True}})
            code, reason = await client.closed()
    assert code == 1011
    assert "secret" not in reason
    assert [each["event"] for each in logs] == ["a socket failed"]


async def test_two_operations_cannot_have_one_id(endpoint: Make) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        await client.subscribe("a", "subscription { forever }")
        await client.subscribe("a", "{ hello }")
        assert (await client.closed())[0] == 4409


async def test_a_socket_carries_so_many_operations(endpoint: Make) -> None:
    async with serving(endpoint(operations=2)) as server, connected(server) as client:
        await client.init()
        for id in "ab":
            await client.subscribe(id, "subscription { forever }")
            await client.receive()
        await client.subscribe("c", "{ hello }")
        assert await client.closed() == (4429, "A socket carries 2 operations at once.")


async def test_an_address_has_so_many_sockets(endpoint: Make) -> None:
    async with serving(endpoint(address=1)) as server:
        async with connected(server) as one:
            await one.init()
            with pytest.raises(InvalidStatus) as refusal:
                async with connected(server):
                    pass
        assert refusal.value.response.status_code == 429
        await until(gone(server))
        async with connected(server) as again:
            await again.init()


async def test_a_principal_has_so_many_sockets(endpoint: Make) -> None:
    async with serving(endpoint(sockets=1)) as server:
        async with connected(server) as one, connected(server) as two, connected(server) as other:
            await one.init()
            await other.init(key="bob")
            await two.send({"type": "connection_init"})
            assert await two.closed() == (4429, "You may have 1 connections at once.")
        await until(gone(server))
        async with connected(server) as again:
            await again.init()


@pytest.mark.parametrize("seconds", [-1, 0.05])
async def test_an_expired_token_closes_its_socket(
    endpoint: Make, witness: Witness, seconds: float
) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.send({"type": "connection_init", "payload": {"seconds": seconds}})
        await client.subscribe("a", "subscription { forever }")
        assert await client.closed() == (4401, "token expired")
        assert witness.ended.is_set() == witness.started.is_set()


@pytest.mark.parametrize("subprotocols", [["graphql-ws"], ["nonsense", "graphql-ws"]])
async def test_other_subprotocols_are_refused(endpoint: Make, subprotocols: list[str]) -> None:
    async with serving(endpoint()) as server, connected(server, *subprotocols) as client:
        assert await client.closed() == (4406, "Only graphql-transport-ws is spoken here.")


@pytest.mark.parametrize(
    ("origins", "origin", "welcome"),
    [
        (None, None, True),
        (None, "http://{}", True),
        (None, "http://evil.example", False),
        (None, "null", False),
        (frozenset({"https://app.example"}), "https://App.example", True),
        (frozenset({"https://app.example"}), None, True),
        (frozenset({"https://app.example"}), "http://app.example", False),
        (frozenset({"https://app.example"}), "http://{}", False),
    ],
)
async def test_pages_of_other_origins_are_refused(
    endpoint: Make, origins: frozenset[str] | None, origin: str | None, *, welcome: bool
) -> None:
    async with serving(endpoint(origins)) as server:
        options = {"origin": origin.format(server.address) if origin else None}
        if welcome:
            async with connected(server, **options) as client:
                await client.init()
        else:
            with pytest.raises(InvalidStatus, match="403"):
                async with connected(server, **options):
                    pass


async def test_a_reader_that_does_not_read_is_dropped(endpoint: Make, witness: Witness) -> None:
    async with (
        serving(endpoint(send=0.2)) as server,
        connected(server, **UNREAD) as client,
        connected(server) as other,
    ):
        await client.init()
        await other.init()
        await client.subscribe("a", "subscription { flood }")
        await happened(witness.ended)
        # What the two kernels took, our buffer and one frame more: it does not grow.
        assert witness.yielded < 200
        await until(lambda: len(server.server_state.connections) == 1)
        await other.subscribe("b", "{ hello }")
        assert (await other.receive())["type"] == "next"
        assert (await client.closed())[0] in {4408, 1006}


async def test_nor_does_it_linger_when_its_token_expires(endpoint: Make, witness: Witness) -> None:
    async with (
        serving(endpoint(send=60, farewell=0.1)) as server,
        connected(server, **UNREAD) as client,
    ):
        await client.init(seconds=0.3)
        await client.subscribe("a", "subscription { flood }")
        await happened(witness.ended)
        await until(gone(server))


@pytest.mark.parametrize("broken", [b"\x83\x80\0\0\0\0", b"\x81\x81\0\0\0\0\xff"])
async def test_a_broken_frame_amid_a_stream_fails_quietly(
    endpoint: Make, witness: Witness, caplog: pytest.LogCaptureFixture, broken: bytes
) -> None:
    with capture_logs() as logs:
        async with serving(endpoint()) as server, connected(server) as client:
            await client.init()
            for id in "abc":
                await client.subscribe(id, "subscription { flood }")
                await client.receive()
            client.connection.transport.write(broken)
            assert (await client.closed())[0] in {1002, 1007}
            await happened(witness.ended)
    assert not logs
    assert not [each for each in caplog.records if "ASGI" in each.getMessage()]


@pytest.mark.parametrize("field", ["forever", "flood"])
async def test_a_socket_that_is_cut_takes_its_operations_along(
    endpoint: Make, witness: Witness, caplog: pytest.LogCaptureFixture, field: str
) -> None:
    with capture_logs() as logs:
        async with serving(endpoint()) as server, connected(server) as client:
            await client.init()
            for id in "abc":
                await client.subscribe(id, f"subscription {{ {field} }}")
                await client.receive()
            client.connection.transport.abort()
            await happened(witness.ended)
            await until(gone(server))
    assert not logs
    assert not [each for each in caplog.records if "ASGI" in each.getMessage()]


async def test_a_restart_sends_everybody_elsewhere(endpoint: Make, witness: Witness) -> None:
    sockets = endpoint()
    async with serving(sockets) as server, connected(server) as client:
        await client.init()
        await client.subscribe("a", "subscription { forever }")
        await happened(witness.started)
        closing = asyncio.create_task(sockets.close_all())
        assert await client.closed() == (1012, "resume elsewhere with your cursor")
        await closing
        assert witness.ended.is_set()
        await sockets.close_all()


async def test_a_server_that_ends_says_the_same(endpoint: Make) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        ending = asyncio.create_task(server.shutdown())
        assert await client.closed() == (1012, "resume elsewhere with your cursor")
        await ending


async def test_a_server_that_is_cancelled_leaves_nothing(endpoint: Make, witness: Witness) -> None:
    async with serving(endpoint()) as server, connected(server) as client:
        await client.init()
        await client.subscribe("a", "subscription { forever }")
        await happened(witness.started)
        for task in list(server.server_state.tasks):
            task.cancel()
        assert (await client.closed())[0] == 1012
        await happened(witness.ended)

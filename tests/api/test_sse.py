"""Results as Server-Sent Events: their form, resuming, and that streams end when they should."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request as HTTPRequest
from starlette.types import Message

from api import sse
from api.http import EVENTS, GRAPHQL_JSON, JSON, GraphQLHTTP
from api.sse import EventStream
from schema.operations import Operations
from subscriptions.delivery import Delivery
from tests.api.toy import (
    ENDPOINT,
    LIMITS,
    SECRET,
    URQL,
    ask,
    call,
    connect,
    schema,
    without_topics,
)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with connect(ENDPOINT) as client:
        yield client


async def test_a_subscription_streams_events_with_cursors(client: httpx.AsyncClient) -> None:
    query = "subscription { ticks(to: 2) { number cursor } }"
    response = await ask(client, query, EVENTS)
    assert response.headers["content-type"] == f"{EVENTS}; charset=utf-8"
    assert response.text == (
        'id: 1\nevent: next\ndata: {"data":{"ticks":{"number":1,"cursor":"1"}}}\n\n'
        'id: 2\nevent: next\ndata: {"data":{"ticks":{"number":2,"cursor":"2"}}}\n\n'
        "event: complete\ndata: \n\n"
    )


async def test_a_browser_resumes_after_the_last_event(client: httpx.AsyncClient) -> None:
    query = "subscription ($after: String) { ticks(to: 3, after: $after) { cursor } }"
    response = await client.get(
        "/graphql",
        params={"query": query, "variables": '{"after": "1"}'},
        headers={"accept": EVENTS, "last-event-id": "2"},
    )
    assert [line for line in response.text.splitlines() if line.startswith("id:")] == ["id: 3"]


async def test_an_operation_that_declares_no_cursor_ignores_the_last_event(
    client: httpx.AsyncClient,
) -> None:
    response = await client.get(
        "/graphql",
        params={"query": "subscription { ticks(to: 1) { number } }"},
        headers={"accept": EVENTS, "last-event-id": "2"},
    )
    assert response.text.startswith("event: next\ndata: ")


async def test_queries_and_request_errors_come_as_events_too(client: httpx.AsyncClient) -> None:
    answered = await ask(client, "{ id }", EVENTS)
    assert answered.text == 'event: next\ndata: {"data":{"id":1}}\n\nevent: complete\ndata: \n\n'
    refused = await ask(client, "{ nowhere }", EVENTS)
    assert refused.status_code == 200
    assert "GRAPHQL_VALIDATION_FAILED" in refused.text
    assert refused.text.endswith("event: complete\ndata: \n\n")


async def test_who_accepts_events_least_gets_them_for_subscriptions_only(
    client: httpx.AsyncClient,
) -> None:
    assert (await ask(client, "{ id }", URQL)).headers["content-type"].startswith(GRAPHQL_JSON)
    subscription = await ask(client, "subscription { ticks { number } }", URQL)
    assert subscription.headers["content-type"].startswith(EVENTS)


@pytest.mark.parametrize("accept", ["*/*", JSON, GRAPHQL_JSON, f"{JSON}, {EVENTS};q=0"])
async def test_who_does_not_accept_events_gets_no_subscription(
    client: httpx.AsyncClient, accept: str
) -> None:
    response = await ask(client, "subscription { ticks { number } }", accept)
    assert response.status_code == 406
    assert "accept text/event-stream, or use a WebSocket" in response.text


async def test_an_event_source_that_breaks_ends_with_a_masked_error(
    client: httpx.AsyncClient,
) -> None:
    response = await ask(client, "subscription { breaks }", EVENTS)
    first, last, complete, _ = response.text.split("\n\n")
    assert first == 'event: next\ndata: {"data":{"breaks":1}}'
    assert '"code":"INTERNAL"' in last
    assert SECRET not in last
    assert complete == "event: complete\ndata: "


async def test_a_subscription_that_is_refused_says_why(client: httpx.AsyncClient) -> None:
    response = await ask(client, "subscription { forbidden }", EVENTS)
    assert '"code":"NOT_ALLOWED"' in response.text


async def test_the_source_is_closed_when_the_client_leaves() -> None:
    context = {"closed": asyncio.Event()}

    async def same_context(_: HTTPRequest) -> dict[str, Any]:
        return context

    endpoint = GraphQLHTTP(without_topics(Operations(schema, LIMITS)), same_context, LIMITS)
    body = b'{"query": "subscription { forever }"}'
    await call(
        endpoint,
        [{"type": "http.request", "body": body, "more_body": False}],
        headers=[(b"content-type", b"application/json"), (b"accept", EVENTS.encode())],
    )
    assert context["closed"].is_set()


async def test_a_silent_stream_is_kept_alive() -> None:
    silent = asyncio.Event()

    async def results() -> AsyncGenerator[Delivery, None]:
        await silent.wait()
        yield Delivery({"data": None})

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    sent: list[bytes] = []

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))
        if sent.count(b":\n\n") == 2:
            silent.set()

    stream = EventStream(results(), headers={}, release=lambda: None, keepalive_seconds=0)
    await stream({}, receive, send)
    assert sent[-1] == b"event: complete\ndata: \n\n"
    assert [body for body in sent if body not in {b"", b":\n\n"}] == [
        b'event: next\ndata: {"data":null}\n\n',
        b"event: complete\ndata: \n\n",
    ]


@pytest.mark.parametrize("cursor", ["a\nb", "", "é", 1, None])
async def test_only_a_cursor_that_fits_in_a_header_becomes_an_id(
    client: httpx.AsyncClient, cursor: object
) -> None:
    query = "query ($v: JSON!) { echo(value: $v) }"
    response = await ask(client, query, EVENTS, variables={"v": {"cursor": cursor}})
    assert response.text.startswith("event: next\n")


async def test_a_client_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "SEND_SECONDS", 0)
    closed = asyncio.Event()

    async def results() -> AsyncGenerator[Delivery, None]:
        try:
            while True:
                yield Delivery({"data": None})
        finally:
            closed.set()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await EventStream(results(), headers={}, release=lambda: None)({}, receive, send)
    assert closed.is_set()


async def test_a_server_that_fails_while_sending_says_so() -> None:
    async def results() -> AsyncGenerator[Delivery, None]:
        yield Delivery({"data": None})

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise OSError("the wire broke")

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(OSError, match="the wire broke"):
        await EventStream(results(), headers={}, release=lambda: None)({}, receive, send)

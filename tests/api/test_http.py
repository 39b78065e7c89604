"""GraphQL over HTTP: who is answered how, and that nothing breaks it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route

from api.http import (
    EVENTS,
    GRAPHQL_JSON,
    HTML,
    JSON,
    GraphQLHTTP,
    graphiql_routes,
    preferred,
)
from schema.operations import Operations
from tests.api.toy import (
    ENDPOINT,
    LIMITS,
    SECRET,
    URQL,
    ask,
    call,
    connect,
    get_context,
    schema,
    without_topics,
)

APP = Starlette(routes=[Route("/graphql", ENDPOINT), *graphiql_routes()])


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with connect(APP) as client:
        yield client


def errors(response: httpx.Response) -> list[tuple[str, str]]:
    """The code and message of each error."""
    found = response.json()["errors"]
    return [(error["extensions"]["code"], error["message"]) for error in found]


# --- queries and mutations


async def test_a_query_is_answered(client: httpx.AsyncClient) -> None:
    response = await ask(
        client,
        "query A($n: String!) { hello(name: $n) } query B { id }",
        variables={"n": "Ada"},
        operationName="A",
    )
    assert response.status_code == 200
    assert response.json() == {"data": {"hello": "Hello, Ada!"}}
    assert response.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"


async def test_a_query_may_come_by_get(client: httpx.AsyncClient) -> None:
    params = {
        "query": "query Q($n: String) { hello(name: $n) }",
        "variables": '{"n": "Ada"}',
        "operationName": "",
        "extensions": "",
    }
    response = await client.get("/graphql", params=params)
    assert response.json() == {"data": {"hello": "Hello, Ada!"}}


async def test_a_mutation_comes_by_post_only(client: httpx.AsyncClient) -> None:
    mutation = 'mutation { shout(text: "ay") }'
    assert (await ask(client, mutation)).json() == {"data": {"shout": "AY"}}
    refused = await client.get("/graphql", params={"query": mutation})
    assert refused.status_code == 405
    assert refused.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
async def test_other_methods_are_told_which_to_use(client: httpx.AsyncClient, method: str) -> None:
    response = await client.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


# --- errors


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nowhere }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($t: Int!) { hello }", "variables": {}}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "query ($t: String!) { hello(name: $t) }"}, "BAD_USER_INPUT"),
        (
            {"query": "query ($t: JSON!) { echo(value: $t) }", "variables": {"t": [1] * 10_000}},
            "BAD_USER_INPUT",
        ),
        ({"query": "{ id }", "operationName": "A"}, "OPERATION_RESOLUTION_FAILURE"),
        ({"query": "query A { id } query B { id }"}, "OPERATION_RESOLUTION_FAILURE"),
    ],
)
async def test_what_fails_before_execution_has_no_data(
    client: httpx.AsyncClient, body: dict[str, Any], code: str
) -> None:
    modern = await client.post("/graphql", json=body)
    legacy = await client.post("/graphql", json=body, headers={"accept": JSON})
    assert (modern.status_code, legacy.status_code) == (400, 200)
    assert modern.json() == legacy.json()
    assert modern.json().keys() == {"errors"}
    assert errors(modern)[0][0] == code


async def test_suggestions_are_hidden_when_told_so(client: httpx.AsyncClient) -> None:
    assert "Did you mean" not in (await ask(client, "{ hallo }")).text
    helpful = Operations(schema, LIMITS)
    async with connect(GraphQLHTTP(without_topics(helpful), get_context, LIMITS)) as other:
        assert "Did you mean 'hello'" in (await ask(other, "{ hallo }")).text


async def test_an_unexpected_error_is_masked_and_logged_without_values(
    client: httpx.AsyncClient,
) -> None:
    with structlog.testing.capture_logs() as logs:
        response = await ask(
            client,
            'query Broken($t: String!) { id broken(text: $t) hello(name: "literal-1") }',
            variables={"t": "value-1"},
        )
    [error] = response.json()["errors"]
    assert response.status_code == 200
    assert response.json()["data"]["broken"] is None
    assert error["path"] == ["broken"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["id"] in error["message"]
    assert SECRET not in response.text
    [entry] = logs
    assert entry["id"] == error["extensions"]["id"]
    assert (entry["operation"], entry["path"]) == ("Broken", ["broken"])
    assert entry["exceptions"] == ["ValueError"]
    assert entry["stack"].endswith(" broken")
    assert not any(secret in str(logs) for secret in (SECRET, "literal-1", "value-1"))


async def test_an_error_with_a_code_passes_and_one_without_does_not(
    client: httpx.AsyncClient,
) -> None:
    assert errors(await ask(client, "{ refused }")) == [("NOT_ALLOWED", "You may not see this.")]
    assert (errors(await ask(client, "{ plain }")))[0][0] == "INTERNAL"


async def test_an_argument_that_fails_during_execution_is_the_clients_error(
    client: httpx.AsyncClient,
) -> None:
    query = "query ($n: String) { hello(name: $n) }"
    [(code, message)] = errors(await ask(client, query, variables={"n": None}))
    assert code == "BAD_USER_INPUT"
    assert "name" in message


async def test_a_value_that_json_cannot_hold_is_masked(client: httpx.AsyncClient) -> None:
    response = await ask(client, "{ echo(value: " + "9" * 30 + ") }")
    assert response.status_code == 200
    assert errors(response)[0][0] == "INTERNAL"


# --- identity


async def test_the_context_knows_the_token(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/graphql", json={"query": "{ viewer }"}, headers={"authorization": "Bearer ada"}
    )
    assert response.json() == {"data": {"viewer": "ada"}}


async def test_a_bad_token_is_unauthorized(client: httpx.AsyncClient) -> None:
    response = await client.post(
        "/graphql", json={"query": "{ viewer }"}, headers={"authorization": "Bearer expired"}
    )
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert errors(response) == [("UNAUTHENTICATED", "Your token has expired: sign in again.")]


# --- negotiation

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", EVENTS),
        (URQL, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.9, {JSON}", JSON),
        (f"{GRAPHQL_JSON}, */*", GRAPHQL_JSON),
        (f"{JSON};q=0, */*", GRAPHQL_JSON),
        (f"{JSON}; charset=utf-8; q=0.5, {EVENTS};q=0.4", JSON),
        (EVENTS, EVENTS),
        (BROWSER, HTML),
        ("image/png", None),
        (f"{JSON};q=nan", None),
        (f"{JSON};q=-1", None),
        (";q=,,=;;", None),
    ],
)
def test_the_preferred_type_is_chosen(accept: str, chosen: str | None) -> None:
    assert preferred(accept, (JSON, GRAPHQL_JSON, EVENTS, HTML)) == chosen


async def test_what_is_not_acceptable_is_said(client: httpx.AsyncClient) -> None:
    response = await ask(client, "{ id }", "image/png")
    assert response.status_code == 406
    assert "accept one of them" in errors(response)[0][1]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ('Application/JSON; charset="UTF-8"', 200),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
async def test_bodies_are_json_in_utf8(
    client: httpx.AsyncClient, content_type: str, status: int
) -> None:
    response = await client.post(
        "/graphql", content=b'{"query": "{ id }"}', headers={"content-type": content_type}
    )
    assert response.status_code == status


# --- bodies

HOSTILE = [
    b"",
    b"null",
    b"1",
    b"[]",
    b'[{"query": "{ id }"}]',
    b'"text"',
    b"{}",
    b'{"query": 1}',
    b'{"query": null}',
    b'{"query": "{ id }", "operationName": 1}',
    b'{"query": "{ id }", "variables": []}',
    b'{"query": "{ id }", "extensions": "x"}',
    b'{"query": "\\ud800"}',
    b'{"query": "\xff"}',
    b'{"query": ' + b"9" * 5_000 + b"}",
    b'{"query": "{ id }", "variables": {"a": ' + b"9" * 5_000 + b"}}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"NaN",
    b"{",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_body_of_another_shape_is_a_bad_request(
    client: httpx.AsyncClient, body: bytes
) -> None:
    response = await client.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code == 400
    assert errors(response)[0][0] == "BAD_REQUEST"


async def test_a_body_that_is_too_long_is_refused_while_it_comes(
    client: httpx.AsyncClient,
) -> None:
    sent = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b" " * 65_536

    response = await client.post(
        "/graphql", content=chunks(), headers={"content-type": "application/json"}
    )
    assert response.status_code == 413
    assert sent == 17


async def test_a_client_that_leaves_while_sending_breaks_nothing() -> None:
    sent = await call(
        ENDPOINT,
        [{"type": "http.disconnect"}],
        headers=[(b"content-type", b"application/json")],
    )
    assert sent[0]["status"] == 400


@pytest.mark.parametrize(
    "query_string", ["", "query=%ff", "query={id}&variables={", "query={id}&variables=[]"]
)
async def test_a_bad_address_is_a_bad_request(client: httpx.AsyncClient, query_string: str) -> None:
    assert (await client.get(f"/graphql?{query_string}")).status_code == 400


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
BODIES = st.binary() | st.one_of(
    JSON_VALUES,
    st.fixed_dictionaries(
        {"query": st.sampled_from(["{ id }", "query ($v: JSON!) { echo(value: $v) }"]) | st.text()},
        optional={
            "variables": st.dictionaries(st.just("v") | st.text(), JSON_VALUES) | JSON_VALUES,
            "operationName": JSON_VALUES,
            "extensions": JSON_VALUES,
        },
    ),
).map(lambda value: json.dumps(value).encode())


@given(body=BODIES, accept=st.sampled_from([JSON, GRAPHQL_JSON, EVENTS, URQL, "*/*"]))
def test_no_body_whatever_breaks_the_server(body: bytes, accept: str) -> None:
    sent = asyncio.run(
        call(
            ENDPOINT,
            [{"type": "http.request", "body": body, "more_body": False}],
            headers=[(b"content-type", b"application/json"), (b"accept", accept.encode())],
        )
    )
    assert sent[0]["status"] in {200, 400}


# --- GraphiQL


async def test_a_browser_gets_graphiql_and_all_that_it_loads(client: httpx.AsyncClient) -> None:
    page = await client.get("/graphql", headers={"accept": BROWSER})
    assert page.headers["content-type"].startswith(HTML)
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    files = [
        part.split('"')[0] for part in page.text.split('="')[1:] if part.startswith("graphiql/")
    ]
    assert len(files) == 7
    for file in files:
        response = await client.get(f"/{file}")
        assert response.status_code == 200
        assert "://" not in file


async def test_graphiql_is_served_only_when_enabled() -> None:
    endpoint = GraphQLHTTP(without_topics(Operations(schema, LIMITS)), get_context, LIMITS)
    async with connect(endpoint) as client:
        response = await client.get("/graphql", headers={"accept": BROWSER})
        assert response.headers["content-type"].startswith(JSON)

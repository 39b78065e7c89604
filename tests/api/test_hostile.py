"""Bad input of every sort, at the real application: a coded sentence, and nothing written.

The generated part runs a few examples here. To run it longer, set CONCORDAT_STEPS to the number of
mutations: `CONCORDAT_STEPS=20000 python -m pytest tests/api/test_hostile.py -k generated`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
import structlog
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from tests.api.furnished import furnished, rows, sequences
from tests.api.inputs import MUTATIONS, UNKNOWN, Inputs, known
from tests.api.site import Site, site
from tests.conftest import Server
from tests.subscriptions.wsclient import connected, serving

STEPS_OF_ONE = 25
EXAMPLES = max(1, int(os.environ.get("CONCORDAT_STEPS", "75")) // STEPS_OF_ONE)
ACTORS = ("admin", "secretary", "moderator", "developer", "provider", "nurse1", "stranger", None)
CODES = {"NOT_FOUND", "NOT_ALLOWED", "CONFLICT", "INVALID", "BAD_USER_INPUT"}


@pytest.fixture
async def place(server: Server, tmp_path: Path) -> AsyncIterator[Site]:
    async with furnished(server) as made, site(made, tmp_path) as running:
        yield running


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail where anything unexpected was logged: an exception, or an error that was masked."""
    caplog.set_level(logging.WARNING)
    with structlog.testing.capture_logs() as logs:
        yield
    assert [log for log in logs if log["log_level"] in {"warning", "error", "critical"}] == []
    assert "Traceback" not in caplog.text


def refused(answer: dict[str, Any], code: str | None = None) -> None:
    """Check that an answer refuses, with a code and with a sentence for a person."""
    assert answer["code"] == code if code else answer["code"] in CODES, answer
    assert answer["code"] == "BAD_USER_INPUT" or answer["message"].endswith("."), answer
    for word in ("Traceback", "sqlalchemy", "asyncpg", "INTERNAL", "object at 0x"):
        assert word not in str(answer), answer


STARTS = "2026-02-01T12:00:00Z"
UNKNOWN_IDS: list[tuple[str, str, dict[str, Any]]] = [
    ("nurse1", "castVote", {"ballotId": "Ballot:unknown", "choice": "AGREE"}),
    ("nurse1", "castVote", {"ballotId": "comment", "choice": "AGREE"}),
    ("nurse1", "castVote", {"ballotId": "", "choice": "AGREE"}),
    ("nurse1", "castVote", {"ballotId": "\x00", "choice": "AGREE"}),
    ("nurse1", "openThread", {"topicId": "plan", "subjectId": "plan", "body": "x"}),
    ("nurse1", "openThread", {"topicId": "engagement", "subjectId": "plan", "body": "x"}),
    ("nurse1", "addComment", {"threadId": "engagement", "body": "x"}),
    ("nurse1", "addComment", {"threadId": "thread", "body": "x", "mentions": ["thread"]}),
    ("nurse1", "joinEngagement", {"constituencyId": "Constituency:unknown"}),
    ("moderator", "invite", {"roundtableId": "roundtable", "stakeholderIds": ["comment"]}),
    ("moderator", "advanceClock", {"roundtableId": "agenda item", "transition": "START"}),
    ("moderator", "giveFloor", {"floorRequestId": "FloorRequest:unknown"}),
    ("nurse1", "endFloor", {"floorRequestId": "floor request"}),
    ("moderator", "removeAgendaItem", {"agendaItemId": "AgendaItem:unknown"}),
    ("admin", "grantRole", {"personId": "thread", "role": "BOARD", "scopeKind": "BODY"}),
]
WRONG_VALUES: list[tuple[str, str, dict[str, Any], str]] = [
    ("nurse1", "openThread", {"body": "nul\x00"}, "body"),
    ("nurse1", "openThread", {"body": "bell\x07"}, "body"),
    ("nurse1", "openThread", {"body": " \n "}, "body"),
    ("nurse1", "openThread", {"body": "x" * 20_001}, "body"),
    ("nurse1", "openThread", {"body": "x", "idempotencyKey": ""}, "idempotencyKey"),
    ("nurse1", "openThread", {"body": "x", "idempotencyKey": "x" * 201}, "idempotencyKey"),
    ("nurse1", "openThread", {"body": "x", "idempotencyKey": "\x00"}, "idempotencyKey"),
    ("nurse1", "castVote", {"choice": "AGREE", "idempotencyKey": "\x00"}, "idempotencyKey"),
    ("nurse1", "castVote", {"choice": "AGREE", "rationale": "x" * 4_001}, "rationale"),
    ("nurse1", "castVote", {"rating": 0}, "rating"),
    ("nurse1", "castVote", {"rating": 10}, "rating"),
    ("nurse1", "castVote", {"rating": -(2**31)}, "rating"),
    ("nurse1", "castVote", {"choice": "AGREE", "rating": 5}, ""),
    ("nurse1", "castVote", {}, ""),
    ("moderator", "addWebinar", {"startsAt": "2026-02-01T12:00:00"}, "startsAt"),
    ("moderator", "addWebinar", {"startsAt": "0001-01-01T00:00:00+23:59"}, "startsAt"),
    ("moderator", "addWebinar", {"startsAt": "9999-12-31T23:59:59-23:59"}, "startsAt"),
    ("moderator", "addWebinar", {"startsAt": STARTS, "slidesUrl": "http://["}, "slidesUrl"),
    ("moderator", "addWebinar", {"startsAt": STARTS, "slidesUrl": "javascript:1"}, "slidesUrl"),
    ("developer", "addSection", {"heading": "x", "position": 0}, "position"),
    ("developer", "addSection", {"heading": "x", "position": 2**31 - 1}, "position"),
    ("moderator", "addAgendaItem", {"title": " "}, "title"),
    ("moderator", "addAgendaItem", {"title": "x", "plannedMinutes": 0}, "plannedMinutes"),
    ("moderator", "addAgendaItem", {"title": "x", "plannedMinutes": 601}, "plannedMinutes"),
    ("moderator", "addAgendaItem", {"title": "x", "position": 3}, "position"),
    ("moderator", "setSlowMode", {"seconds": -1}, "seconds"),
    ("moderator", "setSlowMode", {"seconds": 3_601}, "seconds"),
    ("moderator", "requestFloor", {"about": "x" * 301}, "about"),
    ("provider", "editModule", {"hours": 0}, "hours"),
    ("provider", "editModule", {"hours": -(2**31)}, "hours"),
    ("stranger", "editPerson", {"name": "x", "email": "no address", "professions": []}, "email"),
]


def completed(place: Site, mutation: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return an input in which everything but `given` is right, and short names are ids."""
    ids = place.furnished.ids
    usual_by_mutation: dict[str, dict[str, Any]] = {
        "openThread": {"topicId": "engagement", "subjectId": "section"},
        "castVote": {"ballotId": "live"},
        "addWebinar": {"engagementId": "engagement", "title": "x"},
        "addSection": {"specificationId": "specification", "expectedRevision": None},
        "addAgendaItem": {
            "roundtableId": "roundtable",
            "plannedMinutes": 1,
            "expectedRevision": None,
        },
        "advanceClock": {"expectedRevision": None},
        "removeAgendaItem": {"expectedRevision": None},
        "setSlowMode": {"roundtableId": "roundtable"},
        "requestFloor": {"roundtableId": "roundtable"},
        "editModule": {"moduleId": "module", "expectedRevision": None},
        "editPerson": {"personId": "stranger", "expectedRevision": None},
    }
    usual = usual_by_mutation.get(mutation, {})
    world = place.furnished.world
    named = {**ids, "stranger": world.id("Person", world.people["stranger"])}

    def id(value: Any) -> Any:
        if isinstance(value, list):
            return [id(each) for each in value]
        type_name, _, rest = str(value).partition(":")
        return world.id(type_name, UNKNOWN) if rest == "unknown" else named.get(value, value)

    return {
        name: id(value) if name.endswith(("Id", "Ids")) or name == "mentions" else value
        for name, value in {**usual, **given}.items()
    }


@pytest.mark.usefixtures("quiet")
async def test_unknown_ids_and_ids_of_other_types_name_nothing(place: Site) -> None:
    database = place.furnished.world.database
    before = await rows(database)
    for name, mutation, given_ in UNKNOWN_IDS:
        answer = await place.change(name, mutation, completed(place, mutation, given_))
        refused(answer, "NOT_FOUND")
    assert await rows(database) == before


@pytest.mark.usefixtures("quiet")
async def test_values_that_cannot_be_are_refused_by_the_name_of_their_field(place: Site) -> None:
    database = place.furnished.world.database
    before = await rows(database)
    for name, mutation, given_, path in WRONG_VALUES:
        answer = await place.change(name, mutation, completed(place, mutation, given_))
        refused(answer, "INVALID")
        assert not path or answer["path"] == [path], answer
    assert await rows(database) == before


@pytest.mark.usefixtures("quiet")
async def test_steps_at_the_wrong_moment_or_by_the_wrong_person_change_nothing(
    place: Site,
) -> None:
    database, ids = place.furnished.world.database, place.furnished.ids
    agree = {"choice": "AGREE"}
    edit = {"commentId": ids["comment"], "body": "Other words."}
    before = await rows(database)
    for name, mutation, input, code in (
        ("nurse1", "castVote", {"ballotId": ids["draft"], **agree}, "NOT_FOUND"),
        ("nurse1", "castVote", {"ballotId": ids["closed"], **agree}, "CONFLICT"),
        ("stranger", "castVote", {"ballotId": ids["live"], **agree}, "NOT_ALLOWED"),
        ("moderator", "castVote", {"ballotId": ids["live"], **agree}, "NOT_ALLOWED"),
        (None, "castVote", {"ballotId": ids["live"], **agree}, "NOT_ALLOWED"),
        ("nurse2", "answerInvitation", {"invitationId": ids["invitation"], "accept": True}, None),
        ("pharmacist1", "requestFloor", {"roundtableId": ids["roundtable"]}, "CONFLICT"),
        ("pharmacist1", "endFloor", {"floorRequestId": ids["floor request"]}, "CONFLICT"),
        ("moderator", "withdrawFloorRequest", {"floorRequestId": ids["floor request"]}, None),
        ("nurse1", "editComment", {**edit, "expectedRevision": 7}, "CONFLICT"),
        ("nurse1", "editComment", edit, "INVALID"),
        ("nurse2", "editComment", {**edit, "expectedRevision": None}, "NOT_ALLOWED"),
    ):
        refused(await place.change(name, mutation, input), code)
    assert await rows(database) == before


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('{ node(id: "x") { id } }', "NOT_FOUND"),
        ('{ node(id: "\\u0000") { id } }', "NOT_FOUND"),
        ('{ nodes(ids: ["T25seTox"]) { id } }', "NOT_FOUND"),
        ('{ credentials(after: "x") { totalCount } }', "INVALID"),
        ('{ credentials(before: "cG9zaXRpb246eA==") { totalCount } }', "INVALID"),
        ("{ credentials(first: 0) { totalCount } }", "INVALID"),
        ("{ credentials(first: 101) { totalCount } }", "INVALID"),
        ("{ credentials(first: 1, last: 1) { totalCount } }", "INVALID"),
        ("{ engagements(last: -1) { totalCount } }", "INVALID"),
        ('{ credential(code: "\\u0000") { id } }', None),
    ],
)
async def test_queries_for_what_cannot_be_are_answered_in_words(
    place: Site, query: str, code: str | None
) -> None:
    response = await place.ask("nurse1", query)
    assert response.status_code == 200
    errors = response.json().get("errors", [])
    assert [error["extensions"]["code"] for error in errors] == ([code] if code else [])


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b"{",
        b"\xff",
        b'{"query": 1}',
        b'{"query": "{ viewer { id } }", "variables": []}',
        b'{"query": "{ viewer { id } }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ viewer { id }"}',
        b'{"query": "{ nothing }"}',
        b'{"query": "query ($a: ID!) { node(id: $a) { id } }"}',
        b'{"query": "{ viewer { id } }", "operationName": "Other"}',
        b'{"query": "subscription { consensus(ballotId: 1) { __typename } }"}',
        b"[" * 100_000,
        b'{"query": "{ a }", "variables": {"a": 1' + b"0" * 5_000 + b"}}",
    ],
)
async def test_what_is_no_request_is_a_bad_request(place: Site, body: bytes) -> None:
    response = await place.client.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    assert 400 <= response.status_code < 500
    for error in response.json()["errors"]:
        assert error["message"]
        assert error["extensions"]["code"] not in {"INTERNAL", None}


async def credentials_that_do_not_hold(place: Site) -> dict[str, str]:
    """Return values of `authorization` by what is wrong with each."""
    good = place.bearer("nurse1")
    header, claims, signature = good.removeprefix("Bearer ").split(".")
    other = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    forged = {"iss": "concordat", "aud": "concordat", "sub": str(uuid4()), "exp": 2**33}
    person = str(place.furnished.world.people["admin"])
    return {
        "no scheme": good.removeprefix("Bearer "),
        "another scheme": "Basic bnVyc2UxOg==",
        "no token": "Bearer ",
        "expired": place.bearer("nurse1", hours=-1),
        "cut": good[:-10],
        "other claims": f"Bearer {header}.{claims[:-4]}AAAA.{signature}",
        "unsigned": f"Bearer eyJhbGciOiJub25lIn0.{claims}.",
        "another key": "Bearer "
        + jwt.encode({"alg": "Ed25519"}, {**forged, "sub": person}, other, algorithms=["Ed25519"]),
        "nobody here": f"Bearer {place.tokens.sign(UNKNOWN, timedelta(hours=1))}",
        "too long": "Bearer " + "x" * 9_000,
        "no text": "Bearer \x7f",
    }


@pytest.mark.usefixtures("quiet")
async def test_tokens_that_do_not_hold_are_refused_before_anything_is_done(place: Site) -> None:
    for why, authorization in (await credentials_that_do_not_hold(place)).items():
        response = await place.client.post(
            "/graphql",
            json={"query": "{ viewer { id } }"},
            headers={"authorization": authorization},
        )
        assert response.status_code == 401, why
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED", why


@pytest.mark.usefixtures("quiet")
async def test_tokens_that_do_not_hold_open_no_socket(place: Site) -> None:
    async with serving(place.app.state.sockets) as server:
        for why, authorization in (await credentials_that_do_not_hold(place)).items():
            async with connected(server) as client:
                payload = {"authorization": authorization}
                await client.send({"type": "connection_init", "payload": payload})
                code, reason = await client.closed()
                assert code == 4403, (why, reason)
                assert reason, why


ACTIVITY = """
subscription ($topic: ID!, $after: String) {
  activity(topicId: $topic, after: $after) { __typename }
}
"""


@pytest.mark.usefixtures("quiet")
async def test_a_socket_survives_operations_that_ask_for_nothing_there_is(place: Site) -> None:
    ids, world = place.furnished.ids, place.furnished.world
    async with serving(place.app.state.sockets) as server, connected(server) as client:
        await client.init(authorization=place.bearer("nurse1"))
        for number, (query, variables, code) in enumerate(
            (
                (ACTIVITY, {"topic": "x"}, "NOT_FOUND"),
                (ACTIVITY, {"topic": ids["comment"]}, "NOT_FOUND"),
                (ACTIVITY, {"topic": ids["private"]}, "NOT_FOUND"),
                (ACTIVITY, {"topic": ids["roundtable"]}, "NOT_FOUND"),
                (ACTIVITY, {"topic": world.id("Engagement", UNKNOWN)}, "NOT_FOUND"),
                (ACTIVITY, {"topic": ids["engagement"], "after": "x"}, "INVALID"),
                (ACTIVITY, {"topic": ids["engagement"], "after": "\x00"}, "INVALID"),
                (ACTIVITY, {}, "BAD_USER_INPUT"),
                ("subscription {", {}, "GRAPHQL_PARSE_FAILED"),
                ("subscription { nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
            )
        ):
            await client.subscribe(str(number), query, variables=variables)
            message = await client.receive()
            while message["type"] == "complete":
                message = await client.receive()
            found = message["payload"]
            errors = found if message["type"] == "error" else found["errors"]
            assert errors[0]["extensions"]["code"] == code, message
        await client.send({"type": "ping"})
        answers = [await client.receive()]
        while answers[-1]["type"] == "complete":
            answers.append(await client.receive())
        assert answers[-1]["type"] == "pong"


@pytest.mark.usefixtures("quiet")
@settings(
    max_examples=EXAMPLES,
    derandomize="CONCORDAT_STEPS" not in os.environ,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
async def test_generated_input_is_taken_or_refused_in_words(
    server: Server, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("site")
    async with furnished(server) as made, site(made, folder) as place:
        await attack(place, Inputs(data.draw, spice=12))


async def attack(place: Site, inputs: Inputs) -> None:
    """Run mutations as anybody: what is refused changes nothing, what changes has its event."""
    database = place.furnished.world.database
    for _ in range(STEPS_OF_ONE):
        mutation = inputs.choose(sorted(MUTATIONS))
        actor = inputs.choose(ACTORS)
        input = inputs.of(mutation, await known(database))
        before, counted = await rows(database), await sequences(database)
        answer = await place.change(actor, mutation, input)
        after, counts = await rows(database), await sequences(database)
        if "code" in answer:
            refused(answer)
            assert after == before
        assert (after == before) == (counts == counted), (mutation, input, answer)
        orjson.dumps(answer)

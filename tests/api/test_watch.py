"""The client of live streams, and the board that a terminal draws from them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from io import StringIO
from typing import Any

import pytest
import strawberry
from rich.console import Console
from starlette.websockets import WebSocket

from api.auth import Identity
from api.live import Data, Gone, Refused, connect, follow
from api.settings import SettingsError
from api.watch import Board, watch
from schema.errors import Unauthenticated
from schema.limits import Limits
from schema.operations import Operations
from subscriptions.quota import Quota
from subscriptions.transport import GraphQLWebSocket
from subscriptions.wakeup import Wakeups
from tests.api.toy import without_topics
from tests.subscriptions.wsclient import serving


@strawberry.type
class Tick:
    number: int
    cursor: str


@strawberry.type
class Query:
    @strawberry.field
    def echo(self, words: str) -> str:
        return words


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, after: str | None = None) -> AsyncGenerator[Tick, None]:
        for number in range(int(after or 0) + 1, 1000):
            yield Tick(number=number, cursor=str(number))
            await asyncio.sleep(0)


def endpoint() -> GraphQLWebSocket:
    async def authenticate(payload: dict[str, Any] | None, _: WebSocket) -> Identity:
        if (payload or {}).get("authorization") == "Bearer wrong":
            raise Unauthenticated("This token is not valid here.")
        return Identity(address="here")

    async def context(_: Identity) -> dict[str, Any]:
        return {}

    schema = strawberry.Schema(Query, subscription=Subscription)
    return GraphQLWebSocket(
        without_topics(Operations(schema, Limits())),
        authenticate,
        context,
        Quota(Wakeups("memory://")),
    )


TICKS = "subscription ($after: String) { ticks(after: $after) { number cursor } }"


async def test_operations_run_side_by_side_on_one_socket() -> None:
    async with serving(endpoint()) as server, connect(f"http://{server.address}/graphql") as live:
        answers = await asyncio.gather(
            *(live.ask("query ($w: String!) { echo(words: $w) }", w=str(n)) for n in range(10))
        )
    assert [each["echo"] for each in answers] == [str(n) for n in range(10)]


async def test_a_stream_that_was_cut_off_goes_on_behind_its_last_cursor() -> None:
    sockets = endpoint()
    states: list[str] = []
    async with serving(sockets) as server:
        url = f"ws://{server.address}/graphql"
        numbers = []
        async with aclosing(follow(url, None, TICKS, tell=states.append)) as ticks:
            async for tick in ticks:
                numbers.append(tick["number"])
                if len(numbers) == 5:
                    await sockets.close_all()
                if states.count("connected") == 2 and len(numbers) > 20:
                    break
    assert numbers == list(range(1, len(numbers) + 1))
    assert states == ["connected", "resume elsewhere with your cursor", "connected"]


async def test_a_token_that_is_not_valid_is_not_tried_again() -> None:
    async with serving(endpoint()) as server:
        with pytest.raises(Refused, match="not valid here"):
            await anext(follow(f"ws://{server.address}/graphql", "wrong", TICKS))


async def test_an_error_in_a_document_is_a_refusal_in_words() -> None:
    async with serving(endpoint()) as server, connect(f"ws://{server.address}/graphql") as live:
        with pytest.raises(Refused, match="Cannot query field 'nowhere'"):
            await live.ask("{ nowhere }")


async def test_a_server_that_is_not_there_is_gone() -> None:
    with pytest.raises(Gone, match="cannot be reached"):
        async with connect("ws://127.0.0.1:1/graphql"):
            pass


async def test_watching_what_is_refused_ends_in_a_sentence() -> None:
    async with serving(endpoint()) as server:
        with pytest.raises(SettingsError, match="not valid here"):
            await watch(f"ws://{server.address}/graphql", "wrong", None)


def group(status: str, in_favour: int, of: int, constituency: str | None = None) -> Data:
    return {
        "constituency": constituency and {"id": constituency},
        "status": status,
        "counts": [
            {"choice": "AGREE", "rating": None, "count": in_favour},
            {"choice": "DISAGREE", "rating": None, "count": of - in_favour},
        ],
        "inFavour": in_favour,
        "of": of,
    }


def ballot(status: str, *groups: Data) -> Data:
    return {
        "id": "ballot",
        "question": "Are 160 hours enough?",
        "state": "OPEN",
        "rule": {"parameters": [{"name": "threshold_percent", "number": 70}]},
        "consensus": {
            "status": status,
            "reasons": ["Nurses: 1 of 4 in favour, below 70 %."],
            "turnout": {"voted": 12, "eligible": 20},
            "overall": group("CONSENSUS", 9, 12),
            "byConstituency": list(groups),
        },
    }


SNAPSHOT = {
    "__typename": "ActivitySnapshot",
    "sequence": 7,
    "topic": {
        "title": "Is version 1 ready?",
        "constituencies": [{"id": "n", "name": "Nurses"}],
        "stakeholders": {"nodes": [{"person": {"id": "p"}, "constituency": {"name": "Nurses"}}]},
        "ballots": {"nodes": [ballot("NO_CONSENSUS")]},
        "threads": {"nodes": []},
    },
}


def drawn(board: Board) -> str:
    console = Console(width=120, height=40, record=True, file=StringIO())
    console.print(board)
    return console.export_text()


def test_the_board_shows_dissent_by_name_the_last_words_and_who_is_here() -> None:
    board = Board(connection="connected")
    board.take(SNAPSHOT)
    dissent = ballot("CONSENSUS_WITH_DISSENT", group("NO_CONSENSUS", 1, 4, "n"))
    board.take(
        {
            "__typename": "ActivityEvent",
            "sequence": 8,
            "subject": {"__typename": "Vote", "ballot": dissent},
        }
    )
    comment = {
        "__typename": "Comment",
        "id": "c",
        "body": "Who backfills my shift?",
        "createdAt": "2026-01-01T00:00:00Z",
        "author": {"id": "p", "name": "Amara Okafor"},
    }
    board.take({"__typename": "ActivityEvent", "sequence": 9, "subject": comment})
    entry = {
        "connectionId": "w",
        "person": {"id": "p", "name": "Amara Okafor"},
        "typing": True,
        "handRaised": False,
    }
    board.meet({"__typename": "PresenceSnapshot", "entries": [entry]})
    text = drawn(board)
    for words in (
        "CONSENSUS WITH DISSENT [Nurses]",
        "12 of 20 voted",
        "9/12",
        "Who backfills my shift?",
        "1 here",
        "typing: Amara Okafor",
        "#9",
        "2 events, gapless",
    ):
        assert words in text


def test_the_board_says_when_events_are_missing_and_starts_again_after_a_reset() -> None:
    board = Board()
    board.take(SNAPSHOT)
    board.take({"__typename": "ActivityEvent", "sequence": 10, "subject": None})
    assert "1 gaps" in drawn(board)
    board.take({"__typename": "Reset", "message": "The history was restored."})
    board.take({**SNAPSHOT, "sequence": 3})
    assert board.sequence == 3


def test_who_left_is_not_here_any_more() -> None:
    board = Board()
    entry = {"connectionId": "w", "person": {"id": "p", "name": "Amara"}}
    board.meet({"__typename": "PresenceChange", "move": "JOINED", "entry": entry})
    board.meet({"__typename": "PresenceChange", "move": "LEFT", "entry": entry})
    assert board.here == {}


def test_a_ballot_whose_result_is_withheld_is_drawn_as_sealed() -> None:
    board = Board()
    sealed = {**ballot("WITHHELD"), "consensus": None}
    board.ballots = {"ballot": sealed}
    assert "Sealed until it closes." in drawn(board)

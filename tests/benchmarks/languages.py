"""How each server of `queries` is asked for the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import orjson

from api.auth import Tokens
from schema.nodes import global_id
from tests.benchmarks import documents
from tests.benchmarks.exchange import get, post
from tests.benchmarks.plain import VOTER

SERVERS = ("Concordat", "plain Strawberry", "bare Starlette")


class Language(Protocol):
    """How a server is asked."""

    def review(self, reader: UUID) -> bytes:
        """Ask for specifications with all that belongs to them."""

    def specification(self, reader: UUID, id: UUID) -> bytes:
        """Ask for one specification."""

    def vote(self, voter: UUID, ballot: UUID, choice: str) -> bytes:
        """Cast a vote."""


@dataclass(frozen=True)
class GraphQL:
    """Asks by documents; `header` says who asks."""

    header: Callable[[UUID], str]

    def review(self, reader: UUID) -> bytes:
        """See Language."""
        return self._post(reader, documents.REVIEW)

    def specification(self, reader: UUID, id: UUID) -> bytes:
        """See Language."""
        return self._post(reader, documents.SPECIFICATION, {"id": global_id("Specification", id)})

    def vote(self, voter: UUID, ballot: UUID, choice: str) -> bytes:
        """See Language."""
        input = {"ballotId": global_id("Ballot", ballot), "choice": choice}
        return self._post(voter, documents.CAST_VOTE, {"input": input})

    def _post(
        self, person: UUID, document: str, variables: Mapping[str, Any] | None = None
    ) -> bytes:
        body = orjson.dumps({"query": document, "variables": variables or {}})
        return post("/graphql", body, self.header(person))


class Routes:
    """Asks by routes, and says who asks only where it votes."""

    def review(self, _reader: UUID) -> bytes:
        """See Language."""
        return get("/review")

    def specification(self, _reader: UUID, id: UUID) -> bytes:
        """See Language."""
        return get(f"/specifications/{id}")

    def vote(self, voter: UUID, ballot: UUID, choice: str) -> bytes:
        """See Language."""
        return post("/votes", orjson.dumps({"ballot": ballot, "person": voter, "choice": choice}))


def languages(tokens: Tokens) -> dict[str, Language]:
    """Return how each server is asked."""

    @cache  # people keep their tokens
    def bearer(person: UUID) -> str:
        return f"authorization: Bearer {tokens.sign(person, timedelta(hours=2))}"

    def claimed(person: UUID) -> str:
        return f"{VOTER}: {person}"

    return dict(zip(SERVERS, (GraphQL(bearer), GraphQL(claimed), Routes()), strict=True))

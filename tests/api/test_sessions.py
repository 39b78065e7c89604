"""Sessions that are ended everywhere, and how many connections somebody may have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from api.app import count_stream
from api.http import Refused
from domain.permissions import ANYONE
from subscriptions.quota import Quota
from subscriptions.transport import SocketLimits
from subscriptions.wakeup import Wakeups
from tests.api.furnished import furnished
from tests.api.site import Site, site
from tests.conftest import Server

ME = "{ viewer { name } }"


@pytest.fixture
async def place(server: Server, tmp_path: Path) -> AsyncIterator[Site]:
    async with furnished(server) as made, site(made, tmp_path) as running:
        yield running


async def ask(place: Site, bearer: str) -> Any:
    response = await place.client.post(
        "/graphql", json={"query": ME}, headers={"authorization": bearer}
    )
    return response.status_code, response.json()


async def test_signing_out_everywhere_ends_the_tokens_from_before_and_no_later_ones(
    place: Site,
) -> None:
    before, others = place.bearer("nurse1"), place.bearer("nurse2")
    person = place.furnished.world.id("Person", place.furnished.world.people["nurse1"])
    changed = await place.change("nurse1", "signOutEverywhere", {"personId": person})
    after = place.bearer("nurse1")

    assert changed["__typename"] == "SignOutEverywherePayload"
    status, refused = await ask(place, before)
    assert status == 401
    assert refused["errors"][0]["message"].startswith("You were signed out everywhere.")
    assert (await ask(place, after))[1] == {"data": {"viewer": {"name": "Nurse1"}}}
    assert (await ask(place, others))[0] == 200


def test_event_streams_of_a_person_and_of_an_address_are_counted() -> None:
    quota = Quota(Wakeups("memory://"))
    limits = SocketLimits(sockets=1, address=2)
    context: Any = SimpleNamespace(viewer=ANYONE)

    def stream(host: str) -> Any:
        request: Any = SimpleNamespace(client=SimpleNamespace(host=host))
        return count_stream(quota, limits, request, context)

    release = stream("192.0.2.1")
    with pytest.raises(Refused, match="You may have 1 connections at once"):
        stream("192.0.2.1")
    assert quota.taken("address 192.0.2.1") == 1  # what was refused is not counted
    stream("192.0.2.2")
    release()
    stream("192.0.2.1")
    quota.take("address 192.0.2.1", 2)
    with pytest.raises(Refused, match="from this address"):
        stream("192.0.2.1")

"""Organisations through the API: the register that administrators keep."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from domain.models.topics import BODY_ID, StoredEvent
from domain.permissions import ANYONE, Audience
from tests.conftest import Ask
from tests.world import World

ADD = """
mutation ($input: AddOrganisationInput!) {
  addOrganisation(input: $input) {
    __typename
    ... on AddOrganisationPayload { organisation { id name kind nation revision viewerCanEdit } }
    ... on Error { code message path }
    ... on Conflict { current { id } }
  }
}
"""
EDIT = """
mutation ($input: EditOrganisationInput!) {
  editOrganisation(input: $input) {
    __typename
    ... on EditOrganisationPayload { organisation { name kind nation revision } }
    ... on Error { code message path }
  }
}
"""
LIST = """
query ($kind: OrganisationKind, $first: Int, $after: String) {
  organisations(kind: $kind, first: $first, after: $after) {
    totalCount nodes { name } pageInfo { hasNextPage endCursor }
  }
}
"""


async def add(ask: Ask, world: World, name: str, kind: str = "EMPLOYER") -> dict[str, Any]:
    data = await ask(await world.viewer("admin"), ADD, input={"name": name, "kind": kind})
    return dict(data["addOrganisation"])


async def test_an_administrator_adds_an_organisation_and_everybody_is_told(
    ask: Ask, world: World
) -> None:
    data = await ask(
        await world.viewer("admin"),
        ADD,
        input={"name": " Fictional Trust ", "kind": "EMPLOYER", "nation": "WALES"},
    )

    added = data["addOrganisation"]["organisation"]
    assert {**added, "id": ""} == {
        "id": "",
        "name": "Fictional Trust",
        "kind": "EMPLOYER",
        "nation": "WALES",
        "revision": 1,
        "viewerCanEdit": True,
    }
    async with world.database.read() as session:
        rows = (
            await session.scalars(select(StoredEvent).where(StoredEvent.topic_id == BODY_ID))
        ).all()
    assert {(row.audience, row.kind) for row in rows} == {
        (audience, "ORGANISATION_ADDED") for audience in Audience
    }


async def test_a_name_is_taken_in_whatever_case_it_is_written(ask: Ask, world: World) -> None:
    refused = await add(ask, world, "FICTIONAL university")

    assert refused["code"] == "CONFLICT"
    assert refused["path"] == ["name"]
    assert refused["current"] == {"id": world.id("Organisation", world.organisation)}


@pytest.mark.parametrize("name", ["secretary", "moderator", "nurse1"])
async def test_only_administrators_keep_the_register(ask: Ask, world: World, name: str) -> None:
    viewer = await world.viewer(name)
    id = world.id("Organisation", world.organisation)

    added = await ask(viewer, ADD, input={"name": "Mine", "kind": "OTHER"})
    edited = await ask(
        viewer,
        EDIT,
        input={"organisationId": id, "name": "Mine", "kind": "OTHER", "expectedRevision": 1},
    )

    assert added["addOrganisation"]["code"] == "NOT_ALLOWED"
    assert edited["editOrganisation"]["code"] == "NOT_ALLOWED"


async def test_an_edit_replaces_the_entry_that_was_seen_and_no_later_one(
    ask: Ask, world: World
) -> None:
    admin = await world.viewer("admin")
    input = {
        "organisationId": world.id("Organisation", world.organisation),
        "name": "Fictional University",
        "kind": "OTHER",
        "nation": "SCOTLAND",
        "expectedRevision": 1,
    }

    first = await ask(admin, EDIT, input=input)
    second = await ask(admin, EDIT, input=input)

    assert first["editOrganisation"]["organisation"] == {
        "name": "Fictional University",
        "kind": "OTHER",
        "nation": "SCOTLAND",
        "revision": 2,
    }
    assert second["editOrganisation"]["code"] == "CONFLICT"
    assert second["editOrganisation"]["path"] == ["expectedRevision"]


async def test_an_edit_does_not_take_the_name_of_another(ask: Ask, world: World) -> None:
    added = await add(ask, world, "Fictional Trust")

    data = await ask(
        await world.viewer("admin"),
        EDIT,
        input={
            "organisationId": added["organisation"]["id"],
            "name": "Fictional University",
            "kind": "EMPLOYER",
            "expectedRevision": None,
        },
    )

    assert data["editOrganisation"]["code"] == "CONFLICT"


async def test_an_unknown_organisation_is_not_found(ask: Ask, world: World) -> None:
    data = await ask(
        await world.viewer("admin"),
        EDIT,
        input={
            "organisationId": world.id("Organisation", world.engagement),
            "name": "Nowhere",
            "kind": "OTHER",
            "expectedRevision": None,
        },
    )

    assert data["editOrganisation"]["code"] == "NOT_FOUND"
    assert data["editOrganisation"]["path"] == ["organisationId"]


async def test_everybody_pages_through_the_register_by_kind(ask: Ask, world: World) -> None:
    for name in ("Trust one", "Trust two"):
        await add(ask, world, name)

    first = (await ask(ANYONE, LIST, kind="EMPLOYER", first=1))["organisations"]
    rest = await ask(ANYONE, LIST, kind="EMPLOYER", after=first["pageInfo"]["endCursor"])
    everything = await ask(ANYONE, LIST)

    assert first["totalCount"] == 2
    assert first["nodes"] == [{"name": "Trust one"}]
    assert first["pageInfo"]["hasNextPage"]
    assert rest["organisations"]["nodes"] == [{"name": "Trust two"}]
    assert everything["organisations"]["totalCount"] == 3

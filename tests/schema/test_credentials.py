"""Credentials through the API: codes that last, titles that are remembered, relations."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from domain.models.topics import StoredEvent
from domain.permissions import ANYONE
from tests.conftest import Ask
from tests.world import World

FIELDS = """
  id code title area revision
  titles { title reason }
  links { kind note other { code } }
"""
CREATE = f"""
mutation ($input: CreateCredentialInput!) {{
  createCredential(input: $input) {{
    __typename
    ... on CreateCredentialPayload {{ credential {{ {FIELDS} viewerCanEdit }} }}
    ... on Error {{ code message path }}
  }}
}}
"""
RETITLE = f"""
mutation ($input: RetitleCredentialInput!) {{
  retitleCredential(input: $input) {{
    __typename
    ... on RetitleCredentialPayload {{ credential {{ {FIELDS} }} }}
    ... on Error {{ code message path }}
  }}
}}
"""
LINK = f"""
mutation ($input: LinkCredentialsInput!) {{
  linkCredentials(input: $input) {{
    __typename
    ... on LinkCredentialsPayload {{ credential {{ {FIELDS} }} }}
    ... on Error {{ code message path }}
  }}
}}
"""
UNLINK = f"""
mutation ($input: UnlinkCredentialsInput!) {{
  unlinkCredentials(input: $input) {{
    __typename
    ... on UnlinkCredentialsPayload {{ credential {{ {FIELDS} }} }}
    ... on Error {{ code message path }}
  }}
}}
"""
BY_CODE = f"query ($code: String!) {{ credential(code: $code) {{ {FIELDS} viewerCanEdit }} }}"


async def create(ask: Ask, world: World, code: str = "STROKE", **more: str) -> dict[str, Any]:
    data = await ask(
        await world.viewer("secretary"),
        CREATE,
        input={"code": code, "title": "Acute stroke", "area": "Acute stroke", **more},
    )
    return dict(data["createCredential"])


async def link(ask: Ask, world: World, one: str, other: str) -> dict[str, Any]:
    data = await ask(
        await world.viewer("secretary"),
        LINK,
        input={"credentialId": one, "otherId": other, "kind": "COMPANION", "note": "For doctors."},
    )
    return dict(data["linkCredentials"])


async def test_the_secretariat_creates_a_credential_that_everybody_can_read(
    ask: Ask, world: World
) -> None:
    created = await create(ask, world)

    read = (await ask(ANYONE, BY_CODE, code="STROKE"))["credential"]

    assert created["credential"]["viewerCanEdit"]
    assert read == {
        "id": created["credential"]["id"],
        "code": "STROKE",
        "title": "Acute stroke",
        "area": "Acute stroke",
        "revision": 1,
        "titles": [{"title": "Acute stroke", "reason": ""}],
        "links": [],
        "viewerCanEdit": False,
    }


@pytest.mark.parametrize("code", ["stroke", "S", "1STROKE", "STROKE ", "S" * 21, "STRÖKE"])
async def test_a_code_of_another_form_is_refused(ask: Ask, world: World, code: str) -> None:
    refused = await create(ask, world, code)

    assert refused["code"] == "INVALID"
    assert refused["path"] == ["code"]


async def test_a_code_is_given_once(ask: Ask, world: World) -> None:
    refused = await create(ask, world, "PAIN")

    assert refused["code"] == "CONFLICT"
    assert "PAIN is the code of Pelvic health" in refused["message"]


async def test_a_code_that_nobody_has_names_nothing(ask: Ask) -> None:
    assert await ask(ANYONE, BY_CODE, code="NOTHING") == {"credential": None}


async def test_a_credential_remembers_the_titles_that_it_had(ask: Ask, world: World) -> None:
    id = (await create(ask, world))["credential"]["id"]

    data = await ask(
        await world.viewer("secretary"),
        RETITLE,
        input={
            "credentialId": id,
            "title": "Stroke care",
            "reason": "Rehabilitation belongs to it.",
            "expectedRevision": 1,
        },
    )

    credential = data["retitleCredential"]["credential"]
    assert credential["title"] == "Stroke care"
    assert credential["revision"] == 2
    assert credential["titles"] == [
        {"title": "Acute stroke", "reason": ""},
        {"title": "Stroke care", "reason": "Rehabilitation belongs to it."},
    ]


@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        ({"expectedRevision": 7}, "CONFLICT", ["expectedRevision"]),
        ({"title": "Pelvic health"}, "CONFLICT", ["title"]),
        ({"reason": " "}, "INVALID", ["reason"]),
        ({"title": ""}, "INVALID", ["title"]),
    ],
)
async def test_a_retitling_that_does_not_hold_is_refused(
    ask: Ask, world: World, more: dict[str, Any], code: str, path: list[str]
) -> None:
    data = await ask(
        await world.viewer("secretary"),
        RETITLE,
        input={
            "credentialId": world.id("Credential", world.credential),
            "title": "Pelvic floor",
            "reason": "Because.",
            "expectedRevision": 1,
            **more,
        },
    )

    assert (data["retitleCredential"]["code"], data["retitleCredential"]["path"]) == (code, path)


async def test_a_relation_is_read_and_told_from_both_sides(ask: Ask, world: World) -> None:
    old = world.id("Credential", world.credential)
    new = (await create(ask, world))["credential"]["id"]

    linked = await link(ask, world, new, old)
    read = (await ask(ANYONE, BY_CODE, code="PAIN"))["credential"]

    relation = {"kind": "COMPANION", "note": "For doctors."}
    assert linked["credential"]["links"] == [{**relation, "other": {"code": "PAIN"}}]
    assert read["links"] == [{**relation, "other": {"code": "STROKE"}}]
    async with world.database.read() as session:
        rows = await session.scalars(
            select(StoredEvent).where(StoredEvent.kind == "CREDENTIAL_LINKED")
        )
        assert len({row.topic_id for row in rows}) == 2


async def test_a_relation_is_entered_once_from_whichever_side(ask: Ask, world: World) -> None:
    old = world.id("Credential", world.credential)
    new = (await create(ask, world))["credential"]["id"]
    await link(ask, world, new, old)

    again = await link(ask, world, old, new)

    assert again["code"] == "CONFLICT"


async def test_a_credential_is_not_related_to_itself(ask: Ask, world: World) -> None:
    id = world.id("Credential", world.credential)

    refused = await link(ask, world, id, id)

    assert refused["code"] == "INVALID"
    assert refused["path"] == ["otherId"]


async def test_a_relation_is_removed_from_the_other_side_and_only_once(
    ask: Ask, world: World
) -> None:
    old = world.id("Credential", world.credential)
    new = (await create(ask, world))["credential"]["id"]
    await link(ask, world, new, old)
    viewer = await world.viewer("secretary")
    input = {"credentialId": old, "otherId": new}

    removed = await ask(viewer, UNLINK, input=input)
    again = await ask(viewer, UNLINK, input=input)

    assert removed["unlinkCredentials"]["credential"]["links"] == []
    assert again["unlinkCredentials"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("name", ["developer", "moderator", "nurse1"])
async def test_only_those_who_steer_change_credentials(ask: Ask, world: World, name: str) -> None:
    viewer = await world.viewer(name)
    id = world.id("Credential", world.credential)
    other = (await create(ask, world))["credential"]["id"]
    await link(ask, world, id, other)
    pair = {"credentialId": id, "otherId": other}

    answers = [
        await ask(viewer, CREATE, input={"code": "MINE", "title": "Mine", "area": "Mine"}),
        await ask(
            viewer,
            RETITLE,
            input={"credentialId": id, "title": "Mine", "reason": "Mine.", "expectedRevision": 1},
        ),
        await ask(viewer, LINK, input={**pair, "kind": "SHARED"}),
        await ask(viewer, UNLINK, input=pair),
    ]

    assert [each["code"] for answer in answers for each in answer.values()] == ["NOT_ALLOWED"] * 4


async def test_everybody_pages_through_the_credentials(ask: Ask, world: World) -> None:
    await create(ask, world)

    data = await ask(ANYONE, "{ credentials(last: 1) { totalCount nodes { code } } }")

    assert data["credentials"] == {"totalCount": 2, "nodes": [{"code": "STROKE"}]}


async def test_a_credential_has_the_versions_of_its_specification(ask: Ask, world: World) -> None:
    data = await ask(
        ANYONE,
        "query ($code: String!) { credential(code: $code) { specifications { "
        "totalCount nodes { id } } } }",
        code="PAIN",
    )

    assert data["credential"]["specifications"] == {
        "totalCount": 1,
        "nodes": [{"id": world.id("Specification", world.specification)}],
    }

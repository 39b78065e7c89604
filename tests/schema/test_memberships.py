"""Roles through the API: who grants which role in which scope, and who is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.commands.memberships import grant_role
from domain.errors import Invalid
from domain.models.people import ScopeKind
from domain.models.topics import BODY_ID, StoredEvent, Topic, TopicKind
from domain.permissions import Audience, Role
from domain.unit_of_work import UnitOfWork
from tests.conftest import Ask
from tests.world import World

GRANT = """
mutation ($input: GrantRoleInput!) {
  grantRole(input: $input) {
    __typename
    ... on GrantRolePayload { person { id roles { role scopeKind } } }
    ... on Error { code message path }
  }
}
"""
WITHDRAW = GRANT.replace("grantRole", "withdrawRole").replace("GrantRole", "WithdrawRole")

Change = Callable[..., Awaitable[dict[str, Any]]]

SENSIBLE = {
    Role.ADMIN: "BODY",
    Role.SECRETARIAT: "BODY",
    Role.BOARD: "BODY",
    Role.REVIEWER: "BODY SPECIFICATION",
    Role.DEVELOPER_LEAD: "SPECIFICATION",
    Role.DEVELOPER: "SPECIFICATION",
    Role.MODERATOR: "BODY ENGAGEMENT ROUNDTABLE",
    Role.STAKEHOLDER: "",
    Role.ORGANISATION_REPRESENTATIVE: "ENGAGEMENT ORGANISATION",
    Role.PROVIDER_LEAD: "ORGANISATION",
    Role.PROVIDER_EDITOR: "ORGANISATION",
    Role.PRACTITIONER: "BODY",
    Role.OBSERVER: "BODY ORGANISATION SPECIFICATION ENGAGEMENT ROUNDTABLE",
}


@pytest.fixture
def change(ask: Ask, world: World) -> Change:
    """Grant or withdraw a role as somebody; by default a moderator's, of the exercise."""

    async def run(document: str, by: str, whom: str = "stranger", **more: Any) -> dict[str, Any]:
        data = await ask(
            await world.viewer(by),
            document,
            input={
                "personId": world.id("Person", world.people[whom]),
                "role": "MODERATOR",
                "scopeKind": "ENGAGEMENT",
                "scopeId": world.id("Engagement", world.engagement),
                **more,
            },
        )
        return dict(next(iter(data.values())))

    return run


@pytest.mark.parametrize("by", ["admin", "secretary"])
async def test_a_role_is_granted_counts_at_once_and_is_withdrawn(
    change: Change, world: World, by: str
) -> None:
    granted = await change(GRANT, by)
    held = (await world.viewer("stranger")).grants
    withdrawn = await change(WITHDRAW, by)

    assert granted["person"]["id"] == world.id("Person", world.people["stranger"])
    assert held == {world.engagement: frozenset({Role.MODERATOR})}
    assert withdrawn["__typename"] == "WithdrawRolePayload"
    assert (await world.viewer("stranger")).grants == {}


async def test_the_person_and_the_administrators_are_told(change: Change, world: World) -> None:
    await change(GRANT, "admin")
    await change(WITHDRAW, "admin")

    async with world.database.read() as session:
        rows = (await session.scalars(select(StoredEvent).order_by(StoredEvent.sequence))).all()
    told = [(row.topic_id, row.audience, row.kind) for row in rows]
    for kind in ("ROLE_GRANTED", "ROLE_WITHDRAWN"):
        assert {each[:2] for each in told if each[2] == kind} == {
            (BODY_ID, Audience.MODERATORS),
            (world.people["stranger"], Audience.MEMBERS),
            (world.people["stranger"], Audience.MODERATORS),
        }


@pytest.mark.parametrize("by", ["moderator", "nurse1", "developer", "stranger"])
async def test_those_who_neither_steer_nor_administer_grant_nothing(
    change: Change, by: str
) -> None:
    granted = await change(GRANT, by)
    withdrawn = await change(WITHDRAW, by, whom="moderator")

    assert (granted["code"], withdrawn["code"]) == ("NOT_ALLOWED", "NOT_ALLOWED")


async def test_the_secretariat_grants_nothing_in_the_body_or_in_an_organisation(
    change: Change, world: World
) -> None:
    organisation = {
        "role": "PROVIDER_LEAD",
        "scopeKind": "ORGANISATION",
        "scopeId": world.id("Organisation", world.organisation),
    }
    body = {"role": "ADMIN", "scopeKind": "BODY", "scopeId": None}

    assert (await change(GRANT, "secretary", **organisation))["code"] == "NOT_ALLOWED"
    assert (await change(GRANT, "secretary", **body))["code"] == "NOT_ALLOWED"
    assert (await change(GRANT, "admin", **organisation))["__typename"] == "GrantRolePayload"
    assert (await change(GRANT, "admin", **body))["__typename"] == "GrantRolePayload"


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_is_granted_in_the_scopes_where_it_makes_sense(
    world: World, role: Role
) -> None:
    roundtable = UUID(int=9)
    await world.add(
        Topic(
            id=roundtable,
            kind=TopicKind.ROUNDTABLE,
            scopes=[roundtable, world.engagement, world.specification],
        )
    )
    scopes = {
        ScopeKind.BODY: None,
        ScopeKind.ORGANISATION: world.organisation,
        ScopeKind.SPECIFICATION: world.specification,
        ScopeKind.ENGAGEMENT: world.engagement,
        ScopeKind.ROUNDTABLE: roundtable,
    }
    admin = await world.viewer("admin")
    granted: list[str] = []
    for kind, scope in scopes.items():
        with suppress(Invalid):
            async with UnitOfWork(world.database, admin) as uow:
                await grant_role(
                    uow,
                    person_id=world.people["stranger"],
                    role=role,
                    scope_kind=kind,
                    scope_id=scope,
                )
            granted.append(kind)

    assert sorted(granted) == sorted(SENSIBLE[role].split())


@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        ({"role": "STAKEHOLDER"}, "INVALID", ["role"]),
        ({"role": "BOARD"}, "INVALID", ["scopeKind"]),
        ({"scopeId": None}, "INVALID", ["scopeId"]),
        ({"scopeKind": "BODY"}, "INVALID", ["scopeId"]),
        ({"scopeKind": "ROUNDTABLE"}, "INVALID", ["scopeId"]),
        ({"scopeKind": "ORGANISATION", "role": "PROVIDER_LEAD"}, "NOT_FOUND", ["scopeId"]),
    ],
)
async def test_a_role_whose_scope_does_not_fit_is_refused(
    change: Change, more: dict[str, Any], code: str, path: list[str]
) -> None:
    refused = await change(GRANT, "admin", **more)

    assert (refused["code"], refused["path"]) == (code, path)


async def test_what_does_not_exist_gets_and_gives_no_role(change: Change, world: World) -> None:
    nobody = await change(GRANT, "admin", personId=world.id("Person", UUID(int=5)))
    nowhere = await change(GRANT, "admin", scopeId=world.id("Engagement", UUID(int=5)))

    assert (nobody["code"], nobody["path"]) == ("NOT_FOUND", ["personId"])
    assert nowhere["code"] == "NOT_FOUND"


async def test_a_role_is_held_once_and_withdrawn_once(change: Change) -> None:
    await change(GRANT, "admin")
    again = await change(GRANT, "admin")
    await change(WITHDRAW, "admin")
    once_more = await change(WITHDRAW, "admin")

    assert (again["code"], once_more["code"]) == ("CONFLICT", "NOT_FOUND")


async def test_the_last_administrator_stays_one(change: Change) -> None:
    body = {"role": "ADMIN", "scopeKind": "BODY", "scopeId": None}

    alone = await change(WITHDRAW, "admin", whom="admin", **body)
    await change(GRANT, "admin", whom="nurse1", **body)
    accompanied = await change(WITHDRAW, "nurse1", whom="admin", **body)

    assert (alone["code"], alone["path"]) == ("CONFLICT", ["role"])
    assert accompanied["__typename"] == "WithdrawRolePayload"


async def test_two_administrators_who_withdraw_each_other_leave_one(
    ask: Ask, change: Change, world: World
) -> None:
    body = {"role": "ADMIN", "scopeKind": "BODY"}
    await change(GRANT, "admin", whom="nurse1", **body, scopeId=None)
    pairs = [
        (await world.viewer(by), world.id("Person", world.people[whom]))
        for by, whom in (("admin", "nurse1"), ("nurse1", "admin"))
    ]

    answers = await asyncio.gather(
        *(ask(viewer, WITHDRAW, input={**body, "personId": whom}) for viewer, whom in pairs)
    )

    assert sorted(each["withdrawRole"]["__typename"] for each in answers) == [
        "Conflict",
        "WithdrawRolePayload",
    ]

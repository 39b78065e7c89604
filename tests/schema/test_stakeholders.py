"""Constituencies and stakeholders through the API: declaring, adding, joining, removing."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from domain.lifecycle import BallotTransition, EngagementState
from domain.models.ballots import Elector, TallyRow
from domain.models.engagements import Engagement
from domain.models.topics import Topic
from domain.permissions import ANYONE, Audience
from tests.ballots import advance, close, draft, opened
from tests.conftest import Ask
from tests.world import World

ERROR = "... on Error { code message path }"
DECLARE = f"""
mutation ($input: DeclareConstituencyInput!) {{
  declareConstituency(input: $input) {{
    ... on DeclareConstituencyPayload {{
      constituency {{ name kind position stakeholderCount engagement {{ title }} }}
    }}
    {ERROR}
  }}
}}
"""
PART = "id person { name } constituency { name stakeholderCount } organisation { name }"
ADD = f"""
mutation ($input: AddStakeholderInput!) {{
  addStakeholder(input: $input) {{
    ... on AddStakeholderPayload {{ stakeholder {{ {PART} viewerCanRemove }} }}
    {ERROR}
  }}
}}
"""
JOIN = f"""
mutation ($input: JoinEngagementInput!) {{
  joinEngagement(input: $input) {{
    ... on JoinEngagementPayload {{ stakeholder {{ {PART} viewerCanRemove }} }}
    {ERROR}
  }}
}}
"""
REMOVE = f"""
mutation ($input: RemoveStakeholderInput!) {{
  removeStakeholder(input: $input) {{
    ... on RemoveStakeholderPayload {{ engagement {{ stakeholders {{ totalCount }} }} }}
    {ERROR}
  }}
}}
"""
SEEN = """
query ($id: ID!) { node(id: $id) { ... on Engagement {
  constituencies { name stakeholderCount stakeholders { totalCount } }
  stakeholders { totalCount nodes { id } }
  viewerStakeholder { constituency { name } } viewerCanJoin
} } }
"""


def nurses(world: World, **more: Any) -> dict[str, Any]:
    return {"constituencyId": world.id("Constituency", world.constituencies["Nurses"]), **more}


async def put(world: World, state: EngagementState = EngagementState.OPEN, **topic: Any) -> None:
    """Put the exercise into a state, or make its topic other than it is."""
    async with world.database.session() as session:
        await session.execute(
            update(Engagement).where(Engagement.id == world.engagement).values(state=state)
        )
        if topic:
            await session.execute(update(Topic).where(Topic.id == world.engagement).values(**topic))
        await session.commit()


async def ballots_of(world: World, name: str) -> list[UUID]:
    """Return the ballots that a person may vote in."""
    async with world.database.read() as session:
        rows = await session.scalars(
            select(Elector.ballot_id).where(Elector.person_id == world.people[name])
        )
    return list(rows)


async def test_a_moderator_declares_a_constituency(ask: Ask, world: World) -> None:
    input = {
        "engagementId": world.id("Engagement", world.engagement),
        "name": "Patients",
        "kind": "PATIENTS_AND_PUBLIC",
    }

    data = await ask(await world.viewer("moderator"), DECLARE, input=input)

    assert data["declareConstituency"]["constituency"] == {
        "name": "Patients",
        "kind": "PATIENTS_AND_PUBLIC",
        "position": 4,
        "stakeholderCount": 0,
        "engagement": {"title": "Tell us what you think"},
    }


@pytest.mark.parametrize(
    ("name", "viewer", "code"),
    [
        ("nurses", "moderator", "CONFLICT"),
        ("", "moderator", "INVALID"),
        ("Midwives", "nurse1", "NOT_ALLOWED"),
        ("Midwives", "stranger", "NOT_ALLOWED"),
    ],
)
async def test_a_constituency_needs_a_new_name_and_a_moderator(
    ask: Ask, world: World, name: str, viewer: str, code: str
) -> None:
    input = {
        "engagementId": world.id("Engagement", world.engagement),
        "name": name,
        "kind": "PROFESSION",
    }

    data = await ask(await world.viewer(viewer), DECLARE, input=input)

    assert data["declareConstituency"]["code"] == code


async def test_a_closed_exercise_takes_no_constituency_and_nobody_in(
    ask: Ask, world: World
) -> None:
    await put(world, EngagementState.CLOSED)
    moderator = await world.viewer("moderator")
    person = world.id("Person", world.people["stranger"])

    declared = await ask(
        moderator,
        DECLARE,
        input={
            "engagementId": world.id("Engagement", world.engagement),
            "name": "Midwives",
            "kind": "PROFESSION",
        },
    )
    added = await ask(moderator, ADD, input=nurses(world, personId=person))
    joined = await ask(await world.viewer("stranger"), JOIN, input=nurses(world))

    for refusal in (
        declared["declareConstituency"],
        added["addStakeholder"],
        joined["joinEngagement"],
    ):
        assert refusal["code"] == "CONFLICT"
        assert "it is CLOSED" in refusal["message"]


async def test_a_moderator_adds_a_person_for_an_organisation(ask: Ask, world: World) -> None:
    data = await ask(
        await world.viewer("moderator"),
        ADD,
        input=nurses(
            world,
            personId=world.id("Person", world.people["stranger"]),
            organisationId=world.id("Organisation", world.organisation),
        ),
    )

    part = data["addStakeholder"]["stakeholder"]
    part.pop("id")
    assert part == {
        "person": {"name": "Stranger"},
        "constituency": {"name": "Nurses", "stakeholderCount": 4},
        "organisation": {"name": "Fictional University"},
        "viewerCanRemove": True,
    }
    both = [Audience.MEMBERS, Audience.MODERATORS]
    for topic in (world.engagement, world.people["stranger"]):
        assert await world.events(topic) == [("STAKEHOLDER_ADDED", each) for each in both]


@pytest.mark.parametrize(
    ("viewer", "person", "code"),
    [
        ("moderator", "nurse2", "CONFLICT"),
        ("nurse1", "stranger", "NOT_ALLOWED"),
        ("stranger", "stranger", "NOT_ALLOWED"),
    ],
)
async def test_adding_is_once_per_person_and_for_moderators(
    ask: Ask, world: World, viewer: str, person: str, code: str
) -> None:
    data = await ask(
        await world.viewer(viewer),
        ADD,
        input=nurses(world, personId=world.id("Person", world.people[person])),
    )

    assert data["addStakeholder"]["code"] == code


@pytest.mark.parametrize("field", ["personId", "constituencyId", "organisationId"])
async def test_what_does_not_exist_cannot_take_part(ask: Ask, world: World, field: str) -> None:
    input = nurses(world, personId=world.id("Person", world.people["stranger"]))
    type_name = field.removesuffix("Id").capitalize()
    input[field] = world.id(type_name, world.specification)

    data = await ask(await world.viewer("moderator"), ADD, input=input)

    assert data["addStakeholder"]["code"] == "NOT_FOUND"
    assert data["addStakeholder"]["path"] == [field]


async def test_a_person_joins_a_public_exercise_once(ask: Ask, world: World) -> None:
    first = await ask(await world.viewer("stranger"), JOIN, input=nurses(world))
    again = await ask(await world.viewer("stranger"), JOIN, input=nurses(world))

    part = first["joinEngagement"]["stakeholder"]
    assert part["constituency"] == {"name": "Nurses", "stakeholderCount": 4}
    assert part["viewerCanRemove"] is False
    assert again["joinEngagement"]["code"] == "CONFLICT"
    assert again["joinEngagement"]["message"] == "You take part in this exercise already."


async def test_a_repeated_request_to_join_gets_the_first_result(ask: Ask, world: World) -> None:
    stranger = await world.viewer("stranger")
    input = nurses(world, idempotencyKey="join-1")

    first = await ask(stranger, JOIN, input=input)
    again = await ask(stranger, JOIN, input=input)

    assert first == again


async def test_nobody_joins_unknown_early_or_uninvited(ask: Ask, world: World) -> None:
    unknown = await ask(ANYONE, JOIN, input=nurses(world))
    await put(world, EngagementState.PLANNED)
    early = await ask(await world.viewer("stranger"), JOIN, input=nurses(world))
    await put(world, public=False)
    hidden = await ask(await world.viewer("stranger"), JOIN, input=nurses(world))
    uninvited = await ask(await world.viewer("developer"), JOIN, input=nurses(world))

    assert unknown["joinEngagement"]["code"] == "NOT_ALLOWED"
    assert early["joinEngagement"]["code"] == "CONFLICT"
    assert hidden["joinEngagement"]["code"] == "NOT_FOUND"
    assert uninvited["joinEngagement"]["code"] == "NOT_ALLOWED"


async def test_who_joins_is_entered_in_open_ballots_that_grow(ask: Ask, world: World) -> None:
    growing = await opened(world, electorate_grows=True)
    await opened(world, electorate_grows=False)

    await ask(await world.viewer("stranger"), JOIN, input=nurses(world))

    assert await ballots_of(world, "stranger") == [growing]


async def test_many_join_at_once_while_a_ballot_opens_and_none_is_left_out(
    ask: Ask, world: World
) -> None:
    outsiders = ("admin", "secretary", "developer", "provider", "editor", "stranger")
    viewers = [await world.viewer(name) for name in (*outsiders, *outsiders)]
    ballot = await draft(world, electorate_grows=True)

    await asyncio.gather(
        *(ask(viewer, JOIN, input=nurses(world)) for viewer in viewers),
        advance(world, ballot, BallotTransition.OPEN),
    )

    assert [await ballots_of(world, name) for name in outsiders] == [[ballot]] * 6
    async with world.database.session() as session:
        tally = await session.get_one(TallyRow, (ballot, world.constituencies["Nurses"]))
    assert tally.eligible == 9


async def test_who_takes_part_is_for_those_who_take_part(ask: Ask, world: World) -> None:
    id = world.id("Engagement", world.engagement)
    public = await ask(await world.viewer("stranger"), SEEN, id=id)
    member = await ask(await world.viewer("nurse1"), SEEN, id=id)
    part = await ask(
        await world.viewer("stranger"),
        "query ($id: ID!) { node(id: $id) { id } }",
        id=world.id("Stakeholder", world.stakeholders["nurse1"]),
    )

    assert public["node"]["stakeholders"] == {"totalCount": 0, "nodes": []}
    assert public["node"]["constituencies"][0] == {
        "name": "Nurses",
        "stakeholderCount": 3,
        "stakeholders": {"totalCount": 0},
    }
    assert (public["node"]["viewerStakeholder"], public["node"]["viewerCanJoin"]) == (None, True)
    assert part == {"node": None}
    assert member["node"]["stakeholders"]["totalCount"] == 9
    assert member["node"]["constituencies"][0]["stakeholders"] == {"totalCount": 3}
    assert member["node"]["viewerStakeholder"] == {"constituency": {"name": "Nurses"}}
    assert member["node"]["viewerCanJoin"] is False


async def test_a_moderator_removes_a_stakeholder_with_a_reason(ask: Ask, world: World) -> None:
    input = {
        "stakeholderId": world.id("Stakeholder", world.stakeholders["nurse1"]),
        "reason": "Asked to leave.",
    }

    data = await ask(await world.viewer("moderator"), REMOVE, input=input)
    again = await ask(await world.viewer("moderator"), REMOVE, input=input)

    assert data["removeStakeholder"]["engagement"]["stakeholders"]["totalCount"] == 8
    assert again["removeStakeholder"]["code"] == "NOT_FOUND"
    assert ("STAKEHOLDER_REMOVED", Audience.MEMBERS) in await world.events(world.people["nurse1"])
    removed = await world.viewer("nurse1")
    seen = await ask(removed, SEEN, id=world.id("Engagement", world.engagement))
    assert seen["node"]["viewerStakeholder"] is None


async def test_an_elector_stays_until_the_ballot_is_closed(ask: Ask, world: World) -> None:
    ballot = await opened(world, electorate_grows=False)
    moderator = await world.viewer("moderator")
    joined = await ask(await world.viewer("stranger"), JOIN, input=nurses(world))
    newcomer = {
        "stakeholderId": joined["joinEngagement"]["stakeholder"]["id"],
        "reason": "Asked to leave.",
    }
    elector = newcomer | {"stakeholderId": world.id("Stakeholder", world.stakeholders["nurse1"])}

    no_elector = await ask(moderator, REMOVE, input=newcomer)
    refused = await ask(moderator, REMOVE, input=elector)
    await close(world, ballot)
    removed = await ask(moderator, REMOVE, input=elector)

    assert "engagement" in no_elector["removeStakeholder"]
    assert refused["removeStakeholder"]["code"] == "CONFLICT"
    assert "Please close them first" in refused["removeStakeholder"]["message"]
    assert "engagement" in removed["removeStakeholder"]


@pytest.mark.parametrize(
    ("name", "code"),
    [("nurse1", "NOT_ALLOWED"), ("developer", "NOT_ALLOWED"), ("stranger", "NOT_FOUND")],
)
async def test_only_moderators_remove(ask: Ask, world: World, name: str, code: str) -> None:
    data = await ask(
        await world.viewer(name),
        REMOVE,
        input={
            "stakeholderId": world.id("Stakeholder", world.stakeholders["nurse1"]),
            "reason": "Because.",
        },
    )

    assert data["removeStakeholder"]["code"] == code

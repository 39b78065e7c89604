"""People through the API: who is entered, who sees what of them, and what they practise."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from domain.models.people import (
    Grouping,
    PersonProfession,
    Profession,
    ProfessionGrouping,
    ProfessionRegulator,
    Regulator,
)
from domain.models.topics import BODY_ID, StoredEvent, Topic
from domain.permissions import ANYONE, Audience
from tests.conftest import Ask
from tests.counting import counting
from tests.world import World

FIELDS = """
  id name email nation revision viewerCanEdit
  professions { name regulators { code name } groupings { name } }
"""
ADD = f"""
mutation ($input: AddPersonInput!) {{
  addPerson(input: $input) {{
    __typename
    ... on AddPersonPayload {{ person {{ {FIELDS} roles {{ role }} }} }}
    ... on Error {{ code message path }}
  }}
}}
"""
EDIT = f"""
mutation ($input: EditPersonInput!) {{
  editPerson(input: $input) {{
    __typename
    ... on EditPersonPayload {{ person {{ {FIELDS} }} }}
    ... on Error {{ code message path }}
  }}
}}
"""
ADD_PROFESSION = """
mutation ($input: AddProfessionInput!) {
  addProfession(input: $input) {
    __typename
    ... on AddProfessionPayload {
      profession { id name regulators { code } groupings { name } }
    }
    ... on Error { code message path }
  }
}
"""
PERSON = """
query ($id: ID!) {
  node(id: $id) { ... on Person { name email viewerCanEdit roles { role scope { id } } } }
}
"""
PEOPLE = f"query ($first: Int) {{ people(first: $first) {{ totalCount nodes {{ {FIELDS} }} }} }}"


@pytest.fixture
async def professions(world: World) -> dict[str, UUID]:
    """Enter two professions: pharmacists have two regulators, nurses one and no grouping."""
    gphc = Regulator(code="GPhC", name="General Pharmaceutical Council")
    psni = Regulator(code="PSNI", name="Pharmaceutical Society of Northern Ireland")
    nmc = Regulator(code="NMC", name="Nursing and Midwifery Council")
    pharmacy = Grouping(name="Pharmacy")
    pharmacist, nurse = Profession(name="Pharmacist"), Profession(name="Nurse")
    await world.add(gphc, psni, nmc, pharmacy, pharmacist, nurse)
    await world.add(
        ProfessionRegulator(profession_id=pharmacist.id, regulator_id=psni.id),
        ProfessionRegulator(profession_id=pharmacist.id, regulator_id=gphc.id),
        ProfessionRegulator(profession_id=nurse.id, regulator_id=nmc.id),
        ProfessionGrouping(profession_id=pharmacist.id, grouping_id=pharmacy.id),
    )
    return {"Pharmacist": pharmacist.id, "Nurse": nurse.id}


async def add(ask: Ask, world: World, **more: Any) -> dict[str, Any]:
    data = await ask(
        await world.viewer("admin"),
        ADD,
        input={"name": "Ada Example", "email": "ada@example.org", **more},
    )
    return dict(data["addPerson"])


async def edit(ask: Ask, world: World, by: str, whom: str, **more: Any) -> dict[str, Any]:
    data = await ask(
        await world.viewer(by),
        EDIT,
        input={
            "personId": world.id("Person", world.people[whom]),
            "name": "Another Name",
            "email": "another@example.org",
            "professions": [],
            "expectedRevision": 1,
            **more,
        },
    )
    return dict(data["editPerson"])


async def test_an_administrator_adds_a_person_with_a_topic_of_their_own(
    ask: Ask, world: World, professions: dict[str, UUID]
) -> None:
    added = await add(
        ask,
        world,
        nation="NORTHERN_IRELAND",
        professions=[world.id("Profession", professions["Pharmacist"])] * 2,
    )

    person = added["person"]
    assert person["professions"] == [
        {
            "name": "Pharmacist",
            "regulators": [
                {"code": "GPhC", "name": "General Pharmaceutical Council"},
                {"code": "PSNI", "name": "Pharmaceutical Society of Northern Ireland"},
            ],
            "groupings": [{"name": "Pharmacy"}],
        }
    ]
    assert (person["name"], person["nation"]) == ("Ada Example", "NORTHERN_IRELAND")
    assert (person["email"], person["roles"]) == ("ada@example.org", [])
    async with world.database.session() as session:
        entered = (
            await session.scalars(select(StoredEvent).where(StoredEvent.topic_id == BODY_ID))
        ).all()
        own = await session.get_one(Topic, UUID(entered[0].data["person_id"]))
    assert [(row.audience, row.kind) for row in entered] == [(Audience.MODERATORS, "PERSON_ADDED")]
    assert not own.public


@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        ({"email": "Nurse1@Example.ORG"}, "CONFLICT", ["email"]),
        ({"email": "nowhere"}, "INVALID", ["email"]),
        ({"email": "a b@example.org"}, "INVALID", ["email"]),
        ({"name": " "}, "INVALID", ["name"]),
        ({"professions": ["UGVyc29uOjE="]}, "NOT_FOUND", ["professions"]),
    ],
)
async def test_an_entry_that_does_not_hold_is_refused(
    ask: Ask, world: World, more: dict[str, Any], code: str, path: list[str]
) -> None:
    refused = await add(ask, world, **more)

    assert (refused["code"], refused["path"]) == (code, path)


async def test_a_profession_that_does_not_exist_is_not_found(ask: Ask, world: World) -> None:
    refused = await add(ask, world, professions=[world.id("Profession", world.engagement)])

    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["professions"])


@pytest.mark.parametrize("name", ["secretary", "moderator", "nurse1"])
async def test_only_administrators_add_people_and_professions(
    ask: Ask, world: World, name: str
) -> None:
    viewer = await world.viewer(name)

    person = await ask(viewer, ADD, input={"name": "Mine", "email": "mine@example.org"})
    profession = await ask(viewer, ADD_PROFESSION, input={"name": "Mine", "regulators": ["NMC"]})

    assert person["addPerson"]["code"] == "NOT_ALLOWED"
    assert profession["addProfession"]["code"] == "NOT_ALLOWED"


async def test_people_edit_their_own_entry(
    ask: Ask, world: World, professions: dict[str, UUID]
) -> None:
    await world.add(
        PersonProfession(person_id=world.people["nurse1"], profession_id=professions["Pharmacist"])
    )

    edited = await edit(
        ask,
        world,
        "nurse1",
        "nurse1",
        professions=[world.id("Profession", professions["Nurse"])],
        nation="WALES",
    )

    person = edited["person"]
    assert [each["name"] for each in person["professions"]] == ["Nurse"]
    assert (person["name"], person["email"]) == ("Another Name", "another@example.org")
    assert (person["nation"], person["revision"]) == ("WALES", 2)


async def test_an_address_may_change_its_case(ask: Ask, world: World) -> None:
    edited = await edit(ask, world, "nurse1", "nurse1", email="NURSE1@example.org")

    assert edited["person"]["email"] == "NURSE1@example.org"


@pytest.mark.parametrize(
    ("by", "more", "code"),
    [
        ("admin", {}, None),
        ("admin", {"expectedRevision": 3}, "CONFLICT"),
        ("admin", {"expectedRevision": None}, None),
        ("admin", {"email": "nurse2@example.org"}, "CONFLICT"),
        ("secretary", {}, "NOT_ALLOWED"),
        ("nurse2", {}, "NOT_ALLOWED"),
    ],
)
async def test_who_may_edit_whose_entry(
    ask: Ask, world: World, by: str, more: dict[str, Any], code: str | None
) -> None:
    answer = await edit(ask, world, by, "nurse1", **more)

    assert answer.get("code") == code


async def test_a_person_who_does_not_exist_is_not_edited(ask: Ask, world: World) -> None:
    answer = await edit(ask, world, "admin", "nurse1", personId=world.id("Person", UUID(int=5)))

    assert (answer["code"], answer["path"]) == ("NOT_FOUND", ["personId"])


@pytest.mark.parametrize(
    ("name", "sees_name", "sees_more"),
    [
        ("provider", True, True),
        ("admin", True, True),
        ("secretary", True, False),
        ("nurse1", True, False),
        (None, False, False),
    ],
)
async def test_who_sees_names_addresses_and_roles(
    ask: Ask, world: World, name: str | None, *, sees_name: bool, sees_more: bool
) -> None:
    viewer = ANYONE if name is None else await world.viewer(name)

    data = await ask(viewer, PERSON, id=world.id("Person", world.people["provider"]))

    organisation = {"id": world.id("Organisation", world.organisation)}
    assert data["node"] == {
        "name": "Provider" if sees_name else None,
        "email": "provider@example.org" if sees_more else None,
        "roles": [{"role": "PROVIDER_LEAD", "scope": organisation}] if sees_more else None,
        "viewerCanEdit": sees_more,
    }


async def test_people_find_themselves_as_the_viewer(ask: Ask, world: World) -> None:
    document = "{ viewer { email roles { role scopeKind scope { id } } } }"

    admin = await ask(await world.viewer("admin"), document)
    nobody = await ask(ANYONE, document)

    assert admin["viewer"] == {
        "email": "admin@example.org",
        "roles": [{"role": "ADMIN", "scopeKind": "BODY", "scope": None}],
    }
    assert nobody["viewer"] is None


@pytest.mark.parametrize(
    ("name", "count"), [("admin", 16), ("secretary", 16), ("moderator", 16), ("nurse1", 0)]
)
async def test_people_are_listed_for_those_who_look_them_up(
    ask: Ask, world: World, name: str, count: int
) -> None:
    data = await ask(await world.viewer(name), PEOPLE)

    assert data["people"]["totalCount"] == len(data["people"]["nodes"]) == count


async def test_a_page_of_people_takes_the_same_statements_however_long_it_is(
    ask: Ask, world: World, professions: dict[str, UUID]
) -> None:
    await world.add(
        *(
            PersonProfession(person_id=person, profession_id=profession)
            for person in world.people.values()
            for profession in professions.values()
        )
    )
    admin = await world.viewer("admin")

    with counting(world.database) as few:
        await ask(admin, PEOPLE, first=2)
    with counting(world.database) as many:
        data = await ask(admin, PEOPLE, first=16)

    assert len(data["people"]["nodes"]) == 16
    # Which they are: what two ticks read may be one statement or two.
    assert set(many) == set(few)
    assert len(set(few)) == 5


@pytest.mark.usefixtures("professions")
async def test_an_administrator_adds_a_profession_that_everybody_can_read(
    ask: Ask, world: World
) -> None:
    data = await ask(
        await world.viewer("admin"),
        ADD_PROFESSION,
        input={
            "name": "Pharmacy technician",
            "regulators": ["GPhC", "GPhC"],
            "groupings": ["Pharmacy"],
        },
    )
    read = await ask(ANYONE, "{ professions { name regulators { code } } }")

    added = data["addProfession"]["profession"]
    assert (added["regulators"], added["groupings"]) == ([{"code": "GPhC"}], [{"name": "Pharmacy"}])
    assert [each["name"] for each in read["professions"]] == [
        "Nurse",
        "Pharmacist",
        "Pharmacy technician",
    ]


@pytest.mark.usefixtures("professions")
@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        ({"name": "NURSE"}, "CONFLICT", ["name"]),
        ({"name": ""}, "INVALID", ["name"]),
        ({"regulators": []}, "INVALID", ["regulators"]),
        ({"regulators": ["XYZ"]}, "NOT_FOUND", ["regulators"]),
        ({"groupings": ["Nobody's"]}, "NOT_FOUND", ["groupings"]),
    ],
)
async def test_a_profession_that_does_not_hold_is_refused(
    ask: Ask, world: World, more: dict[str, Any], code: str, path: list[str]
) -> None:
    data = await ask(
        await world.viewer("admin"),
        ADD_PROFESSION,
        input={"name": "Midwife", "regulators": ["NMC"], **more},
    )

    assert (data["addProfession"]["code"], data["addProfession"]["path"]) == (code, path)

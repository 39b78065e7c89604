"""The foundation: an empty database becomes usable, once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from domain.commands.foundation import found
from domain.commands.organisations import add_organisation
from domain.database import Database
from domain.errors import Invalid
from domain.models.organisations import OrganisationKind
from domain.models.people import Person
from domain.models.topics import StoredEvent
from domain.permissions import ANYONE, Role
from domain.queries import people
from domain.unit_of_work import UnitOfWork
from tests.conftest import Ask

REGISTERS = """
{
  professions { name regulators { code } groupings { name } }
  criteria { number kind version guidance subCriteria { letter } }
}
"""


async def events(database: Database) -> int:
    async with database.read() as session:
        return (await session.scalars(select(func.count()).select_from(StoredEvent))).one()


async def test_the_first_administrator_can_work_at_once(database: Database) -> None:
    founder = await found(database, name="Ada Example", email="ada@example.org")

    async with database.read() as session:
        viewer = await people.viewer(session, founder)
    assert viewer is not None
    assert viewer.grants == {None: frozenset({Role.ADMIN})}
    async with UnitOfWork(database, viewer) as uow:
        await add_organisation(uow, name="Fictional Trust", kind=OrganisationKind.EMPLOYER)


async def test_professions_have_their_regulators_and_groupings(
    database: Database, ask: Ask
) -> None:
    await found(database, name="Ada Example", email="ada@example.org")

    registers = await ask(ANYONE, REGISTERS)

    professions = {
        each["name"]: (
            [regulator["code"] for regulator in each["regulators"]],
            [grouping["name"] for grouping in each["groupings"]],
        )
        for each in registers["professions"]
    }
    allied = "Allied health professions"
    assert professions["Osteopath"] == (["GOsC"], [allied])
    assert professions["Pharmacist"][0] == ["GPhC", "PSNI"]
    assert professions["Physiotherapist"] == (["HCPC"], [allied])
    for name in ("Biomedical scientist", "Clinical scientist", "Practitioner psychologist"):
        assert professions[name][0] == ["HCPC"]
        assert allied not in professions[name][1]


async def test_the_criteria_are_numbered_through(database: Database, ask: Ask) -> None:
    await found(database, name="Ada Example", email="ada@example.org")

    criteria = (await ask(ANYONE, REGISTERS))["criteria"]

    assert [(each["number"], each["version"]) for each in criteria] == [
        (number, 1) for number in range(1, 11)
    ]
    assert [each["kind"] for each in criteria] == ["GATEWAY"] * 3 + ["ENDORSEMENT"] * 7
    assert [part["letter"] for part in criteria[3]["subCriteria"]] == list("abcde")
    assert all(each["guidance"] and each["subCriteria"] for each in criteria)


async def test_founding_again_changes_nothing(database: Database) -> None:
    first = await found(database, name="Ada Example", email="ada@example.org")
    before = await events(database)

    again = await found(database, name="Another Name", email="another@example.org")

    assert again == first
    assert await events(database) == before


async def test_two_that_found_at_once_found_one_body(database: Database) -> None:
    first, second = await asyncio.gather(
        found(database, name="Ada Example", email="ada@example.org"),
        found(database, name="Ben Example", email="ben@example.org"),
    )

    assert first == second


async def test_an_address_that_cannot_be_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(Invalid, match="has the form"):
        await found(database, name="Ada Example", email="nowhere")

    async with database.read() as session:
        assert (await session.scalars(select(Person))).all() == []
    assert await events(database) == 0

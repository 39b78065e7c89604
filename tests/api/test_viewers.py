"""Who asks is read once, and again as soon as anybody's rights have changed."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import delete

from api import viewers
from api.viewers import Viewers
from domain.commands import memberships
from domain.models.people import Membership, ScopeKind
from domain.permissions import Permission, Role, allowed
from domain.unit_of_work import UnitOfWork
from tests.counting import counting
from tests.world import World


def asked_for_grants(statements: list[str]) -> int:
    return sum("UNION ALL" in statement for statement in statements)


async def test_somebody_is_read_once_while_no_rights_change(world: World) -> None:
    known = Viewers(world.database)
    with counting(world.database) as statements:
        first = await known.get(world.people["nurse1"])
        again = await known.get(world.people["nurse1"])

    assert first is again
    assert first == await world.viewer("nurse1")
    assert asked_for_grants(statements) == 1


async def test_a_role_counts_at_once_and_no_longer_once_it_is_withdrawn(world: World) -> None:
    known, admin = Viewers(world.database), await world.viewer("admin")
    person = world.people["nurse1"]

    async def may() -> bool:
        viewer = await known.get(person)
        assert viewer is not None
        return allowed(viewer, Permission.ADMINISTER, None)

    found = [await may()]
    for change in (memberships.grant_role, memberships.withdraw_role):
        async with UnitOfWork(world.database, admin) as uow:
            await change(
                uow,
                person_id=person,
                role=Role.ADMIN,
                scope_kind=ScopeKind.BODY,
                scope_id=None,
            )
        found.append(await may())

    assert found == [False, True, False]


async def test_what_is_changed_by_hand_is_found_after_a_moment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "LIFETIME", -1.0)  # the moment is over at once
    known = Viewers(world.database)
    before = await known.get(world.people["admin"])
    async with world.database.session() as session:
        await session.execute(
            delete(Membership).where(Membership.person_id == world.people["admin"])
        )
        await session.commit()
    after = await known.get(world.people["admin"])

    assert before is not None
    assert before.grants
    assert after is not None
    assert not after.grants


async def test_nobody_is_nobody(world: World) -> None:
    assert await Viewers(world.database).get(uuid4()) is None


async def test_only_so_many_are_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "MOST", 1)
    known = Viewers(world.database)
    with counting(world.database) as statements:
        for name in ("nurse1", "nurse2", "nurse2", "nurse1"):
            await known.get(world.people[name])

    assert asked_for_grants(statements) == 3

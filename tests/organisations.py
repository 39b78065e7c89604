"""Organisations of the world's stakeholders, and the ballots in which they vote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.commands.roundtables import advance_roundtable, create_roundtable, invite
from domain.commands.views import give_view
from domain.consensus.choices import BallotKind
from domain.ids import new_id
from domain.lifecycle import EngagementTransition
from domain.models.ballots import VotesBy
from domain.models.organisations import Organisation, OrganisationKind
from domain.models.people import Membership, ScopeKind
from domain.models.stakeholders import Stakeholder
from domain.permissions import Role
from domain.unit_of_work import UnitOfWork
from tests.ballots import opened
from tests.world import NOW, World


@dataclass(frozen=True)
class Organisations:
    """A college of the nurses and a society of the pharmacists.

    nurse1 represents the college and pharmacist1 the society; the physiotherapists take part for
    nobody.
    """

    college: UUID
    society: UUID


async def organised(world: World) -> Organisations:
    """Let nurses and pharmacists take part for organisations, each with a representative."""
    made = Organisations(new_id(), new_id())
    for id, name in ((made.college, "A Fictional College"), (made.society, "A Fictional Society")):
        kind = OrganisationKind.PROFESSIONAL_BODY
        await world.add(Organisation(id=id, name=name, kind=kind, created_at=NOW))
    for name in world.stakeholders:
        if name.startswith("nurse"):
            await join(world, name, made.college)
        elif name.startswith("pharmacist"):
            await join(world, name, made.society)
    await represent(world, "nurse1", ScopeKind.ORGANISATION, made.college)
    await represent(world, "pharmacist1", ScopeKind.ENGAGEMENT, world.engagement)
    return made


async def join(world: World, name: str, organisation: UUID | None) -> None:
    """Let a stakeholder take part for an organisation."""
    async with world.database.session() as session:
        part = await session.get_one(Stakeholder, world.stakeholders[name])
        part.organisation_id = organisation
        await session.commit()


async def represent(world: World, name: str, scope: ScopeKind, scope_id: UUID) -> None:
    """Make somebody a representative of an organisation, or of theirs in an exercise."""
    await world.add(
        Membership(
            person_id=world.people[name],
            role=Role.ORGANISATION_REPRESENTATIVE,
            scope_kind=scope,
            scope_id=scope_id,
            created_at=NOW,
        )
    )


async def discussed(world: World, *guests: str) -> UUID:
    """Invite stakeholders to a roundtable, and open it."""
    moderator = await world.viewer("moderator")
    async with UnitOfWork(world.database, moderator) as uow:
        roundtable = await create_roundtable(
            uow, engagement_id=world.engagement, title="A few", agenda="", starts_at=NOW
        )
    async with UnitOfWork(world.database, moderator) as uow:
        await invite(
            uow,
            roundtable_id=roundtable,
            stakeholder_ids=[world.stakeholders[name] for name in guests],
        )
    async with UnitOfWork(world.database, moderator) as uow:
        await advance_roundtable(
            uow,
            roundtable_id=roundtable,
            transition=EngagementTransition.OPEN,
            reason="It is time.",
            expected_revision=None,
        )
    return roundtable


async def asked(
    world: World, kind: BallotKind = BallotKind.SENSE_CHECK, *more_: Any, **more: Any
) -> UUID:
    """Open a ballot in which organisations vote; arguments are those of `opened`."""
    return await opened(world, kind, *more_, votes_by=VotesBy.ORGANISATIONS, **more)


async def give(
    world: World,
    name: str,
    ballot: UUID,
    choice: str | None = "AGREE",
    rationale: str = "",
    options: tuple[int, ...] = (),
) -> UUID:
    """Give a view as somebody."""
    async with UnitOfWork(world.database, await world.viewer(name)) as uow:
        return await give_view(
            uow, ballot_id=ballot, choice=choice, options=options, rationale=rationale
        )

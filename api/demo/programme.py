"""What the demo shows: a whole fictional programme, entered by the commands of the API alone.

Each step has an idempotency key, so that seeding twice changes nothing, and seeding that was cut
off goes on where it ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.demo import cast, texts
from api.demo.cast import PARTICIPANTS
from domain.commands import (
    ballots,
    credentials,
    delivery_plans,
    endorsements,
    engagements,
    implementation_plans,
    memberships,
    organisations,
    people,
    sections,
    specifications,
    stakeholders,
)
from domain.commands.foundation import found
from domain.commands.votes import Casting, cast_vote
from domain.database import Database
from domain.lifecycle import BallotTransition, EngagementTransition, SpecificationTransition
from domain.lifecycle.endorsements import EndorsementTransition
from domain.models.comments import SubjectKind
from domain.models.people import ScopeKind
from domain.models.specifications import BlockKind
from domain.models.stakeholders import ConstituencyKind
from domain.permissions import SYSTEM, Role, Viewer
from domain.queries import endorsements as endorsement_queries
from domain.queries import people as people_queries
from domain.unit_of_work import UnitOfWork, fingerprint_of

Command = Callable[..., Awaitable[UUID]]
Do = Callable[..., Awaitable[UUID]]
DEMO = "A step of the demonstration."

# The steps by which a specification comes to a state, once it was consulted on.
PATHS = {
    "REVISING": (SpecificationTransition.REVISE,),
    "CANDIDATE": (SpecificationTransition.REVISE, SpecificationTransition.MAKE_CANDIDATE),
    "LAUNCHED": (SpecificationTransition.REVISE, SpecificationTransition.MAKE_CANDIDATE),
}


@dataclass
class Programme:
    """The ids of what the demo refers to: people by address, the rest by their words."""

    people: dict[str, UUID] = field(default_factory=dict)
    organisations: dict[str, UUID] = field(default_factory=dict)
    subjects: dict[str, tuple[SubjectKind, UUID]] = field(default_factory=dict)
    professions: dict[str, UUID] = field(default_factory=dict)
    credentials: dict[str, UUID] = field(default_factory=dict)
    engagement: UUID = field(default_factory=lambda: UUID(int=0))


class Seeder:
    """Runs commands as somebody, each once for each key."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def acting(self, by: UUID) -> AsyncIterator[Do]:
        """Give a way to run commands as a person, all in one unit of work.

        It takes a key and a command; with a key that was used, it returns what was returned then.
        """
        async with UnitOfWork(self.database, await self._viewer(by)) as uow:

            async def do(key: str, command: Command, **arguments: Any) -> UUID:
                id = await uow.once(_key(key), key, lambda: command(uow, **arguments))
                await uow.session.flush()  # what the next command loads is what this one made
                return id

            yield do

    async def vote(self, by: UUID, question: str, ballot_id: UUID, choice: str, why: str) -> None:
        """Cast the vote of a person on a question, once."""
        key = f"vote {question}"
        casting = Casting(
            viewer=await self._viewer(by),
            ballot_id=ballot_id,
            choice=choice,
            rationale=why,
            idempotency_key=_key(key),
            fingerprint=fingerprint_of(key),
        )
        await cast_vote(self.database, casting)

    async def _viewer(self, by: UUID) -> Viewer:
        async with self.database.read() as session:
            viewer = await people_queries.viewer(session, by)
        if viewer is None:
            raise LookupError(f"Nobody has the id {by}.")
        return viewer


def _key(key: str) -> str:
    return f"demo {key}"[:200]


async def seed(seeder: Seeder) -> Programme:
    """Enter registers, people and the specification in full, where missing; return their ids."""
    name, email = cast.ADMIN
    admin = await found(seeder.database, name=name, email=email)
    made = Programme(people={email: admin})
    async with seeder.acting(admin) as do:
        await _register(seeder, do, made)
    async with seeder.acting(made.people[cast.SECRETARIAT[1]]) as do:
        await _credential(do, made, texts.CREDENTIALS[0])
    return made


async def seed_others(seeder: Seeder, made: Programme) -> None:
    """Enter the other credentials, and the providers' plans for the launched one."""
    launched: dict[UUID, list[UUID]] = {}
    async with seeder.acting(made.people[cast.SECRETARIAT[1]]) as do:
        for each in texts.CREDENTIALS[1:]:
            launched |= await _credential(do, made, each)
        for one, other, kind, note in texts.LINKS:
            await do(
                f"{one} {other}",
                credentials.link_credentials,
                credential_id=made.credentials[one],
                other_id=made.credentials[other],
                kind=kind,
                note=note,
            )
    for specification_id, outcomes in launched.items():
        await _launch(seeder, made, specification_id)
        await _plan(seeder, made, specification_id, outcomes)


async def _register(seeder: Seeder, do: Do, made: Programme) -> None:
    """Enter organisations and people, and grant the roles that are not of one exercise."""
    for name, (kind, nation) in cast.ORGANISATIONS.items():
        made.organisations[name] = await do(
            name, organisations.add_organisation, name=name, kind=kind, nation=nation
        )
    async with seeder.database.read() as session:
        made.professions = {
            each.name: each.id for each in await people_queries.professions(session)
        }
    staff = (cast.SECRETARIAT, cast.MODERATOR, cast.DEVELOPER, cast.VISITOR, *cast.BOARD)
    leads = [(name, email) for name, email, _ in cast.PROVIDER_LEADS]
    professions = {who.email: who.profession for who in PARTICIPANTS if who.profession}
    for name, email in (*((who.name, who.email) for who in PARTICIPANTS), *staff, *leads):
        practised = [made.professions[professions[email]]] if email in professions else []
        made.people[email] = await do(
            email, people.add_person, name=name, email=email, professions=practised
        )
    await grant(do, made, cast.SECRETARIAT[1], Role.SECRETARIAT, ScopeKind.BODY, None)
    for _, email in cast.BOARD:
        await grant(do, made, email, Role.BOARD, ScopeKind.BODY, None)
    for _, email, organisation in cast.PROVIDER_LEADS:
        where = made.organisations[organisation]
        await grant(do, made, email, Role.PROVIDER_LEAD, ScopeKind.ORGANISATION, where)


async def grant(
    do: Do, made: Programme, email: str, role: Role, kind: ScopeKind, scope: UUID | None
) -> None:
    """Grant somebody a role."""
    await do(
        f"{email} {role}",
        memberships.grant_role,
        person_id=made.people[email],
        role=role,
        scope_kind=kind,
        scope_id=scope,
    )


async def _credential(do: Do, made: Programme, title: texts.Title) -> dict[UUID, list[UUID]]:
    """Create a credential with its titles, and take its specification where it is.

    Returns the specification with its learning outcomes where it is to be launched.
    """
    first, *later = title.titles
    id = made.credentials[title.code] = await do(
        title.code,
        credentials.create_credential,
        code=title.code,
        title=first,
        area=title.area,
    )
    for words in later:
        await do(
            f"{title.code} {words}",
            credentials.retitle_credential,
            credential_id=id,
            title=words,
            reason="The scope became clearer while it was developed.",
            expected_revision=None,
        )
    if not title.state:
        return {}
    full = title.code == texts.CREDENTIALS[0].code
    specification = await do(
        f"{title.code} 1",
        specifications.create_specification,
        credential_id=id,
        title=title.titles[-1],
        summary=texts.SUMMARY if full else texts.FICTIONAL,
        public=True,
    )
    parts = texts.PELVIC if full else texts.OTHERS
    subjects, outcomes = await _write(do, title.code, specification, parts)
    if full:
        made.subjects = {"": (SubjectKind.SPECIFICATION, specification)} | subjects
        await do(
            "targets",
            specifications.edit_specification,
            specification_id=specification,
            target_professions=[
                (made.professions[name], words) for name, words in texts.TARGETS.items()
            ],
            expected_revision=None,
        )
    elif title.state == "ABANDONED":
        await _advance(do, title.code, specification, SpecificationTransition.ABANDON)
    elif title.state in PATHS:
        await _consult(do, title.code, specification)
        for step in PATHS[title.state]:
            await _advance(do, title.code, specification, step)
    return {specification: outcomes} if title.state == "LAUNCHED" else {}


async def _write(
    do: Do, code: str, id: UUID, parts: Mapping[str, Sequence[tuple[BlockKind, str]]]
) -> tuple[dict[str, tuple[SubjectKind, UUID]], list[UUID]]:
    """Write the sections and blocks; return them by their words, and the learning outcomes."""
    subjects = {}
    outcomes = []
    for heading, blocks in parts.items():
        section = await do(
            f"{code} {heading}",
            sections.add_section,
            specification_id=id,
            heading=heading,
            expected_revision=None,
        )
        subjects[heading] = (SubjectKind.SECTION, section)
        for kind, words in blocks:
            block = await do(
                f"{code} {heading} {words}",
                sections.add_block,
                section_id=section,
                kind=kind,
                text=words,
                expected_revision=None,
            )
            subjects[words] = (SubjectKind.BLOCK, block)
            if kind is BlockKind.LEARNING_OUTCOME:
                outcomes.append(block)
    return subjects, outcomes


async def _consult(do: Do, code: str, specification_id: UUID) -> None:
    """Run a whole exercise about a specification, from its plan to its end."""
    engagement = await do(
        f"{code} exercise",
        engagements.create_engagement,
        specification_id=specification_id,
        title="What do you think of the draft?",
        purpose="To hear from stakeholders before the text is settled.",
        briefing=texts.FICTIONAL,
        public=True,
    )
    await do(
        f"{code} constituency",
        stakeholders.declare_constituency,
        engagement_id=engagement,
        name="Everybody",
        kind=ConstituencyKind.OTHER,
    )
    await _advance(do, code, specification_id, SpecificationTransition.CONSULT)
    for step in EngagementTransition:
        await do(
            f"{code} exercise {step}",
            engagements.advance_engagement,
            engagement_id=engagement,
            transition=step,
            reason=DEMO,
            expected_revision=None,
        )


async def _advance(do: Do, code: str, id: UUID, step: SpecificationTransition) -> None:
    await do(
        f"{code} {step}",
        specifications.advance_specification,
        specification_id=id,
        transition=step,
        reason=DEMO,
        expected_revision=None,
    )


async def _launch(seeder: Seeder, made: Programme, specification_id: UUID) -> None:
    """Have the board endorse a candidate, and launch it."""
    secretary = made.people[cast.SECRETARIAT[1]]
    async with seeder.acting(secretary) as do:
        endorsement_id = await do(
            "endorsement",
            endorsements.open_endorsement,
            specification_id=specification_id,
            briefing=texts.FICTIONAL,
            expected_revision=None,
        )
    async with seeder.database.read() as session:
        [endorsement] = await endorsement_queries.by_ids(session, SYSTEM, [endorsement_id])
    if endorsement is None:
        raise LookupError("There is no endorsement that was opened.")
    for _, email in cast.BOARD:
        await seeder.vote(
            made.people[email], f"endorsement {email}", endorsement.ballot_id, "YES", DEMO
        )
    async with seeder.acting(secretary) as do:
        await do(
            "endorsement close",
            ballots.advance_ballot,
            ballot_id=endorsement.ballot_id,
            transition=BallotTransition.CLOSE,
            reason=DEMO,
            expected_revision=None,
        )
        await do(
            "endorsement pass",
            endorsements.advance_endorsement,
            endorsement_id=endorsement_id,
            transition=EndorsementTransition.PASS,
            reason=DEMO,
            expected_revision=None,
        )
        await do(
            "implementation",
            implementation_plans.plan_implementation,
            specification_id=specification_id,
            launch_on=datetime.now(UTC).date(),
            resources=texts.FICTIONAL,
        )
        for step in (SpecificationTransition.SCHEDULE, SpecificationTransition.LAUNCH):
            await _advance(do, "launch", specification_id, step)


async def _plan(
    seeder: Seeder, made: Programme, specification_id: UUID, outcomes: list[UUID]
) -> None:
    """Draft each provider's plan; one of them covers the learning outcomes already."""
    for _, email, organisation in cast.PROVIDER_LEADS:
        async with seeder.acting(made.people[email]) as do:
            plan = await do(
                "plan",
                delivery_plans.draft_delivery_plan,
                organisation_id=made.organisations[organisation],
                specification_id=specification_id,
                title=f"End of life care at {organisation}",
                summary=texts.FICTIONAL,
            )
            for title, description, hours, covers in texts.MODULES[organisation]:
                await do(
                    title,
                    delivery_plans.add_module,
                    delivery_plan_id=plan,
                    title=title,
                    description=description,
                    hours=hours,
                    outcomes=outcomes if covers else [],
                    expected_revision=None,
                )

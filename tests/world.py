"""A small, lively world for tests: one programme, three constituencies, one open exercise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select

from domain.database import Database
from domain.ids import new_id
from domain.lifecycle import EngagementState, SpecificationState
from domain.models.base import Record
from domain.models.credentials import Credential
from domain.models.engagements import Engagement
from domain.models.organisations import Organisation, OrganisationKind
from domain.models.people import Membership, Person, ScopeKind
from domain.models.specifications import Block, BlockKind, Section, Specification
from domain.models.stakeholders import Constituency, ConstituencyKind, Stakeholder
from domain.models.topics import StoredEvent, Topic, TopicKind
from domain.permissions import Audience, Role, Viewer
from domain.queries import people
from schema.nodes import global_id

NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
CONSTITUENCIES = ("Nurses", "Pharmacists", "Physiotherapists")


@dataclass
class World:
    """The ids of what there is, and the people by a short name."""

    database: Database
    people: dict[str, UUID]
    organisation: UUID
    credential: UUID
    specification: UUID
    sections: list[UUID]
    blocks: list[UUID]
    engagement: UUID
    constituencies: dict[str, UUID]
    stakeholders: dict[str, UUID]

    async def viewer(self, name: str) -> Viewer:
        """Return a person with the roles that they hold now."""
        async with self.database.read() as session:
            found = await people.viewer(session, self.people[name])
        assert found is not None
        return found

    async def add(self, *records: Record) -> None:
        """Insert records as they are, each before those that refer to it."""
        async with self.database.session() as session:
            for record in records:
                session.add(record)
                await session.flush()
            await session.commit()

    async def events(self, topic_id: UUID) -> list[tuple[str, Audience]]:
        """Return the kinds of a topic's events, stream by stream, in order."""
        async with self.database.read() as session:
            rows = await session.scalars(
                select(StoredEvent)
                .where(StoredEvent.topic_id == topic_id)
                .order_by(StoredEvent.audience, StoredEvent.sequence)
            )
        return [(row.kind, row.audience) for row in rows]

    def id(self, type_name: str, key: UUID) -> str:
        """Return the global id of something."""
        return global_id(type_name, key)


async def build(database: Database) -> World:
    """Build the world: each of three constituencies has three stakeholders, nurse1 and so on."""
    records: list[Record] = []
    people_by_name: dict[str, UUID] = {}

    def person(name: str, *roles: tuple[Role, ScopeKind, UUID | None]) -> UUID:
        id = new_id()
        people_by_name[name] = id
        records.append(Topic(id=id, kind=TopicKind.PERSON, scopes=[id]))
        records.append(
            Person(id=id, name=name.title(), email=f"{name}@example.org", created_at=NOW)
        )
        records.extend(
            Membership(person_id=id, role=role, scope_kind=kind, scope_id=scope, created_at=NOW)
            for role, kind, scope in roles
        )
        return id

    def topic(kind: TopicKind, *inside: UUID, public: bool) -> UUID:
        id = new_id()
        records.append(Topic(id=id, kind=kind, scopes=[id, *inside], public=public))
        return id

    organisation = new_id()
    records.append(
        Organisation(
            id=organisation,
            name="Fictional University",
            kind=OrganisationKind.EDUCATION_PROVIDER,
            created_at=NOW,
        )
    )
    credential = topic(TopicKind.CREDENTIAL, public=True)
    specification = topic(TopicKind.SPECIFICATION, credential, public=True)
    engagement = topic(TopicKind.ENGAGEMENT, specification, public=True)

    person("admin", (Role.ADMIN, ScopeKind.BODY, None))
    person("secretary", (Role.SECRETARIAT, ScopeKind.BODY, None))
    person("moderator", (Role.MODERATOR, ScopeKind.ENGAGEMENT, engagement))
    person("developer", (Role.DEVELOPER, ScopeKind.SPECIFICATION, specification))
    person("provider", (Role.PROVIDER_LEAD, ScopeKind.ORGANISATION, organisation))
    person("editor", (Role.PROVIDER_EDITOR, ScopeKind.ORGANISATION, organisation))
    person("stranger")

    records.append(
        Credential(
            id=credential, code="PAIN", title="Pelvic health", area="Pelvic health", created_at=NOW
        )
    )
    records.append(
        Specification(
            id=specification,
            credential_id=credential,
            version=1,
            title="Pelvic health",
            summary="A blueprint for tests.",
            state=SpecificationState.CONSULTATION,
            created_at=NOW,
        )
    )
    sections: list[UUID] = []
    blocks: list[UUID] = []
    for position, heading in enumerate(("Purpose", "Capabilities", "Learning outcomes"), 1):
        section = Section(
            specification_id=specification, position=position, heading=heading, created_at=NOW
        )
        sections.append(section.id)
        records.append(section)
        for number in (1, 2):
            block = Block(
                specification_id=specification,
                section_id=section.id,
                position=number,
                kind=BlockKind.LEARNING_OUTCOME if position == 3 else BlockKind.PARAGRAPH,
                text=f"{heading}, block {number}.",
                created_at=NOW,
            )
            blocks.append(block.id)
            records.append(block)
    records.append(
        Engagement(
            id=engagement,
            specification_id=specification,
            title="Tell us what you think",
            purpose="Get feedback before the launch.",
            briefing="What this is about.",
            state=EngagementState.OPEN,
            opened_at=NOW,
            created_at=NOW,
        )
    )
    constituencies: dict[str, UUID] = {}
    stakeholders: dict[str, UUID] = {}
    for position, name in enumerate(CONSTITUENCIES, 1):
        constituency = Constituency(
            engagement_id=engagement,
            name=name,
            kind=ConstituencyKind.PROFESSION,
            position=position,
            created_at=NOW,
        )
        constituencies[name] = constituency.id
        records.append(constituency)
        for number in (1, 2, 3):
            short = f"{name.lower().removesuffix('s')}{number}"
            part = Stakeholder(
                engagement_id=engagement,
                person_id=person(short),
                constituency_id=constituency.id,
                created_at=NOW,
            )
            stakeholders[short] = part.id
            records.append(part)

    made = World(
        database=database,
        people=people_by_name,
        organisation=organisation,
        credential=credential,
        specification=specification,
        sections=sections,
        blocks=blocks,
        engagement=engagement,
        constituencies=constituencies,
        stakeholders=stakeholders,
    )
    await made.add(*records)
    return made

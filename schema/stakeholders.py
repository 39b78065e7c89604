"""Stakeholders and their constituencies in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import stakeholders as commands
from domain.models import stakeholders as models
from domain.models.stakeholders import ConstituencyKind
from domain.permissions import Permission
from domain.queries import engagements, organisations, people
from domain.queries import stakeholders as queries
from schema.context import Info
from schema.fields import Idempotent, enum, mutation, perform, permitted, relation, text
from schema.nodes import Node, key, node
from schema.organisations import Organisation
from schema.pagination import Connection, connection
from schema.people import Person

if TYPE_CHECKING:
    from schema.engagements import Engagement

enum(
    ConstituencyKind,
    "By what a constituency is declared.",
    PROFESSION="The people of a profession.",
    ORGANISATION_KIND="The organisations of a kind, such as employers.",
    PATIENTS_AND_PUBLIC="Patients, carers and the public.",
    NATION="The people of one of the four nations.",
    OTHER="Some other group, as its name says.",
)


@node(
    models.Constituency,
    queries.constituencies_by_ids,
    "A declared group of stakeholders whose consensus is measured on its own.",
)
class Constituency(Node):
    """A constituency."""

    engagement: Annotated[Engagement, strawberry.lazy("schema.engagements")] = relation(
        engagements.by_ids, "The exercise that it is part of.", by="engagement_id"
    )
    name: str = text(description="Its name, unique in the exercise.")
    kind: ConstituencyKind = text(description="By what it is declared.")
    position: int = text(description="Its place among the constituencies of the exercise, from 1.")
    created_at: datetime = text(description="When it was declared.")
    stakeholder_count: int = relation(queries.sizes, "How many stakeholders are in it.")
    stakeholders: Connection[Annotated[Stakeholder, strawberry.lazy("schema.stakeholders")]] = (
        connection(
            queries.of_constituencies,
            queries.count_of_constituencies,
            "Who is in it; for readers who take no part, at most they themselves.",
        )
    )


@node(models.Stakeholder, queries.by_ids, "A person's part in one exercise.")
class Stakeholder(Node):
    """A stakeholder."""

    engagement: Annotated[Engagement, strawberry.lazy("schema.engagements")] | None = relation(
        engagements.by_ids,
        "The exercise; null where the viewer may not know of it any more.",
        by="engagement_id",
    )
    person: Person = relation(people.by_ids, "Who takes part.", by="person_id")
    constituency: Constituency | None = relation(
        queries.constituencies_by_ids,
        "The constituency that the person is in; null where the exercise is.",
        by="constituency_id",
    )
    organisation: Organisation | None = relation(
        organisations.by_ids, "For whom the person speaks, if for any.", by="organisation_id"
    )
    created_at: datetime = text(description="When the person's part began.")

    viewer_can_remove: bool = permitted(
        Permission.MODERATE, "Whether the viewer can remove the stakeholder."
    )


@strawberry.input(description="A group whose consensus is to be measured on its own.")
class DeclareConstituencyInput(Idempotent):
    """See domain.commands.stakeholders.declare_constituency."""

    engagement_id: strawberry.ID = text(description="The exercise that it is part of.")
    name: str = text(description="Its name, at most 200 characters, unique in the exercise.")
    kind: ConstituencyKind = text(description="By what it is declared.")


@strawberry.input(description="A person who is to take part in an exercise.")
class AddStakeholderInput(Idempotent):
    """See domain.commands.stakeholders.add_stakeholder."""

    person_id: strawberry.ID = text(description="The person.")
    constituency_id: strawberry.ID = text(
        description="The constituency, which is part of the exercise."
    )
    organisation_id: strawberry.ID | None = text(
        description="For whom the person speaks, if for any.", default=None
    )


@strawberry.input(description="How the viewer takes part in a public exercise.")
class JoinEngagementInput(Idempotent):
    """See domain.commands.stakeholders.join_engagement."""

    constituency_id: strawberry.ID = text(
        description="The viewer's choice among the constituencies of the exercise."
    )
    organisation_id: strawberry.ID | None = text(
        description="For whom the viewer speaks, if for any.", default=None
    )


@strawberry.type
class StakeholderMutation:
    """What can be done with constituencies, and who takes part."""

    @mutation(Constituency, "Declare a group whose consensus is measured on its own.")
    async def declare_constituency(self, info: Info, input: DeclareConstituencyInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.declare_constituency,
            engagement_id=key(input.engagement_id, "engagementId", "Engagement"),
            name=input.name,
            kind=input.kind,
        )

    @mutation(Stakeholder, "Make a person a stakeholder of an exercise.")
    async def add_stakeholder(self, info: Info, input: AddStakeholderInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_stakeholder,
            person_id=key(input.person_id, "personId", "Person"),
            constituency_id=key(input.constituency_id, "constituencyId", "Constituency"),
            organisation_id=_organisation(input.organisation_id),
        )

    @mutation(Stakeholder, "Take part oneself in a public exercise that is open.")
    async def join_engagement(self, info: Info, input: JoinEngagementInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.join_engagement,
            constituency_id=key(input.constituency_id, "constituencyId", "Constituency"),
            organisation_id=_organisation(input.organisation_id),
        )


def _organisation(id: strawberry.ID | None) -> UUID | None:
    return None if id is None else key(id, "organisationId", "Organisation")

"""Organisations in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from domain.commands import organisations as commands
from domain.models import organisations as models
from domain.models.organisations import Nation, OrganisationKind
from domain.permissions import Permission, allowed
from domain.queries import approvals
from domain.queries import organisations as queries
from schema.batches import for_viewer
from schema.context import Info
from schema.fields import Expecting, Idempotent, enum, expected, mutation, perform, text
from schema.nodes import Node, key, node
from schema.pagination import After, Before, Connection, First, Last, connection, enlist, page

if TYPE_CHECKING:
    from schema.approvals import Approval

__all__ = ["Nation", "Organisation", "OrganisationMutation", "OrganisationQuery"]

enum(
    Nation,
    "One of the four nations, each with its own system requirements.",
    ENGLAND="England.",
    NORTHERN_IRELAND="Northern Ireland.",
    SCOTLAND="Scotland.",
    WALES="Wales.",
)
enum(
    OrganisationKind,
    "What an organisation is to the process.",
    EMPLOYER="It employs practitioners.",
    EDUCATION_PROVIDER="It delivers education, or wishes to: a university, say.",
    PROFESSIONAL_BODY="It represents a profession.",
    REGULATOR="It regulates professions by statute.",
    PATIENT_ORGANISATION="It speaks for patients, carers or the public.",
    GOVERNMENT="It is a department or an agency of a government.",
    OTHER="None of these.",
)


@node(models.Organisation, queries.by_ids, "An organisation that takes part.")
class Organisation(Node):
    """An organisation."""

    name: str = text(description="The name, which no other organisation has.")
    kind: OrganisationKind = text(description="What it is to the process.")
    nation: Nation | None = text(description="Where it is; null where it works in several.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was entered.")
    approvals: Connection[Annotated[Approval, strawberry.lazy("schema.approvals")]] = connection(
        approvals.of_organisations,
        approvals.count_of_organisations,
        "What it is and was approved to deliver.",
    )

    viewer_can_edit: bool = for_viewer(
        lambda _organisation, viewer: allowed(viewer, Permission.ADMINISTER, None),
        "Whether the viewer can edit it.",
        reads=(),
    )


@strawberry.input(description="An organisation to enter in the register.")
class AddOrganisationInput(Idempotent):
    """See domain.commands.organisations.add_organisation."""

    name: str = text(description="The name, at most 200 characters.")
    kind: OrganisationKind = text(description="What it is to the process.")
    nation: Nation | None = text(description="Where it is, if in one nation.", default=None)


@strawberry.input(description="An organisation's whole entry, as it is to be.")
class EditOrganisationInput(Expecting):
    """See domain.commands.organisations.edit_organisation."""

    organisation_id: strawberry.ID = text(description="The organisation.")
    name: str = text(description="The name, at most 200 characters.")
    kind: OrganisationKind = text(description="What it is to the process.")
    nation: Nation | None = text(
        description="Where it is; left out or null where it works in several.", default=None
    )


@strawberry.type
class OrganisationQuery:
    """What can be asked about organisations."""

    @strawberry.field(description="The organisations that take part.")
    async def organisations(
        self,
        info: Info,
        kind: Annotated[
            OrganisationKind | None, strawberry.argument(description="Only those of this kind.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Organisation]:
        """Page through the register."""
        found: Connection[Organisation] = await enlist(
            info, queries.listed, queries.count, page(first, after, last, before), kind=kind
        )
        return found


@strawberry.type
class OrganisationMutation:
    """What can be done with organisations."""

    @mutation(Organisation, "Enter an organisation in the register.")
    async def add_organisation(self, info: Info, input: AddOrganisationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_organisation,
            name=input.name,
            kind=input.kind,
            nation=input.nation,
        )

    @mutation(Organisation, "Replace an organisation's entry in the register.")
    async def edit_organisation(self, info: Info, input: EditOrganisationInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_organisation,
            organisation_id=key(input.organisation_id, "organisationId", "Organisation"),
            name=input.name,
            kind=input.kind,
            nation=input.nation,
            expected_revision=expected(input),
        )

"""Credentials in GraphQL."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, cast
from uuid import UUID

import strawberry

from domain.commands import credentials as commands
from domain.models import credentials as models
from domain.models.credentials import CredentialLinkKind
from domain.permissions import Permission
from domain.queries import approvals, evaluations, resource_selections, specifications
from domain.queries import credentials as queries
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    perform,
    permitted,
    relation,
    text,
)
from schema.nodes import Node, key, node
from schema.pagination import Connection, connection, listing

if TYPE_CHECKING:
    from schema.approvals import Approval
    from schema.evaluations import Evaluation
    from schema.resource_selections import ResourceSelection
    from schema.specifications import Specification

enum(
    CredentialLinkKind,
    "How a credential relates to one for medicine in the same area.",
    COMPANION="Each has its own, in the same area, and they know of each other.",
    SHARED="One credential serves medicine and other professions.",
    MEDICINE_ONLY="The area is covered for medicine alone.",
    OTHER_PROFESSIONS_ONLY="The area is covered for professions other than medicine alone.",
    DIFFERENT_APPROACHES="The same need is met in different ways.",
)


@strawberry.type(description="A title that a credential had or has.")
class CredentialTitle:
    """A title in the history."""

    title: str = text(description="The title.")
    reason: str = text(description="Why it was given; empty for the first one.")
    since: datetime = text(description="From when it was the title.")


@strawberry.type(description="A relation to another credential, readable from both.")
class CredentialLink:
    """A relation, seen from one side."""

    kind: CredentialLinkKind = text(description="How they relate.")
    note: str = text(description="What there is to say about it; may be empty.")
    other: Annotated[Credential, strawberry.lazy("schema.credentials")] = relation(
        queries.by_ids, "The other credential.", by="other_id"
    )


@node(
    models.Credential,
    queries.by_ids,
    "A defined, standardised unit of learning and assessment in one area of practice.",
)
class Credential(Node):
    """A credential."""

    code: str = text(description="The short name, which never changes.")
    title: str = text(description="The present title.")
    area: str = text(description="The area of practice.")
    revision: int = text(description="Counts its changes, from 1.")
    created_at: datetime = text(description="When it was created.")
    titles: list[CredentialTitle] = relation(
        queries.titles, "Every title that it had, the first one first, the present one last."
    )
    links: list[CredentialLink] = relation(queries.links, "How it relates to other credentials.")
    specifications: Connection[
        Annotated[Specification, strawberry.lazy("schema.specifications")]
    ] = connection(
        specifications.of_credentials,
        specifications.count_of_credentials,
        "The versions of its specification that the viewer may know of.",
    )
    evaluations: Connection[Annotated[Evaluation, strawberry.lazy("schema.evaluations")]] = (
        connection(
            evaluations.of_credentials,
            evaluations.count_of_credentials,
            "The evaluations of it alone that the viewer may see.",
        )
    )
    approvals: Connection[Annotated[Approval, strawberry.lazy("schema.approvals")]] = connection(
        approvals.of_credentials,
        approvals.count_of_credentials,
        "The approvals of providers to deliver any version of its specification.",
    )

    resource_selections: list[
        Annotated[ResourceSelection, strawberry.lazy("schema.resource_selections")]
    ] = relation(
        resource_selections.of_credentials, "How the development of its versions was agreed on."
    )
    viewer_can_edit: bool = permitted(
        Permission.STEER, "Whether the viewer can retitle it and relate it to others."
    )


@strawberry.input(description="A credential to create.")
class CreateCredentialInput(Idempotent):
    """See domain.commands.credentials.create_credential."""

    code: str = text(
        description="A short name that it keeps: a capital letter, then 1 to 19 capital letters, "
        "digits and hyphens."
    )
    title: str = text(description="The title, at most 300 characters.")
    area: str = text(description="The area of practice, at most 200 characters.")


@strawberry.input(description="Another title for a credential.")
class RetitleCredentialInput(Expecting):
    """See domain.commands.credentials.retitle_credential."""

    credential_id: strawberry.ID = text(description="The credential.")
    title: str = text(description="The new title, at most 300 characters.")
    reason: str = text(description="Why; kept in the history of titles.")


@strawberry.input(description="Two credentials to relate.")
class LinkCredentialsInput(Idempotent):
    """See domain.commands.credentials.link_credentials."""

    credential_id: strawberry.ID = text(description="One credential.")
    other_id: strawberry.ID = text(description="The other one.")
    kind: CredentialLinkKind = text(description="How they relate.")
    note: str = text(description="What there is to say about it.", default="")


@strawberry.input(description="Two credentials to relate no longer.")
class UnlinkCredentialsInput(Idempotent):
    """See domain.commands.credentials.unlink_credentials."""

    credential_id: strawberry.ID = text(description="One credential.")
    other_id: strawberry.ID = text(description="The other one.")


@strawberry.type
class CredentialQuery:
    """What can be asked about credentials."""

    credentials: Connection[Credential] = listing(
        queries.listed, queries.count, "The credentials of the body."
    )

    @strawberry.field(description="The credential with this code; null where there is none.")
    async def credential(
        self,
        info: Info,
        code: Annotated[str, strawberry.argument(description="Its code, in capitals.")],
    ) -> Credential | None:
        """Read one credential by its lasting name."""
        async with info.context.reading() as session:
            found = await queries.by_code(session, info.context.viewer, code)
        return cast("Credential | None", found)


@strawberry.type
class CredentialMutation:
    """What can be done with credentials."""

    @mutation(Credential, "Create a credential.")
    async def create_credential(self, info: Info, input: CreateCredentialInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.create_credential,
            code=input.code,
            title=input.title,
            area=input.area,
        )

    @mutation(Credential, "Give a credential another title; the present one stays in its history.")
    async def retitle_credential(self, info: Info, input: RetitleCredentialInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.retitle_credential,
            credential_id=key(input.credential_id, "credentialId", "Credential"),
            title=input.title,
            reason=input.reason,
            expected_revision=expected(input),
        )

    @mutation(Credential, "Relate two credentials, readable from both.")
    async def link_credentials(self, info: Info, input: LinkCredentialsInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.link_credentials,
            credential_id=key(input.credential_id, "credentialId", "Credential"),
            other_id=key(input.other_id, "otherId", "Credential"),
            kind=input.kind,
            note=input.note,
        )

    @mutation(Credential, "Remove the relation between two credentials.")
    async def unlink_credentials(self, info: Info, input: UnlinkCredentialsInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.unlink_credentials,
            credential_id=key(input.credential_id, "credentialId", "Credential"),
            other_id=key(input.other_id, "otherId", "Credential"),
        )

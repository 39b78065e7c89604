"""People in GraphQL: who they are, what they practise and what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain.commands import memberships
from domain.commands import people as commands
from domain.models import people as models
from domain.models.people import ScopeKind
from domain.permissions import Permission, Role, Viewer, allowed
from domain.queries import people, reminders
from schema.batches import Parents, batched, for_viewer
from schema.context import Info
from schema.fields import (
    Expecting,
    Idempotent,
    enum,
    expected,
    mutation,
    node_relation,
    perform,
    relation,
    text,
)
from schema.nodes import Node, key, node, type_of
from schema.organisations import Nation
from schema.pagination import Connection, listing

if TYPE_CHECKING:
    from schema.ballots import Ballot

enum(
    Role,
    "A part that a person plays in the whole body or in one scope of it.",
    ADMIN="Runs the installation: people, organisations, criteria and everything below.",
    SECRETARIAT="The body's team: steers credentials, specifications and exercises.",
    BOARD="Decides on endorsement.",
    REVIEWER="Judges specifications and delivery plans independently.",
    DEVELOPER_LEAD="Leads the development of a specification.",
    DEVELOPER="Develops a specification.",
    MODERATOR="Facilitates exercises, roundtables and ballots.",
    STAKEHOLDER="Takes part in an exercise, in one constituency.",
    ORGANISATION_REPRESENTATIVE="Speaks and votes for an organisation.",
    PROVIDER_LEAD="Answers for an education provider's delivery plans and submits them.",
    PROVIDER_EDITOR="Writes an education provider's delivery plans.",
    PRACTITIONER="Completes credentials.",
    OBSERVER="Reads and takes no part.",
)
enum(
    ScopeKind,
    "How far a role reaches.",
    BODY="The whole body.",
    ORGANISATION="One organisation.",
    SPECIFICATION="One specification and what is inside it.",
    ENGAGEMENT="One engagement exercise and what is inside it.",
    ROUNDTABLE="One roundtable.",
    PROPOSAL="One proposal.",
)

SCOPES = tuple(type_of(kind.lower()) for kind in ScopeKind if kind is not ScopeKind.BODY)


@strawberry.type(description="A statutory regulator of professions.")
class Regulator:
    """A regulator."""

    code: str = text(description="The short name that it is known by.")
    name: str = text(description="The full name.")


@strawberry.type(description="A grouping of professions across regulators.")
class Grouping:
    """A grouping."""

    name: str = text(description="The name of the grouping.")


@node(models.Profession, people.professions_by_ids, "A profession.")
class Profession(Node):
    """A profession."""

    name: str = text(description="The name, which no other profession has.")
    regulators: list[Regulator] = relation(people.regulators_of, "Who regulates it.")
    groupings: list[Grouping] = relation(people.groupings_of, "The groupings that it belongs to.")


@strawberry.type(description="A role of a person, in the whole body or in one scope of it.")
class Membership:
    """A role with its scope."""

    role: Role = text(description="The role.")
    scope_kind: ScopeKind = text(description="How far it reaches.")
    created_at: datetime = text(description="When it was granted.")

    scope: Node | None = node_relation(
        lambda held: held.scope_id and (type_of(held.scope_kind.lower()), held.scope_id),
        "What it is limited to; null for the whole body.",
    )


def _own_or_administered(person: Any, viewer: Viewer) -> bool:
    return allowed(viewer, Permission.ADMINISTER, None) or viewer.is_person(person.id)


async def _roles(parents: Parents, info: Info) -> Sequence[Any]:
    viewer = info.context.viewer
    shown = [person.id if _own_or_administered(person, viewer) else None for person in parents]
    return await info.context.load_all(people.roles, shown)


@node(models.Person, people.by_ids, "A person who takes part.")
class Person(Node):
    """A person."""

    nation: Nation | None = text(description="Where they work, if they said.")
    professions: list[Profession] = relation(people.professions_of, "What they practise.")
    revision: int = text(description="Counts the changes of the entry, from 1.")

    name: str | None = for_viewer(
        lambda person, viewer: person.name if viewer.known else None,
        "The name; null for readers who are not signed in.",
        reads=("name",),
    )
    email: str | None = for_viewer(
        lambda person, viewer: person.email if _own_or_administered(person, viewer) else None,
        "The address; null but for the person and administrators.",
        reads=("id", "email"),
    )
    roles: list[Membership] | None = batched(
        _roles, "Their roles; null but for the person and administrators.", reads=("id",)
    )
    reminders: list[Annotated[Ballot, strawberry.lazy("schema.ballots")]] | None = relation(
        reminders.of_people,
        "The open ballots that wait for their vote: where electors were reminded, or what "
        "they voted on was changed. Null but for the person.",
        personal=True,
    )
    viewer_can_edit: bool = for_viewer(
        _own_or_administered, "Whether the viewer can edit the entry.", reads=("id",)
    )


@strawberry.input(description="A person to enter in the register.")
class AddPersonInput(Idempotent):
    """See domain.commands.people.add_person."""

    name: str = text(description="The name, at most 200 characters.")
    email: str = text(description="The address, which nobody else may have.")
    nation: Nation | None = text(description="Where they work, if they said.", default=None)
    professions: list[strawberry.ID] = text(description="What they practise.", default_factory=list)


@strawberry.input(description="A person's whole entry, as it is to be.")
class EditPersonInput(Expecting):
    """See domain.commands.people.edit_person."""

    person_id: strawberry.ID = text(description="The person: oneself, but for administrators.")
    name: str = text(description="The name, at most 200 characters.")
    email: str = text(description="The address, which nobody else may have.")
    nation: Nation | None = text(
        description="Where they work; left out or null where they do not say.", default=None
    )
    professions: list[strawberry.ID] = text(description="All that they practise.")


@strawberry.input(description="A role to grant.")
class GrantRoleInput(Idempotent):
    """See domain.commands.memberships.grant_role."""

    person_id: strawberry.ID = text(description="The person.")
    role: Role = text(description="The role.")
    scope_kind: ScopeKind = text(description="How far it reaches.")
    scope_id: strawberry.ID | None = text(
        description="What it is limited to; left out for the whole body.", default=None
    )


@strawberry.input(description="A role to withdraw.")
class WithdrawRoleInput(GrantRoleInput):
    """See domain.commands.memberships.withdraw_role."""


@strawberry.input(description="A profession to enter in the register.")
class AddProfessionInput(Idempotent):
    """See domain.commands.people.add_profession."""

    name: str = text(description="The name, at most 200 characters.")
    regulators: list[str] = text(description="The codes of its regulators, at least one.")
    groupings: list[str] = text(
        description="The names of the groupings that it belongs to.", default_factory=list
    )


@strawberry.type
class PeopleQuery:
    """What can be asked about people."""

    people: Connection[Person] = listing(
        people.listed,
        people.count,
        "The people who are known; empty but for those who administer, steer or moderate.",
    )

    @strawberry.field(description="Every profession that is known, by name.")
    async def professions(self, info: Info) -> list[Profession]:
        """Read the register of professions."""
        async with info.context.reading() as session:
            found: list[Any] = await people.professions(session)
        return found

    @strawberry.field(description="The person who is asking; null when not signed in.")
    async def viewer(self, info: Info) -> Person | None:
        """Return the viewer as a person."""
        person_id = info.context.viewer.person_id
        return None if person_id is None else await info.context.load(people.by_ids, person_id)


@strawberry.input(description="Whose sessions are to end, wherever they are.")
class SignOutEverywhereInput(Idempotent):
    """See domain.commands.people.sign_out_everywhere."""

    person_id: strawberry.ID = text(description="The person.")


@strawberry.type
class PeopleMutation:
    """What can be done with people, roles and professions."""

    @mutation(Person, "Enter a person in the register.")
    async def add_person(self, info: Info, input: AddPersonInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_person,
            name=input.name,
            email=input.email,
            nation=input.nation,
            professions=_professions(input.professions),
        )

    @mutation(Person, "Replace a person's entry: one's own, or as an administrator any.")
    async def edit_person(self, info: Info, input: EditPersonInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.edit_person,
            person_id=key(input.person_id, "personId", "Person"),
            name=input.name,
            email=input.email,
            nation=input.nation,
            professions=_professions(input.professions),
            expected_revision=expected(input),
        )

    @mutation(Person, "End all sessions of a person: one's own, or as an administrator any.")
    async def sign_out_everywhere(self, info: Info, input: SignOutEverywhereInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.sign_out_everywhere,
            person_id=key(input.person_id, "personId", "Person"),
        )

    @mutation(Person, "Give a person a role, in the whole body or in one scope of it.")
    async def grant_role(self, info: Info, input: GrantRoleInput) -> UUID:
        """See the command."""
        return await perform(info, input, memberships.grant_role, **_role(input))

    @mutation(Person, "Withdraw a role of a person.")
    async def withdraw_role(self, info: Info, input: WithdrawRoleInput) -> UUID:
        """See the command."""
        return await perform(info, input, memberships.withdraw_role, **_role(input))

    @mutation(Profession, "Enter a profession in the register.")
    async def add_profession(self, info: Info, input: AddProfessionInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.add_profession,
            name=input.name,
            regulators=input.regulators,
            groupings=input.groupings,
        )


def _professions(ids: list[strawberry.ID]) -> list[UUID]:
    return [key(id, "professions", "Profession") for id in ids]


def _role(input: GrantRoleInput) -> dict[str, Any]:
    """Return the arguments of granting and of withdrawing, which are the same."""
    return {
        "person_id": key(input.person_id, "personId", "Person"),
        "role": input.role,
        "scope_kind": input.scope_kind,
        "scope_id": None if input.scope_id is None else key(input.scope_id, "scopeId", *SCOPES),
    }

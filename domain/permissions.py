"""Who may do what: one table of grants, and where each grant reaches."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, cast
from uuid import UUID
from weakref import WeakValueDictionary


class Role(StrEnum):
    """A part that a person plays in the whole body or in one scope of it."""

    ADMIN = "ADMIN"
    SECRETARIAT = "SECRETARIAT"
    BOARD = "BOARD"
    REVIEWER = "REVIEWER"
    DEVELOPER_LEAD = "DEVELOPER_LEAD"
    DEVELOPER = "DEVELOPER"
    MODERATOR = "MODERATOR"
    STAKEHOLDER = "STAKEHOLDER"
    ORGANISATION_REPRESENTATIVE = "ORGANISATION_REPRESENTATIVE"
    PROVIDER_LEAD = "PROVIDER_LEAD"
    PROVIDER_EDITOR = "PROVIDER_EDITOR"
    PRACTITIONER = "PRACTITIONER"
    OBSERVER = "OBSERVER"


class Permission(StrEnum):
    """Something that a role lets a person do."""

    VIEW = "VIEW"
    COMMENT = "COMMENT"
    VOTE = "VOTE"
    MODERATE = "MODERATE"
    DRAFT = "DRAFT"
    STEER = "STEER"
    ADMINISTER = "ADMINISTER"
    PLAN = "PLAN"
    SUBMIT_PLAN = "SUBMIT_PLAN"
    JUDGE = "JUDGE"
    DECIDE = "DECIDE"


class Audience(StrEnum):
    """A stream of a topic, in rising order of what it may carry."""

    PUBLIC = "PUBLIC"
    MEMBERS = "MEMBERS"
    MODERATORS = "MODERATORS"


# What is for those alone whose part it is, so that nobody administers their way to a decision.
_RESERVED = frozenset(
    {
        Permission.VOTE,
        Permission.PLAN,
        Permission.SUBMIT_PLAN,
        Permission.JUDGE,
        Permission.DECIDE,
    }
)
_PARTICIPANT = frozenset({Permission.VIEW, Permission.COMMENT, Permission.VOTE})

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission) - _RESERVED,
    Role.SECRETARIAT: frozenset(
        {
            Permission.VIEW,
            Permission.COMMENT,
            Permission.MODERATE,
            Permission.DRAFT,
            Permission.STEER,
        }
    ),
    Role.BOARD: _PARTICIPANT | {Permission.DECIDE},
    Role.REVIEWER: _PARTICIPANT | {Permission.JUDGE},
    Role.DEVELOPER_LEAD: frozenset({Permission.VIEW, Permission.COMMENT, Permission.DRAFT}),
    Role.DEVELOPER: frozenset({Permission.VIEW, Permission.COMMENT, Permission.DRAFT}),
    Role.MODERATOR: frozenset({Permission.VIEW, Permission.COMMENT, Permission.MODERATE}),
    Role.STAKEHOLDER: _PARTICIPANT,
    Role.ORGANISATION_REPRESENTATIVE: _PARTICIPANT,
    Role.PROVIDER_LEAD: frozenset({Permission.VIEW, Permission.PLAN, Permission.SUBMIT_PLAN}),
    Role.PROVIDER_EDITOR: frozenset({Permission.VIEW, Permission.PLAN}),
    Role.PRACTITIONER: frozenset(),
    Role.OBSERVER: frozenset({Permission.VIEW}),
}


def holders(permission: Permission) -> list[Role]:
    """Return the roles that have a permission."""
    return [role for role in Role if permission in GRANTS[role]]


# These belong to what they were given for and to nothing inside it: who takes part in an exercise,
# or drafts the specification that it is about, is not thereby a guest of its roundtables.
NOT_INHERITED = frozenset(
    {
        Role.DEVELOPER_LEAD,
        Role.DEVELOPER,
        Role.STAKEHOLDER,
        Role.ORGANISATION_REPRESENTATIVE,
        Role.PRACTITIONER,
        Role.OBSERVER,
    }
)


class Place(Protocol):
    """Where a thing lives: its topic first, then what contains it, and whether all may read it."""

    @property
    def scopes(self) -> list[UUID]:
        """The id of the topic, then the ids of what contains it, innermost first."""

    @property
    def public(self) -> bool:
        """Whether everybody may read the topic's public stream."""


class Rights:
    """What viewers have in common who are answered alike; those with the same have the same one."""

    __slots__ = ("__weakref__",)


_RIGHTS: WeakValueDictionary[Hashable, Rights] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking: a person with roles per scope (None is the whole body), or nobody known."""

    person_id: UUID | None = None
    grants: Mapping[UUID | None, frozenset[Role]] = field(default_factory=dict)
    signed_out_at: datetime | None = None
    """When all sessions of the person were last ended at once."""
    voted_in: frozenset[UUID] = frozenset()
    """The open ballots of which they see what members see because they have voted in them."""
    _known_scopes: dict[tuple[Permission, bool], list[UUID]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _rights: Rights | None = field(default=None, init=False, repr=False, compare=False)

    def signed_out(self, issued_at: datetime | None) -> bool:
        """Say whether a session whose token was issued then has been ended."""
        if self.signed_out_at is None:
            return False
        return issued_at is None or issued_at < self.signed_out_at

    @property
    def known(self) -> bool:
        """Whether the viewer is signed in, as whomever."""
        return self.person_id is not None

    @property
    def rights(self) -> Rights:
        """Return what viewers have in common who are answered alike, but for what is their own."""
        if self._rights is None:
            held = (self.known, frozenset(self.grants.items()), self.voted_in)
            # Compared once: whoever holds dozens of roles is compared with others all the time.
            object.__setattr__(self, "_rights", _RIGHTS.setdefault(held, Rights()))
        return cast("Rights", self._rights)

    def is_person(self, id: UUID) -> bool:
        """Say whether the viewer is this very person."""
        return id == self.person_id

    def roles(self, place: Place | None) -> frozenset[Role]:
        """Return the roles that count at a place; None asks for the whole body alone."""
        found = self.grants.get(None, frozenset())
        if place is None:
            return found
        topic, *containers = place.scopes
        found |= self.grants.get(topic, frozenset())
        for container in containers:
            found |= self.grants.get(container, frozenset()) - NOT_INHERITED
        return found

    @property
    def sees_everything(self) -> bool:
        """Whether a role in the whole body lets the viewer read every topic."""
        return allowed(self, Permission.VIEW, None)

    def scopes(self, *, inherited: bool) -> list[UUID]:
        """Return the scopes with a role that may view: those that reach inside, or all of them."""
        found = self.scopes_with(Permission.VIEW, inherited=inherited)
        return found if inherited else [*found, *self._own_topic()]

    def scopes_with(self, permission: Permission, *, inherited: bool) -> list[UUID]:
        """Return the scopes with a role that has it: those that reach inside, or all of them."""
        found = self._known_scopes.get((permission, inherited))
        if found is None:
            excluded = NOT_INHERITED if inherited else frozenset()
            found = self._known_scopes[permission, inherited] = [
                scope
                for scope, roles in self.grants.items()
                if scope is not None
                and any(permission in GRANTS[role] for role in roles - excluded)
            ]
        return found

    def _own_topic(self) -> tuple[UUID, ...]:
        return () if self.person_id is None else (self.person_id,)


ANYONE = Viewer()
SYSTEM = Viewer(grants={None: frozenset({Role.SECRETARIAT})})
"""The process itself, which does what is due; its events have no actor."""


class Representative(Viewer):
    """Stands for all who have the same rights, so that what is read for it can be told to each.

    It notes where it matters who exactly is asking: `asked` are the people who may have to be
    answered otherwise, and `personal` says that everybody may have to be.
    """

    __slots__ = ("_known", "asked", "personal")

    asked: set[UUID]
    personal: bool

    def __init__(self, viewer: Viewer) -> None:
        put = object.__setattr__  # viewers are frozen
        put(self, "grants", viewer.grants)
        put(self, "voted_in", viewer.voted_in)
        put(self, "_known_scopes", viewer._known_scopes)  # noqa: SLF001 - of the same class
        put(self, "_rights", viewer.rights)
        put(self, "signed_out_at", None)
        put(self, "_known", viewer.known)
        put(self, "asked", set())
        put(self, "personal", False)

    @property
    def person_id(self) -> UUID | None:
        """Nobody in particular; whoever asks for it depends on more than rights."""
        object.__setattr__(self, "personal", True)
        return None

    @property
    def known(self) -> bool:
        """Whether those are signed in for whom it stands."""
        known: bool = self._known  # type: ignore[attr-defined]
        return known

    def is_person(self, id: UUID) -> bool:
        """Answer for everybody but this person."""
        self.asked.add(id)
        return False

    def speaks_for(self, person_id: UUID | None) -> bool:
        """Say whether what was read for it is also what this person would have read."""
        return not self.personal and person_id not in self.asked

    def _own_topic(self) -> tuple[UUID, ...]:
        # Nothing that queries read lives in the topics of people.
        return ()


def allowed(viewer: Viewer, permission: Permission, place: Place | None) -> bool:
    """Say whether the viewer has a role with this permission at the place.

    A person's own topic is theirs to view; reading a public place asks for no role at all and is
    `audience`'s matter, not a permission.
    """
    if any(permission in GRANTS[role] for role in viewer.roles(place)):
        return True
    return permission is Permission.VIEW and place is not None and viewer.is_person(place.scopes[0])


def audience(viewer: Viewer, place: Place) -> Audience | None:
    """Return the stream of the place that the viewer reads, None where they may not know of it."""
    if allowed(viewer, Permission.MODERATE, place):
        return Audience.MODERATORS
    if allowed(viewer, Permission.VIEW, place):
        return Audience.MEMBERS
    return Audience.PUBLIC if place.public else None

"""What happened, in the past tense: one frozen dataclass per fact, stored as plain JSON.

Each class names the field that holds the id of its subject, the thing that a reader would look at
to see what the fact changed. Times and the actor are stored beside the event, not in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from domain.permissions import Audience
from domain.texts import snake_case

EVERYONE = frozenset(Audience)
MEMBERS = frozenset({Audience.MEMBERS, Audience.MODERATORS})
MODERATORS = frozenset({Audience.MODERATORS})

KINDS: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact. `kind` is its stored name, `subject` the name of the field with its subject's id."""

    kind: ClassVar[str]
    subject: ClassVar[str]


E = TypeVar("E", bound=type[Event])


def about(subject: str) -> Callable[[E], E]:
    """Register a kind of event, whose subject's id is in the field of this name."""

    def register(cls: E) -> E:
        cls.kind = snake_case(cls.__name__).upper()
        cls.subject = subject
        KINDS[cls.kind] = cls
        return cls

    return register


def dump(event: Event) -> dict[str, Any]:
    """Return the fields of an event as plain JSON values, ids as strings."""
    return {
        field.name: str(value) if isinstance(value, UUID) else value
        for field in fields(event)
        if (value := getattr(event, field.name)) is not None
    }


def subject_of(kind: str, data: dict[str, Any]) -> tuple[str, UUID]:
    """Return the noun and the id of what a stored event is about: ("comment", its id)."""
    field = KINDS[kind].subject
    noun = data["words_kind"].lower() if field == "words_id" else field.removesuffix("_id")
    return noun, UUID(data[field])

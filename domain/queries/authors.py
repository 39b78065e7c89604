"""Who has written a text, and so neither reviews it nor decides on it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists
from sqlalchemy.orm import aliased

from domain.models.people import Membership
from domain.models.specifications import Specification
from domain.permissions import Role

# Under a name of its own, so that it can stand in a statement about memberships.
_part = aliased(Membership)


def wrote(person: Any) -> ColumnElement[bool]:
    """Return the condition that a person develops the enclosing Specification."""
    return exists().where(
        _part.person_id == person,
        _part.scope_id == Specification.id,
        _part.role.in_((Role.DEVELOPER_LEAD, Role.DEVELOPER)),
    )

"""Who may not judge a delivery plan: its provider's people, and those with an interest in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, exists, func, or_, select
from sqlalchemy.orm import aliased

from domain.events import (
    DeliveryPlanDrafted,
    DeliveryPlanEdited,
    ModuleAdded,
    ModuleEdited,
    ModuleRemoved,
)
from domain.events.delivery_plans import (
    ModuleAssessmentAdded,
    ModuleAssessmentEdited,
    ModuleAssessmentRemoved,
)
from domain.lifecycle.machine import Facts
from domain.models.delivery_plans import DeliveryPlan
from domain.models.interests import Interest, Mitigation
from domain.models.people import Membership
from domain.models.specifications import Specification
from domain.models.topics import StoredEvent
from domain.permissions import Audience, Role, Viewer

_WRITING = (
    DeliveryPlanDrafted,
    DeliveryPlanEdited,
    ModuleAdded,
    ModuleEdited,
    ModuleRemoved,
    ModuleAssessmentAdded,
    ModuleAssessmentEdited,
    ModuleAssessmentRemoved,
)
_RIVAL = aliased(DeliveryPlan)
_RIVALS_VERSION = aliased(Specification)


def people(statement: Select[Any]) -> ColumnElement[Any]:
    """Return a column with the ids that a statement selects for each plan of the one around it."""
    correlated = statement.correlate(DeliveryPlan, Specification).scalar_subquery()
    return func.array(correlated, type_=ARRAY(Uuid()))


def declared(person: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
    """Select the interests in a plan, or in the specification or the credential that it is for."""
    return select(person).where(
        Interest.withdrawn_at.is_(None),
        Interest.topic_id.in_(
            (DeliveryPlan.id, DeliveryPlan.specification_id, Specification.credential_id)
        ),
        or_(Interest.subject_id.is_(None), Interest.subject_id == DeliveryPlan.specification_id),
        *conditions,
    )


PARTIES = (
    people(
        select(StoredEvent.actor_id.distinct()).where(
            StoredEvent.topic_id == DeliveryPlan.id,
            StoredEvent.audience == Audience.MODERATORS,
            StoredEvent.kind.in_([each.kind for each in _WRITING]),
        )
    ).label("authors"),
    people(
        select(Membership.person_id).where(Membership.scope_id == DeliveryPlan.organisation_id)
    ).label("staff"),
    people(declared(Interest.person_id, Interest.mitigation == Mitigation.RECUSE)).label("recused"),
    people(
        select(Membership.person_id).where(
            Membership.role.in_((Role.PROVIDER_LEAD, Role.PROVIDER_EDITOR)),
            Membership.scope_id != DeliveryPlan.organisation_id,
            exists()
            .where(
                _RIVAL.organisation_id == Membership.scope_id,
                _RIVAL.specification_id == _RIVALS_VERSION.id,
                _RIVALS_VERSION.credential_id == Specification.credential_id,
            )
            .correlate(Membership, Specification),
            ~declared(Interest.id, Interest.person_id == Membership.person_id)
            .correlate(Membership, DeliveryPlan, Specification)
            .exists(),
        )
    ).label("undeclared"),
)
"""Columns of a statement about plans and their specifications, each a list of people."""


def is_among(viewer: Viewer, people: Iterable[UUID]) -> int:
    """Return 1 where the viewer is one of these people, else 0."""
    return int(any(map(viewer.is_person, people)))


def independence(viewer: Viewer, row: Any) -> Facts:
    """Return what `INDEPENDENCE` asks of a viewer, from a row with the columns of `PARTIES`."""
    return {
        "of_provider": is_among(viewer, {*row.authors, *row.staff} - {None}),
        "recused": is_among(viewer, row.recused),
        "undeclared": is_among(viewer, row.undeclared),
    }

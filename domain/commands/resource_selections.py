"""Writes of how a prioritised need is to be met: the decision between options, the agreement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.commands.credentials import create_credential
from domain.commands.cycles import require_order
from domain.commands.memberships import grant_role
from domain.commands.specifications import create_specification
from domain.commands.steps import next_state
from domain.errors import Invalid, NotFound
from domain.events.resource_selections import (
    ResourceSelectionAdvanced,
)
from domain.lifecycle.resource_selections import (
    RESOURCE_SELECTION,
    ResourceSelectionState,
    ResourceSelectionTransition,
)
from domain.models.people import Person, ScopeKind
from domain.models.proposals import Proposal
from domain.models.resource_selections import (
    ResourceDecision,
    ResourceSelection,
)
from domain.permissions import Permission, Role
from domain.queries import resource_selections as queries
from domain.queries.resource_selections import Total
from domain.texts import DOCUMENT_LENGTH, REASON_LENGTH, clean
from domain.unit_of_work import UnitOfWork

# Steps that name something, and the mutations that they are taken by.
_NAMING = {
    ResourceSelectionTransition.SELECT: "selectResourceOption",
    ResourceSelectionTransition.AGREE: "agreeDevelopment",
}


@dataclass(frozen=True, slots=True)
class _Selected:
    """The option that was decided for, and how its scores stand to those of the others."""

    option_id: UUID
    total: Total
    best: bool

    def facts(self) -> dict[str, Any]:
        """Return what the decision and its event keep of it."""
        return {
            "resource_option_id": self.option_id,
            "total": self.total.total,
            "assessors": self.total.assessors,
            "best_scored": self.best,
        }


async def advance_resource_selection(
    uow: UnitOfWork,
    *,
    resource_selection_id: UUID,
    transition: ResourceSelectionTransition,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Take a step that needs nothing but a reason: ASSESS, or FIND_NONE_SUITABLE."""
    if transition in _NAMING:
        raise Invalid(
            f"{transition} names more than a reason. Please send {_NAMING[transition]}.",
            ("transition",),
        )
    selection = await _load(uow, resource_selection_id, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    state = await _next(uow, selection, transition)
    await _enter(uow, selection, transition, state, words)
    return selection.id


async def select_resource_option(
    uow: UnitOfWork,
    *,
    resource_selection_id: UUID,
    resource_option_id: UUID,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Decide for an option, with the reason and with how its scores stand to those of the others.

    Return the id of the selection.
    """
    selection = await _load(uow, resource_selection_id, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    totals = await queries.totals_of_selection(uow.session, selection.id)
    total = totals.get(resource_option_id)
    if total is None:
        raise NotFound(
            "There is no option with this id in this resource selection.", ("resource_option_id",)
        )
    transition = ResourceSelectionTransition.SELECT
    state = await _next(uow, selection, transition)
    best = not any(total.below(other) for other in totals.values())
    selected = _Selected(resource_option_id, total, best)
    await _enter(uow, selection, transition, state, words, selected=selected)
    return selection.id


async def agree_development(
    uow: UnitOfWork,
    *,
    resource_selection_id: UUID,
    lead_id: UUID,
    support: str,
    starts_on: date,
    ends_on: date,
    code: str | None,
    title: str,
    public: bool,
    reason: str,
    expected_revision: int | None,
) -> UUID:
    """Agree who leads the development, with which support and when; return the selection's id.

    It begins at once: the next version of the credential that the selected option names, or the
    first one of a new credential, which needs a `code`; `title` is that of both.
    """
    selection = await _load(uow, resource_selection_id, expected_revision)
    words = clean(reason, "reason", limit=REASON_LENGTH)
    help_ = clean(support, "support", limit=DOCUMENT_LENGTH)
    require_order(starts_on, ends_on, "ends_on")
    transition = ResourceSelectionTransition.AGREE
    state = await _next(uow, selection, transition)
    if await uow.session.get(Person, lead_id) is None:
        raise NotFound("There is no person with this id.", ("lead_id",))
    selection.lead_id, selection.support = lead_id, help_
    selection.starts_on, selection.ends_on = starts_on, ends_on
    selection.specification_id = await _begin_development(
        uow, selection, code=code, title=title, public=public
    )
    await grant_role(
        uow,
        person_id=lead_id,
        role=Role.DEVELOPER_LEAD,
        scope_kind=ScopeKind.SPECIFICATION,
        scope_id=selection.specification_id,
    )
    await _enter(uow, selection, transition, state, words)
    return selection.id


async def _begin_development(
    uow: UnitOfWork, selection: ResourceSelection, *, code: str | None, title: str, public: bool
) -> UUID:
    """Create the specification that was agreed on, and its credential where that is new."""
    option = (await uow.session.execute(queries.SELECTED, {"ids": [selection.id]})).one()[0]
    proposal = await uow.session.get_one(Proposal, selection.proposal_id)
    credential_id = option.credential_id
    if credential_id is not None and code is not None:
        raise Invalid(
            "The selected option is a credential, which has a code. Please leave it out.",
            ("code",),
        )
    if credential_id is None:
        if code is None:
            raise Invalid("A new credential needs a code, as in PELVIC-1.", ("code",))
        credential_id = await create_credential(uow, code=code, title=title, area=proposal.area)
    return await create_specification(
        uow, credential_id=credential_id, title=title, summary=proposal.summary, public=public
    )


async def _next(
    uow: UnitOfWork, selection: ResourceSelection, transition: ResourceSelectionTransition
) -> ResourceSelectionState:
    return await next_state(uow, RESOURCE_SELECTION, selection, transition, queries.facts)


async def _enter(
    uow: UnitOfWork,
    selection: ResourceSelection,
    transition: ResourceSelectionTransition,
    state: ResourceSelectionState,
    reason: str,
    *,
    selected: _Selected | None = None,
) -> None:
    """Take a step that is permitted, keep it with its reason, and tell everybody."""
    selection.state = state
    selection.revision += 1
    facts = {} if selected is None else selected.facts()
    await uow.add(
        ResourceDecision(
            topic_id=selection.topic_id,
            resource_selection_id=selection.id,
            transition=transition,
            state=state,
            reason=reason,
            decider_id=uow.actor_id,
            created_at=uow.now,
            **facts,
        )
    )
    uow.emit(
        selection.topic_id,
        ResourceSelectionAdvanced(
            resource_selection_id=selection.id,
            transition=transition,
            state=state,
            reason=reason,
            specification_id=selection.specification_id,
            **facts,
        ),
    )


async def _load(uow: UnitOfWork, id: UUID, expected_revision: int | None) -> ResourceSelection:
    selection = await uow.load(ResourceSelection, id, Permission.VIEW)
    uow.expect(selection, expected_revision)
    return selection
